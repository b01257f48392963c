"""What is wrong with an input, where, and what to do about it: in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
