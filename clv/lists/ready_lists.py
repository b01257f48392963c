"""Ready lists: each a name, what it is for, and the rule that says who is on it.

`ready_lists.toml` beside this file has one entry a list.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from clv.rules import Rule


@dataclass(frozen=True)
class ReadyList:
    """One list. ``purpose`` says who is on it and what to do with them."""

    name: str
    purpose: str
    rule: Rule


def _read() -> dict[str, ReadyList]:
    entries = tomllib.loads((files("clv.lists") / "ready_lists.toml").read_text(encoding="utf-8"))["list"]
    return {
        entry["name"]: ReadyList(entry["name"], entry["purpose"], Rule.from_dict(entry["rule"]))
        for entry in entries
    }


# By name, in the order in which they are offered.
READY_LISTS: dict[str, ReadyList] = _read()
