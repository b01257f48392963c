"""Every page with the sample, with an uploaded file and with a file that cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import PATIENCE, PROJECT, SAMPLE_ORDERS, real_file

PAGES = {
    "Overview": "pages/overview.py",
    "Data": "pages/data.py",
    "Customers": "pages/customers.py",
    "Segments": "pages/segments.py",
    "What-if": "pages/what_if.py",
    "Trust": "pages/trust.py",
    "Lists": "pages/lists.py",
}
ONE_TIME = "customer,date,amount\n" + "\n".join(
    f"c{i},2024-{i % 12 + 1:02d}-05,{10 + i}.50" for i in range(60)
)
BAD_FILES = {
    "empty.csv": b"",
    "header.csv": b"customer_id,order_date,amount\n",
    "nodate.csv": b"customer_id,amount\na,1\nb,2\n",
    "text.csv": b"customer_id,order_date,amount\n" + b"a,2024-01-31,lots\nb,2024-02-15,more\n" * 5,
    "report.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 20,
    "noise.csv": np.random.default_rng(1).bytes(200_000),
}


def own_orders(customers: int = 700, seed: int = 3) -> bytes:
    """An order file of another shop: other names, other separators, repeat buyers."""
    rng = np.random.default_rng(seed)
    visits = rng.geometric(0.4, customers)
    rows = pd.DataFrame({"Klient": np.repeat(np.arange(customers), visits)})
    rows["Data"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, len(rows)), unit="D")
    rows["Kwota"] = rng.gamma(4, 20, len(rows)).round(2)
    return rows.to_csv(sep=";", decimal=",", index=False, date_format="%d.%m.%Y").encode("cp1250")


def start() -> AppTest:
    return AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE).run()


@pytest.fixture
def app() -> AppTest:
    return start()


Showing = Callable[..., AppTest]


@pytest.fixture(scope="module")
def showing() -> Showing:
    """The app with the sample or a file, loaded once: for tests that look at page after page and set nothing."""
    apps: dict[str, AppTest] = {}

    def app_with(name: str = "", content: bytes = b"") -> AppTest:
        if name not in apps:
            apps[name] = give(start(), name, content) if name else start()
        return apps[name]

    return app_with


def open_page(app: AppTest, name: str) -> AppTest:
    return app.switch_page(PAGES[name]).run()


def give(app: AppTest, name: str, content: bytes) -> AppTest:
    return app.file_uploader(key="uploads").upload(name, content).run()


def words(app: AppTest) -> str:
    """Everything that the page says."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def boxes(app: AppTest) -> dict[str, str]:
    """Label and value of every value box on the page, in order."""
    lists = [ElementTree.fromstring(html.value) for html in app.get("html") if html.value.startswith("<dl")]
    return {
        (box.findtext("dt") or "").strip(): box.findtext("dd") or "" for listed in lists for box in listed
    }


def assert_sound(app: AppTest) -> None:
    assert not app.exception, [element.message for element in app.exception]
    assert "nan" not in words(app).lower().split()
    assert not [label for label, value in boxes(app).items() if "nan" in value.lower()]


@pytest.mark.parametrize("name", PAGES)
def test_sample(showing, name):
    page = open_page(showing(), name)
    assert_sound(page)
    assert page.title[0].value == name
    assert not page.error
    assert "#### " in words(page)


@pytest.mark.parametrize("name", PAGES)
def test_uploaded_file(showing, name):
    page = open_page(showing("zamowienia.csv", own_orders()), name)
    assert_sound(page)
    assert not page.error, page.error[0].value
    assert "700 customers" in words(page)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("bad", BAD_FILES)
def test_bad_file_is_explained_and_the_sample_stays(showing, name, bad):
    page = open_page(showing(bad, BAD_FILES[bad]), name)
    assert_sound(page)
    said = "\n".join(element.value for element in page.error)
    assert "could not be used" in said
    assert "Sample shop" in said
    assert "5,000 customers" in words(page)
    for jargon in ("Traceback", "Error", "duckdb", "codec", "varchar", "None"):
        assert jargon not in said


@pytest.mark.parametrize("name", PAGES)
def test_nobody_buys_twice(showing, name):
    page = open_page(showing("once.csv", ONE_TIME.encode()), name)
    assert_sound(page)
    if name not in ("Data", "Trust"):
        assert "No forecast from these data" in words(page)
        assert "Nobody bought on a second day" in words(page)


@pytest.mark.parametrize("name", PAGES)
def test_one_customer(showing, name):
    page = open_page(showing("one.csv", b"customer,date,amount\na,2024-01-31,5\na,2024-03-01,6\n"), name)
    assert_sound(page)
    assert page.error or "No forecast" in words(page) or name in ("Data", "Trust")


def few_orders() -> bytes:
    """A shop with repeat buyers, too small for a forecast to rely on."""
    return own_orders(customers=120)


@pytest.mark.parametrize("name", PAGES)
def test_few_customers_get_the_history_and_a_rough_forecast_on_request(showing, name):
    page = open_page(showing("few.csv", few_orders()), name)
    assert_sound(page)
    if name in ("Data", "Trust"):
        return
    assert "Only 120 customers ever paid" in words(page)
    assert "120 customers brought" in words(page)
    page.toggle(key="rough_forecast").set_value(True).run()
    assert_sound(page)
    assert "120 customers brought" not in words(page)
    page.toggle(key="rough_forecast").set_value(False).run()


def test_a_rough_forecast_is_a_range(app):
    page = give(app, "few.csv", few_orders())
    assert "CLV, 12 months" not in boxes(page)
    assert set(boxes(page)) == {"Customers", "Revenue so far", "Average order", "Bought again"}
    page.toggle(key="rough_forecast").set_value(True).run()
    assert " to " in boxes(page)["CLV, 12 months"]
    assert "customers may be worth" in words(page)


def customer_table() -> bytes:
    rng = np.random.default_rng(5)
    frequency = rng.geometric(0.4, 900) - 1
    T = rng.integers(200, 700, 900)
    table = pd.DataFrame({"customer_id": [f"k{n}" for n in range(900)], "frequency": frequency})
    table["recency"] = np.where(frequency > 0, (T * rng.uniform(0.1, 0.9, 900)).round(), 0)
    return table.assign(T=T, monetary_value=rng.gamma(4, 10, 900).round(2)).to_csv(index=False).encode()


@pytest.mark.parametrize("name", PAGES)
def test_a_table_of_customers(showing, name):
    page = open_page(showing("summary.csv", customer_table()), name)
    assert_sound(page)
    assert not page.error
    assert "900 customers" in words(page)
    if name in ("Data", "Customers"):
        assert "without their orders" in words(page)


def table_page() -> None:
    """The sidebar and the form of a table of customers: a form that AppTest can press, unlike one of a page."""
    from pages.components.column_form import table_form
    from pages.components.sidebar import draw_sidebar

    draw_sidebar()
    table_form()


def test_a_table_of_customers_in_weeks():
    page = give(
        AppTest.from_function(table_page, default_timeout=PATIENCE).run(), "summary.csv", customer_table()
    )
    page.selectbox(key="data_unit").set_value("weeks")
    next(button for button in page.button if button.label == "Read the table again").click().run()
    assert_sound(page)
    shop = page.session_state["clv_session"].shop
    assert "Recency and T are in weeks" in [finding.what for finding in shop.report.assumed]
    assert shop.buyers["T_days"].min() >= 7 * 200


def test_contacts_and_spend_beside_the_orders(app):
    files = [(name, (SAMPLE_ORDERS.parent / name).read_bytes(), "text/csv") for name in
             ("contacts.csv", "orders.csv", "spend.csv")]  # fmt: skip
    page = open_page(app.file_uploader(key="uploads").set_value(files).run(), "Data")
    assert_sound(page)
    assert not page.error
    assert r"5,000 of 5,000 customers have a row in the contacts" in words(page)
    page.button(key="use_media_cac").click().run()
    assert page.slider(key="cac").value == 18.5


def test_the_channels_of_the_spend_on_segments(app):
    page = open_page(app, "Segments")
    page.segmented_control(key="segments_by").set_value("channel").run()
    assert_sound(page)
    assert "Paid social: a new customer costs more than it brings" in words(page)


def test_a_bad_file_leaves_the_users_own_data(app):
    give(app, "zamowienia.csv", own_orders())
    uploader = app.file_uploader(key="uploads")
    page = uploader.set_value([("empty.csv", b"", "text/csv")]).run()
    assert_sound(page)
    assert "zamowienia" in page.error[0].value
    assert "700 customers" in words(page)


def test_back_to_the_sample(app):
    give(app, "zamowienia.csv", own_orders())
    page = app.button(key="use_sample").click().run()
    assert_sound(page)
    assert "5,000 customers" in words(page)


def test_sliders_change_the_answer_and_reset_restores_it(app):
    before = boxes(app)
    app.slider(key="margin").set_value(20).run()
    app.slider(key="cac").set_value(40.0).run()
    changed = boxes(app)
    assert changed["CLV, 12 months"] != before["CLV, 12 months"]
    assert changed["CLV:CAC"] != before["CLV:CAC"]
    app.button(key="reset").click().run()
    assert boxes(app) == before


def test_the_churn_window_is_the_files_own_until_it_is_moved(app):
    assert app.slider(key="churn_window").value == 150
    assert "80 % of repeat orders come within 129 days" in words(app)
    page = give(app, "zamowienia.csv", own_orders())
    own = page.session_state["clv_session"].shop.churn_window.days
    assert page.slider(key="churn_window").value == own != 150
    page.slider(key="churn_window").set_value(33).run()
    assert f"That suggests {own}." in words(page)
    page = page.button(key="use_sample").click().run()
    assert page.slider(key="churn_window").value == 33
    assert page.button(key="reset").click().run().slider(key="churn_window").value == 150


def test_a_churn_window_of_a_link_wins_over_the_files_own():
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=120)
    app.query_params["churn_window"] = "60"
    assert app.run().slider(key="churn_window").value == 60


def test_reset_restores_the_levers_too(app):
    before = boxes(app)
    app.slider(key="lever_retention").set_value(100).run()
    assert boxes(app)["Gain"] != before["Gain"]
    assert boxes(app.button(key="reset").click().run()) == before


def test_a_customer_looked_for_is_found_first(app):
    page = open_page(app, "Customers")
    page.text_input(key="customers_search").set_value("c00010").run()
    assert_sound(page)
    assert "Customer C00010" in [heading.value for heading in page.subheader]


def test_a_risk_is_explained_against_the_customers_own_rhythm(app):
    page = open_page(app, "Customers")
    page.text_input(key="customers_search").set_value("c00010").run()
    page.toggle(key="customers_explain").set_value(True).run()
    assert_sound(page)
    said = words(page)
    assert "points** of risk" in said or "Nothing stands out" in said
    assert "Each day with what was known then" in said


def test_assumptions_survive_a_page_switch(app):
    app.slider(key="horizon").set_value(24).run()
    page = open_page(open_page(app, "Data"), "Overview")
    assert "CLV, 24 months" in boxes(page)


@pytest.mark.parametrize("model", ["bg-nbd", "mbg-nbd", "pareto-nbd", "cnbd-k"])
def test_each_model(app, model):
    app.session_state["model"] = model
    assert_sound(app.run())


def test_a_model_for_each_channel_and_one_model_again_with_another_file(app):
    before = boxes(app)
    app.selectbox(key="group_by").set_value("channel").run()
    assert_sound(app)
    assert "Groups by channel buy differently" in words(app)
    assert boxes(app)["At high risk"] != before["At high risk"]
    page = give(app, "zamowienia.csv", own_orders())
    assert_sound(page)
    assert page.selectbox(key="group_by").value == "One model for all customers"


@pytest.mark.parametrize("given", ["channel", "By channel"])
def test_a_link_gives_the_column_to_group_by(given):
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE)
    app.query_params |= {"group_by": given, "model": "bg-nbd"}
    app.run()
    assert_sound(app)
    assert app.selectbox(key="group_by").value == "channel"
    assert app.selectbox(key="model").value == "bg-nbd"
    assert "Groups by channel buy differently" in words(app)


@pytest.mark.parametrize("given", ["gross", "Gross"])
def test_a_link_gives_the_margin(given):
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE)
    app.query_params |= {"margin_kind": given, "margin": "55", "variable_costs": "5", "lever_retention": "30"}
    app.run()
    assert_sound(app)
    assert app.segmented_control(key="margin_kind").value == "gross"
    assert [app.slider(key=key).value for key in ("margin", "variable_costs", "lever_retention")] == [
        55,
        5,
        30,
    ]


def test_gross_margin_takes_off_variable_costs(app):
    app.segmented_control(key="margin_kind").set_value("gross").run()
    page = app.slider(key="margin").set_value(55).run()
    assert_sound(page)
    gross = boxes(page)
    app.segmented_control(key="margin_kind").set_value("contribution").run()
    page = app.slider(key="margin").set_value(40).run()
    assert boxes(page) == gross


def test_an_impossible_margin_keeps_the_last_valid_one(app):
    app.segmented_control(key="margin_kind").set_value("gross").run()
    page = app.slider(key="margin").set_value(5).run()
    assert_sound(page)
    assert "eat up the whole gross margin" in words(page)


def test_a_lever_moves_the_answer(app):
    page = open_page(app, "What-if")
    before = boxes(page)["Gain"]
    page.slider(key="lever_retention").set_value(50).run()
    assert_sound(page)
    assert boxes(page)["Gain"] != before
    page.selectbox(key="what_if_segment").set_value("Champions").run()
    assert_sound(page)


def test_breakdowns(app):
    page = open_page(app, "Segments")
    for by in page.segmented_control(key="segments_by").options:
        page.segmented_control(key="segments_by").set_value(_key_of(by)).run()
        assert_sound(page)


def _key_of(label: str) -> str:
    return {"Segment": "segment", "CLV tier": "clv_tier", "Risk": "risk_band"}.get(
        label, label.lower().replace(" ", "_")
    )


def test_find_and_filter_customers(app):
    page = open_page(app, "Customers")
    page.text_input(key="customers_search").set_value("C00042").run()
    assert_sound(page)
    assert "1 of 5,000 customers" in words(page)
    page.text_input(key="customers_search").set_value("nobody has this").run()
    assert_sound(page)
    assert "No customer matches" in words(page)


def test_ready_made_lists(app):
    page = open_page(app, "Lists")
    for name in page.selectbox(key="lists_ready_made").options:
        page.selectbox(key="lists_ready_made").set_value(name).run()
        assert_sound(page)


def test_the_main_reason_goes_with_a_list_on_request(app):
    page = open_page(app, "Lists")
    assert "main_reason" not in page.dataframe[0].value
    page.selectbox(key="lists_ready_made").set_value("Win back the valuable").run()
    page.toggle(key="lists_reasons").set_value(True).run()
    assert_sound(page)
    said = page.dataframe[0].value["main_reason"]
    assert (
        said.str.contains("last order .* days ago|ordered only once|order value down|apart lately").mean()
        > 0.5
    )


def test_names_from_a_file_are_shown_as_they_are(app):
    rows = SAMPLE_ORDERS.read_text().splitlines()[:4000]
    rows[0] = rows[0].replace("channel", "**bold** [x](http://y)")
    page = open_page(give(app, "a_[b](c)*d*.csv", "\n".join(rows).encode()), "Segments")
    assert_sound(page)
    sidebar = "\n".join(element.value for element in page.sidebar.caption)
    assert r"\[b\]\(c\)" in sidebar


@pytest.mark.parametrize("name", ["Overview", "Data", "What-if"])
def test_cdnow(showing, name):
    path = real_file("cdnow", "CDNOW_master.csv")
    page = open_page(showing(path.name, path.read_bytes()), name)
    assert_sound(page)
    assert "23,570 customers" in words(page)


def wait_for_backtests(app: AppTest) -> AppTest:
    for thread in [thread for thread in threading.enumerate() if thread.name == "backtest"]:
        thread.join(120)
    return app.run()


def test_trust_tests_the_forecast_and_hands_the_model_over(app):
    page = wait_for_backtests(open_page(app, "Trust"))
    assert_sound(page)
    assert "Told only what was known on 31 December 2025" in words(page)
    assert set(boxes(page)) == {"Order days", "Revenue", "Best tenth", "Ranges hold"}
    page.button(key="trust_use").click().run()
    assert_sound(page)
    assert page.selectbox(key="group_by").value == "channel"
    assert "The other pages use" in words(page)


def test_each_customers_days_ahead_on_request(app):
    page = wait_for_backtests(open_page(app, "Trust"))
    assert not page.dataframe or "chosen_spend" not in page.dataframe[-1].value
    page.toggle(key="trust_outlook").set_value(True).run()
    assert_sound(page)
    assert "After 30 Sep 2026 and up to 30 Jun 2027, of the 4,979 customers known today" in words(page)
    assert "Used on the other pages" in "".join(html.value for html in page.get("html"))
    assert {"chosen_spend", "model_spend", "baseline_spend"} <= set(page.dataframe[-1].value.columns)


def gone_shop() -> bytes:
    """A shop whose customers bought every ten days, and all but a few stopped at once."""
    rng = np.random.default_rng(2)
    rows = []
    for number in range(700):
        last = 600 if number < 40 else 400
        days = np.arange(rng.integers(0, 300), last, rng.integers(8, 14))
        rows += [(f"c{number}", day, round(rng.gamma(4, 10), 2)) for day in days]
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    frame["date"] = (pd.Timestamp("2023-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")).dt.strftime(
        "%Y-%m-%d"
    )
    return frame.to_csv(index=False).encode()


def test_what_the_backtest_says_stands_beside_the_clv(app):
    page = give(app, "gone.csv", gone_shop())
    assert "held possible" not in words(page)
    page = wait_for_backtests(open_page(page, "Trust"))
    assert "than the model held possible" in words(page)
    assert "what it allowed from the week of" in words(page)
    page = open_page(page, "Overview")
    assert_sound(page)
    assert "than the model held possible" in words(page)


def test_corrected_risks_are_offered_on_trust_and_used_on_all_pages(app):
    before = boxes(app.slider(key="churn_window").set_value(30).run())
    page = wait_for_backtests(open_page(app, "Trust"))
    assert "In the last 30 days 92 % of 4,803 customers stayed away, where 92 % were expected to" in words(
        page
    )
    page.button(key="trust_use_risk").click().run()
    assert_sound(page)
    assert "All pages show the corrected risks" in words(page)
    page = open_page(page, "Overview")
    assert_sound(page)
    assert "Churn risks are corrected by how many left after such risks before" in words(page)
    assert boxes(page)["At high risk"] != before["At high risk"]
    assert boxes(page)["CLV, 12 months"] == before["CLV, 12 months"]
    page.slider(key="churn_window").set_value(150).run()
    assert "Churn risks are as the model gives them" in words(page)
    page.button(key="reset").click().run()
    assert "Churn risks are" not in words(page)


def test_trust_says_why_there_is_no_backtest(app):
    page = wait_for_backtests(open_page(give(app, "few.csv", ONE_TIME.encode()), "Trust"))
    assert_sound(page)
    assert "cannot be backtested" in words(page)


@pytest.mark.parametrize(("order", "first"), [("dmy", "3 Apr 2024"), ("mdy", "4 Mar 2024")])
def test_an_open_order_of_day_and_month_is_asked_for_with_both_readings(app, order, first):
    dates = [f"{day:02d}/{month:02d}/2024" for day in range(3, 12) for month in range(4, 9)]
    orders = "customer,date,amount\n" + "".join(
        f"c{number % 20},{date},{number}.50\n" for number, date in enumerate(dates)
    )
    page = open_page(give(app, "open.csv", orders.encode()), "Data")
    assert_sound(page)
    assert not page.error
    assert "Sample shop stays loaded" in words(page)
    assert page.dataframe[0].value.iloc[0].to_list() == ["03/04/2024", "3 April 2024", "4 March 2024"]
    page.button(key=f"date_order_{order}").click().run()
    assert_sound(page)
    assert not page.info
    assert "20 customers" in words(page)
    assert f"from {first}" in words(page)


def test_an_open_order_of_day_and_month_in_the_spend_is_asked_for(app):
    spend = b"date,channel,spend\n03/04/2024,tv,50\n05/04/2024,web,20\n"
    files = [("orders.csv", ONE_TIME.encode(), "text/csv"), ("spend.csv", spend, "text/csv")]
    page = open_page(app.file_uploader(key="uploads").set_value(files).run(), "Data")
    assert_sound(page)
    assert not page.error
    assert r"spend\.csv is read once you answer one question" in words(page)
    assert page.dataframe[0].value.iloc[0].to_list() == ["03/04/2024", "3 April 2024", "4 March 2024"]
    page.button(key="date_order_mdy").click().run()
    assert_sound(page)
    assert "70.00 were spent from 2024-03-04 to 2024-05-04" in words(page).replace("\\", "")
    assert page.selectbox(key="data_spend_date_order_mdy").value == "mdy"
