"""The simulator: right by the models' closed forms, consistent in itself and with the history, checks what is asked for."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.history import customer_summary
from clv.ingest import OrderFile, read_orders
from clv.models import (
    NBD,
    BetaGeoCNBD,
    BetaGeoNBD,
    GammaGamma,
    ModifiedBetaGeoCNBD,
    ModifiedBetaGeoNBD,
    ParetoNBD,
)
from clv.simulate import ORDINARY, ORDINARY_SPEND, Group, simulate_shop

BETA_GEOMETRIC = {"r": 0.8, "alpha": 30.0, "a": 0.8, "b": 2.5}
MODELS = [
    NBD.from_params(r=0.8, alpha=30.0),
    BetaGeoNBD.from_params(**BETA_GEOMETRIC),
    ModifiedBetaGeoNBD.from_params(**BETA_GEOMETRIC),
    ParetoNBD.from_params(r=0.7, alpha=35.0, s=0.6, beta=90.0),
    BetaGeoCNBD.from_params(k=2, **BETA_GEOMETRIC),
    ModifiedBetaGeoCNBD.from_params(k=3, **BETA_GEOMETRIC),
]
EVERY_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
CUSTOMERS = 40_000
SEASON = [0.8, 0.8, 1.0, 1.0, 0.9, 0.7, 0.5, 0.6, 1.0, 1.2, 1.8, 1.7]


def at_once(model, days=300, **how):
    """A shop whose customers all come at the first moment, so that all are observed equally long."""
    group = Group(model, CUSTOMERS, first_purchases=(0.0, 0.0))
    return simulate_shop(group, days, seed=3, **how)


def within_four_errors(sample, expected):
    error = np.std(sample) / np.sqrt(np.size(sample))
    return abs(np.mean(sample) - expected) <= 4 * error + 1e-12


# Correct by the closed forms.


@EVERY_MODEL
def test_new_customers_buy_as_often_as_the_model_expects(model):
    x, _, T = at_once(model).history
    assert np.all(T == 300)
    assert within_four_errors(x, float(model.expected_purchases_new_customer(300)))
    pairs = model.probability_alive(0, 0, 0) * model.purchase_pairs_if_alive(300, 0, 0, recency=0)
    assert within_four_errors(x * (x - 1), float(pairs))


@EVERY_MODEL
def test_as_many_make_n_purchases_as_the_model_expects(model):
    x, _, _ = at_once(model).history
    for n in range(4):
        assert within_four_errors(x == n, float(model.probability_of_n_purchases(n, 300)))


@EVERY_MODEL
def test_the_future_of_staggered_customers_is_what_their_histories_promise(model):
    shop = simulate_shop(Group(model, CUSTOMERS), 540, seed=4, horizon=180.0)
    x, t_x, T = shop.history
    later = shop.summary["future_purchases"].to_numpy()
    alive = model.probability_alive(x, t_x, T)
    for some in (x >= 0, x == 0, x >= 4, T - t_x > 200):
        assert within_four_errors(later[some] - model.expected_purchases(180, x, t_x, T)[some], 0.0)
        assert within_four_errors(shop.summary["alive"].to_numpy()[some] - alive[some], 0.0)
    assert T.max() > 539
    assert T.min() < 1


def test_spend_is_gamma_gamma():
    spend = GammaGamma.from_params(p=5.0, q=6.0, v=30.0)
    shop = simulate_shop(Group(MODELS[0], CUSTOMERS, spend), 300, seed=5, horizon=100.0)
    x, m = shop.summary["frequency"].to_numpy(), shop.summary["monetary_value"].to_numpy()
    again = x > 0
    assert within_four_errors(m[again], spend.population_mean_)
    # Of the mean of x purchases: within a customer and between them.
    mean_of_squares, within = spend.spend_second_moments(0, 0.0)
    assert within_four_errors(m[again] ** 2 - (mean_of_squares + within / x[again]), 0.0)
    assert np.all(m[~again] == 0)
    later = shop.summary["future_spend"] / shop.summary["future_purchases"].replace(0, np.nan)
    promised = spend.expected_spend(x, m)
    assert within_four_errors((later - promised).dropna(), 0.0)


def test_a_season_moves_purchases_and_not_their_number():
    shop = at_once(MODELS[0], days=365, season=SEASON)
    index = np.array(SEASON)
    days = pd.date_range("2023-01-01", "2023-12-31").month.to_numpy() - 1
    assert within_four_errors(shop.history[0], 0.8 / 30 * index[days].sum())
    bought = shop.purchases.time[shop.purchases.time > 0].astype(int)
    found = np.bincount(days[bought], minlength=12) / np.bincount(days)
    assert found / found.sum() == pytest.approx(index / index.sum(), rel=0.03)


def test_an_even_season_changes_next_to_nothing():
    for model in MODELS:
        plain, even = (at_once(model, season=season, horizon=30.5) for season in (None, np.ones(12)))
        assert np.array_equal(plain.history[0], even.history[0])
        np.testing.assert_allclose(even.purchases.time, plain.purchases.time, rtol=1e-9)
        assert np.array_equal(plain.summary["alive"], even.summary["alive"])


def test_lifetimes_run_on_the_calendar_and_not_on_the_season():
    """A season of twice the pace doubles the purchases of a time of life, and leaves the time of life."""
    model = ParetoNBD.from_params(r=0.7, alpha=35.0, s=3.0, beta=90.0)
    slow, fast = (at_once(model, days=2000, season=np.full(12, pace)) for pace in (1.0, 2.0))
    assert within_four_errors(slow.summary["alive"] - (90 / 2090) ** 3.0, 0.0)
    assert within_four_errors(fast.summary["alive"] - (90 / 2090) ** 3.0, 0.0)
    assert within_four_errors(fast.history[0], 2 * float(model.expected_purchases_new_customer(2000)))


# Consistent.


@st.composite
def shops(draw, **how):
    days = draw(st.integers(1, 400))
    groups = []
    for name in draw(st.sampled_from(["a", "ab", "abc"])):
        earliest, latest = sorted(draw(st.tuples(st.floats(0, 0.99), st.floats(0, 0.99))))
        groups.append(
            Group(
                draw(st.sampled_from(MODELS)),
                draw(st.integers(2, 40)),
                GammaGamma.from_params(p=draw(st.floats(0.5, 9)), q=4.0, v=draw(st.floats(0.1, 90))),
                draw(st.sampled_from([None, (earliest * days, latest * days)])),
                {"channel": name, "country": draw(st.sampled_from(["DE", "FR"]))},
            )
        )
    season = draw(st.sampled_from([None, SEASON]))
    horizon = draw(st.sampled_from([0.0, 45.5]))
    seed = draw(st.integers(0, 10_000))
    return groups, simulate_shop(groups, days, seed, horizon=horizon, season=season, **how)


@given(shops=shops(), by_day=shops(whole_days=True))
@settings(max_examples=60)
def test_histories_are_possible(shops, by_day):
    for groups, shop in (shops, by_day):
        table = shop.summary
        x, t_x, T = shop.history
        assert len(table) == sum(group.customers for group in groups) == table["customer_id"].nunique()
        assert np.all((t_x >= 0) & (t_x <= T) & (shop.days >= T))
        assert np.array_equal(x == 0, t_x == 0)
        assert np.array_equal(x > 0, table["monetary_value"] > 0)
        assert np.array_equal(x > 0, table["last_gap_days"].notna())
        assert np.array_equal(x > 1, table["previous_gap_days"].notna())
        assert table["last_gap_days"].fillna(0).add(table["previous_gap_days"].fillna(0)).le(t_x + 1e-9).all()
        assert table["channel"].tolist() == [
            g.attributes["channel"] for g in groups for _ in range(g.customers)
        ]
        assert np.array_equal(table["future_purchases"] > 0, table["future_spend"] > 0)
        assert table.loc[table["future_purchases"] > 0, "alive"].all()
        assert shop.purchases.orders.sum() >= shop.purchases.time.size == shop.amounts.size


@given(shops(whole_days=True))
@settings(max_examples=10)
def test_the_order_lines_have_the_same_history(tmp_path_factory, drawn):
    _, shop = drawn
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    shop.order_lines().to_csv(path, index=False)
    read = read_orders([OrderFile(path.name, path)], currency="EUR").transactions
    found, expected = customer_summary(read, shop.as_of).frame, shop.summary
    same = [name for name in expected if name in found]
    assert set(expected) - set(same) == {"alive", "future_purchases", "future_spend"}
    pd.testing.assert_frame_equal(found[same], expected[same], check_dtype=False, rtol=1e-9)


def test_order_lines_are_sorted_numbered_and_in_cents():
    lines = simulate_shop(Group(MODELS[1], 200), 100, seed=1, first_day=dt.date(2024, 2, 1)).order_lines()
    assert lines["order_date"].is_monotonic_increasing
    assert lines["order_id"].is_monotonic_increasing
    assert lines["order_id"].is_unique
    assert lines["order_date"].min().date() == dt.date(2024, 2, 1)
    assert lines["order_date"].max().date() <= dt.date(2024, 5, 10)
    assert np.array_equal(lines["amount"], lines["amount"].round(2))
    assert (lines["amount"] > 0).all()


def test_a_seed_gives_the_same_shop_and_another_seed_another():
    one, same, other = (simulate_shop(Group(MODELS[3], 300), 200, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.summary, same.summary)
    assert not one.summary.equals(other.summary)


def test_another_spend_model_leaves_the_purchases():
    plain, dear = (
        simulate_shop(Group(MODELS[2], 300, spend), 200, 1)
        for spend in (ORDINARY_SPEND, GammaGamma.from_params(p=1.0, q=3.0, v=900.0))
    )
    assert all(np.array_equal(a, b) for a, b in zip(plain.history, dear.history, strict=True))
    assert dear.amounts.mean() > 5 * plain.amounts.mean()


def test_groups_keep_their_own_parameters():
    fast, slow = NBD.from_params(r=900.0, alpha=3000.0), NBD.from_params(r=900.0, alpha=90_000.0)
    dear, cheap = (GammaGamma.from_params(p=900.0, q=900.0, v=v) for v in (500.0, 5.0))
    groups = [
        Group(fast, 50, dear, (0.0, 9.0), {"is": "early"}),
        Group(slow, 70, cheap, (90, 99), {"is": "late"}),
    ]
    by_group = simulate_shop(groups, 400, seed=1).summary.groupby("is").agg(["min", "max"])
    assert by_group.loc["early", ("T_days", "min")] > 390 > 311 > by_group.loc["late", ("T_days", "max")]
    assert by_group.loc["early", ("frequency", "min")] > 70 > by_group.loc["late", ("frequency", "max")]
    assert (
        by_group.loc["early", ("monetary_value", "min")]
        > 300
        > by_group.loc["late", ("monetary_value", "max")]
    )


def test_the_rarest_buyers_buy_once():
    """Rates of a tiny shape are 0 in floating point; their customers never come back."""
    x, t_x, _ = simulate_shop(Group(BetaGeoNBD.from_params(r=1e-4, alpha=9, a=1, b=1), 2000), 100, 1).history
    assert np.mean(x == 0) > 0.99
    assert np.all(np.isfinite(t_x))


# What is asked for is checked.


def test_all_problems_are_named():
    groups = [
        Group(ORDINARY["BG/NBD"], 0, first_purchases=(20, 10)),
        Group(ModifiedBetaGeoNBD(), 5, GammaGamma(), (0, 99), {"channel": "x"}),
        Group(GammaGamma.from_params(p=1, q=2, v=3), 5),
    ]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (every part of the message is checked below)
        simulate_shop(groups, 30, 1, horizon=-1.0, season=[1.0, 0.0])
    for part in (
        "horizon is -1.0",
        "season",
        "group 1 has 0 customers",
        "between 20 and 10",
        "ModifiedBetaGeoNBD has no parameters",
        "group 2: GammaGamma has no parameters",
        "between 0 and 99",
        "group 2 has other attributes",
        "group 3 buys by GammaGamma",
    ):
        assert part in str(caught.value)
    with pytest.raises(ValueError, match=r"days is 0.*no group"):
        simulate_shop([], 0, 1)
