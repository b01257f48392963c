"""What `score` says: as JSON, and in words."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from clv.analysis import Analysis
from clv.command_line.answers import money
from clv.economics.media import MediaCost
from clv.forecast import FittedModels
from clv.models import ModelDataError


def score_summary(analysis: Analysis) -> dict[str, Any]:
    """Models, totals and intervals as plain values, ready for JSON."""
    assumptions, total, shop = analysis.assumptions, analysis.total_clv, analysis.shop
    purchases, spend = analysis.models.purchases, analysis.models.spend
    independence, new = analysis.models.independence, analysis.new_customer
    return {
        "as_of": analysis.shop.as_of.isoformat(),
        "customers": len(analysis.shop.summary.frame),
        "customers_never_paid": analysis.shop.summary.never_paid,
        "model": {
            "name": purchases.name,
            "params": purchases.params_,
            "log_likelihood": purchases.log_likelihood_,
            "message": purchases.message_,
            "spend_model": spend.name,
            "spend_params": getattr(spend, "params_", {}),
            "spend_independence": asdict(independence) if independence else None,
            "groups": _groups(analysis.models),
        },
        "assumptions": assumptions.to_dict(),
        "clv": {
            "total": total.mean,
            "mean": float(analysis.clv.mean()),
            "low": total.low,
            "high": total.high,
            "parameter_sd": total.parameter_sd,
            "process_sd": total.process_sd,
            "horizon_months": assumptions.horizon_months,
        },
        "intervals": {
            "from": assumptions.intervals,
            "parameter_sets": len(analysis.parameter_sets.guesses),
            "skipped": analysis.parameter_sets.skipped,
        },
        "expected_purchases": {
            "total": float(analysis.forecast.expected_purchases(assumptions.horizon_months).sum())
        },
        "new_customer": {
            "clv": new.clv.mean,
            "low": new.clv.low,
            "high": new.clv.high,
            "clv_to_cac": new.ratio,
            "payback_month": new.payback_month,
        },
        "enough_data": {"enough": not shop.data_notes, "reasons": list(shop.data_notes)},
        "media": _media(shop.media),
        "beside": [finding.to_dict() for finding in shop.findings_beside],
        "at_risk": {"customers": int(analysis.at_risk.sum()), "value": analysis.value_at_risk},
    }


def window_summary(analysis: Analysis, *, given: bool) -> dict[str, Any]:
    """The churn window used, and the one that the file's own gaps suggest."""
    suggested = analysis.shop.churn_window
    return {
        "days": analysis.assumptions.churn_window_days,
        "chosen": "given"
        if given
        else "from the gaps between the orders"
        if suggested.is_measured
        else "assumed",
        "suggested_days": suggested.days,
        "exact_days": suggested.exact_days if suggested.is_measured else None,
        "gaps": suggested.gaps,
        "message": suggested.message,
    }


def window_text(window: dict[str, Any]) -> str:
    """The churn window in a sentence."""
    if window["chosen"] == "given":
        return f"Churn window: {window['days']} days, as given. {window['message']}"
    return f"Churn window: {window['message']}"


def score_text(analysis: Analysis, result: dict[str, Any], out: Path | None) -> str:
    """The totals in a few sentences."""
    total, code = analysis.total_clv, analysis.shop.report.currency
    lines = [
        f"{result['customers']:,} customers as of {result['as_of']}, {result['model']['name']}.",
        f"CLV over {analysis.assumptions.horizon_months} months: {money(total.mean, code)} "
        f"({money(total.low, code)} to {money(total.high, code)}).",
        f"{result['at_risk']['customers']:,} customers at high risk, {money(analysis.value_at_risk, code)} at stake: no "
        f"order within {analysis.assumptions.churn_window_days} days.",
        window_text(result["churn_window"]),
    ]
    if analysis.assumptions.calibrated_risk:
        lines.append(analysis.risk_message)
    media = analysis.shop.media
    if media is not None and media.cac is not None:
        lines.append(
            f"CAC by the spend file: {money(media.cac, code)} ({money(media.spend, code)} for "
            f"{media.new_customers:,} new customers, {media.first_date} to {media.last_date})."
        )
    lines += [f"Beside: {finding}" for finding in analysis.shop.findings_beside]
    lines += [f"Note: {note}" for note in analysis.notes]
    if out is not None:
        lines.append(f"Written: {out}")
    return "\n".join(lines)


def reference(analysis: Analysis) -> dict[str, Any]:
    """The parameters that lifetimes finds on the same summary, or why it finds none."""
    from clv.models.lifetimes_reference import reference_params

    forecast, native = analysis.forecast, analysis.models.purchases
    history = (forecast.frequency, forecast.recency, forecast.T)
    try:
        params = reference_params(native.name, *history)
    except ModelDataError as error:
        return {"message": str(error)}
    rows = native.with_params(**params).log_likelihood(*history)
    return {"params": params, "log_likelihood": float(rows.sum())}


def _media(media: MediaCost | None) -> dict[str, Any] | None:
    """CAC by channel and overall from the spend file; None without one."""
    if media is None:
        return None
    channels = media.channels.astype({"cac": object}).where(media.channels.notna(), None)
    return {
        "by": media.by,
        "spend": media.spend,
        "new_customers": media.new_customers,
        "cac": media.cac,
        "first_date": media.first_date.isoformat(),
        "last_date": media.last_date.isoformat(),
        "channels": channels.to_dict("records"),
    }


def _groups(models: FittedModels) -> dict[str, Any] | None:
    """What fitting each group by itself gave; None where it was not asked for."""
    if models.groups is None:
        return None
    own = models.groups.models if models.groups.helps else {}
    return {
        "by": models.group_by,
        "used": models.groups.helps,
        "message": models.groups.message,
        "params": {name: model.params_ for name, model in own.items()},
    }
