"""The dictionary of columns: every column that a table or a download carries is in it."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from clv.analysis import CUSTOMER_COLUMNS
from clv.column_dictionary import COLUMNS, FIELDS, column, column_label
from clv.exports import report_table
from clv.history.contacts import CONTACTS_FILE
from clv.history.from_table import FROM_TABLE
from clv.history.summary import FIRST_ORDER, LAST_ORDER
from clv.ingest import columns


def test_the_customer_table_and_the_report_are_in_it(sample_shop):
    assert not {*CUSTOMER_COLUMNS, "main_reason"} - set(COLUMNS)
    assert not set(sample_shop.history.columns) - {*COLUMNS, *sample_shop.summary.attributes}
    assert not set(sample_shop.history_by("segment").columns) - set(COLUMNS)
    assert not set(report_table(sample_shop.report).columns) - set(COLUMNS)


def test_every_entry_is_whole():
    for name, each in COLUMNS.items():
        assert name == each.name
        assert each.label
        assert each.help.endswith((".", "?"))
        assert (each.digits > 0) <= (each.unit == "number")
        assert each.signed <= (each.unit == "share")


def test_every_field_of_an_order_file_is_in_it():
    assert set(FIELDS) == set(columns.FIELDS)
    assert all(name == each.name and each.label and each.help for name, each in FIELDS.items())


@pytest.mark.parametrize("origin", [FIRST_ORDER, LAST_ORDER, CONTACTS_FILE, FROM_TABLE])
def test_a_column_of_the_users_own_says_where_it_is_from(origin):
    own = column("sms_consent", {"sms_consent": origin})
    assert own.label.startswith("SMS consent · ")
    assert own.unit == "text"
    assert own.help


def test_a_column_of_the_users_own_may_be_called_like_one_of_ours():
    assert column("cac").unit == "money"
    assert column("cac", {"cac": FIRST_ORDER}).unit == "text"
    with pytest.raises(KeyError):
        column("colour")
    assert (column_label("clv"), column_label("utm_source")) == ("CLV", "UTM source")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("clv", 12_345.6, "€12.3k"),
        ("churn_risk", 0.256, "26 %"),
        ("orders_bias", 0.031, "+3 %"),
        ("orders", 1_234.0, "1,234"),
        ("days_since_last_order", 41.0, "41"),
        ("expected_purchases", 2.345, "2.3"),
        ("spearman", 0.12345, "0.123"),
        ("last_order_date", dt.date(2026, 3, 5), "5 Mar 2026"),
        ("segment", "Lost", "Lost"),
        ("next_order_date", pd.NaT, ""),
    ],
)
def test_cells_in_words(name, value, words):
    assert COLUMNS[name].words(value, "€") == words
