"""Files that nobody would write on purpose, made from a number: tables of orders, damaged in many ways."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

HEADERS = (
    ("customer_id", "order_date", "amount", "order_id", "country"),
    ("Email", "Created at", "Total", "Name", "Financial Status"),
    ("Клиент", "Дата заказа", "Сумма", "Номер заказа", "Валюта"),
    ("Klient", "Data zamówienia", "Kwota", "Numer zamówienia", "Waluta"),
    ("Kundennummer", "Bestelldatum", "Betrag", "Bestellnummer", "Währung"),
    ("Client", "Dată comandă", "Sumă", "Nr comandă", "Monedă"),
    ("CustomerID", "InvoiceDate", "Quantity", "UnitPrice", "InvoiceNo"),
    ("a", "b", "c", "d", "e"),
    ("customer_id", "customer_id", "", "amount", "Unnamed: 0"),
    ("id", "date", "price", "=1+1", "'; DROP TABLE x; --"),
)
ENCODINGS = (
    "utf-8",
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "cp1250",
    "cp1251",
    "latin-1",
    "koi8_r",
)
NAMES = (
    "orders.csv", "orders.xlsx", "orders.parquet", "orders.csv.gz", "orders.zip", "orders", "orders[1]*?.csv",
    "Заказы 2024.csv", "a'b\"c.csv", "orders.pdf", "orders.xls", "-.txt",
)  # fmt: skip
NASTY = (
    "", " ", '"', '""', "'", "NULL", "nan", "None", "-", "0", "-0", "1e309", "NaN", "inf", "1.23E+10", "9" * 40,
    "\u00a0", "\u200b", "\ufeff", "�", "\u202eabc", "\x00", "\x1a", "\x01", "a\nb", "a\r\nb", 'a"b', "=1+1", "\\", "\\N",
    "2024-02-30", "0000-00-00", "31/12/9999", "00/00/00", "12:30", "1,2,3", "1.2.3", "((5))", "--5", "5--", "€",
    "TOTAL", "Итого:", "true", "{}", "[1]", "<b>", "%s%d", "${x}", "٣٤", "１２３", "12e", "1_000", "İ", "ß", "😀", "\ud7ff",
)  # fmt: skip


@dataclass(frozen=True)
class FuzzedFile:
    """Name and bytes of a file, and the settings under which it is read."""

    name: str
    content: bytes
    settings: dict[str, object]


def fuzzed_file(seed: int) -> FuzzedFile:
    """Make the file of a number; the same number gives the same file."""
    rng = random.Random(seed)
    cells = _table(rng)
    for damage in rng.sample(TABLE_DAMAGES, rng.choice((0, 0, 1, 1, 2, 3))):
        damage(rng, cells)
    content = rng.choice(WRITERS)(rng, cells)
    for spoil in rng.choices(BYTE_DAMAGES, k=rng.choice((0, 0, 0, 0, 0, 0, 1, 1, 2))):
        content = spoil(rng, content)
    return FuzzedFile(rng.choice(NAMES), content, _settings(rng, cells))


def _settings(rng: random.Random, cells: list[list[str]]) -> dict[str, object]:
    settings: dict[str, object] = {}
    if rng.random() < 0.6:
        settings["date_order"] = rng.choice(("dmy", "mdy", "ymd"))
    if rng.random() < 0.2:
        settings["currency"] = rng.choice(("EUR", "$", "xyz", "", "'"))
    if rng.random() < 0.2 and cells and len(cells[0]) > 2:
        settings["mapping"] = dict(zip(("customer", "date", "amount"), rng.sample(cells[0], 3), strict=True))
    return settings


def _table(rng: random.Random) -> list[list[str]]:
    header = list(rng.choice(HEADERS))
    day = rng.choice(("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%y", "%d %b %Y", "%Y-%m-%dT%H:%M:%SZ", "%s"))
    money = rng.choice(
        ("{:.2f}", "{:,.2f}", "${:.2f}", "{:.2f} €", "({:.2f})", "{:.0f}", "{:e}", "{} zł", "{:.3f}-")
    )
    word = rng.choice(("EUR", "USD", "paid", "refunded", "?"))
    start = dt.datetime(rng.choice((1970, 2019, 2024)), 1, 3)
    rows = [
        [
            str(rng.randrange(5)),
            (start + dt.timedelta(days=rng.randrange(900))).strftime(day),
            money.format(rng.uniform(0, 5_000)),
            str(rng.randrange(10**6)),
            word,
        ]
        for _ in range(rng.choice((0, 1, 2, 3, 8, 8, 20, 20, 60)))
    ]
    return [header, *rows]


def _some_nasty_cells(rng: random.Random, cells: list[list[str]]) -> None:
    for _ in range(rng.randrange(1, 12)):
        row = rng.choice(cells)
        if row:
            row[rng.randrange(len(row))] = rng.choice(NASTY)


def _nasty_column(rng: random.Random, cells: list[list[str]]) -> None:
    column, one = rng.randrange(5), rng.choice(NASTY)
    for row in cells[1:]:
        if column < len(row):
            row[column] = one if rng.random() < 0.7 else rng.choice(NASTY)


def _random_text(rng: random.Random, cells: list[list[str]]) -> None:
    for row in rng.sample(cells, min(len(cells), 3)):
        if row:
            letters = [
                chr(rng.choice((rng.randrange(32, 127), rng.randrange(0x80, 0x2FFF)))) for _ in range(30)
            ]
            row[rng.randrange(len(row))] = "".join(letters[: rng.randrange(30)])


def _huge_cell(rng: random.Random, cells: list[list[str]]) -> None:
    row = rng.choice(cells)
    if row:
        row[rng.randrange(len(row))] = rng.choice(("x", "1", "-", "é", " ", "a1")) * rng.choice(
            (1_000, 30_000, 300_000)
        )


def _ragged_rows(rng: random.Random, cells: list[list[str]]) -> None:
    for row in cells:
        if rng.random() < 0.3:
            del row[rng.randrange(len(row) + 1) :]
        elif rng.random() < 0.3:
            row += [rng.choice(NASTY) for _ in range(rng.randrange(4))]


def _shuffled_header(rng: random.Random, cells: list[list[str]]) -> None:
    rng.shuffle(cells[0])


def _header_again(rng: random.Random, cells: list[list[str]]) -> None:
    cells.insert(rng.randrange(len(cells) + 1), list(cells[0]))


def _preamble_and_total(rng: random.Random, cells: list[list[str]]) -> None:
    for line in (["Report"], [], ["Date:", "2024-01-01"], [""])[: rng.randrange(5)]:
        cells.insert(0, list(line))
    cells.append(["Total", "", "123.45"])


def _blank_rows(rng: random.Random, cells: list[list[str]]) -> None:
    for _ in range(rng.randrange(1, 6)):
        cells.insert(rng.randrange(len(cells) + 1), rng.choice(([], [""], [""] * 5, [" "] * 5)))


def _many_columns(rng: random.Random, cells: list[list[str]]) -> None:
    cells[0] += [f"x{number}" for number in range(rng.choice((50, 300, 2_100)))]


def _no_header(_rng: random.Random, cells: list[list[str]]) -> None:
    del cells[0]
    cells.append([])


TABLE_DAMAGES: tuple[Callable[[random.Random, list[list[str]]], None], ...] = (
    _some_nasty_cells, _nasty_column, _random_text, _huge_cell, _ragged_rows, _shuffled_header, _header_again,
    _preamble_and_total, _blank_rows, _many_columns, _no_header,
)  # fmt: skip


def _text(rng: random.Random, cells: list[list[str]]) -> bytes:
    separator = rng.choice(",,,,;;;\t\t|||:^")
    quoting = rng.choice(("needed", "needed", "all", "never", "wrong"))
    lines = [separator.join(_quoted(rng, cell, separator, quoting) for cell in row) for row in cells]
    if rng.random() < 0.1:
        lines = [line.replace(separator, rng.choice(",;\t|")) for line in lines]
    text = rng.choice(("\n", "\n", "\r\n", "\r")).join(lines) + rng.choice(("", "\n", "\n\n\n"))
    if rng.random() < 0.1:
        cut = rng.randrange(len(text) + 1)
        return _encoded(rng, text[:cut]) + _encoded(rng, text[cut:])
    return _encoded(rng, text)


def _encoded(rng: random.Random, text: str) -> bytes:
    encoding = rng.choice(ENCODINGS)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def _quoted(rng: random.Random, cell: str, separator: str, quoting: str) -> str:
    if quoting == "wrong" and rng.random() < 0.2:
        return rng.choice(('"' + cell, cell + '"', f'"{cell}"x', f'a"{cell}', f'""{cell}"', f"'{cell}'"))
    needed = any(mark in cell for mark in (separator, '"', "\n", "\r"))
    return (
        '"' + cell.replace('"', '""') + '"' if quoting == "all" or (needed and quoting != "never") else cell
    )


def _workbook(rng: random.Random, cells: list[list[str]]) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True, "strings_to_formulas": False}) as book:
        for sheet in range(rng.choice((1, 1, 2, 3))):
            page = book.add_worksheet(f"S{sheet}")
            for at, row in enumerate(cells):
                for column, cell in enumerate(row[:100]):
                    number = rng.random() < 0.3 and cell.replace(".", "", 1).isdecimal() and cell.isascii()
                    page.write(at, column, float(cell[:15]) if number else _xml_safe(cell[:30_000]))
    return packed.getvalue()


def _xml_safe(text: str) -> str:
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")


def _parquet(rng: random.Random, cells: list[list[str]]) -> bytes:
    names = [f"{name}{number or ''}" for number, name in enumerate(cells[0][:50] or ["x"])]
    columns = [[(row[at] if at < len(row) else None) for row in cells[1:]] for at in range(len(names))]
    arrays = [_column(rng, column) for column in columns]
    packed = io.BytesIO()
    pq.write_table(pa.table(arrays, names=names), packed)
    return packed.getvalue()


def _column(rng: random.Random, cells: list[str | None]) -> pa.Array:
    kind = rng.choice(("text", "text", "number", "time", "nested", "binary"))
    if kind == "number":
        return pa.array(
            [rng.choice((None, rng.uniform(-5, 5_000), float("nan"), 1e300)) for _ in cells], pa.float64()
        )
    if kind == "time":
        return pa.array(
            [rng.choice((None, rng.randrange(-(10**17), 10**17))) for _ in cells], pa.timestamp("us")
        )
    if kind == "nested":
        return pa.array([[cell] for cell in cells], pa.list_(pa.string()))
    if kind == "binary":
        return pa.array([(cell or "").encode() for cell in cells], pa.binary())
    return pa.array(cells, pa.string())


def _gzip(rng: random.Random, cells: list[list[str]]) -> bytes:
    return gzip.compress(rng.choice((_text, _text, _parquet, _workbook))(rng, cells), 1)


def _archive(rng: random.Random, cells: list[list[str]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as zipped:
        for number in range(rng.choice((0, 1, 1, 2, 3))):
            folder = rng.choice(("", "../", "/etc/", "a/", "__MACOSX/"))
            name = f"{folder}{number}{rng.choice(('.csv', '.xlsx', '.png', '', '.zip'))}"
            zipped.writestr(name, rng.choice((_text, _text, _workbook, _parquet, _gzip))(rng, cells))
    return packed.getvalue()


def _noise(rng: random.Random, _cells: list[list[str]]) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 7, 100, 5_000)))


WRITERS: tuple[Callable[[random.Random, list[list[str]]], bytes], ...] = (
    *[_text] * 10, _workbook, _workbook, _parquet, _parquet, _gzip, _archive, _archive, _noise,
)  # fmt: skip


def _cut(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _flipped(rng: random.Random, content: bytes) -> bytes:
    spoilt = bytearray(content)
    for _ in range(rng.randrange(1, 20)):
        if spoilt:
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)


def _with_insertion(piece: bytes, rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + piece + content[at:]


def _with_start(start: bytes, _rng: random.Random, content: bytes) -> bytes:
    return start + content


def _middle_gone(rng: random.Random, content: bytes) -> bytes:
    start, end = sorted((rng.randrange(len(content) + 1), rng.randrange(len(content) + 1)))
    return content[:start] + content[end:]


BYTE_DAMAGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _cut, _cut, _flipped, _middle_gone,
    *(partial(_with_insertion, piece) for piece in (
        b"\0", bytes(50), b'"', b"\xff\xfe", b"\xef\xbb\xbf", b"\x1a", b"\r", b"\n\n", "ł€".encode("cp1250"), bytes(range(256)),
    )),
    *(partial(_with_start, start) for start in (
        b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xef\xbb\xbf",
        b"sep=;\r\n", b"<", b"{",
    )),
)  # fmt: skip
