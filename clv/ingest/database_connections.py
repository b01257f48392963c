"""Where orders are when they are in a database, and the connections that `secrets.toml` names."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit

from clv.ingest.errors import InputError, Problem

# Where Streamlit looks too: in the folder that the program was started in, then in the home folder.
# An account without a home folder has "~" for it, where nothing is found.
SECRETS_FILES = (Path(".streamlit/secrets.toml"), Path(os.path.expanduser("~"), ".streamlit", "secrets.toml"))
SECRET_SETTINGS = re.compile("pass|pwd|token|secret|key|credential", re.IGNORECASE)
LONGEST_REASON = 300


@dataclass(frozen=True)
class OrderDatabase:
    """A database and what of it holds the orders.

    Parameters
    ----------
    url : str
        An Ibis URL such as postgres://user@host/shop, duckdb:///path/shop.duckdb or parquet:///folder. It may
        hold a password, so it is never shown.
    table : str or None
        Name of a table or view, with its schema in front where it is not the default one: sales.orders.
    query : str or None
        A SELECT that gives the orders instead.
    name : str or None
        What the user calls the connection.
    """

    url: str = field(repr=False)
    table: str | None = None
    query: str | None = None
    name: str | None = None

    @property
    def kind(self) -> str:
        """Name of the Ibis backend, or "parquet"."""
        scheme, found, _ = self.url.partition("://")
        if found:
            return re.sub("^postgresql$", "postgres", scheme.lower())
        return "parquet" if Path(self.url).is_dir() or self.url.endswith(".parquet") else "duckdb"

    @property
    def location(self) -> str:
        """What stands in the URL after the scheme."""
        return self.url.partition("://")[2] or self.url

    @property
    def label(self) -> str:
        """What to call the orders in a message."""
        of_it = f"table {self.table}" if self.table else "query" if self.query else "orders"
        return f"{self.name or self.kind} ({of_it})"

    def without_secrets(self, text: str) -> str:
        """The text without the URL and without every password in it."""
        for secret in sorted(_secrets(self.url), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def refusal(self, what: str, todo: str) -> InputError:
        """The error for a database that cannot be used; passwords are taken out of what is said."""
        return InputError([Problem(self.without_secrets(what), self.label, todo)])

    def reason(self, error: BaseException) -> str:
        """What a driver says is wrong: the first line of it, without passwords."""
        lines = [line.strip() for line in self.without_secrets(str(error)).splitlines() if line.strip()]
        return lines[0][:LONGEST_REASON].rstrip(". ") if lines else type(error).__name__


def _secrets(url: str) -> set[str]:
    """Every way in which the URL or a password of it may turn up in a message."""
    address = url.partition("://")[2]
    # From the right: a password may hold an @ that should have been written as %40.
    credentials, at, _ = address.rpartition("@")
    written = {credentials.partition(":")[2]} if at else set()
    try:
        settings = parse_qsl(urlsplit(url).query)
    except ValueError:
        settings = []
    written |= {value for name, value in settings if SECRET_SETTINGS.search(name)}
    spelled = {form for secret in written for form in (secret, unquote(secret), unquote_plus(secret))}
    return {secret for secret in spelled if secret} | ({url} if "://" in url else set())


def named_connections(files: Sequence[Path] = SECRETS_FILES) -> dict[str, OrderDatabase]:
    """The connections of the `[connections.NAME]` sections that have a `url`; an earlier file wins.

    A section may also say `table` or `query`.

    Raises
    ------
    InputError
        A file cannot be read as TOML.
    """
    found: dict[str, OrderDatabase] = {}
    for path in files:
        for name, section in _sections(path).items():
            if isinstance(section, dict) and isinstance(section.get("url"), str):
                found.setdefault(
                    name,
                    OrderDatabase(section["url"], _text(section, "table"), _text(section, "query"), name),
                )
    return found


def connection_named(name: str, files: Sequence[Path] = SECRETS_FILES) -> OrderDatabase:
    """The connection of that name.

    Raises
    ------
    InputError
        There is none, or the file cannot be read.
    """
    found = named_connections(files)
    if name in found:
        return found[name]
    there = f"The connections are {', '.join(sorted(found))}" if found else "No connection is named there"
    todo = f"Add a section [connections.{name}] with a url to it"
    raise InputError([Problem(f"there is no connection named {name}. {there}", str(SECRETS_FILES[0]), todo)])


def _sections(path: Path) -> dict[str, object]:
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        # Only the place: the parser's own words may quote a password.
        place = re.search(r"\(at (line \d+, column \d+)\)", str(error))
        where = f"{path}, {place[1]}" if place else str(path)
        problem = Problem("the file cannot be read as TOML", where, "Correct it there")
        raise InputError([problem]) from None
    sections = parsed.get("connections", {})
    return sections if isinstance(sections, dict) else {}


def _text(section: dict[str, object], key: str) -> str | None:
    value = section.get(key)
    return value if isinstance(value, str) and value.strip() else None
