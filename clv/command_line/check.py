"""`clv check`: what was read, what was dropped and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clv.command_line.answers import print_answer
from clv.command_line.output_file import write_file
from clv.command_line.reading import read, reading_options, shop_as_of
from clv.command_line.report_text import report_text
from clv.exports import report_html, report_table, to_csv


@click.command()
@reading_options
@click.option(
    "--report",
    "to",
    type=click.Path(path_type=Path),
    help="Write the report here: .html to read, .csv for a spreadsheet.",
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
