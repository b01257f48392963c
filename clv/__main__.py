"""The command line: python -m clv check FILE..., python -m clv score FILE... --out customers.csv."""

from __future__ import annotations

import datetime as dt
import json
import math
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, get_args

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
from clv.economics.media import MediaCost
from clv.exports import report_html, report_table, to_csv
from clv.forecast import FittedModels
from clv.ingest import InputError, OrderFile, QualityReport
from clv.ingest.database import read_database
from clv.ingest.database_connections import OrderDatabase, connection_named
from clv.loading import ShopFiles, read_shop, with_files_beside
from clv.models import ModelDataError

if TYPE_CHECKING:
    from clv.validation.backtest import Backtest
    from clv.validation.scorecard import Scored

CANNOT_USE_INPUT = 2
FILE = click.Path(path_type=Path)
DAY = click.DateTime(["%Y-%m-%d"])
# Where a problem asks for a setting, the option that makes it.
OPTION_FOR = {
    "order of day and month": "--date-order dmy|mdy|ymd",
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
    command = _with_source(command)
    options = [
        click.argument("files", nargs=-1, type=click.Path(path_type=Path)),
        click.option(
            "--database",
            metavar="URL",
            help="Orders in a database: postgres://user@host/shop, "
            "duckdb:///shop.duckdb, parquet:///folder, or any other Ibis URL.",
        ),
        click.option("--connection", metavar="NAME", help="A database that .streamlit/secrets.toml names."),
        click.option("--table", help="The table or view that holds the orders."),
        click.option("--query", metavar="SELECT", help="A SELECT that gives the orders."),
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
        click.option(
            "--contacts", multiple=True, type=FILE, help="Contacts, by customer id or email: any columns."
        ),
        click.option("--spend", multiple=True, type=FILE, help="Marketing spend: date, channel and amount."),
        click.option(
            "--unit",
            type=click.Choice(["days", "weeks"]),
            default="days",
            show_default=True,
            help="Of recency and T, where FILES is a table of customers.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _with_source(command: Callable[..., None]) -> Callable[..., None]:
    """Hand the command its files, or the one database, as its files."""

    @wraps(command)
    def with_source(
        files: tuple[Path, ...],
        database: str | None,
        connection: str | None,
        table: str | None,
        query: str | None,
        **options: Any,
    ) -> None:
        if sum(map(bool, (files, database, connection))) != 1:
            raise click.UsageError("Give order files, or --database, or --connection.")
        if files and (table or query):
            raise click.UsageError("--table and --query need --database or --connection.")
        command(files=files or _database(database, connection, table, query), **options)

    return with_source


def _database(url: str | None, name: str | None, table: str | None, query: str | None) -> OrderDatabase:
    try:
        named = connection_named(name) if name else OrderDatabase(url or "")
    except InputError as error:
        _refuse(str(error))
    return replace(named, table=table, query=query) if table or query else named


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Customer lifetime value, churn risk and segments from a file or a database of orders."""


@main.command()
@_reading_options
@click.option(
    "--report", "to", type=FILE, help="Write the report here: .html to read, .csv for a spreadsheet."
)
def check(as_json: bool, to: Path | None, **reading: Any) -> None:
    """Say what was read from FILES (or a database), what was dropped and why."""
    shop = _read(**reading)
    report = shop.source.report
    beside = _dataset(shop).companions if shop.contacts or shop.spend else ()
    if to is not None:
        as_table = to.suffix.lower() == ".csv"
        text = to_csv(report_table(report, beside)) if as_table else report_html(report, beside)
        _write(to, text.encode())
    result = report.to_dict() | {"beside": [finding.to_dict() for finding in beside]}
    _print(result, "\n".join([_report_text(report), *(f"Beside: {finding}" for finding in beside)]), as_json)


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
    """Score every customer in FILES (or a database): CLV with its range, churn risk, segment."""
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
        day = as_of.date() if as_of else None
        shop = _read(**reading, as_of=day)
        read = time.perf_counter()
        analysis = Analysis(_dataset(shop, day), assumptions)
        customers = analysis.customers
    except (AssumptionError, ModelDataError, ValueError) as error:
        _refuse(str(error))
    scored = time.perf_counter()
    if out is not None:
        _write(out, to_csv(customers).encode())
    timings = {"read_seconds": round(read - started, 3), "score_seconds": round(scored - read, 3)}
    result = {**shop.source.report.to_dict(), **_score_summary(analysis), "timings": timings}
    if engine == "lifetimes":
        result["model"]["lifetimes"] = _reference(analysis)
    _print(result, _score_text(analysis, result, out), as_json)


@main.command("backtest")
@_reading_options
@click.option(
    "--holdout-days", type=click.IntRange(1), help="Days held out at the end (default: a quarter of all)."
)
def backtest_command(as_json: bool, holdout_days: int | None, **reading: Any) -> None:
    """Say how well each model would have predicted the last days of FILES (or a database), against naive baselines."""
    shop = _read(**reading)
    try:
        found = shop.dataset().backtest(holdout_days, _tell_nobody)
    except ValueError as error:
        _refuse(str(error))
    _print(_backtest_summary(found), _backtest_text(found), as_json)


def _tell_nobody(_share: float, _doing: str) -> None:
    """Progress is for screens."""


def _read(
    files: tuple[Path, ...] | OrderDatabase,
    mapping: dict[str, str],
    contacts: tuple[Path, ...],
    spend: tuple[Path, ...],
    **settings: Any,
) -> ShopFiles:
    """Read the files, or the database, under the settings that `_reading_options` gives."""
    people, costs = _named(contacts), _named(spend)
    try:
        if isinstance(files, OrderDatabase):
            source = read_database(files, mapping or None, currency=settings["currency"])
            return with_files_beside(source, people, costs)
        return read_shop(
            _named(files),
            contacts=people,
            spend=costs,
            mapping=mapping or None,
            progress=_show_progress if sys.stderr.isatty() else None,
            **settings,
        )
    except InputError as error:
        options = " ".join(option for words, option in OPTION_FOR.items() if words in str(error))
        _refuse(f"{error} ({options})" if options else str(error))


def _named(paths: tuple[Path, ...]) -> list[OrderFile]:
    return [OrderFile(path.name, path) for path in paths]


def _dataset(shop: ShopFiles, as_of: dt.date | None = None) -> Dataset:
    try:
        return shop.dataset(as_of)
    except ValueError as error:
        _refuse(str(error))


def _show_progress(share: float, doing: str) -> None:
    """One line at the foot of a terminal, which goes when the work is done."""
    line = "" if share >= 1 else f"{100 * share:3.0f} %  {doing}"
    click.echo(f"\r\033[K{line}", err=True, nl=False)


def _score_summary(analysis: Analysis) -> dict[str, Any]:
    assumptions, total, dataset = analysis.assumptions, analysis.total_clv, analysis.dataset
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
        "enough_data": {"enough": not dataset.data_notes, "reasons": list(dataset.data_notes)},
        "media": _media(dataset.media),
        "beside": [finding.to_dict() for finding in dataset.companions],
        "at_risk": {"customers": int(analysis.at_risk.sum()), "value": analysis.value_at_risk},
    }


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


def _backtest_summary(found: Backtest) -> dict[str, Any]:
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
        "verdict": _verdict(found),
    }


def _verdict(found: Backtest) -> str:
    from clv.validation.words import verdict

    return verdict(found)


def _scored_summary(found: Backtest, scored: Scored) -> dict[str, Any]:
    against = found.against(scored)
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


def _backtest_text(found: Backtest) -> str:
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
    return "\n".join([_verdict(found), "", *table])


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
        + (f" (first: {', '.join(row.first_lines)})" if row.first_lines else "")
        for row in report.dropped
    ]
    lines += [f"Note: {warning}" for warning in (*report.warnings, *report.notes)]
    lines += [
        f"Assumed: {finding.what}{f' ({finding.where})' if finding.where else ''}."
        for finding in report.assumed
    ]
    return "\n".join(lines)


def _score_text(analysis: Analysis, result: dict[str, Any], out: Path | None) -> str:
    total, code = analysis.total_clv, analysis.dataset.report.currency
    lines = [
        f"{result['customers']:,} customers as of {result['as_of']}, {result['model']['name']}.",
        f"CLV over {analysis.assumptions.horizon_months} months: {_money(total.mean, code)} "
        f"({_money(total.low, code)} to {_money(total.high, code)}).",
        f"{result['at_risk']['customers']:,} customers at high risk, {_money(analysis.value_at_risk, code)} at stake.",
    ]
    media = analysis.dataset.media
    if media is not None and media.cac is not None:
        lines.append(
            f"CAC by the spend file: {_money(media.cac, code)} ({_money(media.spend, code)} for "
            f"{media.new_customers:,} new customers, {media.first_date} to {media.last_date})."
        )
    lines += [f"Beside: {finding}" for finding in analysis.dataset.companions]
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
