"""What `backtest` says: as JSON, and as a table."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clv.validation.backtest import Backtest
from clv.validation.outlook import Outlook
from clv.validation.scorecard import Scored
from clv.validation.sentences import verdict


def backtest_summary(found: Backtest) -> dict[str, Any]:
    """The backtest as plain values, ready for JSON."""
    holdout, choice = found.holdout, found.choice
    return {
        "calibration_end": holdout.window.cutoff.isoformat(),
        "holdout_end": holdout.window.end.isoformat(),
        "customers": len(holdout.buyers),
        "customers_in_all": found.customers_in_all,
        "actual": {"purchases": float(holdout.purchases.sum()), "revenue": float(holdout.spend.sum())},
        "models": [_scored_summary(found, scored) for scored in found.scored],
        "inner_origins": [
            {"name": one.candidate.name, "loss": one.loss, "mae": one.mae, "eligible": one.eligible}
            for one in (choice.scores if choice else ())
        ],
        "failed": found.failed,
        "verdict": verdict(found),
    }


def backtest_text(found: Backtest) -> str:
    """The verdict, and a line of scores for each candidate; * is the one chosen."""
    wide = max(len(scored.candidate.name) for scored in found.scored) + 2
    table = [f"{'':1} {'':{wide}}{'MAE':>8}{'RMSE':>8}{'bias':>8}{'Gini':>7}{'AUC':>7}{'in 80 %':>9}"]
    for scored in found.scored:
        of = scored.purchases
        inside = "" if scored.coverage is None else f"{scored.coverage:.0%}"
        mark = "*" if scored is found.chosen else ""
        table.append(
            f"{mark:1} {scored.candidate.name:{wide}}{of.mae:8.4f}{of.rmse:8.3f}{of.bias:+8.1%}{of.gini:7.3f}"
            f"{scored.activity.auc:7.3f}{inside:>9}"
        )
    return "\n".join([verdict(found), "", *table])


def outlook_summary(ahead: Outlook) -> dict[str, Any]:
    """What is expected of all customers in the days ahead, by each forecast, as plain values."""
    return {
        "after": ahead.window.cutoff.isoformat(),
        "until": ahead.window.end.isoformat(),
        "days": ahead.days,
        "customers": len(ahead.customer_ids),
        "forecasts": ahead.totals().to_dict("records"),
        "failed": dict(ahead.failed),
    }


def outlook_text(ahead: Outlook, out: Path) -> str:
    """The totals of each forecast, and where each customer's are."""
    return "\n".join(
        [
            f"The {ahead.days} days after {ahead.window.cutoff}, {len(ahead.customer_ids):,} customers:",
            *(
                f"  {row['role']:9}{row['order_days']:12,.0f} order days {row['spend']:14,.2f}  {row['forecast']}"
                for row in ahead.totals().to_dict("records")
            ),
            *(f"  {role}: not possible. {why}" for role, why in ahead.failed.items()),
            f"Written: {out}",
        ]
    )


def _scored_summary(found: Backtest, scored: Scored) -> dict[str, Any]:
    against = found.error_against(scored)
    numbers = {
        "mae": scored.purchases.mae,
        "rmse": scored.purchases.rmse,
        "bias": scored.purchases.bias,
        "gini": scored.purchases.gini,
        "spearman": scored.purchases.spearman,
        "coverage80": scored.coverage,
        "msle": scored.purchases.msle,
        "top_decile": scored.purchases.top_decile,
        **{f"spend_{name}": value for name, value in asdict(scored.money).items()},
        **asdict(scored.activity),
    }
    finite = {
        name: value if value is None or math.isfinite(value) else None for name, value in numbers.items()
    }
    return {
        "name": scored.candidate.name,
        "kind": scored.candidate.kind,
        **finite,
        "chosen": scored is found.chosen,
        "chosen_against_it": {**asdict(against), "verdict": against.verdict},
    }
