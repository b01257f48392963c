"""Models as the data might as well have given them: what the uncertainty of the estimates is read off."""

from __future__ import annotations

from dataclasses import dataclass

from clv.forecast.fit import FittedModels
from clv.models import GammaGamma, PurchaseModel, SpendModel

DRAWS = 100
# Nearer to 1 the population mean p v / (q - 1) of a set runs away from everything the data say.
SMALLEST_SPEND_SHAPE = 1.05


@dataclass(frozen=True)
class ParameterSet:
    """One guess: the purchase models (time in days), in the order of those fitted, and the spend model (money)."""

    purchases: tuple[PurchaseModel, ...]
    spend: SpendModel


@dataclass(frozen=True)
class ParameterSets:
    """Equally good guesses of the models.

    Attributes
    ----------
    guesses : the models of each.
    skipped : how many were tried and gave no models.
    """

    guesses: tuple[ParameterSet, ...]
    skipped: int = 0


def drawn_parameters(models: FittedModels, draws: int = DRAWS, seed: int = 1) -> ParameterSets:
    """Draws from the asymptotic normal of the log parameters of both models, independent of each other."""
    purchases = _drawn_purchase_models(models, draws, seed)
    spends = _drawn_spend_models(models.spend, draws, seed + 1)
    return ParameterSets(tuple(map(ParameterSet, purchases, spends)))


def with_finite_mean(found: GammaGamma, estimate: GammaGamma) -> GammaGamma:
    """The spend model found, or the estimate where the one found has no finite population mean."""
    return found if found.params_["q"] > SMALLEST_SPEND_SHAPE else estimate


def _drawn_purchase_models(models: FittedModels, draws: int, seed: int) -> list[tuple[PurchaseModel, ...]]:
    if models.groups is not None and models.groups.helps:
        return models.groups.sample_models(draws, seed)
    sample = models.purchases.sample_params(draws, seed)
    return [
        (models.purchases.with_params(**{name: float(values[i]) for name, values in sample.items()}),)
        for i in range(draws)
    ]


def _drawn_spend_models(model: SpendModel, draws: int, seed: int) -> list[SpendModel]:
    if not isinstance(model, GammaGamma) or model.params_["q"] <= 1:
        return [model] * draws
    sample = model.sample_params(draws, seed)
    return [
        with_finite_mean(
            GammaGamma.from_params(**{name: float(values[i]) for name, values in sample.items()}), model
        )
        for i in range(draws)
    ]
