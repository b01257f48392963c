"""Files that are scanned by several threads, followed while they are read, stopped, and kept for the next read."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from order_files import PLAIN, Write, rows_of

from clv.ingest import InputError, OrderFile, read_orders
from clv.ingest.read_cache import ReadCache
from clv.ingest.resolve import resolve_mapping
from clv.ingest.source import TextSource
from clv.ingest.text_scan import has_broken_cells, marks_of, scan_text

LINES = 300_000


def many_lines(quoted: bool) -> str:
    """Orders enough for several threads, every 100,000th without a customer."""
    mark = '"' if quoted else ""
    rows = [
        f"{number},{mark}{'' if number % 100_000 == 7 else f'c{number % 999}'}{mark},"
        f"2024-01-{1 + number % 28:02d},{number % 50}.25,{mark}x y{mark}"
        for number in range(LINES)
    ]
    return "order_id,customer_id,order_date,amount,note\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize("quoted", [False, True])
def test_lines_are_numbered_when_threads_share_the_file(write: Write, quoted: bool) -> None:
    result = read_orders([write(many_lines(quoted))])
    kept = rows_of(result, "order_id", "source_line")
    assert len(kept) == LINES - 3
    assert all(int(str(order)) + 2 == line for order, line in kept)
    assert result.report.dropped[0].first_lines == tuple(
        f"orders.csv line {n}" for n in (9, 100_009, 200_009)
    )
    assert result.report.orders == LINES - 3


@pytest.mark.slow
def test_a_cell_of_two_lines_late_in_the_file_is_read_in_order(write: Write) -> None:
    content = many_lines(True).replace('299990,"c', '299990,"c\n', 1)
    kept = rows_of(read_orders([write(content)]), "order_id", "source_line")
    assert len(kept) == LINES - 3
    lines = dict(kept)
    assert (lines["299990"], lines["299991"]) == (299_992, 299_994)


def test_marks_say_what_need_not_be_looked_for(write: Write) -> None:
    plain = marks_of(scan_text(write("a,b\n1,2\n3,4").path), 4)
    assert (plain.lines, plain.quotes, plain.blanks) == (3, False, "")
    header_only = marks_of(scan_text(write('"a","b"\n1, 2\n').path), 8)
    assert (header_only.quotes, header_only.blanks) == (False, " ")
    assert has_broken_cells(write('a,b\n"1\n",2\n').path, 4)
    assert not has_broken_cells(write('a,b\n"1","2"\n').path, 4)


def test_whole_column_decides_also_over_what_was_read_at_once(write: Write) -> None:
    # 1,234 alone is a thousand and more; beside 5,50 and 7,25 it has three decimals.
    cells = ["1.234", "5,50", "7,25", "12,-x"]
    lines = "".join(f'c{n};2024-01-0{n + 1};"{cell}"\n' for n, cell in enumerate(cells))
    found = rows_of(read_orders([write("customer_id;order_date;amount\n" + lines)]), "amount")
    assert [float(str(amount)) for (amount,) in found] == [1234, 5.5, 7.25]


def test_rows_so_far_never_fall(write: Write) -> None:
    steps: list[str] = []
    read_orders([write(many_lines(False))], progress=lambda _, doing: steps.append(doing))
    rows = [int(text.split(": ")[1].split()[0].replace(",", "")) for text in steps if "so far" in text]
    assert rows == sorted(rows)
    assert any(f"{LINES:,} rows" in text for text in steps)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.7, 0.85])
def test_a_stopped_read_leaves_nothing_and_the_loaded_rows_as_they_were(
    write: Write, share: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = ReadCache()
    loaded = read_orders([write(PLAIN, "loaded.csv")], cache=cache)
    cache.forget_others(loaded.transactions)
    before, rows = cache.tables(), rows_of(loaded, "customer_id", "amount")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def stop(done: float, _: str) -> None:
        if done >= share:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_orders([write(many_lines(False))], cache=cache, progress=stop)
    assert cache.tables() == before
    assert rows_of(loaded, "customer_id", "amount") == rows
    assert list(scratch.iterdir()) == []


def counted_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are scanned from now on."""
    scanned: list[str] = []
    scan = TextSource.read_rows

    def noted(self: TextSource, *rest: object) -> object:
        scanned.append(self.name)
        return scan(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(TextSource, "read_rows", noted)
    return scanned


def test_a_second_file_does_not_make_the_first_be_read_again(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, scanned = ReadCache(), counted_reads(monkeypatch)
    first = write(PLAIN, "first.csv")
    alone = read_orders([first], cache=cache)
    second = write("customer_id,order_date,amount\nz,2024-03-01,5\ny,2024-03-02,6\n", "second.csv")
    both = read_orders([first, second], cache=cache)
    assert scanned == ["first.csv", "second.csv"]
    assert both.report.rows_kept == alone.report.rows_kept + 2
    cache.forget_others(both.transactions)
    assert len(rows_of(both, "customer_id")) == 5
    read_orders([write(PLAIN + "q,2024-04-01,1\n", "first.csv"), second], cache=cache)
    assert scanned == ["first.csv", "second.csv", "first.csv"]


def test_an_answer_about_the_dates_does_not_make_the_file_be_read_again(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, scanned = ReadCache(), counted_reads(monkeypatch)
    first = write("customer_id,order_date,amount\na,03/04/2024,5\nb,05/04/2024,6\n", "first.csv")
    with pytest.raises(InputError, match="order of day and month"):
        read_orders([first], cache=cache)
    assert str(read_orders([first], cache=cache, date_order="dmy").report.first_date) == "2024-04-03"
    second = write("customer_id,order_date,amount\na,03/25/2024,5\nb,05/04/2024,6\n", "second.csv")
    both = read_orders([first, second], cache=cache)
    assert str(both.report.first_date) == "2024-03-04"
    assert scanned == ["first.csv", "second.csv"]


def test_order_numbers_count_exactly(write: Write) -> None:
    draw = np.random.default_rng(1)
    for numbers in (
        range(100),
        draw.integers(0, 50, 100),
        [f"0{n}" for n in range(50)] * 2,
        [10**12 * n for n in range(100)],
    ):
        lines = "".join(f"c,2024-01-05,1,{number}\n" for number in numbers)
        result = read_orders([write("customer_id,order_date,amount,order_id\n" + lines)])
        assert result.report.orders == len(set(numbers))
        assert result.transactions.one_line_per_order in (len(set(numbers)) == len(numbers), False)


def test_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_orders([OrderFile("orders.csv", tmp_path / "absent.csv")], cache=ReadCache())


def test_thousands_of_columns_are_distinguished_at_once() -> None:
    columns = ["customer", "date", "amount", *(f"question {number}" for number in range(6_000)), "Question-7"]
    started = time.process_time()
    mapping, problems = resolve_mapping([("wide.csv", columns)] * 3, None)
    assert time.process_time() - started < 3
    assert mapping is not None
    assert (len(mapping.attributes), problems) == (6_000, [])
