"""The wire between the panel (or widget) and the kernel.

Requests travel from the panel on the kernel's control channel and are answered
one to one, even while a cell runs. Pushes travel from the kernel on a comm of
well-known id (`PUSH_COMM_ID`), which the panel opens locally without a
handshake. Every message carries the tag ``type`` and the protocol number ``v``;
unknown fields are refused. Times are seconds, ``startedS`` since the epoch.
All names, texts and errors are untrusted: show them as text.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from mandala_lab.schema.scene import Scene, SceneEdge, SceneNode

PROTOCOL = 1
PUSH_COMM_ID = "mandala-lab-live-v1"
PUSH_COMM_TARGET = "mandala_lab.live"
REQUEST_MSG_TYPE = "mandala_lab_request"
REPLY_MSG_TYPE = "mandala_lab_reply"


class _Part(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A piece of a message."""


class _Message(msgspec.Struct, rename="camel", forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """A message; the tag says which."""

    v: int = PROTOCOL


# --- pieces -----------------------------------------------------------------


class StoreInfo(_Part):
    """What the panel's head line says about the storage."""

    label: str
    calls: int
    computed: int
    cached: int
    errors: int
    saved_s: float


class ValuePreview(_Part):
    """A bounded look at a value. `kind` says which of the optional parts is set."""

    kind: Literal["table", "array", "text", "missing"]
    type_name: str
    text: str
    truncated: bool
    shape: list[int] = []
    dtype: str = ""
    columns: list[str] = []
    rows: list[list[str]] = []
    stats: dict[str, str] = {}


class ValueRow(_Part):
    """One ref: its ids and a look at its value."""

    name: str
    hid: str
    cid: str
    preview: ValuePreview


class CallRow(_Part):
    """One occurrence of a call in a list."""

    hid: str
    op: str
    status: Literal["computed", "cached", "error"]
    started_s: float
    duration_s: float
    arguments: str
    error: str = ""


class EditableArgument(_Part):
    """An argument as the replay form shows it; `literal` is empty when it has none."""

    name: str
    literal: str
    text: str


class FoldedSide(_Part):
    """A side of a node that is folded away: what leads to it, or what follows."""

    node: str
    side: Literal["before", "after"]


class FrameView(_Part):
    """What of a frame to show: a selection (empty for all), nodes to open by id, sides folded away in their order."""

    selection: str = ""
    opened: list[str] = []
    folded: list[FoldedSide] = []


# --- requests ---------------------------------------------------------------


class FrameGet(_Message, tag="frame.get"):
    """Attach to the live frame: answered by `FrameSnapshot`, then pushes for this panel follow.

    `panel` tells panels apart, since several windows may show one notebook, each in a view of
    its own. Asked again with another `view`, the panel sees that; what is no selection is answered
    with `Failure` (``bad_selection``), and changes nothing.
    """

    panel: str = ""
    view: FrameView | None = None


class PanelDetach(_Message, tag="panel.detach"):
    """Hide a panel: when none is left, nothing is pushed. Answered by `Done`."""

    panel: str = ""


class NodeInspect(_Message, tag="node.inspect"):
    """Look into a node: a page of its calls (op) or values (variable)."""

    node: str
    offset: int = 0
    limit: int = 50


class CallInspect(_Message, tag="call.inspect"):
    """Look at one call."""

    hid: str


class RefInspect(_Message, tag="ref.inspect"):
    """Look at one value of a variable."""

    hid: str
    variable: str


class ReplayRun(_Message, tag="replay.run"):
    """Run a recorded call again with other arguments, given as Python literals.

    Queued to the kernel's main thread; answered by `ReplayQueued`, and when it
    has run `ReplayFinished` is pushed.
    """

    call: str
    arguments: dict[str, str]
    scope: Literal["call", "downstream"] = "call"


Request = FrameGet | PanelDetach | NodeInspect | CallInspect | RefInspect | ReplayRun

# --- replies ----------------------------------------------------------------


class FrameSnapshot(_Message, tag="frame.snapshot"):
    """The whole live frame at revision `seq` of a recording; also pushed when one begins.

    `session` names the recording: revisions of another one do not follow. `matched` is how many
    calls a selection left, and ``None`` without one.
    """

    seq: int
    scene: Scene
    store: StoreInfo | None
    session: str
    matched: int | None = None


class Done(_Message, tag="done"):
    """Nothing to say but that it was done."""


class NodeInspected(_Message, tag="node.inspected"):
    """A page of a node's content: `calls` for an op, `values` for a variable."""

    node: str
    kind: Literal["var", "op"]
    label: str
    total: int
    offset: int
    calls: list[CallRow] = []
    values: list[ValueRow] = []
    source: str = ""
    doc: str = ""


class CallInspected(_Message, tag="call.inspected"):
    """One call with its inputs, outputs, code and, for an error, its traceback."""

    call: CallRow
    inputs: list[ValueRow]
    outputs: list[ValueRow]
    editable: list[EditableArgument]
    source: str
    traceback: str = ""


class RefInspected(_Message, tag="ref.inspected"):
    """One value, the call that made it (none: it was given), and the last calls that took it, of `takers_total`."""

    value: ValueRow
    maker: CallRow | None
    takers: list[CallRow]
    takers_total: int


class ReplayQueued(_Message, tag="replay.queued"):
    """Waiting for the kernel's main thread; `ticket` names the push to come."""

    ticket: str


class Failure(_Message, tag="error"):
    """A request that could not be answered, in one plain sentence."""

    code: str
    message: str


Reply = FrameSnapshot | Done | NodeInspected | CallInspected | RefInspected | ReplayQueued | Failure

# --- pushes -----------------------------------------------------------------


class FrameDelta(_Message, tag="frame.delta"):
    """Changes of what `panel` shows, from revision `base` to `seq`: nodes and edges by id, whole."""

    panel: str
    seq: int
    base: int
    width: float
    height: float
    nodes: list[SceneNode]
    edges: list[SceneEdge]
    removed_nodes: list[str]
    removed_edges: list[str]
    store: StoreInfo | None
    session: str
    matched: int | None = None


class RecordingStopped(_Message, tag="recording.stopped"):
    """The kernel records no more: what is shown is from now on an earlier time."""


class Difference(_Part):
    """One line of a comparison: what a node held before and after."""

    node: str
    before: str
    after: str


class ReplayFinished(_Message, tag="replay.finished"):
    """Outcome of a queued replay: the frame of the call and of what depends on it, before and after."""

    ticket: str
    verdict: Literal["same", "changed", "diverged", "failed"]
    summary: str
    executed: int
    reused: int
    differences: list[Difference]
    before: Scene | None = None
    after: Scene | None = None
    error: str = ""


Push = FrameSnapshot | FrameDelta | RecordingStopped | ReplayFinished

# --- widget -----------------------------------------------------------------


class WidgetState(_Part):
    """The traits that the in-cell widget keeps in step with Python."""

    scene: Scene
    selected: str = ""
