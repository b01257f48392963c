"""The command line: python -m clv check FILE..., python -m clv score FILE... --out customers.csv."""

from __future__ import annotations

import datetime as dt
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from clv.command_line.stopping import STOPPED, stop_on_interrupt

if __name__ == "__main__":
    # Before the libraries load, which takes a second or two.
    stop_on_interrupt()

from clv.analysis import Analysis
from clv.assumptions import AssumptionError, Assumptions, ModelChoice
from clv.command_line.answers import print_answer, refuse
from clv.command_line.commands import Commands
from clv.command_line.output_file import write_file
from clv.command_line.reading import read, reading_options, shop_as_of
from clv.command_line.report_text import report_text
from clv.command_line.score_answer import reference, score_summary, score_text, window_summary
from clv.exports import report_html, report_table, to_csv
from clv.models import ModelDataError
from clv.shop_past import ShopPast

FILE = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Customer lifetime value, churn risk and segments from a file or a database of orders."""


@main.command()
@reading_options
@click.option(
    "--report", "to", type=FILE, help="Write the report here: .html to read, .csv for a spreadsheet."
)
def check(as_json: bool, to: Path | None, **reading: Any) -> None:
    """Say what was read from FILES (or a database), what was dropped and why."""
    files = read(**reading, output=to)
    report = files.source.report
    beside = shop_as_of(files).findings_beside if files.contacts or files.spend else ()
    result = report.to_dict() | {"beside": [finding.to_dict() for finding in beside]}
    text = "\n".join([report_text(report), *(f"Beside: {finding}" for finding in beside)])
    if to is not None:
        as_table = to.suffix.lower() == ".csv"
        written = to_csv(report_table(report, beside)) if as_table else report_html(report, beside)
        write_file(to, written.encode())
    print_answer(result, text, as_json)


@main.command()
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


@main.command("backtest")
@reading_options
@click.option(
    "--holdout-days", type=click.IntRange(1), help="Days held out at the end (default: a quarter of all)."
)
@click.option(
    "--churn-window", type=click.IntRange(1, 1095), help="Days to check churn risks over (default: as score)."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what each customer is expected to do in as many days ahead as were held out.",
)
def backtest_command(
    as_json: bool, holdout_days: int | None, churn_window: int | None, out: Path | None, **reading: Any
) -> None:
    """Say how well each model would have predicted the last days of FILES (or a database), against naive baselines."""
    shop = shop_as_of(read(**reading, output=out))
    past = ShopPast(shop)
    try:
        found = past.backtest(holdout_days, _without_progress)
        ahead = past.outlook(found, Assumptions().model_setting) if out is not None else None
    except ValueError as error:
        refuse(str(error))
    # Loaded when asked for: scikit-learn alone takes a second of every start.
    from clv.command_line.backtest_answer import (
        backtest_summary,
        backtest_text,
        outlook_summary,
        outlook_text,
    )
    from clv.command_line.risk_answer import risk_summary

    window = churn_window or shop.churn_window.days
    risk = risk_summary(Analysis(shop, Assumptions(churn_window_days=window)))
    result = {**backtest_summary(found), "churn_risk": risk}
    text = f"{backtest_text(found)}\n\n{risk['message']}"
    if out is not None and ahead is not None:
        write_file(out, to_csv(ahead.table()).encode())
        result["outlook"] = outlook_summary(ahead)
        text += f"\n\n{outlook_text(ahead, out)}"
    print_answer(result, text, as_json)


def _without_progress(_share: float, _doing: str) -> None:
    """Progress is for screens."""


def _run() -> None:
    try:
        main(prog_name="python -m clv")
    except RuntimeError as error:
        # What the engine makes of a Ctrl-C while it computes.
        if "interrupted" in str(error).lower():
            sys.exit(STOPPED)
        raise


if __name__ == "__main__":
    _run()
