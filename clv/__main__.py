"""The command line: python -m clv check FILE..., python -m clv score FILE... --out customers.csv."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, get_args

import click

STOPPED = 130


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Ctrl-C: one sentence, whatever is going on; the blocks that are left tidy up behind themselves."""
    click.echo("\nStopped. Nothing was written.", err=True)
    sys.exit(STOPPED)


if __name__ == "__main__":
    # Before the libraries load, which takes a second or two.
    signal.signal(signal.SIGINT, _stop)

from clv.analysis import Analysis
from clv.assumptions import AssumptionError, Assumptions, ModelChoice
from clv.dataset import Dataset
from clv.exports import to_csv
from clv.forecast import FittedModels
from clv.ingest import Ingested, InputError, OrderFile, QualityReport, read_orders
from clv.models import ModelDataError

CANNOT_USE_INPUT = 2
DAY = click.DateTime(["%Y-%m-%d"])
# Where a problem asks for a setting, the option that makes it.
OPTION_FOR = {
    "order of day and month": "--date-order dmy|mdy",
    "Choose one currency": "--currency EUR, --rate USD=0.9",
    "currency that the amounts are to be converted to": "--currency EUR",
    "Choose one of these currencies": "--currency EUR",
}


def _column_map(_context: click.Context, _parameter: click.Parameter, text: str | None) -> dict[str, str]:
    """customer=Client,date=Placed -> {"customer": "Client", "date": "Placed"}."""
    if not text:
        return {}
    pairs = [pair.partition("=") for pair in text.split(",")]
    wrong = [field for field, equals, column in pairs if not (field.strip() and equals and column.strip())]
    if wrong:
        raise click.BadParameter("write it as customer=COLUMN,date=COLUMN,amount=COLUMN")
    return {field.strip(): column.strip() for field, _, column in pairs}


def _rates(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    """("USD=0.9", "GBP=1.2") -> {"USD": 0.9, "GBP": 1.2}."""
    try:
        pairs = [
            (code.strip().upper(), float(rate)) for code, _, rate in (pair.partition("=") for pair in given)
        ]
    except ValueError as error:
        raise click.BadParameter("write it as USD=0.9") from error
    return dict(pairs)


def _reading_options(command: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path)),
        click.option(
            "--map", "mapping", callback=_column_map, help="Columns: customer=COL,date=COL,amount=COL,..."
        ),
        click.option(
            "--date-order", type=click.Choice(["dmy", "mdy", "ymd"]), help="Order of day, month and year."
        ),
        click.option("--currency", help="Keep the rows in this currency, such as EUR."),
        click.option(
            "--rate",
            "rates",
            multiple=True,
            callback=_rates,
            help="Convert another currency: USD=0.9 where 1 USD is worth 0.9 of --currency.",
        ),
        click.option(
            "--remove-duplicates", is_flag=True, help="Count rows that repeat another one exactly once."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Customer lifetime value, churn risk and segments from a file of orders."""


@main.command()
@_reading_options
def check(as_json: bool, **reading: Any) -> None:
    """Say what was read from FILES, what was dropped and why."""
    report = _read(**reading).report
    _print(report.to_dict(), _report_text(report), as_json)


@main.command()
@_reading_options
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
    default=Assumptions.churn_window_days,
    show_default=True,
    help="Days without an order.",
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
    churn_window: int,
    model: Any,
    group_by: str | None,
    intervals: Any,
    engine: str,
    as_of: dt.datetime | None,
    **reading: Any,
) -> None:
    """Score every customer in FILES: CLV with its range, churn risk, segment."""
    started = time.perf_counter()
    try:
        assumptions = Assumptions(
            margin=margin,
            cac=cac,
            horizon_months=horizon,
            annual_discount_rate=discount,
            churn_window_days=churn_window,
            model=model,
            group_by=group_by,
            intervals=intervals,
        )
        ingested = _read(**reading)
        read = time.perf_counter()
        analysis = Analysis(Dataset(ingested, as_of.date() if as_of else None), assumptions)
        customers = analysis.customers
    except (AssumptionError, ModelDataError, ValueError) as error:
        _refuse(str(error))
    scored = time.perf_counter()
    if out is not None:
        _write(out, to_csv(customers).encode())
    timings = {"read_seconds": round(read - started, 3), "score_seconds": round(scored - read, 3)}
    result = {**ingested.report.to_dict(), **_score_summary(analysis), "timings": timings}
    if engine == "lifetimes":
        result["model"]["lifetimes"] = _reference(analysis)
    _print(result, _score_text(analysis, result, out), as_json)


def _read(files: tuple[Path, ...], mapping: dict[str, str], **settings: Any) -> Ingested:
    """Read the files under the settings that `_reading_options` gives."""
    try:
        return read_orders(
            [OrderFile(path.name, path) for path in files],
            mapping=mapping or None,
            progress=_show_progress if sys.stderr.isatty() else None,
            **settings,
        )
    except InputError as error:
        options = " ".join(option for words, option in OPTION_FOR.items() if words in str(error))
        _refuse(f"{error} ({options})" if options else str(error))


def _show_progress(share: float, doing: str) -> None:
    """One line at the foot of a terminal, which goes when the work is done."""
    line = "" if share >= 1 else f"{100 * share:3.0f} %  {doing}"
    click.echo(f"\r\033[K{line}", err=True, nl=False)


def _score_summary(analysis: Analysis) -> dict[str, Any]:
    assumptions, total = analysis.assumptions, analysis.total_clv
    purchases, spend = analysis.models.purchases, analysis.models.spend
    independence, new = analysis.models.independence, analysis.new_customer
    return {
        "as_of": analysis.dataset.as_of.isoformat(),
        "customers": len(analysis.dataset.summary.frame),
        "customers_never_paid": analysis.dataset.summary.never_paid,
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
        "at_risk": {"customers": int(analysis.at_risk.sum()), "value": analysis.value_at_risk},
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


def _reference(analysis: Analysis) -> dict[str, Any]:
    from clv.models.lifetimes_reference import reference_params

    forecast, native = analysis.forecast, analysis.models.purchases
    history = (forecast.frequency, forecast.recency, forecast.T)
    try:
        params = reference_params(native.name, *history)
    except ModelDataError as error:
        return {"message": str(error)}
    rows = native.with_params(**params).log_likelihood(*history)
    return {"params": params, "log_likelihood": float(rows.sum())}


def _report_text(report: QualityReport) -> str:
    lines = [
        f"{report.rows_read:,} rows read, {report.rows_kept:,} used."
        + (f" Recognised: {report.layout}." if report.layout else ""),
        f"{report.customers:,} customers, {report.orders:,} orders, {_money(report.revenue, report.currency)} "
        f"({_money(report.gross_revenue, report.currency)} before {_money(report.refunds, report.currency)} of refunds), "
        f"{report.first_date} to {report.last_date}.",
    ]
    lines += [
        f"Dropped: {row.rows:,} rows, {row.reason}"
        + (
            f", {_money(row.value, None if row.is_in_another_currency else report.currency)}"
            if row.value is not None
            else ""
        )
        + f" (first: {', '.join(row.first_lines)})"
        for row in report.dropped
    ]
    lines += [f"Note: {warning}" for warning in (*report.warnings, *report.notes)]
    return "\n".join(lines)


def _score_text(analysis: Analysis, result: dict[str, Any], out: Path | None) -> str:
    total, code = analysis.total_clv, analysis.dataset.report.currency
    lines = [
        f"{result['customers']:,} customers as of {result['as_of']}, {result['model']['name']}.",
        f"CLV over {analysis.assumptions.horizon_months} months: {_money(total.mean, code)} "
        f"({_money(total.low, code)} to {_money(total.high, code)}).",
        f"{result['at_risk']['customers']:,} customers at high risk, {_money(analysis.value_at_risk, code)} at stake.",
    ]
    lines += [f"Note: {note}" for note in analysis.notes]
    if out is not None:
        lines.append(f"Written: {out}")
    return "\n".join(lines)


def _money(value: float, currency: str | None) -> str:
    return f"{value:,.2f}" + (f" {currency}" if currency else "")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        _refuse(f"{path} could not be written: {error.strerror}.")
    except BaseException:
        # Half a file could be taken for a whole one.
        if path.is_file():
            path.unlink()
        raise


def _print(result: dict[str, Any], text: str, as_json: bool) -> None:
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else text)


def _refuse(sentence: str) -> NoReturn:
    click.echo(" ".join(sentence.split()), err=True)
    sys.exit(CANNOT_USE_INPUT)


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
