"""The backtest beside `lifetimes`: who would have predicted the last months of real shops better?

python -m benchmarks.bench_backtest [FILE ... [--holdout-days N]] [--runs 3]

Without a file: CDNOW with its classic 39 weeks to learn from and 39 to predict, and Online Retail and Yandex Afisha with
the app's own split, from ../shared/data; what is not there is skipped.

Both sides learn from the same frame of customers (frequency, recency and T in days, spend per repeat order day as of the
cut-off) and predict the same days after it. `lifetimes` fits BG/NBD, Pareto/NBD and Gamma-Gamma without a penalty, on
distinct rows with weights; where a fit fails from its own start, others are tried, then a looser tolerance, which is
said. It has no probability of an order within a period: that, and expectations for which it gives no number, are worked
out from its parameters.

A model is scored against the one chosen by resampling customers in pairs, 95 % intervals.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.bench_models import HISTORY, compressed, quiet_lifetimes, repeaters
from clv.ingest import OrderFile
from clv.loading import read_shop
from clv.models import BetaGeoNBD, GammaGamma, ParetoNBD, PurchaseModel
from clv.shop import Shop
from clv.shop_past import ShopPast
from clv.validation.backtest import Backtest
from clv.validation.comparison import Difference, paired_difference
from clv.validation.metrics import ActivityScores, AmountScores
from clv.validation.origins import BacktestError, Origin
from clv.validation.predictions import Candidate, Prediction
from clv.validation.scorecard import Scored, absolute_errors, score

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLASSIC_SPLIT = 273  # days: CDNOW's 39 weeks
REAL_FILES: tuple[tuple[str, int | None], ...] = (
    ("cdnow/CDNOW_master.csv", CLASSIC_SPLIT),
    ("online_retail/online_retail.parquet", None),
    ("yandex_afisha/orders_log_us.csv", None),
)
FITTERS: dict[str, tuple[str, type[PurchaseModel]]] = {
    "BG/NBD": ("BetaGeoFitter", BetaGeoNBD),
    "Pareto/NBD": ("ParetoNBDFitter", ParetoNBD),
}
# Tried in turn where the library's own start fails: the four parameters, time in units of the longest history.
OTHER_STARTS = ((1.5, 1.5, 1.5, 1.5), (0.4, 0.4, 0.4, 0.4), (0.6, 1.6, 0.6, 1.6), (1.0, 7.0, 1.0, 7.0))
LOOSE_TOLERANCE = 1e-4  # gradient at which the library may stop, where it does not get to its own 1e-7
# Differences that no digit printed shows are those of two optimisers, not of two models.
SAME_UP_TO = 5e-5

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LibraryModel:
    """A model of `lifetimes`, scored at the holdout.

    Attributes
    ----------
    log_likelihood, own_log_likelihood : of the days learned from, under its parameters and under those of our fit of the model.
    notes : what had to be helped, in words.
    """

    scored: Scored
    log_likelihood: float
    own_log_likelihood: float
    notes: tuple[str, ...]


# --- lifetimes ----------------------------------------------------------------------------------------------


def fit_library(name: str, origin: Origin) -> LibraryModel | str:
    """Fit a model of `lifetimes` on what was known on the cut-off and score it; why not, in words, where it fails."""
    rows = compressed(origin.buyers)
    history = [origin.buyers[column].to_numpy(dtype=float) for column in HISTORY]
    fitter_name, model = FITTERS[name]
    with quiet_lifetimes() as lifetimes:
        fitter, helped = _fitted(fitter_name, rows, lifetimes)
        if fitter is None:
            return f"lifetimes {name} does not converge from any of {len(OTHER_STARTS) + 1} starts"
        params = {key: float(value) for key, value in fitter.params_.items()}
        purchases = np.asarray(fitter.predict(float(origin.days), *history), dtype=float)
        spend, spend_note = _spend(lifetimes, origin.buyers)
    implied = model.from_params(**params)
    notes = [f"converged {helped}"] if helped else []
    missing = ~np.isfinite(purchases) | (purchases < 0)
    if missing.any():
        notes.append(f"customers without a number, worked out from its parameters: {int(missing.sum()):,}")
        purchases = np.where(missing, implied.expected_purchases(origin.days, *history), purchases)
    prediction = Prediction(
        purchases=purchases,
        spend=purchases * spend,
        active=implied.probability_of_purchase(origin.days, *history),
    )
    candidate = Candidate(f"lifetimes {name}", "model", lambda _: prediction)
    return LibraryModel(
        scored=score(origin, candidate, prediction),
        log_likelihood=float(implied.log_likelihood(*history).sum()),
        own_log_likelihood=model().fit(*history).log_likelihood_,
        notes=(*notes, *spend_note),
    )


def _fitted(fitter_name: str, rows: pd.DataFrame, lifetimes: Any) -> tuple[Any | None, str]:
    """The fitter and what had to be helped, in words; None where it converges from no start."""
    # The one takes logarithms. The other draws its own start around 1 with a spread of 0.05, unseeded.
    scale, own = (np.log, None) if fitter_name == "BetaGeoFitter" else (np.asarray, (1.0,) * 4)
    attempts = [(own, {}, ""), *((start, {}, "from another start only") for start in OTHER_STARTS)]
    attempts += [
        (start, {"tol": LOOSE_TOLERANCE}, f"at a tolerance of {LOOSE_TOLERANCE:g} only")
        for start in (own, *OTHER_STARTS)
    ]
    for start, settings, note in attempts:
        fitter = getattr(lifetimes, fitter_name)()
        try:
            fitter.fit(
                *(rows[column] for column in HISTORY),
                weights=rows["size"],
                initial_params=None if start is None else scale(start),
                **settings,
            )
        except (lifetimes.utils.ConvergenceError, ValueError, FloatingPointError, np.linalg.LinAlgError):
            continue
        if np.all(np.isfinite(fitter.params_)):
            return fitter, note
    return None, ""


def _spend(lifetimes: Any, buyers: pd.DataFrame) -> tuple[FloatArray, tuple[str, ...]]:
    """Expected spend per order day by the library's Gamma-Gamma; by ours where that does not converge."""
    again = repeaters(buyers)
    fitter, columns = lifetimes.GammaGammaFitter(), ("frequency", "monetary_value")
    try:
        fitter.fit(*(again[column] for column in columns))
    except (lifetimes.utils.ConvergenceError, ValueError):
        ours = GammaGamma().fit(*(again[column] for column in columns))
        note = "its Gamma-Gamma does not converge, spend by ours"
        return ours.expected_spend(*(buyers[column] for column in columns)), (note,)
    expected = fitter.conditional_expected_average_profit(*(buyers[column] for column in columns))
    return np.asarray(expected, dtype=float), ()


# --- our side -----------------------------------------------------------------------------------------------


def timed_backtest(
    shop: Callable[[], Shop], holdout_days: int | None, runs: int
) -> tuple[Backtest, float, float]:
    """The backtest, and the median over the runs of its seconds by the clock and of the processor."""
    clock, processor = [], []
    for _ in range(runs):
        past = ShopPast(shop())  # one that knows no answer yet
        begun = time.perf_counter(), time.process_time()
        found = past.backtest(holdout_days, lambda _share, _doing: None)
        clock.append(time.perf_counter() - begun[0])
        processor.append(time.process_time() - begun[1])
    return found, statistics.median(clock), statistics.median(processor)


# --- printing -----------------------------------------------------------------------------------------------


def print_file(path: Path, holdout_days: int | None, runs: int, warm_up: bool) -> None:
    """All that is measured on one file."""
    files = read_shop([OrderFile(path.name, path)])
    if warm_up:  # compiled before any clock starts
        ShopPast(files.shop()).backtest(holdout_days, lambda _share, _doing: None)
    found, clock, processor = timed_backtest(files.shop, holdout_days, runs)
    print_comparison(path.name, found)
    print(
        f"  whole backtest: {clock:.1f} s, {processor:.1f} s of the processor, median of {runs} runs; "
        f"{found.customers_in_all:,} customers"
    )


def print_comparison(name: str, found: Backtest) -> None:
    """The scorecard of ours and of `lifetimes`, and the differences in words."""
    holdout = found.holdout
    print(
        f"\n{name}: {len(holdout.buyers):,} customers known on {holdout.window.cutoff}, {holdout.days} days after it; "
        f"{holdout.purchases.sum():,.0f} order days, spend {holdout.spend.sum():,.0f}"
    )
    tried = {model: fit_library(model, holdout) for model in FITTERS}
    fitted = [one for one in tried.values() if isinstance(one, LibraryModel)]
    lines = [found.chosen, *(one.scored for one in fitted), found.baseline]
    if found.best_purchase_model is not found.chosen.candidate:
        lines.insert(1, found.by_name(found.best_purchase_model.name))
    wide = max(len(line.candidate.name) for line in lines) + 2
    print(_header("order days", wide) + f"{'AUC':>7}{'Brier':>8}")
    for line in lines:
        print(_row(line, line.purchases, wide, found) + _activity(line.activity))
    print(_header("spend", wide))
    for line in lines:
        print(_row(line, line.money, wide, found))
    print("  * chosen on earlier periods; mean absolute error of its order days less that of")
    for one in fitted:
        gap = against(holdout, found.chosen, one.scored)
        print(f"    {one.scored.candidate.name:22}{in_words(gap)}")
        fits = f"log-likelihood {one.log_likelihood:,.1f}, ours {one.own_log_likelihood:,.1f}"
        print("".join(f"    {'':22}({text})\n" for text in (fits, *one.notes)), end="")
    for failure in (one for one in tried.values() if isinstance(one, str)):
        print(f"    {failure}")
    inside = [
        f"{one.candidate.name} {100 * one.coverage:.0f} %" for one in found.scored if one.coverage is not None
    ]
    print(f"  80 % ranges of a customer's spend hold the outcome of: {', '.join(inside)}")


def against(holdout: Origin, chosen: Scored, other: Scored) -> Difference:
    """The chosen model's absolute error in order days less the other's, paired by customer."""
    return paired_difference(
        absolute_errors(holdout, chosen.prediction), absolute_errors(holdout, other.prediction)
    )


def in_words(gap: Difference) -> str:
    """The difference with its interval, and what it comes to."""
    same = max(abs(gap.low), abs(gap.high)) < SAME_UP_TO
    verdict = "the same" if same else gap.verdict
    return f"{gap.mean:+.4f}, 95 % {gap.low:+.4f} to {gap.high:+.4f}: {verdict}"


def _header(what: str, wide: int) -> str:
    names = f"{'bias':>8}{'MAE':>9}{'RMSE':>9}{'MSLE':>8}{'deviance':>10}{'Spearman':>10}{'Gini':>7}{'top 10th':>10}"
    return f"  {what:{wide}}{names}"


def _row(line: Scored, of: AmountScores, wide: int, found: Backtest) -> str:
    digits = 4 if of is line.purchases else 2
    mark = "*" if line is found.chosen else " "
    return (
        f"{mark} {line.candidate.name:{wide}}{of.bias:+8.1%}{of.mae:9.{digits}f}{of.rmse:9.{min(digits, 3)}f}"
        f"{of.msle:8.4f}{of.deviance:10.4f}{of.spearman:10.3f}{of.gini:7.3f}{of.top_decile:10.1%}"
    )


def _activity(of: ActivityScores) -> str:
    return f"{of.auc:7.3f}{of.brier:8.4f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print every file asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--holdout-days", type=int)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args(arguments)
    if asked.runs < 1:
        parser.error("at least 1 run")
    if asked.holdout_days is not None and not asked.files:
        parser.error("--holdout-days needs a file: the real ones have their own")
    splits = [(file, asked.holdout_days) for file in asked.files]
    splits = splits or [(SHARED_DATA / part, days) for part, days in REAL_FILES]
    for number, (file, days) in enumerate(splits):
        if not file.exists():
            print(f"{file.name} is not in {file.parent}: skipped.")
            continue
        try:
            print_file(file, days, asked.runs, warm_up=number == 0)
        except BacktestError as error:
            print(f"{file.name}: {error}")


if __name__ == "__main__":
    main()
