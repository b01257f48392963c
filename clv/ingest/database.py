"""Orders that stay in their database: read there by Ibis expressions, so that only customers and sums travel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ibis.backends.sql import SQLBackend
from ibis.expr.types import Table

from clv.ingest import database_cells as cells
from clv.ingest import database_report as report
from clv.ingest import lines, vocabulary
from clv.ingest.checks import TOLERATED
from clv.ingest.columns import MEANINGS, ColumnMapping, distinct_names, guess_mapping
from clv.ingest.currencies import currency_in_header
from clv.ingest.database_backends import connect, explained_errors, orders_table
from clv.ingest.database_connections import OrderDatabase
from clv.ingest.database_lines import Words, read_rows
from clv.ingest.database_report import Group
from clv.ingest.errors import Problem, raise_if_any
from clv.ingest.fetch import to_arrow
from clv.ingest.layout import recognise
from clv.ingest.quality import DroppedRows
from clv.ingest.read import Ingested
from clv.ingest.resolve import resolve_mapping
from clv.ingest.staging import NUMBERS
from clv.ingest.transactions import COLUMNS, Transactions, snake_case

Progress = Callable[[float, str], None]
# A column with more different texts than this is neither a status nor a currency.
MOST_WORDS = 2000
SHOWN_CURRENCIES = 12


def read_database(
    database: OrderDatabase,
    mapping: ColumnMapping | Mapping[str, str] | None = None,
    *,
    currency: str | None = None,
    progress: Progress | None = None,
    connection: SQLBackend | None = None,
) -> Ingested:
    """Read a table or query of orders where it is; nothing is written to the database.

    What travels: the column names, the different statuses and currencies, counts and sums, and later one row per
    customer. Moments with a time zone are read as the clock in Greenwich.

    Parameters
    ----------
    database : OrderDatabase
        Where the orders are.
    mapping, currency, progress
        As in `read_orders`.
    connection : ibis backend or None
        An open connection to use in place of the database's URL; it stays the caller's to close.

    Returns
    -------
    Ingested
        Its transactions are an expression that is run in the database each time it is asked.

    Raises
    ------
    InputError
        The orders cannot be read; carries every problem found.
    """
    progress = progress or _no_progress
    progress(0.0, "Connecting")
    backend = connection or connect(database)
    try:
        with explained_errors(database, backend):
            return _read(backend, database, mapping, currency, progress)
    except BaseException:
        if connection is None:
            backend.disconnect()
        raise


def columns_of(backend: SQLBackend, database: OrderDatabase) -> tuple[tuple[str, ...], dict[str, str]]:
    """Columns of the table or query that can be used, and field -> column as far as their names say.

    Raises
    ------
    InputError
    """
    usable = _usable(orders_table(backend, database)).columns
    return tuple(usable), guess_mapping(usable)


def _no_progress(share: float, doing: str) -> None:
    """Report progress to nobody."""


def _usable(orders: Table) -> Table:
    named = dict(zip(distinct_names(orders.columns), orders.columns, strict=True))
    return orders.select(
        **{name: orders[column] for name, column in named.items() if name and cells.is_cell(orders[column])}
    )


def _read(
    backend: SQLBackend,
    database: OrderDatabase,
    asked: ColumnMapping | Mapping[str, str] | None,
    currency: str | None,
    progress: Progress,
) -> Ingested:
    orders = _usable(orders_table(backend, database))
    raise_if_any(_rules_not_done(orders, database))
    mapping, problems = resolve_mapping([(database.label, orders.columns)], asked)
    if mapping is not None:
        problems += _unfit_columns(orders, mapping, database)
    raise_if_any(problems)
    assert mapping is not None
    progress(0.2, "Reading statuses and currencies where the orders are")
    words, problems = _words(orders, mapping, database)
    raise_if_any(problems)
    rows = read_rows(orders, mapping, words)
    progress(0.4, "Counting rows where the orders are")
    groups = report.count_groups(rows)
    settled, problems = _settle_currency(groups, currency, mapping, database)
    raise_if_any([*_unreadable(groups, mapping, database), *problems])
    only = settled if mapping.currency else None
    dropped = report.dropped_rows(groups, only)
    kept = rows.filter(rows.reason.isnull())
    if only:
        kept = kept.filter(kept.currency == only)
    raise_if_any(_nothing_kept(groups, only, dropped, database))
    progress(0.7, "Counting customers where the orders are")
    made = report.make_report(
        kept, label=database.label, mapping=mapping, words=words, dropped=dropped, currency=settled
    )
    attributes = snake_case(mapping.attributes)
    table = kept.select(*COLUMNS, *attributes)
    progress(1.0, "Done")
    return Ingested(Transactions(table, attributes, settled, mapping.order_id is not None), made)


def _rules_not_done(orders: Table, database: OrderDatabase) -> list[Problem]:
    """A table of known make, of whose rows not all are orders, or not as they stand."""
    layout = recognise(orders.columns)
    if layout is None or not layout.has_row_rules:
        return []
    what = f"its columns are those of {layout.title}, and the rules for such rows are not applied in a database yet"
    todo = "Export it to a file and load that; or give a query whose rows are orders and whose columns have other names"
    return [Problem(what, database.label, todo)]


def _unfit_columns(orders: Table, mapping: ColumnMapping, database: OrderDatabase) -> list[Problem]:
    fits = {"date": cells.is_moment} | dict.fromkeys(NUMBERS, cells.is_number)
    return [
        Problem(
            f"the column «{column}» holds values of the type {orders[column].type()}",
            database.label,
            f"Choose the column that holds the {MEANINGS[field]}, or give a query that converts it",
        )
        for field, column in mapping.named().items()
        if field in fits and not fits[field](orders[column])
    ]


def _words(orders: Table, mapping: ColumnMapping, database: OrderDatabase) -> tuple[Words, list[Problem]]:
    """The different statuses and currencies, compared here: not every database knows every capital letter."""
    found: dict[str, list[str]] = {"status": [], "currency": []}
    problems = []
    for field in found:
        column = getattr(mapping, field)
        if column is None:
            continue
        different = orders.select(written=cells.text(orders[column])).distinct().limit(MOST_WORDS + 1)
        found[field] = [word for word in to_arrow(different)["written"].to_pylist() if word is not None]
        if len(found[field]) > MOST_WORDS:
            what = f"the column «{column}» has more than {MOST_WORDS:,} different values"
            todo = f"Choose the column that holds the {MEANINGS[field]}, or none"
            problems.append(Problem(what, database.label, todo))
    plain = {written: _plain_status(written) for written in found["status"]}
    no_purchase, refunded = vocabulary.words("no_purchase"), vocabulary.words("refunded")
    codes = vocabulary.currency_codes()
    return Words(
        left_out={written: f"status {said}" for written, said in plain.items() if said in no_purchase},
        refunded=tuple(written for written, said in plain.items() if said in refunded),
        currencies={written: codes.get(written.lower(), written.upper()) for written in found["currency"]},
    ), problems


def _plain_status(written: str) -> str:
    return written.lower().removeprefix("wc-").replace("_", " ").replace("-", " ")


def _settle_currency(
    groups: Sequence[Group], asked: str | None, mapping: ColumnMapping, database: OrderDatabase
) -> tuple[str | None, list[Problem]]:
    """The one currency of the orders, or the one that was asked for: amounts in several are never added."""
    totals: dict[str, tuple[int, float]] = {}
    for group in groups:
        if group.reason is None and group.currency is not None:
            rows, gross = totals.get(group.currency, (0, 0.0))
            totals[group.currency] = (rows + group.rows, gross + (group.gross or 0.0))
    most = sorted(totals, key=lambda code: (-totals[code][0], code))
    listed = ", ".join(
        f"{code} ({totals[code][0]:,} rows, {totals[code][1]:,.2f})" for code in most[:SHOWN_CURRENCIES]
    )
    if asked and asked.strip():
        wanted = vocabulary.currency_codes().get(asked.strip().lower(), asked.strip().upper())
        if not most or wanted in most:
            return wanted, []
        what = f"no order is in {wanted}; the currencies are {listed}"
        return wanted, [Problem(what, database.label, "Choose one of these currencies")]
    if len(most) > 1:
        what = f"the orders are in {len(most)} currencies, which cannot be added: {listed}"
        todo = "Choose one currency; the orders in the others are then left out"
        return None, [Problem(what, database.label, todo)]
    return most[0] if most else currency_in_header(mapping.amount or mapping.unit_price), []


def _unreadable(groups: Sequence[Group], mapping: ColumnMapping, database: OrderDatabase) -> list[Problem]:
    """Columns most of whose cells are not what they should be."""
    rows: dict[str | None, int] = {}
    for group in groups:
        rows[group.reason] = rows.get(group.reason, 0) + group.rows
    bad = {lines.BAD_DATE: "date"} | {
        f"{MEANINGS[field]} cannot be read": field for field in NUMBERS if getattr(mapping, field)
    }
    read = rows.get(None, 0)
    return [
        Problem(
            f"{rows[reason]:,} values of the column «{getattr(mapping, field)}» cannot be read as the "
            f"{MEANINGS[field]}",
            database.label,
            "Choose another column, or give a query that converts it to a date or a number",
        )
        for reason, field in bad.items()
        if rows.get(reason, 0) > TOLERATED * (rows.get(reason, 0) + read)
    ]


def _nothing_kept(
    groups: Sequence[Group], only: str | None, dropped: Sequence[DroppedRows], database: OrderDatabase
) -> list[Problem]:
    if not groups:
        return [Problem("there is no row in it", database.label, "Name the table that holds the orders")]
    if any(report.left_out(group, only) is None and not group.is_refund for group in groups):
        return []
    reasons = "; ".join(f"{group.rows:,} rows: {group.reason}" for group in dropped[:6])
    what = "no row is a purchase" + (f" ({reasons})" if reasons else ": all amounts are negative")
    return [Problem(what, database.label, "Check the columns that were chosen")]
