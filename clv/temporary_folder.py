"""A folder for what a process writes for a while: it goes with the process; what a killed one left goes later."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PREFIX, LOCK = "clv-studio-", ".lock"


def own_folder() -> Path:
    """Make a folder beneath the system's folder for temporary files; it is removed when the process ends.

    The process holds a lock beside it for as long as it lives. A process number in the name would not do: it may
    belong to another process by now, and containers that share a folder do not share their numbers.
    """
    descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=LOCK)
    _take(descriptor)
    lock = Path(name)
    folder = lock.with_suffix("")
    folder.mkdir(mode=0o700)
    atexit.register(_give_back, lock, descriptor)
    return folder


def remove_abandoned() -> None:
    """Remove the folders of processes that were killed; those of living ones stay."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*{LOCK}"):
        if not _is_held(lock):
            _remove(lock)


def _give_back(lock: Path, descriptor: int) -> None:
    os.close(descriptor)
    _remove(lock)


def _remove(lock: Path) -> None:
    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    with suppress(OSError):
        lock.unlink()


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:  # gone meanwhile, or another user's
        return True
    try:
        return not _take(descriptor)
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    """Lock an open file; False where somebody holds it, or where the disk knows no locks."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
