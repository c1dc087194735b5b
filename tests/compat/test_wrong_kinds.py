"""What is of the wrong kind is told, with what is wanted in its place."""

from __future__ import annotations

import pytest

from mandala_lab import Storage, op


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda storage: storage.versions("lods"), ValueError, "no op 'lods' was called or is defined; did you mean"),
        (lambda storage: storage.calls("lods"), ValueError, "did you mean"),
        (lambda storage: storage.versions(5), TypeError, "an op is wanted, or its name as a text, not int"),
        (lambda storage: storage.call_tree(print), TypeError, "call_tree takes a call or its hid"),
        (lambda storage: storage.drop_calls([5]), TypeError, "drop_calls takes calls or their hids"),
        (lambda storage: storage.get_ref_creator(5), TypeError, "get_ref_creator takes a ref"),
        (lambda storage: Storage(5), TypeError, "db_path is a path"),
        (lambda storage: Storage(group_commits_ms="a"), TypeError, "group_commits_ms is a number"),
        (lambda storage: Storage(overflow_threshold_MB="a"), TypeError, "overflow_threshold_MB is a number"),
    ],
)
def test_what_is_of_the_wrong_kind_is_told(storage, ask, error, message):
    @op
    def loads(x):
        return x

    with storage:
        loads(1)
    with pytest.raises(error, match=message):
        ask(storage)
    assert storage.versions("loads") == storage.versions(loads)
    assert storage.source_history("loads") == storage.source_history(loads)
    assert storage.calls("loads") == storage.calls(loads)
