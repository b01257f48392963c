"""Lists and reports that leave the app."""

from clv.exports.quality_report import report_html, report_table
from clv.exports.spreadsheet_safe import neutralise
from clv.exports.tables import to_csv

__all__ = ["neutralise", "report_html", "report_table", "to_csv"]
