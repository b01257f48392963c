"""Every chart: shows what its frame holds, survives a shop with little to show."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from clv import charts
from clv.charts import scenarios, segments
from clv.charts.theme import ROLES
from tests.charts.chart_frames import (
    BUILDERS,
    SEGMENTS,
    clv_bins,
    cumulative,
    drawn_by,
    layers,
    levers,
    months,
    orders,
    payback,
    risk_bins,
    rows,
    segment_frame,
    words,
)


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("count", [None, 0, 1, 2])
def test_builds_whatever_the_number_of_rows(name: str, count: int | None) -> None:
    make, build, empty_height = BUILDERS[name]
    frame = make() if count is None else make().head(count)
    before = frame.copy()
    spec = build(frame).to_dict()
    assert spec["width"] == "container"
    assert spec["height"] > 0
    if count == 0:
        assert spec["height"] == empty_height
        assert len(words(spec)) == 1
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", BUILDERS)
def test_leaves_colours_to_the_theme(name: str) -> None:
    make, build, _ = BUILDERS[name]
    spec = build(make()).to_dict()
    for layer in layers(spec):
        colour = layer["encoding"]["color"]
        assert colour["scale"] == {"domain": list(ROLES)}
        assert colour["legend"] is None
        assert {row[colour["field"]] for row in rows(spec, layer)} <= set(ROLES)
        assert "color" not in layer["mark"]
    assert "background" not in spec


@pytest.mark.parametrize("name", BUILDERS)
def test_stays_small_still_and_speaks(name: str) -> None:
    make, build, _ = BUILDERS[name]
    spec = build(make()).to_dict()
    assert "params" not in spec
    assert sum(len(data) for data in spec["datasets"].values()) <= 500
    for layer in layers(spec):
        silent = layer["mark"].get("aria") is False
        assert silent or "description" in layer["encoding"]


@pytest.mark.parametrize("name", BUILDERS)
def test_says_the_unit_on_the_value_axis(name: str) -> None:
    make, build, _ = BUILDERS[name]
    titles = {
        axis["title"]
        for layer in layers(build(make()).to_dict())
        for channel in ("x", "y")
        if isinstance(axis := layer["encoding"].get(channel, {}).get("axis"), dict) and axis.get("title")
    }
    assert any(
        "(" in title
        or title in ("Customers", "Churn risk", "Order days so far", "Share who ordered", "Still a customer")
        for title in titles
    ), titles


def test_clv_distribution_reads_median_and_mean_off_the_bins() -> None:
    shown = words(charts.clv_distribution(clv_bins(), "€").to_dict())
    assert shown == ["Median €10", "Mean €14.70"]


def test_clv_distribution_prefers_the_exact_figures() -> None:
    shown = words(charts.clv_distribution(clv_bins(), "€", median=11.5, mean=70).to_dict())
    assert shown == ["Median €11.50", "Mean €70"]


def test_a_mean_beyond_the_last_bin_is_not_drawn_somewhere_else() -> None:
    assert words(charts.clv_distribution(clv_bins(), "€", median=5, mean=500).to_dict()) == ["Median €5"]


def test_clv_distribution_without_customers_says_so() -> None:
    nobody = clv_bins().assign(customers=0)
    assert words(charts.clv_distribution(nobody, "€").to_dict()) == ["No customers to show yet"]


def test_risk_bands_hold_all_customers() -> None:
    spec = charts.risk_distribution(risk_bins(), 0.3, 0.7).to_dict()
    bars = rows(spec, drawn_by(spec, "bar")[0])
    assert [row["role"] for row in bars] == ["accent"] * 3 + ["caution"] * 4 + ["risk"] * 3
    assert {"Low risk\n6", "Medium risk\n22", "High risk\n27"} <= set(words(spec))


@pytest.mark.parametrize(("medium", "high"), [(0.5, 0.5), (0.0, 1.0), (0.9, 0.95)])
def test_risk_bands_may_be_thin_or_empty(medium: float, high: float) -> None:
    spec = charts.risk_distribution(risk_bins(), medium, high).to_dict()
    assert sum(row["customers"] for row in rows(spec, drawn_by(spec, "bar")[0])) == 55


def test_eleven_segments_keep_their_order_and_their_counts() -> None:
    spec = charts.segment_values(segment_frame(), "€").to_dict()
    bar = drawn_by(spec, "bar")[0]
    assert bar["encoding"]["y"]["sort"] is None
    labels = [row["label"] for row in rows(spec, bar)]
    assert [label.split("\n")[0] for label in labels] == SEGMENTS
    assert labels[0].endswith("\n1 customer")
    assert labels[1].endswith("\n0 customers")
    assert spec["height"] == segments.AXIS_HEIGHT + 11 * segments.SEGMENT_HEIGHT


def test_losing_levers_wear_the_colour_of_risk() -> None:
    spec = charts.lever_gains(levers(), "€").to_dict()
    roles = {row["lever"]: row["bar_role"] for row in rows(spec, drawn_by(spec, "bar")[0])}
    assert [lever for lever, role in roles.items() if role == "risk"] == ["Lower margin"]
    assert {"+€4,200", "+€100", "−€2,400", "+€1,900"} == set(words(spec))


def test_levers_go_without_intervals() -> None:
    spec = charts.lever_gains(levers()[["lever", "gain"]]).to_dict()
    assert "Interval" not in str(spec["layer"])


def test_the_first_scenario_is_the_base_and_alone_has_a_band() -> None:
    spec = charts.cumulative_value(cumulative(), "€").to_dict()
    band = drawn_by(spec, "area")[0]
    base = cumulative().query("scenario == 'As today'")
    assert [row["low"] for row in rows(spec, band)] == base["low"].tolist()
    assert {row["role"] for row in rows(spec, band)} == {"accent"}
    assert set(words(spec)) == {"As today\n€1,200", "With levers\n€1,212"}


def test_names_at_the_ends_of_close_lines_do_not_touch() -> None:
    spec = charts.cumulative_value(cumulative(), "€").to_dict()
    heights = [row["words_y"] for row in rows(spec, drawn_by(spec, "text")[0])]
    pixels = abs(heights[1] - heights[0]) / 1320 * scenarios.PLOT_HEIGHT
    assert pixels >= scenarios.LABEL_GAP - 1e-6


def test_a_refund_hangs_below_the_line() -> None:
    spec = charts.order_history(orders(), date(2024, 1, 31), "€").to_dict()
    drawn = rows(spec, drawn_by(spec, "point")[0])
    assert [(row["amount"], row["role"]) for row in drawn] == [(45, "accent"), (-20, "risk"), (60, "accent")]
    assert [row["day_words"] for row in drawn] == ["5 Jan 2023", "11 Feb 2023", "1 Jun 2023"]
    assert words(spec) == ["as of 31 Jan 2024"]


def test_monthly_revenue_stacks_new_on_returning() -> None:
    spec = charts.monthly_revenue(months(), "CHF").to_dict()
    bars = pd.DataFrame(rows(spec, drawn_by(spec, "bar")[0]))
    tops = bars.groupby("begin")["high"].max().to_numpy()
    assert tops == pytest.approx((months()["new"] + months()["returning"]).to_numpy())
    assert bars["begin"].min() == pd.Timestamp(2022, 12, 1).timestamp() * 1000
    assert set(words(spec)) == {"New", "Returning"}


@pytest.mark.parametrize(
    ("cac", "month", "expected"),
    [
        (32.0, 7, {"CAC €32", "Paid back in month 7"}),
        (14.0, 1, {"CAC €14", "Paid back in month 1"}),
        (99.0, None, {"CAC €99, not earned back in 12 months"}),
        (99.0, 30, {"CAC €99, not earned back in 12 months"}),
    ],
)
def test_payback_says_when_or_that_it_does_not(cac: float, month: int | None, expected: set[str]) -> None:
    assert set(words(charts.payback_curve(payback(), cac, month, "€").to_dict())) == expected
