"""The columns that the user chose, kept for the next file with the same header, on this machine.

Only column names are kept, in one small JSON file in the user's folder for application data; never a cell.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from clv.ingest.columns import FIELDS
from clv.ingest.vocabulary import normalised

FILE_NAME = "column-choices.json"


def remember(columns: Iterable[str], mapping: Mapping[str, str]) -> None:
    """Keep a choice of columns for files with these columns, in any order; an empty name leaves a field out.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    _write(_read() | {_fingerprint(columns): {field: mapping[field] for field in FIELDS if field in mapping}})


def recall(columns: Iterable[str]) -> dict[str, str] | None:
    """The choice that was kept for files with these columns, or None."""
    return _read().get(_fingerprint(columns))


def forget(columns: Iterable[str]) -> None:
    """Drop the choice that was kept for files with these columns.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    kept = _read()
    if kept.pop(_fingerprint(columns), None) is not None:
        _write(kept)


def place() -> Path:
    """Where the choices are kept: the folder that the system sets aside for the data of programs.

    Raises
    ------
    OSError
        The account has no home folder.
    """
    try:
        home = Path.home()
    except RuntimeError as error:
        raise OSError("this account has no home folder") from error
    usual = {"win32": home / "AppData" / "Local", "darwin": home / "Library" / "Application Support"}
    chosen = os.environ.get("XDG_DATA_HOME") or (
        os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    )
    return Path(chosen or usual.get(sys.platform, home / ".local" / "share")) / "clv-studio" / FILE_NAME


def _fingerprint(columns: Iterable[str]) -> str:
    names = sorted(normalised(column) for column in columns if column)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _read() -> dict[str, dict[str, str]]:
    """What is kept; nothing where the file is missing or no longer what this program wrote."""
    try:
        kept = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {
        header: {
            field: column for field, column in chosen.items() if field in FIELDS and isinstance(column, str)
        }
        for header, chosen in kept.items()
        if isinstance(chosen, dict)
    }


def _write(kept: Mapping[str, Mapping[str, str]]) -> None:
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(path)
