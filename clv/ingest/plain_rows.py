"""Columns that Arrow has read from a plain text, handed to the engine as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clv.ingest import sql
from clv.ingest.plain_text import PlainText
from clv.ingest.text_scan import Marks
from clv.ingest.typed_rows import NATIVES, Role, TypedRows, cleaning, kept_text


def typed_plain_text(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    columns: tuple[str, ...],
    roles: Mapping[int, Role],
    text: PlainText,
    marks: Marks,
    first_line: int,
) -> TypedRows:
    """Hand the columns to the engine as they are; no row is blank or has more cells than there are columns."""
    line = np.arange(first_line, first_line + len(text.cells), dtype=np.int32)
    cells = text.cells.append_column("line", pa.array(line))
    for at, role in roles.items():
        if f"t{at}" not in cells.column_names:
            continue
        if steps := _cleaning_of(cells[f"t{at}"], role, marks):
            place = cells.column_names.index(f"t{at}")
            cells = cells.set_column(place, f"t{at}", _cleaned(engine, cells[f"t{at}"], steps))
    handed, table = sql.unique_name("plain"), sql.unique_name("rows")
    engine.register(handed, cells)
    engine.execute(
        f"CREATE TEMP VIEW {table} AS SELECT {_select_list(cells.column_names, roles)} FROM {handed}"
    )
    typed = [at for at, role in roles.items() if role in NATIVES]
    filled = {name: len(cells) - cells[name].null_count for name in cells.column_names}
    identifiers = [at for at, role in roles.items() if role == "identifier"]
    return TypedRows(
        name, table, columns, dict(roles), "line", len(cells), 0, 0,
        {at: filled.get(f"t{at}", 0) for at in typed}, {at: filled.get(f"n{at}", 0) for at in typed}, text.votes,
        {at: _holds(cells, f"t{at}", "@") and _may_have_capitals(cells[f"t{at}"]) for at in identifiers},
        {at: _holds(cells, f"t{at}", ".0") for at in identifiers}, text.forms, cells,
    )  # fmt: skip


def _select_list(names: Sequence[str], roles: Mapping[int, Role]) -> str:
    """SQL of the columns of typed rows; what is not there is NULL."""
    # Conditions on these are left to the engine, since Arrow copies what fulfils them; the functions cost nothing.
    read_as = {"date": "make_timestamp(n{0}) AS n{0}", "number": "round(n{0}, 4) AS n{0}"}
    listed = ["line", "FALSE AS is_blank", "FALSE AS split_wrongly"]
    for at, role in roles.items():
        if role in NATIVES:
            listed.append(
                read_as.get(role, "n{0}").format(at) if f"n{at}" in names else f"NULL::BIGINT AS n{at}"
            )
        listed.append(f"t{at}" if f"t{at}" in names else f"NULL::VARCHAR AS t{at}")
    return ", ".join(listed)


def _holds(cells: pa.Table, name: str, mark: str) -> bool:
    """Whether a mark stands in a column, if there is such a column."""
    parts = cells[name].chunks if name in cells.column_names else []
    return any(pc.any(pc.match_substring(part, mark)).as_py() for part in parts)


def _may_have_capitals(texts: pa.ChunkedArray) -> bool:
    """Whether a letter is a capital one, or not ASCII."""
    for part in texts.chunks:
        codes = np.frombuffer(part.buffers()[2] or b"", dtype=np.uint8)
        # Capitals are 26 codes, and what is below them wraps around.
        if np.any(codes - ord("A") < 26) or np.any(codes > ord("~")):
            return True
    return False


def _cleaning_of(texts: pa.ChunkedArray, role: Role, marks: Marks) -> list[Callable[[str], str]]:
    """The steps of cleaning that may change one of the texts; most columns need none, and each takes longer than this look."""
    if role == "kept" and " " not in marks.blanks:
        return []
    first, last = _letters_at_ends(texts)
    if role == "kept":
        may_be_blank = any(letter == " " or letter > "~" for letter in first | last)
        return [partial(kept_text, marks=marks)] if may_be_blank else []
    text_prefixes = marks.text_prefixes and bool(first & set("'="))
    # A blank may stand behind such a mark.
    may_be_blank = text_prefixes or any(letter <= " " or letter > "~" for letter in first | last)
    marks = replace(marks, text_prefixes=text_prefixes, blanks=marks.blanks if may_be_blank else "")
    if marks.text_prefixes or marks.blanks:
        return cleaning(marks)
    shortest = pc.min(pc.binary_length(texts)).as_py()
    return cleaning(marks) if shortest is not None and shortest <= max(map(len, sql.NO_VALUE)) else []


def _letters_at_ends(texts: pa.ChunkedArray) -> tuple[set[str], set[str]]:
    """With which bytes, as Latin-1 letters, texts begin, and with which they end."""
    seen = np.zeros((2, 256), dtype=np.bool_)
    for part in texts.chunks:
        _, places, letters = part.buffers()
        place = np.frombuffer(places, dtype=np.int32)[part.offset : part.offset + len(part) + 1]
        begin, end = place[:-1], place[1:]
        filled = end > begin
        codes = np.frombuffer(letters or b"", dtype=np.uint8)
        seen[0, codes[begin[filled]]] = True
        seen[1, codes[end[filled] - 1]] = True
    first, last = ({chr(code) for code in np.flatnonzero(row)} for row in seen)
    return first, last


def _cleaned(
    engine: duckdb.DuckDBPyConnection, texts: pa.ChunkedArray, steps: Sequence[Callable[[str], str]]
) -> pa.ChunkedArray:
    handed = sql.unique_name("handed")
    engine.register(handed, pa.table({"cell": texts}))
    query = handed
    for step in steps:
        query = f"(SELECT {step('cell')} AS cell FROM {query})"
    try:
        return engine.sql(f"SELECT cell FROM {query}").to_arrow_table()["cell"]
    finally:
        engine.unregister(handed)
