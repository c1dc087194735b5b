"""Random states: by what they are, and the one that numpy's functions share by its name."""

from __future__ import annotations

import numpy as np
from numpy.random import mtrand
from scipy import stats

from mandala_lab import Storage, op
from mandala_lab.memo.encoding import content_id
from mandala_lab.memo.values import load, store


def test_a_state_is_what_it_gives_next():
    one, same = np.random.RandomState(0), np.random.RandomState(0)
    before = content_id(one)
    assert before == content_id(same)
    same.random_sample()
    assert before != content_id(same)
    assert load(store(one)).random_sample() == one.random_sample()


def test_distributions_hold_the_shared_one_and_are_hits_whatever_it_is_at(path):
    @op
    def mean(distribution):
        return float(distribution.mean())

    @op
    def shifted(by):
        return stats.norm(by, 1)

    def called():
        np.random.rand()  # noqa: NPY002 - the shared state goes on
        with Storage(path) as storage:
            assert mean(stats.norm(2, 1)).value == 2
            assert mean(shifted(3)).value == 3
            assert shifted(3).value.dist._random_state is mtrand._rand
            storage.close()
        return storage.stats().computed

    assert [called(), called()] == [3, 0]
