"""The command line: what it prints, what it writes, how it refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest
from click.testing import CliRunner

from clv.__main__ import main
from tests.conftest import PROJECT, SAMPLE_ORDERS, real_file

REPORT_KEYS = {
    "rows_read", "rows_kept", "customers", "orders", "revenue", "currency", "first_date", "last_date", "dropped",
    "warnings", "mapping",
}  # fmt: skip
SCORED_COLUMNS = {
    "customer_id", "frequency", "recency_days", "T_days", "orders", "revenue", "first_order_date", "last_order_date",
    "probability_alive", "churn_risk", "expected_purchases", "expected_spend", "clv", "clv_low", "clv_high", "segment",
}  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def as_json(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_check_the_sample():
    report = as_json("check", SAMPLE_ORDERS)
    assert set(report) >= REPORT_KEYS
    assert (report["rows_read"], report["customers"], report["orders"]) == (24_700, 5_000, 15_672)
    assert report["revenue"] == pytest.approx(631_759.97)
    assert report["rows_kept"] + sum(row["rows"] for row in report["dropped"]) == report["rows_read"]


@pytest.mark.slow
def test_a_model_for_each_channel():
    groups = as_json("score", SAMPLE_ORDERS, "--group-by", "channel")["model"]["groups"]
    assert groups["used"]
    assert len(groups["params"]) == 5
    said = run("score", SAMPLE_ORDERS, "--group-by", "first_order")
    assert said.exit_code == 2
    assert "cannot be grouped by first_order" in said.stderr
    assert "channel" in said.stderr


def test_score_the_sample(tmp_path):
    out = tmp_path / "customers.csv"
    result = as_json("score", SAMPLE_ORDERS, "--out", out, "--margin", 0.35, "--cac", 18, "--horizon", 24)
    assert set(result) >= REPORT_KEYS | {"as_of", "model", "clv", "expected_purchases", "timings"}
    assert set(result["model"]) >= {"name", "params", "log_likelihood"}
    assert result["clv"]["horizon_months"] == 24
    assert result["clv"]["low"] < result["clv"]["total"] < result["clv"]["high"]
    scored = pd.read_csv(out, dtype={"customer_id": str})
    assert set(scored.columns) >= SCORED_COLUMNS
    assert len(scored) == 5_000
    assert scored["clv"].sum() == pytest.approx(result["clv"]["total"], abs=30)
    assert scored["clv"].isna().sum() == result["customers_never_paid"] == 21
    assert scored["churn_risk"].dropna().between(0, 1).all()


@pytest.mark.slow
def test_the_churn_window_is_the_shops_own_unless_given():
    window = as_json("score", SAMPLE_ORDERS)["churn_window"]
    assert (window["days"], window["chosen"]) == (150, "from the gaps between the orders")
    assert window["exact_days"] == pytest.approx(129)
    given = as_json("score", SAMPLE_ORDERS, "--churn-window", 60)
    assert (given["churn_window"]["days"], given["churn_window"]["chosen"]) == (60, "given")
    assert (given["churn_window"]["suggested_days"], given["assumptions"]["churn_window_days"]) == (150, 60)
    assert "150 days" in run("score", SAMPLE_ORDERS).stdout
    assert run("score", SAMPLE_ORDERS, "--churn-window", 0).exit_code == 2


@pytest.mark.slow
def test_corrected_risks_on_request(tmp_path):
    plain, corrected = tmp_path / "plain.csv", tmp_path / "corrected.csv"
    window = ("--churn-window", 30)
    assert "churn_risk" not in as_json("score", SAMPLE_ORDERS, *window, "--out", plain)
    risk = as_json("score", SAMPLE_ORDERS, *window, "--calibrate-risk", "--out", corrected)["churn_risk"]
    assert risk["corrected"]
    assert risk["brier_corrected"] < risk["brier_as_modelled"]
    assert [band["band"] for band in risk["bands"]] == ["Low", "Medium", "High"]
    before, after = (pd.read_csv(path)["churn_risk"].dropna() for path in (plain, corrected))
    assert (before - after).abs().max() > 0.01


@pytest.mark.slow
def test_nothing_but_json_on_standard_output():
    command = [sys.executable, "-m", "clv", "score", str(SAMPLE_ORDERS), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=True)
    assert json.loads(done.stdout)["customers"] == 5_000
    assert done.stderr == ""


@pytest.mark.slow
def test_margin_scales_and_horizon_grows():
    base = as_json("score", SAMPLE_ORDERS)["clv"]["total"]
    assert as_json("score", SAMPLE_ORDERS, "--margin", 0.8)["clv"]["total"] == pytest.approx(2 * base)
    assert as_json("score", SAMPLE_ORDERS, "--horizon", 24)["clv"]["total"] > base


@pytest.mark.slow
def test_lifetimes_beside_the_native_fit():
    model = as_json("score", SAMPLE_ORDERS, "--model", "bg-nbd", "--engine", "lifetimes")["model"]
    assert model["lifetimes"]["params"] == pytest.approx(model["params"], rel=1e-3)
    assert model["log_likelihood"] >= model["lifetimes"]["log_likelihood"] - 1e-6


@pytest.mark.slow
def test_an_earlier_day():
    result = as_json("score", SAMPLE_ORDERS, "--as-of", "2025-09-30")
    assert result["as_of"] == "2025-09-30"
    assert result["customers"] < 5_000


@pytest.mark.slow
def test_words_for_people():
    said = run("score", SAMPLE_ORDERS).stdout
    assert "5,000 customers as of 2026-09-30" in said
    assert "CLV over 12 months" in said
    assert "24,700 rows read" in run("check", SAMPLE_ORDERS).stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("customer,date,amount\n", "header"),
        ("customer,amount\na,1\nb,2\n", "date"),
        ("customer,date,amount\na,2024-01-31,5\nb,2024-02-20,6\n", "Nobody bought on a second day"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(tmp_path, content, said):
    path = tmp_path / "orders.csv"
    path.write_text(content)
    result = run("score", path, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said.lower() in result.stderr.lower()
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_wrong_options_are_refused():
    for arguments in (
        ["--margin", "2"],
        ["--horizon", "0"],
        ["--map", "customer"],
        ["--map", "customer=nobody"],
        ["--as-of", "1990-01-01"],
        ["--out", "/nowhere/at/all.csv"],
    ):
        result = run("score", SAMPLE_ORDERS, *arguments)
        assert result.exit_code == 2, arguments
        assert "Traceback" not in result.stderr


def test_columns_named_by_hand(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("x;y;z\na;2024-01-31;5\na;2024-02-20;6\nb;2024-02-21;6\n")
    report = as_json("check", path, "--map", "customer=x,date=y,amount=z")
    assert report["mapping"]["customer"] == "x"
    assert report["revenue"] == pytest.approx(17.0)


def test_rates_and_repeated_rows(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer,date,amount,currency\na,2024-01-31,5,EUR\na,2024-01-31,5,EUR\nb,2024-02-20,10,USD\nc,2024-02-21,1,JPY\n"
    )
    refused = run("check", path)
    assert refused.exit_code == 2
    assert "--rate USD=0.9" in refused.stderr
    report = as_json("check", path, "--currency", "EUR", "--rate", "usd=0.5", "--remove-duplicates")
    assert (report["revenue"], report["layout"]) == (10, "Order table")
    said = run("check", path, "--currency", "EUR", "--rate", "USD=0.5").stdout
    assert "Recognised: Order table" in said
    assert "in another currency (JPY), 1.00 (" in said
    for wrong in ("USD", "USD=much", "USD=-1"):
        assert run("check", path, "--currency", "EUR", "--rate", wrong).exit_code == 2


@pytest.mark.slow
def test_cdnow():
    assert as_json("score", real_file("cdnow", "CDNOW_master.csv"))["customers"] == 23_570


@pytest.mark.slow
def test_online_retail():
    report = as_json("check", real_file("online_retail", "online_retail.parquet"))
    assert (report["customers"], report["orders"]) == (4_338, 18_532)
    assert report["gross_revenue"] == pytest.approx(8_911_407.90, abs=0.005)
    assert (
        report["rows_kept"] + sum(row["rows"] for row in report["dropped"]) == report["rows_read"] == 541_909
    )


def test_yandex():
    report = as_json("check", real_file("yandex_afisha", "orders_log_us.csv"))
    assert report["customers"] == 36_523
    assert report["revenue"] == pytest.approx(252_057.20, abs=0.005)


def test_date_order_is_asked_for():
    path = real_file("dirty", "ambiguous_dayfirst_all_days_le_12.csv")
    refused = run("check", path)
    assert refused.exit_code == 2
    assert "--date-order" in refused.stderr
    assert as_json("check", path, "--date-order", "dmy")["revenue"] == pytest.approx(94_902.63)


def test_the_date_order_holds_for_the_spend_too(tmp_path):
    orders, spend = tmp_path / "orders.csv", tmp_path / "spend.csv"
    orders.write_text(
        "customer,date,amount\n" + "".join(f"c{n % 9},2024-0{n % 9 + 1}-05,9\n" for n in range(99))
    )
    spend.write_text("date,channel,spend\n03/04/2024,tv,50\n05/04/2024,web,20\n")
    refused = run("check", orders, spend)
    assert refused.exit_code == 2
    assert "spend.csv" in refused.stderr
    assert "--date-order dmy|mdy|ymd" in refused.stderr
    for option in ("--date-order", "--spend-date-order"):
        said = str(as_json("check", orders, spend, option, "mdy")["beside"])
        assert "70.00 were spent from 2024-03-04 to 2024-05-04" in said


@pytest.mark.slow
def test_nothing_warns_on_import_or_use():
    command = [sys.executable, "-W", "error", "-m", "clv", "score", str(SAMPLE_ORDERS), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_contacts_and_spend_beside_the_orders(tmp_path):
    folder, out = SAMPLE_ORDERS.parent, tmp_path / "customers.csv"
    beside = ("--contacts", folder / "contacts.csv", "--spend", folder / "spend.csv")
    result = as_json("score", SAMPLE_ORDERS, *beside, "--out", out)
    assert result["media"]["by"] == "channel"
    assert result["media"]["cac"] == pytest.approx(18.64, abs=0.01)
    assert result["enough_data"] == {"enough": True, "reasons": []}
    scored = pd.read_csv(out, dtype=str)
    assert {"email", "email_consent", "nps_score"} <= set(scored.columns)
    # The header says what each file is.
    assert as_json("score", *folder.glob("*.csv"))["media"] == result["media"]


def test_the_report_is_written(tmp_path):
    page, table = tmp_path / "report.html", tmp_path / "report.csv"
    report = as_json("check", SAMPLE_ORDERS, "--report", page)
    run("check", SAMPLE_ORDERS, "--report", table)
    assert "24,700 rows were read" in page.read_text()
    assert pd.read_csv(table)["what"].tolist() == [entry["what"] for entry in report["assumed"]]


def test_a_table_of_customers(tmp_path):
    path = tmp_path / "summary.csv"
    rows = [f"k{n},{n % 4},{n % 4 * (5 + n % 9)},{60 + n % 9},{20 + n % 7}" for n in range(600)]
    path.write_text("customer_id,frequency,recency,T,monetary_value\n" + "\n".join(rows))
    result = as_json("score", path, "--unit", "weeks", "--as-of", "2024-05-01")
    assert result["as_of"] == "2024-05-01"
    assert result["customers"] == 600
