"""Files that hold several tables: ZIP archives and workbooks. Tables of one make are read together."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from clv.ingest.columns import guess_mapping, header_score, missing_fields
from clv.ingest.errors import InputError, Problem
from clv.ingest.files import (
    COPY_BYTES,
    OrderFile,
    Recognised,
    is_archive,
    recognise,
    refuse_bomb,
    unusable,
)
from clv.ingest.source import ParquetSource, SheetSource, Source, TextSource
from clv.ingest.vocabulary import normalised
from clv.ingest.workbook import read_sheets

MOST_TABLES = 500
TABLE_ENDINGS = frozenset(
    {"", ".csv", ".txt", ".tsv", ".tab", ".dat", ".parquet", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
)
ARCHIVE_ENDINGS = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst"})
ENCRYPTED = 0x1


@dataclass(frozen=True)
class Table:
    """A table within a file, and how well its header fits."""

    title: str
    columns: tuple[str, ...]
    rows: int

    def merit(self, wanted: frozenset[str]) -> tuple[bool, int, int]:
        """All that is needed first, then the number of known column names, then the length."""
        complete = not missing_fields(guess_mapping(self.columns))
        return complete, header_score(self.columns, wanted), self.rows

    @property
    def header(self) -> frozenset[str]:
        """Column names without regard to their order, case and punctuation."""
        return frozenset(normalised(column) for column in self.columns if column)


def open_sources(file: OrderFile, workdir: Path, wanted: frozenset[str]) -> list[Source]:
    """Open a file of any kind: one source, or several where it holds several tables of one header.

    Parameters
    ----------
    workdir : Path
        Folder for what has to be unpacked.
    wanted : frozenset of str
        Normalised column names that the user asked for.

    Raises
    ------
    InputError
        The file holds no table.
    """
    if is_archive(file):
        return _open_archive(file, workdir, wanted)
    return _open_recognised(recognise(file, workdir), workdir, wanted)


def open_single(file: OrderFile, workdir: Path) -> Source:
    """Open a file that holds one table.

    Raises
    ------
    InputError
        The file holds no table, or several.
    """
    sources = open_sources(file, workdir, frozenset())
    if len(sources) > 1:
        listed = ", ".join(f"«{source.name}»" for source in sources[:6])
        what = f"it holds {len(sources)} tables of the same columns: {listed}"
        raise InputError([Problem(what, file.name, "Put the rows into one table")])
    return sources[0]


def _open_recognised(file: Recognised, workdir: Path, wanted: frozenset[str]) -> list[Source]:
    if file.kind == "parquet":
        return [ParquetSource(file, workdir)]
    if file.kind == "text":
        return [TextSource(file, workdir, wanted)]
    read = read_sheets(file.name, file.path, wanted)
    sheets = read.found
    tables = [Table(f"«{sheet.title}»", sheet.columns, len(sheet.rows)) for sheet in sheets]
    chosen = _with_best_header(tables, wanted)
    sources = [
        SheetSource(
            file.name if len(chosen) == 1 else f"{file.name}, sheet «{sheets[place].title}»", sheets[place]
        )
        for place in chosen
    ]
    sources[0].warnings = (*_said(file.name, "sheet", tables, chosen), *read.warnings)
    return list(sources)


def _with_best_header(tables: Sequence[Table], wanted: frozenset[str]) -> list[int]:
    """Places of the best table and of all that have the same header."""
    best = max(tables, key=lambda table: table.merit(wanted))
    alike = [place for place, table in enumerate(tables) if table.header == best.header and table.rows]
    return alike or [tables.index(best)]


def _said(name: str, kind: str, tables: Sequence[Table], chosen: Sequence[int]) -> tuple[str, ...]:
    """Which of several tables were read, and which were left."""
    if len(tables) == 1:
        return ()
    left = [table.title for place, table in enumerate(tables) if place not in chosen and table.rows]
    read = _listed([tables[place].title for place in chosen])
    if len(chosen) > 1:
        sentence = f"{name}: the {kind}s {read} have the same columns and were read together"
    else:
        sentence = f"{name}: only the {kind} {read} was read"
    return (
        f"{sentence}; {_listed(left)} {'was' if len(left) == 1 else 'were'} left."
        if left
        else f"{sentence}.",
    )


def _listed(titles: Sequence[str]) -> str:
    shown = list(titles[:8])
    if len(titles) > len(shown):
        return f"{', '.join(shown)} and {len(titles) - len(shown)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _open_archive(file: OrderFile, workdir: Path, wanted: frozenset[str]) -> list[Source]:
    opened: list[tuple[str, list[Source]]] = []
    problems: list[Problem] = []
    for entry in _unpacked(file, workdir):
        try:
            part = recognise(entry, workdir)
            opened.append((entry.name, _open_recognised(part, workdir, wanted)))
        except InputError as error:
            problems += error.problems
    if not opened:
        raise InputError(problems)
    tables = [Table(f"«{_within(name)}»", parts[0].columns, _size(parts)) for name, parts in opened]
    chosen = _with_best_header(tables, wanted)
    sources = [source for place in chosen for source in opened[place][1]]
    skipped = tuple(f"{problem.where} was left: {problem.what}." for problem in problems)
    sources[0].warnings = (*_said(file.name, "file", tables, chosen), *skipped, *sources[0].warnings)
    return sources


def _within(name: str) -> str:
    return name.rpartition(" » ")[2]


def _size(sources: Sequence[Source]) -> int:
    return sum(source.size for source in sources)


def _unpacked(file: OrderFile, workdir: Path) -> list[OrderFile]:
    """Unpack the tables of an archive into `workdir`."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            refuse_bomb(file.name, sum(entry.file_size for entry in entries), file.path, workdir)
            tables = _tables(file.name, entries)
            return [
                OrderFile(f"{file.name} » {entry.filename}", _extract(archive, entry, workdir, number))
                for number, entry in enumerate(tables)
            ]
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise unusable(
            file.name, "the archive is damaged or incomplete", "Make it again, or load the file inside it"
        ) from error


def _tables(name: str, entries: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    seen = [entry for entry in entries if not _is_system_file(entry.filename)]
    tables = [entry for entry in seen if _ending(entry) in TABLE_ENDINGS and entry.file_size]
    if any(entry.flag_bits & ENCRYPTED for entry in tables or seen):
        raise unusable(name, "the archive is protected by a password", "Unpack it and load the file inside")
    if not tables and any(_ending(entry) in ARCHIVE_ENDINGS for entry in seen):
        raise unusable(
            name, "there is another archive inside this archive", "Unpack it and load the file inside"
        )
    if not tables:
        raise unusable(
            name, "there is no table of orders in this archive", "Put CSV, Excel or Parquet files into it"
        )
    if len(tables) > MOST_TABLES:
        what = f"there are {len(tables):,} files in this archive"
        raise unusable(name, what, f"At most {MOST_TABLES:,} can be read together: split it")
    return tables


def _is_system_file(path: str) -> bool:
    """What operating systems put beside the files."""
    parts = PurePosixPath(path).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts) or parts[-1:] in (
        ("Thumbs.db",),
        ("desktop.ini",),
    )


def _ending(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.lower()


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, workdir: Path, number: int) -> Path:
    """Write one entry under a name of our own: names in archives may point anywhere."""
    target = workdir / f"entry-{number}-{len(list(workdir.iterdir()))}"
    with archive.open(entry) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out, COPY_BYTES)
    return target
