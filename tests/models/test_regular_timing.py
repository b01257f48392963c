"""(M)BG/CNBD-k: exact values, the compiled likelihood, k = 1, recognising k, and what must always hold."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.models import (
    BetaGeoCNBD,
    BetaGeoNBD,
    ModelDataError,
    ModifiedBetaGeoCNBD,
    ModifiedBetaGeoNBD,
    choose_k,
    wheat_morrison_k,
)
from clv.models.beta_geometric_kernel import purchases_over_phases
from clv.models.purchase_model import Histories
from clv.simulate import Group, simulate_shop

mp.mp.dps = 40

MODELS = [BetaGeoCNBD, ModifiedBetaGeoCNBD]
# Among them a + b < 1, a = 1, and a tiny alpha.
PARAMS = [
    {"r": 0.9, "alpha": 12.0, "a": 0.793, "b": 2.426},
    {"r": 0.5, "alpha": 20.0, "a": 0.2, "b": 0.3},
    {"r": 1.3, "alpha": 0.02, "a": 1.0, "b": 2.0},
    {"r": 3.0, "alpha": 0.5, "a": 4.0, "b": 0.6},
]
HISTORIES = [
    (0, 0.0, 38.9),
    (0, 0.0, 0.0),
    (2, 30.43, 38.86),
    (7, 40.0, 40.0),
    (60, 25.0, 39.0),
    (2000, 700.0, 730.0),
]
ROWS = tuple(np.array(HISTORIES).T)
REGULAR = ModifiedBetaGeoCNBD.from_params(k=2, r=1.5, alpha=60.0, a=0.6, b=2.5)


def parts(model, x, t_x, T):
    """The likelihood's terms: alive in each phase, and left after the last purchase."""
    r, alpha, a, b = (mp.mpf(value) for value in model.params_.values())
    k, coins = model.k, x + model.coins_at_first_purchase
    common = alpha**r / mp.gamma(r) / mp.beta(a, b)
    stayed = common * mp.beta(a, b + coins)
    alive = [
        stayed * (T - t_x) ** j / mp.factorial(j) * mp.gamma(r + k * x + j) / (alpha + T) ** (r + k * x + j)
        for j in range(k)
    ]
    left = common * mp.beta(a + 1, b + coins - 1) * mp.gamma(r + k * x) / (alpha + t_x) ** (r + k * x)
    return alive, left if coins else mp.mpf(0)


def purchases_if_alive(model, t, x, t_x, T, scale=1):
    """Sum over n of E[(1 - d p)^(n-1)] P(M >= nk - j), averaged over the phases j."""
    r, alpha, a, b = (mp.mpf(value) for value in model.params_.values())
    alive, _ = parts(model, x, t_x, T)
    b += x + model.coins_at_first_purchase
    result, ratio = mp.mpf(0), t / (alpha + T + t)
    for j, weight in enumerate(alive):
        shape = r + model.k * x + j
        pmf, more, passed, n, term = (1 - ratio) ** shape, mp.mpf(1), 0, 1, mp.inf
        while weight and term > mp.mpf(10) ** -14 * result:
            while passed < n * model.k - j:
                more -= pmf
                pmf *= (shape + passed) / (passed + 1) * ratio
                passed += 1
            follows = (
                mp.rf(b, n - 1) / mp.rf(a + b, n - 1) if scale == 1 else mp.hyp2f1(1 - n, a, a + b, scale)
            )
            term = weight * follows * more
            result += term
            n += 1
    return result / sum(alive)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("params", PARAMS)
def test_likelihood_and_alive_are_exact(model, k, params):
    fitted = model.from_params(k=k, **params)
    for history in HISTORIES:
        alive, left = parts(fitted, *map(mp.mpf, history))
        exact = mp.log(sum(alive) + left)
        assert fitted.log_likelihood(*history) == pytest.approx(float(exact), rel=1e-10)
        share = sum(alive) / (sum(alive) + left)
        assert fitted.probability_alive(*history) == pytest.approx(float(share), rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(
    ("params", "history", "t"),
    [
        (PARAMS[0], HISTORIES[0], 52.0),
        (PARAMS[0], HISTORIES[1], 0.5),
        (PARAMS[0], HISTORIES[2], 39.0),
        (PARAMS[0], HISTORIES[3], 0.01),
        (PARAMS[1], HISTORIES[1], 20.0),
        (PARAMS[1], HISTORIES[3], 15.0),
        (PARAMS[2], HISTORIES[2], 39.0),
        (PARAMS[3], HISTORIES[4], 10.0),
        (PARAMS[2], HISTORIES[5], 5.0),
    ],
)
def test_expected_purchases_are_exact(model, k, params, history, t):
    fitted = model.from_params(k=k, **params)
    x, t_x, T = history
    exact = float(purchases_if_alive(fitted, mp.mpf(t), x, mp.mpf(t_x), mp.mpf(T)))
    assert fitted.purchases_if_alive(t, x, T, recency=t_x) == pytest.approx(exact, rel=1e-9)
    alive = fitted.probability_alive(*history)
    assert fitted.expected_purchases(t, *history) == pytest.approx(alive * exact, rel=1e-9)


@pytest.mark.parametrize("scale", [0.0, 0.3, 1.0, 1.7])
def test_changed_dropout_is_exact(scale):
    fitted = ModifiedBetaGeoCNBD.from_params(k=2, **PARAMS[0])
    exact = float(purchases_if_alive(fitted, mp.mpf(20), 2, mp.mpf(30), mp.mpf(39), scale))
    value = fitted.purchases_if_alive(20, 2, 39, recency=30, dropout_scale=scale)
    assert value == pytest.approx(exact, rel=1e-9)
    with pytest.raises(ValueError, match="dropout_scale"):
        fitted.purchases_if_alive(20, 2, 39, dropout_scale=2.1)


def test_faster_buying_is_a_longer_horizon():
    fitted = BetaGeoCNBD.from_params(k=3, **PARAMS[0])
    assert fitted.purchases_if_alive(20, 2, 39, recency=30, rate_scale=1.5) == pytest.approx(
        float(fitted.purchases_if_alive(30, 2, 39, recency=30))
    )


@pytest.mark.parametrize(
    ("regular", "random"), [(BetaGeoCNBD, BetaGeoNBD), (ModifiedBetaGeoCNBD, ModifiedBetaGeoNBD)]
)
@pytest.mark.parametrize("params", PARAMS)
def test_k_1_is_buying_at_random(regular, random, params):
    ours, theirs = regular.from_params(k=1, **params), random.from_params(**params)
    exactly = {"rtol": 1e-12, "atol": 0}
    np.testing.assert_allclose(ours.log_likelihood(*ROWS), theirs.log_likelihood(*ROWS), **exactly)
    np.testing.assert_allclose(ours.probability_alive(*ROWS), theirs.probability_alive(*ROWS), **exactly)
    for verb in ("expected_purchases", "probability_of_purchase"):
        for t in (1.0, 52.0):
            np.testing.assert_allclose(
                getattr(ours, verb)(t, *ROWS), getattr(theirs, verb)(t, *ROWS), **exactly
            )


def test_the_series_agrees_with_the_quadrature_at_k_1():
    model = ModifiedBetaGeoNBD.from_params(**PARAMS[0])
    x, _, T = (column[:, None] for column in ROWS)
    t = np.array([0.5, 52.0, 400.0])
    for dropout_scale in (1.0, 0.4):
        r, alpha, a, b = model.params_.values()
        shape, reach = np.broadcast_arrays(r + x, t / (alpha + T))
        rest = np.zeros(shape.size)
        stays = np.broadcast_to(b + x + 1, shape.shape).ravel()
        given = 1, shape.ravel(), reach.ravel(), rest, rest, a, stays, dropout_scale
        rule = model.purchases_if_alive(t, x, T, dropout_scale=dropout_scale)
        series = purchases_over_phases(*given, False).reshape(rule.shape)
        np.testing.assert_allclose(series, rule, rtol=1e-10)
        if dropout_scale == 1:
            series = purchases_over_phases(*given, True).reshape(rule.shape)
            np.testing.assert_allclose(series, model.purchase_pairs_if_alive(t, x, T), rtol=1e-9)


def random_rows(rng, size):
    x = np.where(rng.random(size) < 0.4, 0, rng.geometric(0.2, size)).astype(float)
    T = rng.integers(0, 60, size).astype(float)
    return x, np.where(x > 0, np.floor(T * rng.random(size)), 0.0), T


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("params", PARAMS)
def test_the_compiled_sum_is_the_sum_of_the_rows(model, k, params):
    rng = np.random.default_rng(4)
    rows = tuple(np.r_[column, random] for column, random in zip(ROWS, random_rows(rng, 400), strict=True))
    count = rng.integers(1, 4, rows[0].size).astype(float)
    likelihood, values = model(k).likelihood_of(Histories(*rows, count)), np.array(list(params.values()))
    value, gradient = likelihood(values)
    each = model.from_params(k=k, **params).log_likelihood(*rows)
    assert value == pytest.approx(float(each @ count), rel=1e-12)
    for i, size in enumerate(values):
        step = np.eye(4)[i] * size * 1e-5
        slope = (likelihood(values + step)[0] - likelihood(values - step)[0]) / (2 * step[i])
        assert gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-6 * abs(value) / size)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("history", [HISTORIES[2], HISTORIES[3], HISTORIES[5], (0, 0.0, 38.9)])
def test_the_gradient_is_exact(model, history):
    params = {"r": 0.9, "alpha": 12.0, "a": 0.3, "b": 0.5}
    rows = Histories(*(np.array([float(value)]) for value in history), np.ones(1))
    _, gradient = model(3).likelihood_of(rows)(np.array(list(params.values())))

    def exact(*values):
        fake = model(3)
        fake.params_ = dict(zip(params, values, strict=True))
        alive, left = parts(fake, *map(mp.mpf, history))
        return mp.log(sum(alive) + left)

    point = [mp.mpf(value) for value in params.values()]
    for i in range(4):
        orders = tuple(int(i == j) for j in range(4))
        assert gradient[i] == pytest.approx(float(mp.diff(exact, point, orders)), rel=1e-9)


@pytest.fixture(scope="module")
def regular_shop():
    """12,000 customers of MBG/CNBD-2 watched for a calibration period, and their later purchases."""
    group = Group(REGULAR, 12_000, first_purchases=(0.0, 300.0))
    return simulate_shop(group, 500, seed=11, horizon=180.0)


def test_a_regular_shop_is_recognised_and_forecast(regular_shop):
    x, t_x, T = regular_shop.history
    model = choose_k(x, t_x, T, regular_shop.summary["sum_log_gaps"])
    assert (model.k, model.name) == (2, "MBG/CNBD-2")
    assert model.converged_, model.message_
    for name, value in REGULAR.params_.items():
        assert abs(model.params_[name] - value) < 3.5 * model.standard_errors_[name], name
    assert model.log_likelihood_ == pytest.approx(model.log_likelihood(x, t_x, T).sum())

    later = regular_shop.summary["future_purchases"].to_numpy()
    alive = REGULAR.probability_alive(x, t_x, T)
    expected = REGULAR.expected_purchases(180, x, t_x, T)
    squares = alive * REGULAR.purchase_pairs_if_alive(180, x, T, recency=t_x) + expected
    # In all, and of those seen shortly and long ago.
    for some in (x >= 0, T - t_x < 40, T - t_x > 100, x == 0, x >= 6):
        error = np.sqrt((squares - expected**2)[some].sum())
        assert abs(later[some].sum() - expected[some].sum()) < 3.5 * error
        bought = REGULAR.probability_of_purchase(180, x, t_x, T)[some]
        error = np.sqrt((bought * (1 - bought)).sum())
        assert abs((later[some] > 0).sum() - bought.sum()) < 3.5 * error
    assert (later**2).mean() == pytest.approx(squares.mean(), rel=0.05)

    enough = regular_shop.summary[x >= 2]
    estimate = wheat_morrison_k(enough["previous_gap_days"], enough["last_gap_days"])
    assert estimate == pytest.approx(2.0, rel=0.15)


def test_a_random_shop_is_recognised_in_any_unit():
    truth = BetaGeoNBD.from_params(r=1.0, alpha=40.0, a=0.6, b=2.5)
    shop = simulate_shop(Group(truth, 3000, first_purchases=(0.0, 300.0)), 500, seed=2)
    (x, t_x, T), sum_log_gaps = shop.history, shop.summary["sum_log_gaps"].to_numpy()
    days = choose_k(x, t_x, T, sum_log_gaps, modified=False)
    weeks = choose_k(x, t_x / 7, T / 7, sum_log_gaps - x * np.log(7), modified=False)
    assert type(days) is type(weeks) is BetaGeoNBD
    assert weeks.params_["alpha"] * 7 == pytest.approx(days.params_["alpha"], rel=1e-4)


def test_comparing_k_does_not_depend_on_the_unit_or_on_merging_rows(regular_shop):
    x, t_x, T = (column[:500] for column in regular_shop.history)
    gaps = regular_shop.summary["sum_log_gaps"].to_numpy()[:500]
    days, weeks = (
        BetaGeoCNBD.from_params(k=3, r=1.5, alpha=60 / unit, a=0.6, b=2.5).log_likelihood_with_gaps(
            x, t_x / unit, T / unit, gaps - x * np.log(unit)
        )
        for unit in (1, 7)
    )
    np.testing.assert_allclose(weeks - x * np.log(7), days, rtol=1e-9, atol=1e-9)
    doubled = choose_k(x, t_x, T, gaps, weights=np.full(500, 2.0))
    repeated = choose_k(*(np.repeat(column, 2) for column in (x, t_x, T, gaps)))
    assert doubled.params_ == pytest.approx(repeated.params_, rel=1e-4)
    assert doubled.log_likelihood_ == pytest.approx(repeated.log_likelihood_)


def test_a_new_customer_matches_the_simulation():
    for kind in MODELS:
        model = kind.from_params(k=3, r=1.5, alpha=30.0, a=0.6, b=1.5)
        shop = simulate_shop(Group(model, 100_000, first_purchases=(0.0, 0.0)), 300, seed=8)
        x = shop.summary["frequency"].to_numpy()
        assert model.expected_purchases_new_customer(300) == pytest.approx(x.mean(), abs=4 * x.std() / 316)
        chances = model.probability_of_n_purchases(np.arange(400), 300)
        assert chances.sum() == pytest.approx(1, abs=1e-6)
        assert chances[:8] == pytest.approx(np.bincount(x, minlength=8)[:8] / x.size, abs=0.006)
        mean = chances @ np.arange(400)
        assert mean == pytest.approx(float(model.expected_purchases_new_customer(300)), rel=1e-4)


def test_without_the_last_purchase_the_phases_are_averaged():
    """Simulated: of living customers with x purchases by T, the mean of those to come."""
    model = BetaGeoCNBD.from_params(k=2, r=1.5, alpha=60.0, a=0.6, b=2.5)
    shop = simulate_shop(Group(model, 200_000, first_purchases=(0.0, 0.0)), 300, seed=9, horizon=100.0)
    (x, t_x, _), later = shop.history, shop.summary["future_purchases"].to_numpy()
    for count in (0, 2, 5):
        of_count = x == count
        # Those who left are in the sample too: the chance of being alive is averaged over recency.
        alive = model.probability_alive(count, t_x[of_count], 300.0).mean()
        expected = alive * model.purchases_if_alive(100, count, 300)
        error = later[of_count].std() / np.sqrt(of_count.sum())
        assert later[of_count].mean() == pytest.approx(float(expected), abs=4 * error)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_wheat_morrison_finds_k(k):
    rng = np.random.default_rng(k)
    rate = rng.gamma(0.8, 1 / 20, 20_000)
    previous, last = rng.gamma(k, 1 / rate, (2, rate.size))
    assert wheat_morrison_k(previous, last) == pytest.approx(k, rel=0.05)


def test_wheat_morrison_checks_its_gaps():
    assert wheat_morrison_k([7, 14, 30], [7, 14, 30]) == np.inf
    with pytest.raises(ModelDataError, match="two customers"):
        wheat_morrison_k([3], [4])
    with pytest.raises(ValueError, match="same length"):
        wheat_morrison_k([3, 2], [4])
    with pytest.raises(ValueError, match="positive"):
        wheat_morrison_k([3, 0], [4, 1])


def test_k_is_part_of_the_model():
    model = BetaGeoCNBD.from_params(k=3, **PARAMS[0])
    other = model.with_params(**PARAMS[1])
    assert (other.k, other.name, other.params_) == (3, "BG/CNBD-3", PARAMS[1])
    assert ModifiedBetaGeoCNBD().name == "MBG/CNBD-2"
    assert type(BetaGeoNBD.from_params(**PARAMS[0]).with_params(**PARAMS[1])) is BetaGeoNBD
    with pytest.raises(ValueError, match="exactly k, r, alpha, a, b"):
        BetaGeoCNBD.from_params(**PARAMS[0])
    with pytest.raises(ValueError, match="exactly r, alpha, a, b"):
        BetaGeoCNBD.from_params(k=2, r=1.0)
    for wrong in (0, 1.5, 21, float("nan")):
        with pytest.raises(ValueError, match="whole number"):
            BetaGeoCNBD(wrong)
    with pytest.raises(ValueError, match="finite"):
        model.log_likelihood_with_gaps([1, 2], [1, 2], [3, 3], [0.0, -np.inf])
    with pytest.raises(ValueError, match="length of frequency"):
        choose_k([1, 2], [1, 2], [3, 3], [0.0])


positive = st.floats(0.02, 50.0)
lengths = st.floats(0.1, 2000.0)
models = st.builds(
    lambda model, k, r, alpha, a, b: model.from_params(k=k, r=r, alpha=alpha, a=a, b=b),
    st.sampled_from(MODELS),
    st.integers(2, 4),
    positive,
    lengths,
    positive,
    positive,
)


@st.composite
def histories(draw):
    x = draw(st.one_of(st.integers(0, 30), st.integers(0, 2000)))
    T = draw(st.one_of(st.just(0.0) if x == 0 else lengths, lengths))
    return float(x), T * draw(st.floats(0.0, 1.0)) if x else 0.0, T


@given(models, histories(), lengths)
@settings(max_examples=60, deadline=None)
def test_finite_and_in_range(model, history, t):
    assert np.isfinite(model.log_likelihood(*history))
    alive = model.probability_alive(*history)
    bought = model.probability_of_purchase(t, *history)
    expected = model.expected_purchases(t, *history)
    assert 0 <= alive <= 1
    assert 0 <= bought <= alive * (1 + 1e-12)
    assert np.isfinite(expected)
    assert expected >= bought * (1 - 1e-9)
    pairs = model.purchase_pairs_if_alive(t, history[0], history[2], recency=history[1])
    mean = model.purchases_if_alive(t, history[0], history[2], recency=history[1])
    assert pairs + mean - mean**2 >= -1e-9 * (1 + mean**2)


@given(models, histories())
@settings(max_examples=60, deadline=None)
def test_nothing_at_horizon_zero_and_more_later(model, history):
    horizons = np.array([0.0, 1.0, 30.0, 365.0, 1095.0])
    expected = model.expected_purchases(horizons, *history)
    assert expected[0] == 0
    assert model.probability_of_purchase(0.0, *history) == 0
    assert np.all(np.diff(expected) >= -1e-9 * (1 + expected[1:]))
    x, _, T = history
    assert np.all(np.diff(model.purchases_if_alive(horizons, x, T)) >= -1e-9 * (1 + expected[1:]))


@given(models, histories(), lengths, st.floats(0.01, 100.0))
@settings(max_examples=60, deadline=None)
def test_the_time_unit_does_not_matter(model, history, t, unit):
    x, t_x, T = history
    other = model.with_params(**{**model.params_, "alpha": model.params_["alpha"] * unit})
    assert other.expected_purchases(t * unit, x, t_x * unit, T * unit) == pytest.approx(
        float(model.expected_purchases(t, x, t_x, T)), rel=1e-6, abs=1e-12
    )


@given(st.integers(0, 10_000))
@settings(max_examples=5, deadline=None)
def test_any_small_shop_fits(seed):
    x, t_x, T = random_rows(np.random.default_rng(seed), 60)
    T += 1
    fitted = ModifiedBetaGeoCNBD(3).fit(x, t_x, T)
    assert fitted.converged_, fitted.message_
    assert np.all(np.isfinite(fitted.covariance_))
    assert np.all(np.isfinite(fitted.expected_purchases(365, x, t_x, T)))
