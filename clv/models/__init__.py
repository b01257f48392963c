"""Purchase and spend models: arrays in, arrays out."""

from clv.models.beta_geometric import BetaGeoCNBD, BetaGeoNBD, ModifiedBetaGeoCNBD, ModifiedBetaGeoNBD
from clv.models.by_group import GroupedFit, fit_by_group
from clv.models.errors import ModelDataError, NotFittedError
from clv.models.gamma_gamma import GammaGamma, ObservedMeanSpend, SpendModel
from clv.models.nbd import NBD
from clv.models.pareto_nbd import ParetoNBD
from clv.models.purchase_model import PurchaseModel
from clv.models.regular_timing import choose_k, wheat_morrison_k

__all__ = [
    "NBD",
    "BetaGeoCNBD",
    "BetaGeoNBD",
    "GammaGamma",
    "GroupedFit",
    "ModelDataError",
    "ModifiedBetaGeoCNBD",
    "ModifiedBetaGeoNBD",
    "NotFittedError",
    "ObservedMeanSpend",
    "ParetoNBD",
    "PurchaseModel",
    "SpendModel",
    "choose_k",
    "fit_by_group",
    "wheat_morrison_k",
]
