"""Customers counted by their numbers are those counted by their names, and who stands out is found either way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_files import Write

from clv.ingest import Ingested, OrderFile, read_orders


def orders(customers: list[str]) -> str:
    lines = [f"{n + 1},{customer},2024-01-{n % 28 + 1:02d},5.00\n" for n, customer in enumerate(customers)]
    return "order_id,customer_id,order_date,amount\n" + "".join(lines)


@pytest.mark.parametrize("name", [str, "c{}".format], ids=["numbers", "names"])
@pytest.mark.parametrize("most", [3, 40])
def test_a_large_customer_is_found(write: Write, name: Callable[[object], str], most: int) -> None:
    # 1024 apart, so that they are counted together before they are looked at one by one.
    customers = [name(7)] * most + [name(7 + 1024 * (n % 20 + 1)) for n in range(40)]
    report = read_orders([write(orders(customers))]).report
    large = [finding.what for finding in report.findings if finding.kind == "large customer"]
    assert report.customers == 21
    assert bool(large) == (most == 40)
    assert all(f"«{name(7)}» has 40 of all 80 orders" in what for what in large)


@pytest.mark.parametrize(("number", "said"), [("0", "guest"), ("-1", "without a customer")])
def test_numbers_that_mean_no_customer_are_said(write: Write, number: str, said: str) -> None:
    report = read_orders([write(orders([number] * 30 + [str(n) for n in range(1, 40)]))]).report
    assert said in " ".join(report.warnings)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(customers=st.lists(st.integers(1, 10**9) | st.integers(1, 50), min_size=2, max_size=60))
def test_numbers_are_counted_as_names_are(
    tmp_path_factory: pytest.TempPathFactory, customers: list[int]
) -> None:
    def read(name: str, cells: list[str]) -> Ingested:
        path = tmp_path_factory.mktemp("orders") / name
        path.write_text(orders(cells))
        return read_orders([OrderFile(name, path)])

    numbers = read("numbers.csv", [str(customer) for customer in customers]).report
    names = read("names.csv", [f"c{customer}" for customer in customers]).report
    assert numbers.customers == names.customers == len(set(customers))
    assert [finding.kind for finding in numbers.findings] == [finding.kind for finding in names.findings]
