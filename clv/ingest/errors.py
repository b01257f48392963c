"""What is wrong with an input, where, and what to do about it: in plain sentences."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

# How DuckDB says it: while it writes a file, and while it moves data out of memory.
DUCKDB_DISK_FULL = ("No space left on device", "max_temp_directory_size")
# How Python says that it can write into no folder for temporary files, which a full disk brings about too.
NO_TEMPORARY_FOLDER = "No usable temporary directory"


@dataclass(frozen=True)
class Problem:
    """One thing that keeps an input from being used.

    Parameters
    ----------
    what : str
        What is wrong, as a clause without a full stop.
    where : str
        The file, and the column and line where known.
    todo : str
        What the user can do about it, as a clause without a full stop.
    """

    what: str
    where: str
    todo: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.todo}."


class InputError(ValueError):
    """The input cannot be used; carries every problem that was found, not only the first.

    Parameters
    ----------
    problems : iterable of Problem
        At least one.
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(" ".join(str(problem) for problem in self.problems))


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise InputError when there is a problem to show."""
    found = tuple(problems)
    if found:
        raise InputError(found)


def disk_full_problem(error: BaseException) -> Problem | None:
    """What to tell a user where a full disk is behind the error; None where something else is.

    Looks at the error and at those that it came of. Known are OSError and the errors of DuckDB.
    """
    cause: BaseException | None = error
    while cause is not None:
        if _says_disk_full(cause):
            where = str(
                getattr(cause, "filename", None) or f"folder for temporary files ({_temporary_folder()})"
            )
            todo = "Free some space, or name another folder for temporary files in the variable TMPDIR, and try again"
            return Problem("the disk is full", where, todo)
        cause = cause.__cause__ or cause.__context__
    return None


def refuse_full_disk(error: BaseException) -> None:
    """Raise InputError where a full disk is behind the error, as ``disk_full_problem``."""
    problem = disk_full_problem(error)
    if problem is not None:
        raise InputError([problem]) from error


def _says_disk_full(error: BaseException) -> bool:
    if isinstance(error, duckdb.Error):
        return any(words in str(error) for words in DUCKDB_DISK_FULL)
    if not isinstance(error, OSError):
        return False
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or NO_TEMPORARY_FOLDER in str(error)


def _temporary_folder() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:
        return "none can be written"
