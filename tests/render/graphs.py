"""Outlines for the tests of room `render`: random ones and some by hand."""

from __future__ import annotations

from hypothesis import strategies as st

from mandala_lab.model.outline import Counts, Outline, OutlineEdge, OutlineNode, op_id, var_id

STATUSES = ("computed", "cached", "error", "earlier")

HOSTILE = (
    "<script>alert(1)</script>",
    "nul\0 esc\x1b bell\x07",
    "lone \ud800 surrogate",
    "]]> &amp; <![CDATA[",
    "a" * 10_000,
    "😀👩‍👩‍👧‍👦",
    "数据集训练",
    "שלום \u202eabc\u2066",
    "line\nbreak\ttab",
    "\ufffe\uffff",
    "' onload=\"x\" '",
    "",
)


def build(*arrows, status=None):
    """An outline from arrows ``(source, target[, label])``; names with ``()`` are ops."""
    status = status or {}
    nodes, edges = {}, []

    def node(name):
        if name not in nodes:
            kind = "op" if name.endswith("()") else "var"
            plain = name.removesuffix("()")
            ident = op_id(plain) if kind == "op" else var_id(plain)
            detail = "2 calls" if kind == "op" else "1 value"
            nodes[name] = OutlineNode(ident, kind, plain, detail, status.get(name, "computed"), Counts(2))
        return nodes[name].id

    for source, target, *label in arrows:
        edges.append(OutlineEdge(node(source), node(target), *label))
    return Outline(tuple(nodes.values()), tuple(edges))


def outline_of(count, pairs, labels=None):
    """An outline of numbered nodes, variables and ops in turn, with any links."""
    nodes = []
    for k in range(count):
        kind, ident = ("var", var_id(f"n{k}")) if k % 2 == 0 else ("op", op_id(f"n{k}"))
        detail = "3 calls" if k % 3 else ""
        nodes.append(OutlineNode(ident, kind, "name" * (k % 5 + 1), detail, STATUSES[k % 4], Counts(k)))
    edges = [
        OutlineEdge(nodes[a].id, nodes[b].id, labels[k] if labels else f"e{k % 3}") for k, (a, b) in enumerate(pairs)
    ]
    return Outline(tuple(nodes), tuple(edges))


@st.composite
def outlines(draw, most=14, acyclic=False):
    """Any graph: cycles, loops, parallel edges, hubs, unconnected parts, none at all."""
    count = draw(st.integers(0, most))
    if count == 0:
        return Outline()
    index = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(index, index), max_size=2 * most))
    if acyclic:
        pairs = [(min(a, b), max(a, b)) for a, b in pairs if a != b]
    hub = draw(st.sampled_from([None, 0, count - 1]))
    if hub is not None:
        pairs += [(hub, k) if hub == 0 else (k, hub) for k in range(count) if k != hub]
    return outline_of(count, pairs)


@st.composite
def growths(draw):
    """Two outlines: the second drops some of the first and adds more."""
    after = draw(outlines(most=12))
    names = {node.id for node in after.nodes}
    old = {name for name in sorted(names) if draw(st.booleans())}
    gone = OutlineNode(op_id("gone"), "op", "gone")
    edges = [e for e in after.edges if e.source in old and e.target in old and draw(st.booleans())]
    edges += [OutlineEdge(name, gone.id) for name in sorted(old)[:2]]
    before = Outline((*(n for n in after.nodes if n.id in old), gone), tuple(edges))
    return before, after


def pipeline():
    """A machine learning run: split, scale, fit two models, evaluate, select."""
    return build(
        ("path", "load()", "path"), ("load()", "data"), ("data", "split()", "data"),
        ("seed", "split()", "seed"), ("split()", "train", "0"), ("split()", "test", "1"),
        ("train", "scale()", "x"), ("scale()", "scaled"), ("scaled", "fit_forest()", "x"),
        ("seed", "fit_forest()", "random_state"), ("n_trees", "fit_forest()", "n"),
        ("scaled", "fit_linear()", "x"), ("fit_forest()", "forest"), ("fit_linear()", "linear"),
        ("forest", "evaluate()", "model"), ("linear", "evaluate()", "model"), ("test", "evaluate()", "test"),
        ("evaluate()", "score"), ("score", "select()", "scores"), ("select()", "best"),
        status={"path": "earlier", "load()": "cached", "data": "cached", "fit_linear()": "error"},
    )  # fmt: skip


def loop():
    """A loop that runs back to its own variable, and one that starts all over."""
    return build(
        ("init()", "x"), ("x", "step()", "x"), ("step()", "x", "out"), ("rate", "step()", "rate"),
        ("x", "measure()", "x"), ("measure()", "loss"), ("loss", "stop()"), ("stop()", "again"),
        ("again", "init()", "restart"),
    )  # fmt: skip


def mixed():
    """A hub, parallel edges, a self loop, a long name and two parts."""
    arrows = [("seed", f"fit_{k}()", "seed") for k in range(5)]
    arrows += [(f"fit_{k}()", f"model_{k}") for k in range(5)]
    arrows += [(f"model_{k}", f"fit_{k + 1}()", "start") for k in range(2)]
    arrows += [("p", "q()", "left"), ("p", "q()", "right"), ("q()", "q()", "again")]
    arrows += [("q()", "a_variable_with_a_name_that_is_much_too_long")]
    return build(*arrows)
