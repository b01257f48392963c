"""Correctness: the formulas against mpmath with 40 digits, special cases included."""

from __future__ import annotations

import mpmath as mp
import pytest

from clv.models import BetaGeoNBD, ModifiedBetaGeoNBD, ParetoNBD

mp.mp.dps = 40

GEOMETRIC = [BetaGeoNBD, ModifiedBetaGeoNBD]
# Among them a + b < 1, a = 1, and parameters far from any data set.
GEOMETRIC_PARAMS = [
    {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
    {"r": 0.5, "alpha": 20.0, "a": 0.2, "b": 0.3},
    {"r": 1.3, "alpha": 7.0, "a": 1.0, "b": 2.0},
    {"r": 3.0, "alpha": 0.5, "a": 4.0, "b": 0.6},
]
# Among them alpha = beta, s = 1 and alpha < beta.
PARETO_PARAMS = [
    {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
    {"r": 0.8, "alpha": 9.0, "s": 1.0, "beta": 9.0},
    {"r": 2.0, "alpha": 30.0, "s": 1.7, "beta": 2.0},
]
HISTORIES = [
    (0, 0.0, 38.9),
    (0, 0.0, 0.0),
    (2, 30.43, 38.86),
    (7, 40.0, 40.0),
    (60, 25.0, 39.0),
    (2000, 700.0, 730.0),
]
HORIZONS = [0.5, 52.0, 1000.0]


def likelihood_parts(model, x, t_x, T):
    """The two terms of the BG/NBD or MBG/NBD likelihood: alive at T, and left after the last purchase."""
    r, alpha, a, b = (mp.mpf(value) for value in model.params_.values())
    coins = x + model.coins_at_first_purchase
    common = mp.gamma(r + x) / mp.gamma(r) * alpha**r / mp.beta(a, b)
    alive = common * mp.beta(a, b + coins) / (alpha + T) ** (r + x)
    left = common * mp.beta(a + 1, b + coins - 1) / (alpha + t_x) ** (r + x) if coins else mp.mpf(0)
    return alive, left


def geometric_purchases_if_alive(model, t, x, T):
    """Integral over p of its posterior times (1 - E[exp(-lambda p t)]) / p."""
    r, alpha, a, b = (mp.mpf(value) for value in model.params_.values())
    b += x + model.coins_at_first_purchase

    def integrand(p):
        bought = 1 - ((alpha + T) / (alpha + T + p * t)) ** (r + x)
        return p ** (a - 1) * (1 - p) ** (b - 1) * bought / p

    scale = min(mp.mpf("0.5"), a / (a + b))
    return mp.quad(integrand, [0, scale / 100, scale, (1 + scale) / 2, 1]) / mp.beta(a, b)


def pareto_left(params, x, t_x, T):
    """s times the integral over the time of leaving, the second term of the likelihood without its factor."""
    r, alpha, s, beta = params
    order = r + s + x

    def antiderivative(y):
        if alpha == beta:
            return (alpha + y) ** -order / order
        if alpha > beta:
            z, larger, power = (alpha - beta) / (alpha + y), alpha + y, s + 1
        else:
            z, larger, power = (beta - alpha) / (beta + y), beta + y, r + x
        return mp.hyp2f1(order, power, order + 1, z) * larger**-order / order

    return s * (antiderivative(t_x) - antiderivative(T))


@pytest.mark.parametrize("model", GEOMETRIC)
@pytest.mark.parametrize("params", GEOMETRIC_PARAMS)
@pytest.mark.parametrize("history", HISTORIES)
def test_geometric_likelihood_and_alive(model, params, history):
    fitted = model.from_params(**params)
    alive, left = likelihood_parts(fitted, *map(mp.mpf, history))
    assert fitted.log_likelihood(*history) == pytest.approx(float(mp.log(alive + left)), rel=1e-8)
    assert fitted.probability_alive(*history) == pytest.approx(float(alive / (alive + left)), rel=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("model", GEOMETRIC)
@pytest.mark.parametrize("params", GEOMETRIC_PARAMS)
@pytest.mark.parametrize("t", HORIZONS)
def test_geometric_purchases(model, params, t):
    fitted = model.from_params(**params)
    for x, _, T in HISTORIES[1:5]:
        exact = float(geometric_purchases_if_alive(fitted, mp.mpf(t), x, mp.mpf(T)))
        assert fitted.purchases_if_alive(t, x, T) == pytest.approx(exact, rel=1e-8)


@pytest.mark.parametrize("params", PARETO_PARAMS)
@pytest.mark.parametrize("history", HISTORIES)
def test_pareto_likelihood_and_alive(params, history):
    fitted = ParetoNBD.from_params(**params)
    r, alpha, s, beta = (mp.mpf(value) for value in params.values())
    x, t_x, T = map(mp.mpf, history)
    stayed = (alpha + T) ** -(r + x) * (beta + T) ** -s
    left = pareto_left((r, alpha, s, beta), x, t_x, T)
    factor = mp.gamma(r + x) / mp.gamma(r) * alpha**r * beta**s
    assert fitted.log_likelihood(*history) == pytest.approx(float(mp.log(factor * (stayed + left))), rel=1e-8)
    assert fitted.probability_alive(*history) == pytest.approx(float(stayed / (stayed + left)), rel=1e-7)


@pytest.mark.parametrize("params", PARETO_PARAMS)
@pytest.mark.parametrize("t", HORIZONS)
def test_pareto_purchases(params, t):
    fitted = ParetoNBD.from_params(**params)
    r, alpha, s, beta = (mp.mpf(value) for value in params.values())
    for x, _, T in HISTORIES:
        lifetime = mp.quad(lambda u, T=T: ((beta + T) / (beta + T + u)) ** s, [0, t / 100, t])
        exact = float((r + x) / (alpha + T) * lifetime)
        assert fitted.purchases_if_alive(t, x, T) == pytest.approx(exact, rel=1e-8)
