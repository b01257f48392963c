"""The file that an answer goes to: never one that is read, and whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

from clv.command_line.answers import refuse
from clv.command_line.stopping import finish


def refuse_overwriting(output: Path, inputs: Iterable[Path]) -> None:
    """Refuse an output that is one of the inputs, under whatever name or link, or where the answer goes anyway.

    Parameters
    ----------
    output : need not be there yet.
    inputs : files, and folders of Parquet files; those that are not there are passed over.
    """
    for path in inputs:
        if any(_is_same_file(output, file) for file in _files_of(path)):
            refuse(f"{output} would be overwritten, but it is read ({path}). Name another file to write to.")
        if path.is_dir() and output.suffix == ".parquet" and path.resolve() in output.resolve().parents:
            refuse(f"{output} would be read with {path} the next time. Name a file outside that folder.")
    if _is_standard_output(output):
        refuse(f"Standard output goes to {output} already. Name another file to write to.")


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; what cannot be written is refused in a sentence."""
    try:
        # A pipe or a terminal has no other file that could take its place.
        if (path.exists() and not path.is_file()) or not os.access(path.parent, os.W_OK):
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        refuse(f"{path} could not be written: {error.strerror}.")


def _replace(path: Path, content: bytes) -> None:
    """Half a file could be taken for a whole one, so it takes its place when it is complete."""
    part = path.with_name(f".clv-{uuid4().hex}.part")
    try:
        part.write_bytes(content)
        if path.exists():
            shutil.copymode(path, part)
        finish()
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _files_of(path: Path) -> Sequence[Path]:
    return sorted(path.rglob("*.parquet")) if path.is_dir() else [path]


def _is_same_file(one: Path, other: Path) -> bool:
    """Whether both are one ordinary file; a terminal may well be read and written."""
    try:
        return one.is_file() and one.samefile(other)
    except (OSError, ValueError):
        return False


def _is_standard_output(path: Path) -> bool:
    if sys.__stdout__ is None:
        return False
    try:
        return path.is_file() and os.path.samestat(path.stat(), os.fstat(sys.__stdout__.fileno()))
    except (OSError, ValueError):
        return False
