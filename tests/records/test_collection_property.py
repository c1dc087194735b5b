"""Whatever calls there are, and whatever is asked for: what stays is whole, and a dry run foretells it."""

from __future__ import annotations

from dataclasses import replace

from connectivity import links_are_whole
from hypothesis import given, settings
from hypothesis import strategies as st

from mandala_lab import MList, Storage, op


@op
def source(number, size):
    return f"{number:0{size}d}"


@op
def joined(left, right, size):
    return (left + right)[-size:] + "x" * (size // 2)


@op
def pieces(text, number) -> MList[str]:
    return [f"{text[:40]}{at:080d}" for at in range(number)]


@op
def total(texts: MList[str]):
    return sum(map(len, texts))


@op
def failing(text):
    raise ValueError(text)


_places = st.integers(0, 30)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("source"), st.integers(0, 3), st.integers(1, 300)),
        st.tuples(st.just("joined"), _places, _places, st.integers(1, 300)),
        st.tuples(st.just("pieces"), _places, st.integers(0, 3)),
        st.tuples(st.just("total"), st.lists(_places, max_size=3)),
        st.tuples(st.just("failing"), _places),
    ),
    max_size=16,
)


def run(steps):
    """Return the refs that the steps make; where there is nothing to take they take a text."""
    found = []

    def at(place):
        return found[place % len(found)] if found else "nothing"

    for kind, *given_ in steps:
        if kind == "source":
            found.append(source(*given_))
        elif kind == "joined":
            found.append(joined(at(given_[0]), at(given_[1]), given_[2]))
        elif kind == "pieces":
            found += list(pieces(at(given_[0]), given_[1]))
        elif kind == "total":
            total([at(place) for place in given_[0]])
        else:
            try:
                failing(at(given_[0]))
            except ValueError:
                continue
    return found


def ancestors(storage, hid):
    found, left = set(), [hid]
    while left:
        call = storage.store.calls([left.pop()])[0]
        found.add(call.hid)
        left += [ref.hid[:40] for ref in call.inputs.values() if len(ref.hid) == 44 and not ref.hid.endswith("ffff")]
    return found


def state(storage):
    read = storage.store._database.fetch_all
    return [read(f"SELECT * FROM {name}", ()) for name in ("calls", "stored_values", "spans", "edges", "settings")]


@settings(max_examples=40, deadline=None)
@given(
    steps=_steps,
    durations=st.lists(st.integers(0, 10**7), min_size=40, max_size=40),
    pins=st.lists(_places, max_size=2),
    share=st.floats(0, 1),
    older=st.none() | st.integers(0, 40),
)
def test_what_stays_is_whole_and_a_dry_run_foretells_it(steps, durations, pins, share, older):
    storage = Storage()
    with storage:
        values = [ref.value for ref in run(steps)]
    calls = storage.calls()
    with storage.store._database.writing() as cursor:
        for number, (row,) in enumerate(cursor.execute("SELECT id FROM calls").fetchall()):
            cursor.execute("UPDATE calls SET duration_us = ? WHERE id = ?", (durations[number % 40], row))
    for place in pins if calls else ():
        storage.pin(calls[place % len(calls)].hid)
    needed = set().union(*(ancestors(storage, pin.hid) for pin in storage.pins()))
    limit = int(storage.gc(dry_run=True).kept * share)
    before = state(storage)
    age = None if older is None else f"{older}d"
    foretold = storage.gc(limit, age, dry_run=True)
    assert state(storage) == before
    done = storage.gc(limit, age)
    assert replace(done, dry_run=True) == foretold
    assert links_are_whole(storage)
    assert needed <= {call.hid for call in storage.store.calls(needed)}
    again = storage.gc(dry_run=True)
    assert (again.calls, again.values, again.kept) == (0, 0, done.kept)
    assert done.kept <= limit or (not done.reached and done.pinned)
    assert len(storage.calls()) == len(calls) - done.calls
    with storage:
        assert [ref.value for ref in run(steps)] == values
    assert links_are_whole(storage)
    storage.close()
