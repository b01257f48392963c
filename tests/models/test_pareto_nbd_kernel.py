"""The compiled part of Pareto/NBD: exact values and gradients, and customers who are won back."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.models import ParetoNBD
from clv.models.pareto_nbd_kernel import log_hypergeometric_one
from clv.models.purchase_model import Histories

PARAMETERS = st.floats(0.02, 20)


@pytest.mark.parametrize(
    ("b", "c", "z"),
    [(0.6, 2.2, 0.3), (2.0, 105.0, 10 / 11), (1.6, 3.1, 0.999), (2000.3, 2002.0, 0.9), (0.02, 1.1, 0.0)],
)
def test_the_hypergeometric_function_and_its_derivatives(b, c, z):
    with mpmath.workdps(40):

        def exact(*values):
            return mpmath.log(mpmath.hyp2f1(1, *values))

        expected = [exact(b, c, z)] + [mpmath.diff(exact, (b, c, z), n) for n in ((1, 0, 0), (0, 1, 0))]
        got = log_hypergeometric_one(b, c, z, True)
        assert log_hypergeometric_one(b, c, z, False) == (got[0], 0.0, 0.0, 0.0)
        assert got[:3] == pytest.approx([float(value) for value in expected], rel=1e-8, abs=1e-13)
        if z > 0:
            assert got[3] == pytest.approx(float(mpmath.diff(exact, (b, c, z), (0, 0, 1))), rel=1e-8)


def some_rows(seed=1, rows=200):
    rng = np.random.default_rng(seed)
    T = np.round(rng.uniform(0, 900, rows))
    x = np.where(T > 9, rng.poisson(rng.gamma(0.5, 6, rows)), 0).astype(float)
    x[0], T[0] = 2000, 2500
    t_x = np.where(x > 0, np.maximum(np.round(T * rng.uniform(0, 1, rows)), 1), 0)
    t_x[1:8], x[1:8] = T[1:8], np.where(T[1:8] > 0, 3, 0)
    return Histories(x, t_x / 300, T / 300, rng.integers(1, 9, rows).astype(float))


@given(PARAMETERS, PARAMETERS, PARAMETERS, PARAMETERS)
@settings(max_examples=60, deadline=None)
def test_sums_are_the_sums_of_rows_and_the_gradient_is_theirs(r, alpha, s, beta):
    rows, values = some_rows(), np.array([r, alpha, s, beta])
    model = ParetoNBD.from_params(r=r, alpha=alpha, s=s, beta=beta)
    likelihood = model.likelihood_of(rows)
    value, gradient = likelihood(values)
    each = model.log_likelihood(rows.x, rows.t_x, rows.T)
    assert value == pytest.approx(float(each @ rows.count), rel=1e-11)
    step = 1e-5
    for i in range(4):
        moved = [likelihood(values * np.exp(sign * step * np.eye(4)[i]))[0] for sign in (1, -1)]
        slope = (moved[0] - moved[1]) / (2 * step) / values[i]
        assert gradient[i] == pytest.approx(slope, rel=1e-4, abs=1e-6 * abs(value))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("params", "history"),
    [
        ({"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, (2, 3.0, 38.86)),
        ({"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, (0, 0.0, 38.86)),
        ({"r": 2.0, "alpha": 1.0, "s": 1.0, "beta": 50.0}, (30, 20.0, 60.0)),
        ({"r": 0.3, "alpha": 40.0, "s": 2.0, "beta": 0.5}, (3, 9.0, 60.0)),
    ],
)
def test_purchases_of_a_customer_won_back(params, history):
    (x, t_x, T), t = history, 26.0
    r, alpha, s, beta = params.values()
    with mpmath.workdps(17):

        def density(left):
            return (alpha + left) ** -(r + x) * (beta + left) ** -(s + 1)

        def bought(left):
            lifetime = mpmath.quad(lambda u: (1 + u / (beta + left)) ** -(s + 1), [0, t])
            return density(left) * (r + x) / (alpha + left) * lifetime

        points = list(mpmath.linspace(t_x, T, 16))
        expected = mpmath.quad(bought, points) / mpmath.quad(density, points)
    got = ParetoNBD.from_params(**params).purchases_if_reactivated(t, x, t_x, T)
    assert got == pytest.approx(float(expected), rel=1e-8)
