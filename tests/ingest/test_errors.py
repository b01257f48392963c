"""Which errors say that a disk is full."""

from __future__ import annotations

import errno

import duckdb
import pytest

from clv.ingest import InputError
from clv.ingest.errors import disk_full_problem, refuse_full_disk

FULL = OSError(errno.ENOSPC, "No space left on device")


def raised_after(first: BaseException, then: BaseException, *, hidden: bool) -> BaseException:
    try:
        try:
            raise first
        except BaseException as error:
            raise then from None if hidden else error
    except BaseException as error:
        return error


def test_the_file_is_named_where_it_is_known():
    problem = disk_full_problem(OSError(errno.ENOSPC, "No space left on device", "/data/part"))
    assert problem is not None
    assert problem.where == "/data/part"


@pytest.mark.parametrize("hidden", [False, True])
def test_what_an_error_came_of_counts(hidden: bool):
    assert (
        disk_full_problem(raised_after(FULL, ValueError("its rows cannot be read"), hidden=hidden))
        is not None
    )


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EACCES, "Permission denied"), duckdb.IOException("IO Error: no such file"), ValueError("disk full"),
     duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block")],
)  # fmt: skip
def test_other_errors_are_others(error: BaseException):
    assert disk_full_problem(error) is None
    refuse_full_disk(error)


def test_a_full_disk_is_refused():
    with pytest.raises(InputError):
        refuse_full_disk(FULL)
