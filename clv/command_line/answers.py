"""One answer on standard output, one plain sentence where there is none."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

CANNOT_USE_INPUT = 2


def money(value: float, currency: str | None) -> str:
    """An amount with its currency, in full."""
    return f"{value:,.2f}" + (f" {currency}" if currency else "")


def print_answer(result: dict[str, Any], text: str, as_json: bool) -> None:
    """The answer in words, or as one JSON object and nothing else; what cannot be written is refused in a sentence."""
    try:
        click.echo(json.dumps(result, ensure_ascii=False) if as_json else text)
    except BrokenPipeError:
        raise  # nobody reads on, as after head: the command ends quietly
    except OSError as error:
        refuse(f"The answer could not be written to standard output: {error.strerror}.")


def refuse(sentence: str) -> NoReturn:
    """One plain sentence on standard error, exit code 2."""
    with suppress(OSError):  # standard error may be full or closed too
        click.echo(" ".join(sentence.split()), err=True)
    sys.exit(CANNOT_USE_INPUT)
