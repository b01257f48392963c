"""Ctrl-C: the blocks that are left tidy up behind themselves, one sentence says so, and nothing is half written."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

import click

STOPPED = 130
# A key that is pressed again meanwhile means the same stop, and must not break off the tidying.
TIDYING_SECONDS = 5.0
_last_stop = float("-inf")
_finishing = False


def stop_on_interrupt() -> None:
    """From now on Ctrl-C ends the command."""
    signal.signal(signal.SIGINT, _stop)


def finish() -> None:
    """The results are about to take their place: from now on the command is not stopped any more."""
    global _finishing
    _finishing = True


def _stop(_signal: int, _frame: FrameType | None) -> None:
    global _last_stop
    now = time.monotonic()
    if _finishing or now - _last_stop < TIDYING_SECONDS:
        return
    _last_stop = now
    click.echo("\nStopped. Nothing was written.", err=True)
    sys.exit(STOPPED)
