"""Lists: what a spreadsheet would run is harmless, everything else comes back as it was."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.exports import neutralise, to_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0"])
def test_formula_cells_and_headers(start):
    frame = pd.DataFrame({f"{start}name": [f"{start}1+1", "plain", None], "value": [-5.0, 1.0, 2.0]})
    safe = neutralise(frame)
    assert list(safe.columns) == [f"'{start}name", "value"]
    assert safe.iloc[0, 0] == f"'{start}1+1"
    assert safe.iloc[1, 0] == "plain"
    assert safe["value"].tolist() == [-5.0, 1.0, 2.0]
    assert frame.columns[0] == f"{start}name"


def test_categories_are_text_too():
    frame = pd.DataFrame({"group": pd.Categorical(["=cmd", "ok"])})
    assert neutralise(frame)["group"].tolist() == ["'=cmd", "ok"]


def test_plain_csv():
    frame = pd.DataFrame(
        {
            "customer_id": ["007", "18446744073709551615"],
            "clv": [12.3456, float("nan")],
            "last_order_date": pd.to_datetime(["2024-01-31", "2024-02-01"]),
        }
    )
    assert to_csv(frame) == (
        "customer_id,clv,last_order_date\n007,12.35,2024-01-31\n18446744073709551615,,2024-02-01\n"
    )


@pytest.mark.slow
@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text), min_size=1))
def test_any_text_survives(values):
    written = to_csv(pd.DataFrame({"name": values}))
    back = pd.read_csv(
        io.StringIO(written), dtype=str, keep_default_na=False, lineterminator="\n", skip_blank_lines=False
    )
    assert len(back) == len(values)
    for original, read in zip(values, back["name"], strict=True):
        assert read.removeprefix("'") == original.removeprefix("'")
        assert not read.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
