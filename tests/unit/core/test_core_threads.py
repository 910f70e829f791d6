"""Work over threads: the same in any number of them, and BLAS left as it was found."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.threads import in_threads


def blas_threads() -> set[int]:
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_blas_keeps_to_one_thread_inside_and_gets_its_own_back() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert in_threads(lambda _: blas_threads(), range(3), threads=2) == [{1}] * 3
        assert blas_threads() == before


def test_calls_within_calls_leave_blas_as_it_was() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        inner = in_threads(lambda _: in_threads(lambda _: blas_threads(), range(2), threads=2), range(2), threads=2)
        assert inner == [[{1}] * 2] * 2
        assert blas_threads() == before


def test_a_caller_that_comes_while_another_is_in_leaves_blas_as_it_was() -> None:
    before = blas_threads()
    in_there, may_leave = threading.Event(), threading.Event()

    def wait(_: int) -> bool:
        in_there.set()
        return may_leave.wait(30)

    first = threading.Thread(target=lambda: in_threads(wait, range(2), threads=2))
    first.start()
    assert in_there.wait(30)
    assert in_threads(lambda x: x, range(2), threads=2) == [0, 1]
    may_leave.set()
    first.join()
    assert blas_threads() == before


def test_an_error_in_a_thread_reaches_the_caller_and_lifts_the_limit() -> None:
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ZeroDivisionError):
            in_threads(lambda x: 1 / x, [1, 0], threads=2)
        assert blas_threads() == before


@pytest.mark.parametrize("row", [0, 123_456, 199_999])
def test_a_bad_row_is_found_in_whichever_block_it_stands(row) -> None:
    probs = np.full((200_000, 4), 0.25)
    probs[row, 2] = 0.5
    with pytest.raises(InvalidInput, match=f"row {row} sums to 1.25"):
        checks.probabilities("probs", probs)
    probs[row] = [1.5, -0.5, 0, 0]
    with pytest.raises(InvalidInput, match=f"row {row}, column 1 is -0.5"):
        checks.probabilities("probs", probs)


def test_a_bad_row_of_a_member_is_counted_through_in_any_layout() -> None:
    members = np.full((3, 50, 2), 0.5)
    members[2, 7, 0] = 0.9
    for layout in (members, np.asfortranarray(members)):
        with pytest.raises(InvalidInput, match=r"row 107 sums to 1\.4"):
            checks.member_probabilities("members", layout)


def test_calls_within_calls_take_no_threads_of_their_own() -> None:
    active: set[int] = set()
    most = [0]
    lock = threading.Lock()

    def work(_: int) -> None:
        with lock:
            active.add(threading.get_ident())
            most[0] = max(most[0], len(active))
        threading.Event().wait(0.01)
        with lock:
            active.discard(threading.get_ident())

    in_threads(lambda _: in_threads(work, range(4), threads=4), range(4), threads=4)
    assert most[0] <= 4
