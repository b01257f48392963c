"""One currency per analysis: amounts in different ones are never added."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from clv.ingest import sql, vocabulary
from clv.ingest.columns import ColumnMapping
from clv.ingest.errors import Problem
from clv.ingest.relations import leave_out


def settle_currency(
    engine: duckdb.DuckDBPyConnection, lines: str, asked: str | None, mapping: ColumnMapping, where: str
) -> str | Problem | None:
    """Find the currency of the lines, or keep only the lines of the one that was asked for.

    Parameters
    ----------
    lines : str
        Table of lines; lines in another currency than `asked` get a reason.
    asked : str or None
        ISO code or sign that the user chose.
    mapping : ColumnMapping
        The name of the amount column may say the currency.
    where : str
        Files, for the message.

    Returns
    -------
    str or None, or Problem where several currencies stand side by side and none was chosen.
    """
    found = engine.execute(
        f"SELECT currency, count(*), sum(gross) FROM {lines} WHERE reason IS NULL AND currency IS NOT NULL"
        " GROUP BY currency ORDER BY count(*) DESC, currency"
    ).fetchall()
    wanted = _code(asked)
    if wanted is None:
        return _only(found, mapping.amount or mapping.unit_price, where)
    codes = [str(code) for code, *_ in found]
    if mapping.currency is None and len(codes) == 1 and wanted in vocabulary.same_sign(codes[0]):
        return wanted
    if codes and wanted not in codes:
        what = f"no order is in {wanted}; the currencies are {_listed(found)}"
        return Problem(what, where, "Choose one of these currencies")
    if len(codes) > 1:
        _leave_others(engine, lines, wanted)
    return wanted


def _code(asked: str | None) -> str | None:
    if asked is None or not asked.strip():
        return None
    return vocabulary.currency_codes().get(asked.strip().lower(), asked.strip().upper())


def _only(found: Sequence[tuple[str, int, object]], header: str | None, where: str) -> str | Problem | None:
    if len(found) > 1:
        what = f"the orders are in {len(found)} currencies, which cannot be added: {_listed(found)}"
        return Problem(what, where, "Choose one currency; the orders in the others are then left out")
    return found[0][0] if found else currency_in_header(header)


def _listed(found: Sequence[tuple[str, int, object]]) -> str:
    shown = [f"{code} ({rows:,} rows, {float(str(total or 0)):,.2f})" for code, rows, total in found[:12]]
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    return ", ".join(shown) + more


def _leave_others(engine: duckdb.DuckDBPyConnection, lines: str, wanted: str) -> None:
    other = (
        f"NOT is_blank AND NOT split_wrongly AND currency IS DISTINCT FROM {sql.literal(wanted)}"
        " AND (reason IS NULL OR currency IS NOT NULL)"
    )
    reason = "CASE WHEN currency IS NULL THEN 'no currency' ELSE 'in another currency (' || currency || ')' END"
    leave_out(engine, lines, other, reason)


def currency_in_header(header: str | None) -> str | None:
    """Currency that a column name says, as in "Total (EUR)"."""
    words = "".join(
        letter if letter.isalpha() or letter in "$€£¥₽" else " " for letter in header or ""
    ).split()
    codes = vocabulary.currency_codes()
    named = [codes[word.lower()] for word in words if word.lower() in codes]
    sure = [code for code in named if code.lower() not in vocabulary.COMMON_WORDS]
    return sure[0] if len(set(sure)) == 1 else None
