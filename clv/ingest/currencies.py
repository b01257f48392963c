"""One currency per analysis: amounts in different ones are never added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from clv.ingest import vocabulary
from clv.ingest.amounts import NUMBER
from clv.ingest.columns import ColumnMapping
from clv.ingest.errors import Problem

IN_ANOTHER_CURRENCY = "in another currency"


def settle_currency(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    asked: str | None,
    mapping: ColumnMapping,
    where: str,
    rates: Mapping[str, float],
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
    rates : mapping of currency to float
        What one unit of a currency is worth in `asked`; lines in these currencies are converted and kept.

    Returns
    -------
    str or None, or Problem where several currencies stand side by side and none was chosen.
    """
    found = engine.execute(
        f"SELECT currency, count(*), sum(gross) FROM {lines}"
        " WHERE reason IS NULL AND currency IS NOT NULL AND NOT is_further"
        " GROUP BY currency ORDER BY count(*) DESC, currency"
    ).fetchall()
    wanted = _code(asked)
    if wanted is None:
        return _only(found, mapping.amount or mapping.unit_price, where)
    codes = [str(code) for code, *_ in found]
    if mapping.currency is None and len(codes) == 1 and wanted in vocabulary.same_sign(codes[0]):
        return wanted
    known = {code: rate for name, rate in rates.items() if (code := _code(name)) in codes and code != wanted}
    if codes and wanted not in codes and not known:
        what = f"no order is in {wanted}; the currencies are {_listed(found)}"
        return Problem(what, where, "Choose one of these currencies")
    _convert(engine, lines, known)
    if len({*codes, wanted}) > 1:
        _leave_others(engine, lines, wanted, known)
    return wanted


def converted(
    engine: duckdb.DuckDBPyConnection, lines: str, wanted: str | None
) -> list[tuple[str, int, float]]:
    """Currency, orders' lines and value after conversion, of the lines that were converted."""
    found = engine.execute(
        f"SELECT currency, count(*), CAST(sum(gross) AS DOUBLE) FROM {lines} WHERE reason IS NULL AND NOT is_further"
        " AND currency IS DISTINCT FROM ? GROUP BY currency ORDER BY currency",
        [wanted],
    ).fetchall()
    return [(str(code), int(rows), float(value or 0)) for code, rows, value in found if code is not None]


def _convert(engine: duckdb.DuckDBPyConnection, lines: str, rates: Mapping[str, float]) -> None:
    for code, rate in rates.items():
        money = ", ".join(
            f"{name} = CAST({name} * CAST(? AS DOUBLE) AS {NUMBER})"
            for name in ("gross", "returned", "amount_net")
        )
        engine.execute(f"UPDATE {lines} SET {money} WHERE currency = ?", [rate, rate, rate, code])


def _code(asked: str | None) -> str | None:
    if asked is None or not asked.strip():
        return None
    return vocabulary.currency_codes().get(asked.strip().lower(), asked.strip().upper())


def _only(found: Sequence[tuple[str, int, object]], header: str | None, where: str) -> str | Problem | None:
    if len(found) > 1:
        what = f"the orders are in {len(found)} currencies, which cannot be added: {_listed(found)}"
        return Problem(
            what,
            where,
            "Choose one currency; the orders in the others are then left out, or give rates to convert them",
        )
    return found[0][0] if found else currency_in_header(header)


def _listed(found: Sequence[tuple[str, int, object]]) -> str:
    shown = [f"{code} ({rows:,} rows, {float(str(total or 0)):,.2f})" for code, rows, total in found[:12]]
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    return ", ".join(shown) + more


def _leave_others(
    engine: duckdb.DuckDBPyConnection, lines: str, wanted: str, rates: Mapping[str, float]
) -> None:
    engine.execute(
        f"UPDATE {lines} SET reason = CASE WHEN currency IS NULL THEN 'no currency'"
        f" ELSE '{IN_ANOTHER_CURRENCY} (' || currency || ')' END"
        " WHERE NOT is_blank AND NOT split_wrongly"
        " AND (currency IS NULL OR NOT list_contains(?, currency)) AND (reason IS NULL OR currency IS NOT NULL)",
        [[wanted, *rates]],
    )


def currency_in_header(header: str | None) -> str | None:
    """Currency that a column name says, as in "Total (EUR)"."""
    words = "".join(
        letter if letter.isalpha() or letter in "$€£¥₽" else " " for letter in header or ""
    ).split()
    codes = vocabulary.currency_codes()
    named = [codes[word.lower()] for word in words if word.lower() in codes]
    sure = [code for code in named if code.lower() not in vocabulary.COMMON_WORDS]
    return sure[0] if len(set(sure)) == 1 else None
