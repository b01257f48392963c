"""Files that cannot be used: each is explained on one page, one of them on all pages, and what was loaded stays."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import PAGES, assert_sound, give, open_page, words
from tests.app.shops import own_orders

BAD_FILES = {
    "empty.csv": b"",
    "header.csv": b"customer_id,order_date,amount\n",
    "nodate.csv": b"customer_id,amount\na,1\nb,2\n",
    "text.csv": b"customer_id,order_date,amount\n" + b"a,2024-01-31,lots\nb,2024-02-15,more\n" * 5,
    "report.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 20,
    "noise.csv": np.random.default_rng(1).bytes(200_000),
}
JARGON = ("Traceback", "Error", "duckdb", "codec", "varchar", "None")


def assert_explained(page: AppTest) -> None:
    """The file is explained in plain words, and the sample shop is shown."""
    assert_sound(page)
    said = "\n".join(element.value for element in page.error)
    assert "could not be used" in said
    assert "Sample shop" in said
    assert "5,000 customers" in words(page)
    assert not [word for word in JARGON if word in said]


@pytest.mark.parametrize("bad", BAD_FILES)
def test_each_is_explained_and_the_sample_stays(data_page, bad):
    assert_explained(give(data_page, (bad, BAD_FILES[bad])))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_explains_it(showing, name):
    # Columns that are missing: beside what is wrong, the page offers those that are there.
    assert_explained(open_page(showing(("nodate.csv", BAD_FILES["nodate.csv"])), name))


def test_the_users_own_data_stay(data_page):
    give(data_page, ("zamowienia.csv", own_orders()))
    page = give(data_page, ("empty.csv", b""))
    assert_sound(page)
    assert "zamowienia" in page.error[0].value
    assert "700 customers" in words(page)
