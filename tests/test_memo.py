"""The memo: one value for a key, nobody waits for another key, the bound holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier, Event

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.memo import Memo, bytes_held, cached_property
from clv.models import ModelDataError

WAIT = 10.0  # seconds, for what comes at once unless it never comes
KB = np.zeros(128).nbytes


def kilobytes(number: int) -> np.ndarray:
    return np.zeros(128 * number)


def test_a_value_is_made_once_however_many_ask_at_once():
    memo, made, at_once = Memo(), [], Barrier(8)

    def ask(_number: int) -> object:
        at_once.wait(WAIT)
        return memo.once("key", lambda: made.append(1) or object())

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert len(set(map(id, values))) == 1


def test_a_value_in_the_making_holds_up_no_other():
    memo, go_on, begun = Memo(), Event(), Event()

    def slow() -> str:
        begun.set()
        assert go_on.wait(WAIT)
        return "slow"

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(memo.once, "slow", slow)
        assert begun.wait(WAIT)
        assert pool.submit(memo.once, "quick", lambda: "quick").result(WAIT) == "quick"
        assert not waiting.done()
        go_on.set()
        assert waiting.result(WAIT) == "slow"


def test_a_value_may_be_made_of_another():
    memo = Memo()
    assert memo.once("sum", lambda: 1 + memo.once("part", lambda: 2)) == 3
    assert "part" in memo


def test_what_fails_is_not_kept():
    memo = Memo()

    def fail() -> None:
        raise ModelDataError("too few")

    for _ in range(2):
        with pytest.raises(ModelDataError):
            memo.once("key", fail)
    assert "key" not in memo
    assert memo.once("key", lambda: 1) == 1


def test_those_not_asked_for_the_longest_go_first():
    memo = Memo(most_bytes=5 * KB)
    for key in ("a", "b"):
        memo.once(key, lambda: kilobytes(2))
    memo.once("a", lambda: pytest.fail("it is known"))
    memo.once("c", lambda: kilobytes(2))
    assert ["a" in memo, "b" in memo, "c" in memo] == [True, False, True]


def test_the_newest_stays_whatever_its_size():
    memo = Memo(most_bytes=KB)
    assert memo.once("large", lambda: kilobytes(5)).nbytes == 5 * KB
    assert "large" in memo


@given(asked=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=30), bound=st.integers(1, 20))
def test_every_answer_is_right_and_the_bound_holds(asked, bound):
    memo, first = Memo(most_bytes=bound * KB), {}
    for key, size in asked:
        value = memo.once(key, lambda key=key, size=size: np.full(128 * size, float(key)))
        assert (value == key).all()
        first[key] = value
        assert len(memo) == 1 or memo.nbytes <= bound * KB


def test_the_bytes_of_what_is_shared_count_once():
    @dataclass
    class Holder:
        rows: np.ndarray

    Holder.__module__ = "clv.holder"
    rows = kilobytes(1000)
    alone, frame = bytes_held([rows]), pd.DataFrame({"a": np.zeros(128_000)})
    assert alone >= 1000 * KB
    assert bytes_held([rows, rows[5:], {"again": rows}, [Holder(rows)]]) < alone + 10 * KB
    assert bytes_held([Holder(kilobytes(1000)), rows]) >= 2000 * KB
    assert bytes_held([frame]) >= 1000 * KB


def test_a_cached_property_of_one_object_holds_up_no_other():
    go_on, begun = Event(), Event()

    class Answer:
        def __init__(self, wait: bool) -> None:
            self.wait, self.times = wait, 0

        @cached_property
        def value(self) -> int:
            """The answer."""
            self.times += 1
            if self.wait:
                begun.set()
                assert go_on.wait(WAIT)
            return 42

    slow, quick = Answer(wait=True), Answer(wait=False)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(lambda: slow.value)
        assert begun.wait(WAIT)
        assert pool.submit(lambda: quick.value).result(WAIT) == 42
        assert not waiting.done()
        go_on.set()
        assert waiting.result(WAIT) == 42
    assert (quick.value, quick.times) == (42, 1)
    assert Answer.value.func.__doc__ == "The answer."
