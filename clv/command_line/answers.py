"""One answer on standard output, one plain sentence where there is none."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import click

from clv.command_line.stopping import finish

CANNOT_USE_INPUT = 2


def money(value: float, currency: str | None) -> str:
    """An amount with its currency, in full."""
    return f"{value:,.2f}" + (f" {currency}" if currency else "")


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


def print_answer(result: dict[str, Any], text: str, as_json: bool) -> None:
    """The answer in words, or as one JSON object and nothing else."""
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else text)


def refuse(sentence: str) -> NoReturn:
    """One plain sentence on standard error, exit code 2."""
    click.echo(" ".join(sentence.split()), err=True)
    sys.exit(CANNOT_USE_INPUT)
