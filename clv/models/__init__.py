"""Purchase and spend models: arrays in, arrays out."""

from clv.models.beta_geometric import BetaGeoNBD, ModifiedBetaGeoNBD
from clv.models.errors import ModelDataError, NotFittedError
from clv.models.gamma_gamma import GammaGamma, ObservedMeanSpend, SpendModel
from clv.models.pareto_nbd import ParetoNBD
from clv.models.purchase_model import PurchaseModel

__all__ = [
    "BetaGeoNBD",
    "GammaGamma",
    "ModelDataError",
    "ModifiedBetaGeoNBD",
    "NotFittedError",
    "ObservedMeanSpend",
    "ParetoNBD",
    "PurchaseModel",
    "SpendModel",
]
