"""What a backtest says, in sentences for people without statistics."""

from __future__ import annotations

import datetime as dt

from clv.validation.backtest import Backtest
from clv.validation.origins import WEEK
from clv.validation.scorecard import Scored


def verdict(found: Backtest) -> str:
    """Which model, how far off its total was, and whether a naive rule would have done as well."""
    return f"{finding_sentence(found)} {against_baseline(found)}"


def finding_sentence(found: Backtest) -> str:
    """The total that was expected on the cut-off against the one that came."""
    chosen, holdout = found.chosen, found.holdout
    return (
        f"Told only what was known on {holdout.window.cutoff:%-d %B %Y}, {chosen.candidate.name} expected "
        f"{chosen.prediction.purchases.sum():,.0f} order days of {len(holdout.buyers):,} customers in the "
        f"{holdout.days} days after it; {holdout.purchases.sum():,.0f} came ({bias_in_words(chosen.purchases.bias)})."
    )


def drift_warning(found: Backtest) -> str | None:
    """A warning where the total lies outside what chance and the estimates allow: the shop has changed."""
    interval = found.total_spend_interval
    if interval is None or interval[0] <= found.holdout.spend.sum() <= interval[1]:
        return None
    direction, side = ("less", "below") if found.holdout.spend.sum() < interval[0] else ("more", "above")
    week = found.drift_week
    since = ""
    if week is not None:
        begun = found.holdout.window.cutoff + dt.timedelta(days=WEEK * (week - 1) + 1)
        since = f" Orders stayed {side} what it allowed from the week of {begun:%-d %B %Y} on."
    return (
        f"Customers spent {direction} than the model held possible a period ago: {found.holdout.spend.sum():,.0f}, where "
        f"{interval[0]:,.0f} to {interval[1]:,.0f} was expected (95 of 100 cases).{since} The shop, the season or the market "
        "has changed: take today's forecast with as much caution."
    )


def bias_in_words(bias: float) -> str:
    """A bias as a reader says it."""
    if abs(bias) < 0.005:
        return "just as expected"
    return f"{100 * abs(bias):.0f} % too {'much' if bias > 0 else 'little'} expected"


def against_baseline(found: Backtest) -> str:
    """Whether the model earns its place against the best naive rule."""
    baseline = found.baseline.candidate.name
    against = found.loss_against(found.baseline)
    if against.verdict == "better":
        return f"Customer by customer it was better than the best naive rule (“{baseline}”)."
    if against.verdict == "worse":
        return (
            f"Customer by customer the naive rule “{baseline}” was better: do not trust the CLV of single customers in "
            "this file; what that rule expects of each is offered beside it."
        )
    return (
        f"Customer by customer it was not distinguishable from the naive rule “{baseline}”: trust the CLV of single "
        "customers little."
    )


def cautions(found: Backtest, model: Scored) -> tuple[str, ...]:
    """What a backtest says against believing the CLV by a model; empty where it holds.

    Parameters
    ----------
    model : the one that the CLV is made with, as it did in the backtest.
    """
    baseline, name = found.baseline.candidate.name, model.candidate.name
    verdict = found.loss_against(found.baseline, model).verdict
    caution = {
        "worse": f"{_backtest_of(found)}, the naive rule “{baseline}” was nearer than {name}, customer by customer: do not "
        "trust the CLV of single customers. Trust has what that rule expects of each.",
        "not distinguishable": f"{_backtest_of(found)}, {name} was not distinguishable from the naive rule “{baseline}”, "
        "customer by customer: trust the CLV of single customers little.",
        "better": None,
    }[verdict]
    return tuple(sentence for sentence in (caution, drift_warning(found)) if sentence is not None)


def _backtest_of(found: Backtest) -> str:
    return f"In the backtest of the last {found.holdout.days} days"


def why_chosen(found: Backtest) -> str:
    """Which candidate was chosen, on what, and by how much."""
    if found.choice is None:
        return (
            "The orders before the period held out are too few for a test of their own, so no choice was made: "
            f"{found.chosen.candidate.name} is shown."
        )
    scores = found.choice.scores
    chosen = next(score for score in scores if score.candidate is found.choice.chosen)
    others = [score for score in scores if score.eligible and score is not chosen]
    ruled_out = [
        s.candidate.name
        for s in scores
        if s.loss < chosen.loss and not s.eligible and s.candidate.kind != "baseline"
    ]
    text = (
        f"{chosen.candidate.name} was chosen on {len({s.candidate.name for s in scores})} candidates' forecasts of earlier "
        f"periods, all before the one held out: its loss there was {chosen.loss:.3f} (1 is predicting the average for "
        "everybody)"
    )
    if others:
        text += f", the next best {others[0].candidate.name} {others[0].loss:.3f}"
    text += "."
    if ruled_out:
        text += f" {', '.join(ruled_out)} had a smaller loss, but a distinguishably larger absolute error."
    return text
