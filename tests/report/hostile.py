"""Strings that would run, ask or deceive, were they taken for anything but text: for tests here and in the browser."""

from __future__ import annotations

import contextlib

from mandala_lab import Storage, op

FLAG = "window.pwned=1"
ASK = "http://outside.invalid/x"

HOSTILE = (
    f"<script>{FLAG}</script>",
    f"</script><script>{FLAG}</script>",
    f"</SCRIPT\n><script>{FLAG}//",
    f"<!--<script>{FLAG}</script>-->",
    f"--><script>{FLAG}</script>",
    f"]]><script>{FLAG}</script>",
    f"<![CDATA[<script>{FLAG}</script>]]>",
    f"<img src=x onerror={FLAG}>",
    f"<img src={ASK}>",
    f"\"><img src=x onerror='{FLAG}'>",
    f'\'><img src=x onerror="{FLAG}">',
    f"' onmouseover='{FLAG}' autofocus onfocus='{FLAG}' x='",
    f'" onload="{FLAG}" tabindex=1 onfocus="{FLAG}"',
    f"<svg onload={FLAG}>",
    f"<svg><script>{FLAG}</script></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>parent.{FLAG}</script>'></iframe></foreignObject></svg>",
    f"<svg><animate onbegin={FLAG} attributeName=x dur=1s>",
    f"<svg><use href='data:image/svg+xml,<svg id=x onload={FLAG}>#x'/></svg>",
    f"<math><mtext></mtext><mglyph><style><img src=x onerror={FLAG}></style></mglyph></math>",
    f"<iframe src=javascript:parent.{FLAG}></iframe>",
    f"<iframe src={ASK}></iframe>",
    f"<object data={ASK}></object>",
    f"<embed src={ASK}>",
    f"<link rel=stylesheet href={ASK}>",
    f"<style>@import '{ASK}';</style>",
    f"</style><script>{FLAG}</script>",
    f"<base href={ASK}>",
    f"<meta http-equiv=refresh content='0;url={ASK}'>",
    f"<form action={ASK}><button autofocus onfocus={FLAG}>",
    f"<details open ontoggle={FLAG}>",
    f"<video><source onerror={FLAG}></video>",
    f"<body onpageshow={FLAG}>",
    f"<a href=javascript:{FLAG}>x</a>",
    f"javascript:{FLAG}",
    f"data:text/html,<script>{FLAG}</script>",
    f"</title><script>{FLAG}</script>",
    f"</noscript><script>{FLAG}</script>",
    f"</textarea></template><script>{FLAG}</script>",
    f"${{{FLAG}}} {{{{{FLAG}}}}} <%= {FLAG} %> #{{{FLAG}}} {{% raw %}}",
    f"\\u003cscript\\u003e{FLAG}\\u003c/script\\u003e &lt;script&gt;",
    f"[x](javascript:{FLAG}) ![x]({ASK}) | `code` | <{ASK}>",
    f"\u2028{FLAG}\u2029//\n{FLAG}",
    f"\u202e\u2066<script>{FLAG}</script>\u2069\u202c",
    f"\0<scr\0ipt>{FLAG}</scr\0ipt>\x1b[31m",
    f"\ufeff\ufffe lone \ud800 <script>{FLAG}</script>",
    "<" + "A" * 20_000 + f" onclick={FLAG}>",
)
"""46 of them."""


def hostile_frame(storage: Storage):
    """Return a frame with each of them as name of an op, of a variable and of an output, as value, doc and error."""
    with storage:
        for number, text in enumerate(HOSTILE):

            def named(value, fails=False):
                if fails:
                    raise ValueError("<script>window.pwned=1</script> " + value)
                return value + "</script><script>window.pwned=1</script>"

            given = text.encode("utf-8", "backslashreplace").decode()  # a store takes no halves of characters
            named.__doc__ = given
            made = op(named, name=f"{given}{number}", output_names=[f"out {number}"])
            made(given)
            with contextlib.suppress(ValueError):
                made(given, fails=True)
    frame = storage.cf()
    wanted = iter(HOSTILE)
    names = [name for name in frame.vnames if name.startswith("out ")]
    return frame.rename(dict(zip(names, wanted, strict=False)))
