"""A file of contacts: one row per customer, any columns, joined to the orders by customer id or email address."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from clv.ingest import sql
from clv.ingest.attributes import consent, is_consent
from clv.ingest.columns import guess_mapping
from clv.ingest.containers import open_single
from clv.ingest.errors import InputError, Problem, raise_if_any
from clv.ingest.files import OrderFile
from clv.ingest.resolve import columns_there_are
from clv.ingest.transactions import snake_case
from clv.ingest.vocabulary import normalised

EMAIL_NAMES = ("email", "emailaddress", "mail", "customeremail", "почта", "электроннаяпочта", "adresemail")


@dataclass(frozen=True)
class Contacts:
    """What is known of customers beside their orders.

    Parameters
    ----------
    frame : DataFrame
        Text columns in snake_case, None where a cell is blank, in the order of the files; consents are yes, no or
        unknown.
    keys : tuple of str
        Columns that can name the customer, the surest first.
    files : tuple of str
        As the user calls them.
    """

    frame: pd.DataFrame
    keys: tuple[str, ...]
    files: tuple[str, ...]


def read_contacts(files: Sequence[OrderFile]) -> Contacts:
    """Read files of contacts into one table.

    Raises
    ------
    InputError
        A file cannot be read, or has no column that names the customer; carries every problem found.
    """
    frames: list[pd.DataFrame] = []
    keys: dict[str, None] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            frame, its_keys = _read(file)
        except InputError as error:
            problems += error.problems
            continue
        frames.append(frame)
        keys |= dict.fromkeys(its_keys)
    raise_if_any(problems)
    together = pd.concat(frames, ignore_index=True)
    consents = {name: consent(together[name]) for name in together.columns if is_consent(name)}
    return Contacts(together.assign(**consents), tuple(keys), tuple(file.name for file in files))


def _read(file: OrderFile) -> tuple[pd.DataFrame, list[str]]:
    with (
        tempfile.TemporaryDirectory(prefix="clv-") as workdir,
        duckdb.connect(config={"autoinstall_known_extensions": False}) as engine,
    ):
        source = open_single(file, Path(workdir))
        named = {name: position for position, name in enumerate(source.columns) if name}
        keys = _keys(list(named))
        if not keys:
            what = f"no column names the customer. {columns_there_are(source.columns)}"
            raise InputError(
                [Problem(what, file.name, "Add a column customer_id or email, as in the orders")]
            )
        read = source.read_rows(engine, dict.fromkeys(named.values(), "text"), _no_progress, room=0)
        plain = dict(zip(named, snake_case(named, reserved=()), strict=True))
        cells = ", ".join(
            f"regexp_replace(t{position}, ' 00:00:00$', '') AS {sql.identifier(plain[name])}"
            for name, position in named.items()
        )
        texts = engine.execute(f"SELECT {cells} FROM {read.table} ORDER BY {read.line}").to_arrow_table()
    frame = texts.to_pandas().astype("object")
    frame = frame.dropna(how="all").where(frame.notna(), None)
    return frame, [plain[key] for key in keys]


def _no_progress(_share: float, _rows: int) -> None:
    """Contacts are few: no progress is shown."""


def _keys(columns: Sequence[str]) -> list[str]:
    customer = guess_mapping(columns).get("customer")
    emails = [column for column in columns if normalised(column) in EMAIL_NAMES]
    return list(dict.fromkeys([*([customer] if customer else []), *emails]))
