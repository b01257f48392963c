"""Tables of a backtest as a reader sees them: the scorecard, and what is expected of all customers together."""

from __future__ import annotations

import pandas as pd

from clv.validation.backtest import Backtest
from clv.validation.outlook import Outlook, Role
from clv.validation.scorecard import Scored
from clv.validation.sentences import bias_in_words

CHOSEN = "chosen"
# Seen from the other candidate: what the chosen one is compared with it.
VERDICTS = {
    "better": "chosen is nearer",
    "worse": "nearer than chosen",
    "not distinguishable": "not distinguishable",
}
ROLE_WORDS: dict[Role, str] = {
    "chosen": "Chosen by the backtest",
    "model": "Used on the other pages",
    "baseline": "Best naive rule",
}
CHOSEN_AND_USED = "Chosen, and used on the other pages"


def scorecard(found: Backtest) -> pd.DataFrame:
    """Every candidate with its scores at the period held out, the best loss first.

    Frame candidate (name), by_value and by_error (whether the chosen one is distinguishable from it, in words), and scores
    of order days (orders_...), of spend (spend_..., top_decile), of who ordered (auc, brier, log_likelihood) and
    of ranges (coverage).
    """
    return pd.DataFrame([_scores(found, scored) for scored in found.scored])


def outlook_totals(ahead: Outlook, found: Backtest) -> pd.DataFrame:
    """What each forecast expects of all customers, and how far off it was in the backtest.

    Frame role, forecast (in words), ahead_order_days, ahead_spend (money), ahead_customers, ahead_tested (in words). A
    model that is the chosen forecast too stands in it once.
    """
    totals, words = ahead.totals(), dict(ROLE_WORDS)
    if ahead.names["chosen"] == ahead.names["model"]:
        totals, words["chosen"] = totals[totals["role"] != "model"], CHOSEN_AND_USED
    bias = {scored.candidate.name: scored.money.bias for scored in found.scored}
    return pd.DataFrame(
        {
            "role": totals["role"],
            "forecast": totals["role"].map(words),
            "ahead_order_days": totals["order_days"],
            "ahead_spend": totals["spend"],
            "ahead_customers": totals["customers"],
            "ahead_tested": [
                bias_in_words(bias[name]) if name in bias else "not tried" for name in totals["forecast"]
            ],
        }
    )


def _scores(found: Backtest, scored: Scored) -> dict[str, object]:
    is_chosen = scored is found.chosen
    return {
        "candidate": scored.candidate.name,
        "by_value": CHOSEN if is_chosen else VERDICTS[found.loss_against(scored).verdict],
        "by_error": CHOSEN if is_chosen else VERDICTS[found.error_against(scored).verdict],
        "orders_bias": scored.purchases.bias,
        "orders_mae": scored.purchases.mae,
        "orders_rmse": scored.purchases.rmse,
        "orders_msle": scored.purchases.msle,
        "spend_bias": scored.money.bias,
        "spend_mae": scored.money.mae,
        "spend_gini": scored.money.gini,
        "top_decile": scored.money.top_decile,
        "spearman": scored.purchases.spearman,
        "auc": scored.activity.auc,
        "brier": scored.activity.brier,
        "log_likelihood": scored.activity.log_likelihood,
        "coverage": scored.coverage,
    }
