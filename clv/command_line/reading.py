"""Options that say what to read, and the reading itself."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from glob import iglob
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from clv.command_line.answers import refuse
from clv.command_line.output_file import refuse_overwriting
from clv.ingest import InputError, OrderFile
from clv.ingest.columns import FURTHER_FIELDS
from clv.ingest.database import read_database
from clv.ingest.database_connections import SECRETS_FILES, OrderDatabase, connection_named
from clv.loading import ShopFiles, read_shop, with_files_beside
from clv.shop import Shop

FILE = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
# What is done with the rows of files only.
FOR_FILES = ("rates", "remove_duplicates", "unit")
# Of orders in a database too, only the dates in files of spend beside them are read by these.
FOR_SPEND = ("date_order", "spend_date_order")
# Where a problem asks for a setting, the option that makes it.
OPTION_FOR = {
    "order of day and month": "--date-order dmy|mdy|ymd",
    "Choose one currency": "--currency EUR, --rate USD=0.9",
    "currency that the amounts are to be converted to": "--currency EUR",
    "Choose one of these currencies": "--currency EUR",
}


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what to read, and its input as ``files``."""
    command = _with_source(command)
    options = [
        click.argument("files", nargs=-1, type=click.Path(path_type=Path)),
        click.option(
            "--database",
            metavar="URL",
            help="Orders in a database: postgres://user@host/shop, "
            "duckdb:///shop.duckdb, parquet:///folder, or any other Ibis URL.",
        ),
        click.option("--connection", metavar="NAME", help="A database that .streamlit/secrets.toml names."),
        click.option("--table", help="The table or view that holds the orders."),
        click.option("--query", metavar="SELECT", help="A SELECT that gives the orders."),
        click.option(
            "--map", "mapping", callback=_column_map, help="Columns: customer=COL,date=COL,amount=COL,..."
        ),
        click.option(
            "--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="Order of day, month and year."
        ),
        click.option("--currency", help="Keep the rows in this currency, such as EUR."),
        click.option(
            "--rate",
            "rates",
            multiple=True,
            callback=_rates,
            help="Convert another currency: USD=0.9 where 1 USD is worth 0.9 of --currency.",
        ),
        click.option(
            "--remove-duplicates", is_flag=True, help="Count rows that repeat another one exactly once."
        ),
        click.option(
            "--contacts", multiple=True, type=FILE, help="Contacts, by customer id or email: any columns."
        ),
        click.option("--spend", multiple=True, type=FILE, help="Marketing spend: date, channel and amount."),
        click.option(
            "--spend-date-order",
            type=click.Choice(["dmy", "mdy", "ymd"]),
            help="Order of day, month and year in the spend, where it is not that of the orders.",
        ),
        click.option(
            "--unit",
            type=click.Choice(["days", "weeks"]),
            default="days",
            show_default=True,
            help="Of recency and T, where FILES is a table of customers.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read(
    files: tuple[Path, ...] | OrderDatabase,
    mapping: dict[str, str],
    contacts: tuple[Path, ...],
    spend: tuple[Path, ...],
    *,
    output: Path | None,
    **settings: Any,
) -> ShopFiles:
    """Read the files, or the database, under the settings that `reading_options` gives.

    An ``output`` that is among what is read is refused before anything is.
    """
    if output is not None:
        refuse_overwriting(output, (*_paths_read(files), *contacts, *spend))
    people, costs = _named(contacts), _named(spend)
    try:
        if isinstance(files, OrderDatabase):
            source = read_database(files, mapping or None, currency=settings["currency"])
            orders = {name: settings[name] for name in ("date_order", "spend_date_order")}
            return with_files_beside(source, people, costs, **orders)
        return read_shop(
            _named(files),
            contacts=people,
            spend=costs,
            mapping=mapping or None,
            progress=show_progress if sys.stderr is not None and sys.stderr.isatty() else None,
            **settings,
        )
    except InputError as error:
        options = " ".join(option for words, option in OPTION_FOR.items() if words in str(error))
        refuse(f"{error} ({options})" if options else str(error))


def shop_as_of(files: ShopFiles, as_of: dt.date | None = None) -> Shop:
    """The shop that the files hold, as of a day; what it cannot be made of is refused in a sentence."""
    try:
        return files.shop(as_of)
    except ValueError as error:
        refuse(str(error))


def _with_source(command: Callable[..., None]) -> Callable[..., None]:
    """Hand the command its files, or the one database, as its files."""

    @wraps(command)
    def with_source(
        files: tuple[Path, ...],
        database: str | None,
        connection: str | None,
        table: str | None,
        query: str | None,
        **options: Any,
    ) -> None:
        if sum(map(bool, (files, database, connection))) != 1:
            raise click.UsageError("Give order files, or --database, or --connection.")
        if files and (table or query):
            raise click.UsageError("--table and --query need --database or --connection.")
        if not files:
            _refuse_what_is_for_files(options)
        command(files=files or _database(database, connection, table, query), **options)

    return with_source


def _refuse_what_is_for_files(options: dict[str, Any]) -> None:
    """Refuse what was given and would not be done with orders in a database."""
    context = click.get_current_context()
    names = {parameter.name: parameter.opts[-1] for parameter in context.command.params}
    given = [
        names[option]
        for option in (*FOR_FILES, *(() if options["spend"] else FOR_SPEND))
        if context.get_parameter_source(option) is not ParameterSource.DEFAULT
    ]
    given += [f"--map {field}=" for field in options["mapping"] if field in FURTHER_FIELDS]
    if given:
        refuse(
            f"{', '.join(given)}: not done yet with orders in a database. Leave that out, or export the orders to a "
            "file and give the file."
        )


def _database(url: str | None, name: str | None, table: str | None, query: str | None) -> OrderDatabase:
    try:
        named = connection_named(name) if name else OrderDatabase(url or "")
    except InputError as error:
        refuse(str(error))
    return replace(named, table=table, query=query) if table or query else named


def _paths_read(source: tuple[Path, ...] | OrderDatabase) -> Iterator[Path]:
    """The files and folders of this machine that may be read; of a database in the network none is there."""
    if not isinstance(source, OrderDatabase):
        yield from source
        return
    for location in {source.location, source.location.partition("?")[0]}:
        yield Path(location)
        yield Path(f"{location}.wal")  # what DuckDB has not written into the database yet
    # A query of DuckDB may read files: SELECT * FROM 'orders.csv'.
    for text in re.findall("""["']([^"']+)["']""", source.query or ""):
        yield from map(Path, iglob(text, recursive=True))
    if source.name:
        yield from SECRETS_FILES


def _column_map(_context: click.Context, _parameter: click.Parameter, text: str | None) -> dict[str, str]:
    """customer=Client,date=Placed -> {"customer": "Client", "date": "Placed"}."""
    if not text:
        return {}
    pairs = [pair.partition("=") for pair in text.split(",")]
    wrong = [field for field, equals, column in pairs if not (field.strip() and equals and column.strip())]
    if wrong:
        raise click.BadParameter("write it as customer=COLUMN,date=COLUMN,amount=COLUMN")
    return {field.strip(): column.strip() for field, _, column in pairs}


def _rates(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """("USD=0.9", "GBP=1.2") -> {"USD": 0.9, "GBP": 1.2}."""
    try:
        pairs = [
            (code.strip().upper(), float(rate)) for code, _, rate in (pair.partition("=") for pair in given)
        ]
    except ValueError as error:
        raise click.BadParameter("write it as USD=0.9") from error
    return dict(pairs)


def _named(paths: tuple[Path, ...]) -> list[OrderFile]:
    return [OrderFile(path.name, path) for path in paths]


def show_progress(share: float, doing: str) -> None:
    """One line at the foot of a terminal, which goes when the work is done."""
    line = "" if share >= 1 else f"{100 * share:3.0f} %  {doing}"
    click.echo(f"\r\033[K{line}", err=True, nl=False)
