"""What the check of the churn risks against the past says, as JSON."""

from __future__ import annotations

from typing import Any

from clv.analysis import Analysis
from clv.churn.calibration import brier_score


def risk_summary(analysis: Analysis) -> dict[str, Any]:
    """How the churn risks are corrected, and how right they were in the newest churn window, as plain values."""
    found, assumed = analysis.risk_calibration, analysis.assumptions
    scores = {
        name: None if past is None else brier_score(past)
        for name, past in (("brier_as_modelled", found.as_modelled), ("brier_corrected", found.corrected))
    }
    return {
        "window_days": assumed.churn_window_days,
        "corrected": found.applied,
        "method": found.method,
        "message": analysis.risk_message,
        **scores,
        "bands": found.by_band(assumed.medium_risk, assumed.high_risk).to_dict("records"),
    }
