"""`clv score`: every customer's CLV, churn risk and segment."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from clv.analysis import Analysis
from clv.assumptions import AssumptionError, Assumptions, ModelChoice
from clv.command_line.answers import print_answer, refuse
from clv.command_line.output_file import write_file
from clv.command_line.reading import read, reading_options, shop_as_of
from clv.command_line.score_answer import reference, score_summary, score_text, window_summary
from clv.exports import to_csv
from clv.models import ModelDataError

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@reading_options
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the scored customers here."
)
@click.option(
    "--margin", type=float, default=Assumptions.margin, show_default=True, help="Contribution margin, 0 to 1."
)
@click.option(
    "--cac", type=float, default=Assumptions.cac, show_default=True, help="Cost to acquire a customer."
)
@click.option(
    "--horizon", type=int, default=Assumptions.horizon_months, show_default=True, help="Months ahead."
)
@click.option(
    "--discount",
    type=float,
    default=Assumptions.annual_discount_rate,
    show_default=True,
    help="Annual rate, 0 to 1.",
)
@click.option(
    "--churn-window",
    type=int,
    help="Days without an order after which a customer counts as gone (default: from the gaps between the orders).",
)
@click.option(
    "--calibrate-risk",
    is_flag=True,
    help="Correct churn risks by who left after such risks before, where that would have been nearer.",
)
@click.option(
    "--model",
    type=click.Choice(get_args(ModelChoice)),
    default="auto",
    show_default=True,
)
@click.option(
    "--group-by",
    metavar="COLUMN",
    help="Fit the purchase model for each value of a column (channel, country), where that predicts better.",
)
@click.option(
    "--intervals",
    type=click.Choice(["draws", "bootstrap"]),
    default="draws",
    show_default=True,
    help="From draws of the parameters, or from refits on resampled customers (slow).",
)
@click.option("--engine", type=click.Choice(["native", "lifetimes"]), default="native", show_default=True,
              help="lifetimes: also fit with that library and show both parameter sets.")  # fmt: skip
@click.option("--as-of", type=DAY, help="Day to count from (default: the last order).")
def score(
    as_json: bool,
    out: Path | None,
    margin: float,
    cac: float,
    horizon: int,
    discount: float,
    churn_window: int | None,
    calibrate_risk: bool,
    model: Any,
    group_by: str | None,
    intervals: Any,
    engine: str,
    as_of: dt.datetime | None,
    **reading: Any,
) -> None:
    """Score every customer in FILES (or a database): CLV with its range, churn risk, segment."""
    started = time.perf_counter()
    try:
        assumptions = Assumptions(
            margin=margin,
            cac=cac,
            horizon_months=horizon,
            annual_discount_rate=discount,
            churn_window_days=Assumptions.churn_window_days if churn_window is None else churn_window,
            model=model,
            group_by=group_by,
            intervals=intervals,
            calibrated_risk=calibrate_risk,
        )
        day = as_of.date() if as_of else None
        files = read(**reading, output=out, as_of=day)
        loaded = time.perf_counter()
        shop = shop_as_of(files, day)
        if churn_window is None:
            assumptions = replace(assumptions, churn_window_days=shop.churn_window.days)
        analysis = Analysis(shop, assumptions)
        customers = analysis.customers
    except (AssumptionError, ModelDataError, ValueError) as error:
        refuse(str(error))
    scored = time.perf_counter()
    timings = {"read_seconds": round(loaded - started, 3), "score_seconds": round(scored - loaded, 3)}
    result = {
        **shop.report.to_dict(),
        **score_summary(analysis),
        "churn_window": window_summary(analysis, given=churn_window is not None),
        "timings": timings,
    }
    if calibrate_risk:
        # Loaded when asked for: scikit-learn alone takes a second of every start.
        from clv.command_line.risk_answer import risk_summary

        result["churn_risk"] = risk_summary(analysis)
    if engine == "lifetimes":
        result["model"]["lifetimes"] = reference(analysis)
    text = score_text(analysis, result, out)
    # The file last: whatever stops the command before leaves none.
    if out is not None:
        write_file(out, to_csv(customers).encode())
    print_answer(result, text, as_json)
