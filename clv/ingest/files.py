"""What kind of file the bytes really are, whatever the name says."""

from __future__ import annotations

import gzip
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clv.ingest.errors import InputError, Problem

HEAD_BYTES = 65_536
COPY_BYTES = 4 * 2**20
# A compressed file may unpack to this much; beyond it a disk fills up before anybody notices.
UNPACKED_LIMIT = 16 * 2**30
WORKBOOK_LIMIT = 2 * 2**30
# No table of orders shrinks to less than a hundredth; below a quarter of a gigabyte it does not matter.
BOMB_RATIO = 200
BOMB_BYTES = 256 * 2**20
TAR_MARK, TAR_MARK_AT = b"ustar", 257

Kind = Literal["text", "parquet", "workbook"]

EXPORT_AS = "Export the orders as CSV, Excel or Parquet and load that file"

FOREIGN_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a sound, film or picture file"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"ORC", "an ORC file"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "an archive inside another archive"),
    (b"{\\rtf", "a rich-text document"),
)


@dataclass(frozen=True)
class OrderFile:
    """A file that a user hands in.

    Parameters
    ----------
    name : str
        What the user calls it, such as the name of the upload; used in every message.
    path : Path
        Where the bytes are.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Recognised:
    """A file whose kind is known, unpacked when it was compressed."""

    name: str
    path: Path
    kind: Kind
    head: bytes


def recognise(file: OrderFile, workdir: Path) -> Recognised:
    """Recognise what a file is by its first bytes; unpack it into `workdir` when it is gzip.

    Raises
    ------
    InputError
        The file is missing, empty, or of a kind that holds no orders.
    """
    head = _head(file.name, file.path)
    path = file.path
    if head.startswith(b"\x1f\x8b"):
        path = _unpack(file, workdir)
        head = _head(file.name, path)
    return Recognised(file.name, path, _kind(file.name, path, head), head)


def is_archive(file: OrderFile) -> bool:
    """Whether a file is a ZIP archive that is no workbook.

    Raises
    ------
    InputError
        The file cannot be opened, or is empty or damaged.
    """
    head = _head(file.name, file.path)
    return head.startswith(b"PK\x03\x04") and not _is_workbook_zip(file.name, file.path)


def refuse_bomb(name: str, unpacked: int, packed: Path, workdir: Path) -> None:
    """Refuse what unpacks to more bytes than a table of orders can.

    Raises
    ------
    InputError
    """
    if (
        _is_bomb(unpacked, packed)
        or unpacked > UNPACKED_LIMIT
        or shutil.disk_usage(workdir).free < min(unpacked, COPY_BYTES) + 4 * COPY_BYTES
    ):
        raise unusable(
            name, "the file is too large once unpacked", "Split it by year, or load the file inside it"
        )


def _is_bomb(unpacked: int, packed: Path) -> bool:
    return unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed.stat().st_size


def unusable(name: str, what: str, todo: str = EXPORT_AS) -> InputError:
    """Make the error for a file that cannot be used at all."""
    return InputError([Problem(what, name, todo)])


def _head(name: str, path: Path) -> bytes:
    try:
        if path.is_dir():
            raise unusable(name, "this is a folder, not a file", "Choose the order file inside it")
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise _unopened(name, path, error) from error
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe") and not path.stat().st_size > HEAD_BYTES:
        raise unusable(name, "the file is empty", "Export the orders again")
    return head


def _unopened(name: str, path: Path, error: Exception) -> InputError:
    if isinstance(error, InputError):
        return error
    if isinstance(error, FileNotFoundError):
        return unusable(name, f"there is no file at {path}", "Check the name and the folder")
    return unusable(name, "the file cannot be opened", "Check that it may be read and is not in use")


def _kind(name: str, path: Path, head: bytes) -> Kind:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        if not _is_workbook_zip(name, path):
            what = "there is another archive inside this archive"
            raise unusable(name, what, "Unpack it and load the file inside")
        return "workbook"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "workbook"
    for signature, meaning in FOREIGN_SIGNATURES:
        if head.startswith(signature):
            raise unusable(name, f"this is {meaning}, not a table of orders")
    if head[TAR_MARK_AT : TAR_MARK_AT + len(TAR_MARK)] == TAR_MARK:
        raise unusable(
            name, "this is a TAR archive, not a table of orders", "Unpack it and load the file inside"
        )
    return "text"


def _is_workbook_zip(name: str, path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise unusable(
            name,
            "the file is damaged: it starts like a workbook or an archive and then breaks off",
            "Export it again",
        ) from error
    if not any(entry.filename.startswith("xl/") or entry.filename == "content.xml" for entry in entries):
        return False
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > WORKBOOK_LIMIT or _is_bomb(unpacked, path):
        raise unusable(
            name, "the workbook is too large to read", "Export the orders as CSV and load that file"
        )
    return True


def _unpack(file: OrderFile, workdir: Path) -> Path:
    target = workdir / f"unpacked-{file.path.stem[:20].replace('*', '_')}-{len(list(workdir.iterdir()))}"
    written = 0
    try:
        with gzip.open(file.path, "rb") as packed, target.open("wb") as out:
            while block := packed.read(COPY_BYTES):
                written += len(block)
                refuse_bomb(file.name, written, file.path, workdir)
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise unusable(
            file.name, "the compressed file is damaged or incomplete", "Export it again"
        ) from error
    return target
