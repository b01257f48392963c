"""Files that cannot be used: each is explained on one page, one of them on all pages, and what was loaded stays."""

from __future__ import annotations

import numpy as np
import pytest

from tests.app.screen import PAGES, assert_refused, assert_sound, give, open_page, words
from tests.app.shops import WITHOUT_DATES, own_orders

BAD_FILES = {
    "empty.csv": b"",
    "header.csv": b"customer_id,order_date,amount\n",
    "nodate.csv": WITHOUT_DATES,
    "text.csv": b"customer_id,order_date,amount\n" + b"a,2024-01-31,lots\nb,2024-02-15,more\n" * 5,
    "report.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 20,
    "noise.csv": np.random.default_rng(1).bytes(200_000),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_each_is_explained_and_the_sample_stays(data_page, bad):
    assert_refused(give(data_page, (bad, BAD_FILES[bad])))


@pytest.mark.parametrize(
    "name", [name for name in PAGES if name != "Trust"]
)  # test_trust.py looks at that one
def test_every_page_explains_it(showing, name):
    assert_refused(open_page(showing(("nodate.csv", WITHOUT_DATES)), name))


def test_the_users_own_data_stay(data_page):
    give(data_page, ("zamowienia.csv", own_orders()))
    page = give(data_page, ("empty.csv", b""))
    assert_sound(page)
    assert "zamowienia" in page.error[0].value
    assert "700 customers" in words(page)
