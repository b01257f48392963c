"""`clv backtest`: how well each model would have predicted the shop's own past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clv.analysis import Analysis
from clv.assumptions import Assumptions
from clv.command_line.answers import print_answer, refuse
from clv.command_line.output_file import write_file
from clv.command_line.reading import read, reading_options, shop_as_of
from clv.exports import to_csv
from clv.shop_past import ShopPast


@click.command()
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
def backtest(
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
