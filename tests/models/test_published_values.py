"""Correctness: values printed in the papers and notes of the field."""

from __future__ import annotations

import numpy as np
import pytest

from clv.models import BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD

BG = BetaGeoNBD.from_params(r=0.243, alpha=4.414, a=0.793, b=2.426)
MBG = ModifiedBetaGeoNBD.from_params(r=0.525, alpha=6.183, a=0.891, b=1.614)
PARETO = ParetoNBD.from_params(r=0.553, alpha=10.578, s=0.606, beta=11.669)

# The file holds weeks rounded to two decimals, which moves the last printed digits.
PUBLISHED_FITS = {
    BetaGeoNBD: ({"r": 0.242595, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}, -9582.4292),
    ModifiedBetaGeoNBD: ({"r": 0.524843, "alpha": 6.183085, "a": 0.891360, "b": 1.614003}, -9582.1357),
    ParetoNBD: ({"r": 0.553277, "alpha": 10.577684, "s": 0.606240, "beta": 11.668731}, -9594.9762),
}


@pytest.mark.parametrize("model", PUBLISHED_FITS)
def test_fit_on_cdnow(model, cdnow):
    params, log_likelihood = PUBLISHED_FITS[model]
    fitted = model().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    assert fitted.params_ == pytest.approx(params, rel=1e-4)
    assert fitted.log_likelihood_ == pytest.approx(log_likelihood, abs=5e-3)
    assert fitted.converged_, fitted.message_


def test_bg_standard_errors_and_covariance(cdnow):
    fitted = BetaGeoNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    published = {"r": 0.012557, "alpha": 0.378224, "a": 0.185734, "b": 0.705415}
    assert fitted.standard_errors_ == pytest.approx(published, rel=2e-4)
    assert fitted.covariance_[0, 1] == pytest.approx(0.003706, abs=1e-6)


@pytest.mark.parametrize(
    ("model", "purchases", "alive"),
    [(BG, 1.22602817, 0.72657857), (MBG, 1.26296062, 0.70620227), (PARETO, 1.45512319, 0.86916756)],
    ids=lambda value: getattr(value, "name", None),
)
def test_customer_with_two_repeats(model, purchases, alive):
    assert model.expected_purchases(39, 2, 30.43, 38.86) == pytest.approx(purchases, abs=5e-9)
    assert model.probability_alive(2, 30.43, 38.86) == pytest.approx(alive, abs=5e-9)


@pytest.mark.parametrize(
    ("model", "heavy", "new"),
    [(BetaGeoNBD, 25.75659, 1.444004), (ParetoNBD, 25.45647, 1.473434)],
)
def test_heavy_buyer_and_new_customer(model, heavy, new):
    fitted = model.from_params(**PUBLISHED_FITS[model][0])
    # The source prints neither the digits of its parameters nor those of t_x.
    assert fitted.expected_purchases(52, 26, 30.857, 31) == pytest.approx(heavy, abs=2e-3)
    assert fitted.expected_purchases_new_customer(52) == pytest.approx(new, abs=2e-5)


def test_gamma_gamma_on_cdnow(cdnow):
    repeaters = cdnow[cdnow["frequency"] > 0]
    fitted = GammaGamma().fit(repeaters["frequency"], repeaters["monetary_value"])
    assert len(repeaters) == 946
    assert fitted.params_ == pytest.approx({"p": 6.248803, "q": 3.744589, "v": 15.447748}, abs=2e-6)
    assert fitted.log_likelihood_ == pytest.approx(-4055.92, abs=5e-3)


def test_gamma_gamma_shrinks_toward_the_population():
    """Note 025, section 5: a customer's expectation is a weighted mean of own and population average."""
    model = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
    population = 6.25 * 15.44 / 2.74
    weight = 6.25 * 2 / (6.25 * 2 + 3.74 - 1)
    expected = (1 - weight) * population + weight * 22.35
    assert model.population_mean_ == pytest.approx(population)
    assert model.expected_spend(2, 22.35) == pytest.approx(expected)
    assert model.expected_spend(0, 0.0) == pytest.approx(population)


def test_cumulative_repeat_purchases_of_the_cohort(cdnow):
    """Weeks 20 to 25, BG/NBD: each customer counts from the day of the first purchase."""
    model = BetaGeoNBD.from_params(**PUBLISHED_FITS[BetaGeoNBD][0])
    published = [1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.600]
    # T runs to the end of the 39 weeks' last day but one: a customer of 1 January has 38.86 weeks.
    since_first = np.asarray(cdnow["T"])[:, None] + 1 / 7 - 39 + np.arange(20, 26)
    total = model.expected_purchases_new_customer(np.maximum(since_first, 0)).sum(axis=0)
    assert total == pytest.approx(published, rel=3e-6)
