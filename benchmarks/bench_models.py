"""Native models against `lifetimes`: time, agreement and peak memory, on the same simulated customers.

python -m benchmarks.bench_models [--customers 1000000] [--runs 3] [--sections warmup fit gamma ...]

Both sides run in turn, in one process, on the same data; times are medians. The sections:

warmup  what compiling the kernels costs before the first result, with an empty and with a filled cache
fit     BG/NBD and MBG/NBD: `lifetimes` on the raw rows, and on rows compressed by hand to distinct ones
gamma   Gamma-Gamma
clv     12-month CLV of every customer from fitted models
pareto  Pareto/NBD on a tenth of the customers; `lifetimes` takes minutes and runs once
memory  peak of a fresh process that fits BG/NBD, MBG/NBD and Gamma-Gamma and computes every CLV
slope   native fit from a hundredth of the customers to all of them
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clv.assumptions import Assumptions
from clv.economics import clv_of_customers
from clv.forecast import FittedModels, forecast_customers
from clv.models import BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD, PurchaseModel
from clv.simulate import ORDINARY, ORDINARY_SPEND, Group, simulate_shop

PROJECT = Path(__file__).resolve().parents[1]
HISTORY = ["frequency", "recency_days", "T_days"]
MEGABYTE = 1e6
MEMORY_LIMIT = 1000.0  # megabytes
MONTHLY_DISCOUNT = 0.01  # what `lifetimes` assumes unless told otherwise
# The same discounting, and all of the spend, so that both sides compute one number.
SAME_AS_LIFETIMES = Assumptions(
    margin=1.0, horizon_months=12, annual_discount_rate=(1 + MONTHLY_DISCOUNT) ** 12 - 1
)
LIFETIMES_CLV_DAYS = 360.0  # twelve of its months
CUSTOMERS_COMPARED = 10_000
SLOPE_SHARES = (0.01, 0.03, 0.1, 0.3, 1.0)

Parameters = dict[str, float]


@dataclass(frozen=True)
class Side:
    """One way to compute a thing, timed."""

    seconds: float
    result: Any


# --- what both sides do -------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def simulated(model_name: str, customers: int) -> pd.DataFrame:
    """Histories at day resolution over two years, with amounts in cents."""
    return buyers_of(ORDINARY[model_name], customers, seed=1)


def buyers_of(model: PurchaseModel, customers: int, seed: int) -> pd.DataFrame:
    """The columns that fits and forecasts take, of a shop that buys by ``model``."""
    shop = simulate_shop(Group(model, customers), 730, seed, whole_days=True)
    return shop.summary[[*HISTORY, "monetary_value"]].astype(float)


def compressed(buyers: pd.DataFrame) -> pd.DataFrame:
    """The distinct histories with the number of customers that share each, as one would do by hand."""
    return buyers.groupby(HISTORY, as_index=False).size()


def fit_native(model: type[PurchaseModel], rows: pd.DataFrame) -> PurchaseModel:
    """The product's fit on raw rows."""
    return model().fit(*(rows[column] for column in HISTORY))


def native_clv(buyers: pd.DataFrame, models: FittedModels) -> np.ndarray:
    """12-month CLV of every customer as the app computes it."""
    return clv_of_customers(forecast_customers(buyers, models), SAME_AS_LIFETIMES)


def repeaters(buyers: pd.DataFrame) -> pd.DataFrame:
    """Customers who bought again: what Gamma-Gamma is fitted on."""
    return buyers[buyers["frequency"] > 0]


@contextlib.contextmanager
def quiet_lifetimes() -> Iterator[Any]:
    """The package, without its warnings and prints."""
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        import lifetimes

        yield lifetimes


LIFETIMES_FITTERS = {
    "BG/NBD": "BetaGeoFitter",
    "MBG/NBD": "ModifiedBetaGeoFitter",
    "Pareto/NBD": "ParetoNBDFitter",
}


def lifetimes_fit(model_name: str, rows: pd.DataFrame) -> Parameters | None:
    """Parameters by `lifetimes`, None where it gives up; a column "size" becomes the weights."""
    with quiet_lifetimes() as lifetimes:
        fitter = getattr(lifetimes, LIFETIMES_FITTERS[model_name])()
        try:
            fitter.fit(*(rows[column] for column in HISTORY), weights=rows.get("size"))
        except lifetimes.utils.ConvergenceError:
            return None
        return dict(fitter.params_)


def lifetimes_gamma(rows: pd.DataFrame) -> Parameters | None:
    """Gamma-Gamma parameters by `lifetimes`, None where it gives up."""
    with quiet_lifetimes() as lifetimes:
        fitter = lifetimes.GammaGammaFitter()
        try:
            fitter.fit(rows["frequency"], rows["monetary_value"])
        except lifetimes.utils.ConvergenceError:
            return None
        return dict(fitter.params_)


def lifetimes_with(lifetimes: Any, params: Parameters, spend: Parameters) -> tuple[Any, Any]:
    """A BG/NBD and a Gamma-Gamma fitter that hold the given parameters."""
    purchases, amounts = lifetimes.BetaGeoFitter(), lifetimes.GammaGammaFitter()
    purchases.params_, amounts.params_ = pd.Series(params), pd.Series(spend)
    purchases.predict = purchases.conditional_expected_number_of_purchases_up_to_time
    return purchases, amounts


def lifetimes_clv(buyers: pd.DataFrame, params: Parameters, spend: Parameters) -> np.ndarray:
    """12-month CLV of every customer by `customer_lifetime_value` on daily data."""
    with quiet_lifetimes() as lifetimes:
        purchases, amounts = lifetimes_with(lifetimes, params, spend)
        columns = (buyers[column] for column in [*HISTORY, "monetary_value"])
        value = amounts.customer_lifetime_value(purchases, *columns, time=12, freq="D")
        return value.to_numpy()


def lifetimes_purchases(buyers: pd.DataFrame, params: Parameters, days: float) -> np.ndarray:
    """Expected purchases of each customer within ``days`` under BG/NBD."""
    with quiet_lifetimes() as lifetimes:
        purchases, _ = lifetimes_with(lifetimes, params, ORDINARY_SPEND.params_)
        return np.asarray(purchases.predict(days, *(buyers[column] for column in HISTORY)))


# --- timing and printing ------------------------------------------------------------------------------------


def in_turn(ways: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, Side]:
    """Run every way once, then again, ``runs`` times; the median time and the last result of each."""
    seconds: dict[str, list[float]] = {label: [] for label in ways}
    results: dict[str, Any] = {}
    for _ in range(runs):
        for label, compute in ways.items():
            begun = time.perf_counter()
            results[label] = compute()
            seconds[label].append(time.perf_counter() - begun)
    return {label: Side(statistics.median(seconds[label]), results[label]) for label in ways}


def largest_difference(native: Parameters, other: Parameters | None) -> str:
    """How far the parameters of the two sides are apart, in words."""
    if other is None:
        return "lifetimes did not converge"
    apart = max(abs(native[name] / other[name] - 1) for name in native)
    return f"parameters differ by at most {apart:.1e}"


def print_native(seconds: float) -> None:
    """The line of the native side."""
    print(f"  {'native':36}{seconds:9.2f} s")


def print_ratio(label: str, seconds: float, native: float, required: float, note: str) -> None:
    """A line of the other side: its time, how many times the native one, what was asked, and a note."""
    ratio = seconds / native
    verdict = "met" if ratio >= required else "MISSED"
    print(f"  {label:36}{seconds:9.2f} s {ratio:7.1f}x   at least {required:g}x: {verdict}   {note}")


def heading(text: str) -> None:
    """A line that opens a section."""
    print(f"\n{text}")


# --- the sections -------------------------------------------------------------------------------------------


def warmup_section(customers: int, runs: int) -> None:
    """Compilation before the first result, in fresh processes: cache empty, then filled."""
    heading("Warm-up: a first pass over all models on 500 customers, less a second one, in a fresh process")
    with tempfile.TemporaryDirectory() as cache:
        for label in ("nothing compiled before", "compiled by an earlier process"):
            spent = in_fresh_process("passes_over_all_models()", NUMBA_CACHE_DIR=cache)
            print(
                f"  {label:36}{spent['first'] - spent['second']:9.2f} s"
                f"   (second pass {spent['second']:.2f} s, imports {spent['imports']:.2f} s)"
            )


def fit_section(customers: int, runs: int) -> None:
    """BG/NBD and MBG/NBD against raw and against compressed rows."""
    for model in (BetaGeoNBD, ModifiedBetaGeoNBD):
        buyers = simulated(model.name, customers)
        begun = time.perf_counter()
        rows = compressed(buyers)
        compressing = time.perf_counter() - begun
        heading(
            f"{model.name} fit: {customers:,} customers, {len(rows):,} distinct rows, median of {runs} runs"
        )
        ways: dict[str, Callable[[], Any]] = {
            "native": partial(fit_native, model, buyers),
            "raw": partial(lifetimes_fit, model.name, buyers),
            "compressed": partial(lifetimes_fit, model.name, rows),
        }
        sides = in_turn(ways, runs)
        print_fits(sides, {"raw": 10, "compressed": 4})
        print(
            f"  (compressing by hand took {compressing:.2f} s, which is not counted; native does it itself)"
        )


def print_fits(sides: Mapping[str, Side], required: Mapping[str, float]) -> None:
    """The native line, then one for each way of using `lifetimes`."""
    native = sides["native"]
    print_native(native.seconds)
    if not native.result.converged_:
        print(f"  NATIVE DID NOT CONVERGE: {native.result.message_}")
    for label, factor in required.items():
        side = sides[label]
        note = largest_difference(native.result.params_, side.result)
        print_ratio(f"lifetimes, {label} rows", side.seconds, native.seconds, factor, note)


def gamma_section(customers: int, runs: int) -> None:
    """Gamma-Gamma on the customers with repeat purchases."""
    rows = repeaters(simulated("BG/NBD", customers))
    heading(f"Gamma-Gamma fit: {len(rows):,} customers with repeat purchases, median of {runs} runs")
    ways = {
        "native": lambda: GammaGamma().fit(rows["frequency"], rows["monetary_value"]),
        "raw": lambda: lifetimes_gamma(rows),
    }
    print_fits(in_turn(ways, runs), {"raw": 8})


def clv_section(customers: int, runs: int) -> None:
    """12-month CLV of everybody, both sides with the parameters of the native fit."""
    buyers = simulated("BG/NBD", customers)
    purchases, spend = fit_native(BetaGeoNBD, buyers), _fit_spend(buyers)
    models = FittedModels(purchases, spend, ())
    heading(f"12-month CLV: {customers:,} customers under BG/NBD and Gamma-Gamma, median of {runs} runs")
    ways = {
        "native": lambda: native_clv(buyers, models),
        "lifetimes": lambda: lifetimes_clv(buyers, purchases.params_, spend.params_),
    }
    sides = in_turn(ways, runs)
    native, other = sides["native"], sides["lifetimes"]
    print_native(native.seconds)
    print_ratio(
        "lifetimes, customer_lifetime_value",
        other.seconds,
        native.seconds,
        10,
        _purchases_agree(buyers, purchases),
    )
    more = native.result.sum() / np.nansum(other.result) - 1
    print(f"  (native total {100 * more:+.2f} %: its months have 365.25/12 days, those of lifetimes 30)")
    if missing := int(np.isnan(other.result).sum()):
        print(f"  (lifetimes gives no number for {missing:,} customers)")


def _fit_spend(buyers: pd.DataFrame) -> GammaGamma:
    rows = repeaters(buyers)
    return GammaGamma().fit(rows["frequency"], rows["monetary_value"])


def _purchases_agree(buyers: pd.DataFrame, model: PurchaseModel) -> str:
    some = buyers.head(CUSTOMERS_COMPARED)
    ours = model.expected_purchases(LIFETIMES_CLV_DAYS, *(some[column] for column in HISTORY))
    theirs = lifetimes_purchases(some, model.params_, LIFETIMES_CLV_DAYS)
    apart = float(np.nanmax(np.abs(ours / theirs - 1)))
    return f"purchases in {LIFETIMES_CLV_DAYS:.0f} days differ by at most {apart:.1e}"


def pareto_section(customers: int, runs: int) -> None:
    """Pareto/NBD on a tenth of the customers."""
    buyers = simulated("Pareto/NBD", customers // 10)
    rows = compressed(buyers)
    heading(
        f"Pareto/NBD fit: {len(buyers):,} customers, {len(rows):,} distinct rows, native median of {runs} runs, "
        "lifetimes one run each"
    )
    sides = in_turn({"native": lambda: fit_native(ParetoNBD, buyers)}, runs)
    sides |= in_turn(
        {
            "raw": lambda: lifetimes_fit("Pareto/NBD", buyers),
            "compressed": lambda: lifetimes_fit("Pareto/NBD", rows),
        },
        1,
    )
    print_fits(sides, {"raw": 20, "compressed": 4})


def memory_section(customers: int, runs: int) -> None:
    """Peak memory of the whole calculation in a fresh process, each side."""
    heading(f"Peak memory: two purchase models, Gamma-Gamma and 12-month CLV, {customers:,} customers")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "buyers.npy")
        np.save(path, simulated("BG/NBD", customers).to_numpy())
        for label, work in (("native", "native_work"), ("lifetimes, raw rows", "lifetimes_work")):
            peak = in_fresh_process(f"memory_of({work}, {path!r})")
            note = f"of which {peak['start']:.0f} MB imports and data{peak['note']}"
            if label == "native":
                met = "met" if peak["end"] < MEMORY_LIMIT else "MISSED"
                note = f"below {MEMORY_LIMIT:.0f} MB: {met}   {note}"
            print(f"  {label:36}{peak['end']:9.0f} MB   {note}")


def slope_section(customers: int, runs: int) -> None:
    """How the native fit grows with the number of distinct rows."""
    heading(f"Native BG/NBD fit by size, raw rows in, median of {runs} runs")
    buyers = simulated("BG/NBD", customers)
    distinct, seconds = [], []
    for share in SLOPE_SHARES:
        some = buyers.head(round(share * customers))
        distinct.append(len(compressed(some)))
        seconds.append(in_turn({"fit": partial(fit_native, BetaGeoNBD, some)}, runs)["fit"].seconds)
        print(f"  {len(some):9,} customers {distinct[-1]:9,} distinct rows {seconds[-1]:9.3f} s")
    exponent = np.polyfit(np.log(distinct), np.log(seconds), 1)[0]
    print(f"  time grows as distinct rows to the power {exponent:.2f}")


SECTIONS: dict[str, Callable[[int, int], None]] = {
    "warmup": warmup_section,
    "fit": fit_section,
    "gamma": gamma_section,
    "clv": clv_section,
    "pareto": pareto_section,
    "memory": memory_section,
    "slope": slope_section,
}


# --- what runs in fresh processes ---------------------------------------------------------------------------


def in_fresh_process(call: str, **environment: str) -> dict[str, Any]:
    """What ``call``, a function of this file, returns in a Python process of its own."""
    code = (
        "import json, time; begun = time.perf_counter(); import benchmarks.bench_models as bench; "
        "bench.IMPORT_SECONDS = time.perf_counter() - begun; "
        f"print(json.dumps(eval({call!r}, vars(bench))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


IMPORT_SECONDS = 0.0


def passes_over_all_models() -> dict[str, float]:
    """Seconds of a first and a second pass on 500 customers."""
    passes = in_turn({"first": all_models_once}, 1) | in_turn({"second": all_models_once}, 1)
    return {label: side.seconds for label, side in passes.items()} | {"imports": IMPORT_SECONDS}


def all_models_once() -> None:
    """Every model fitted and its CLV computed on 500 customers: compiles whatever is compiled."""
    for name, model in ORDINARY.items():
        buyers = buyers_of(model, 500, seed=2)
        fitted = fit_native(type(ORDINARY[name]), buyers)
        native_clv(buyers, FittedModels(fitted, _fit_spend(buyers), ()))


def memory_of(work: Callable[[pd.DataFrame], str], path: str) -> dict[str, Any]:
    """Peak memory in megabytes with imports and data alone, and after ``work``."""
    buyers = pd.DataFrame(np.load(path), columns=[*HISTORY, "monetary_value"], copy=False)
    if work is lifetimes_work:
        with quiet_lifetimes():
            pass
    start = peak_megabytes()
    note = work(buyers)
    return {"start": start, "end": peak_megabytes(), "note": note}


def native_work(buyers: pd.DataFrame) -> str:
    """Fit BG/NBD, MBG/NBD and Gamma-Gamma, keep the likelier purchase model, value every customer."""
    fitted = [fit_native(model, buyers) for model in (BetaGeoNBD, ModifiedBetaGeoNBD)]
    purchases = max(fitted, key=lambda model: model.log_likelihood_)
    native_clv(buyers, FittedModels(purchases, _fit_spend(buyers), ()))
    return ""


def lifetimes_work(buyers: pd.DataFrame) -> str:
    """The same by `lifetimes` on raw rows; fits that fail still take their memory."""
    bg, mbg = (lifetimes_fit(name, buyers) for name in ("BG/NBD", "MBG/NBD"))
    spend = lifetimes_gamma(repeaters(buyers))
    failed = [
        name
        for name, params in {"BG/NBD": bg, "MBG/NBD": mbg, "Gamma-Gamma": spend}.items()
        if params is None
    ]
    lifetimes_clv(buyers, bg or ORDINARY["BG/NBD"].params_, spend or ORDINARY_SPEND.params_)
    return f"; did not converge: {', '.join(failed)}" if failed else ""


def peak_megabytes() -> float:
    """Largest resident memory of this process so far.

    ``ru_maxrss`` of a child starts at what its parent held when it was started; Linux also keeps the figure
    of the program alone, which is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line[:6] == "VmHWM:")
        return int(kilobytes) * 1024 / MEGABYTE
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def main() -> None:
    """Print the sections asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    asked = parser.parse_args()
    if asked.customers < 10_000 or asked.runs < 1:
        parser.error("at least 10,000 customers and 1 run")
    print(
        f"Native models and lifetimes, simulated customers at day resolution over two years, {os.cpu_count()} cores"
    )
    all_models_once()  # compiled before any clock starts
    for section in asked.sections:
        SECTIONS[section](asked.customers, asked.runs)


if __name__ == "__main__":
    main()
