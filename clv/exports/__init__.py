"""Lists that leave the app."""

from clv.exports.spreadsheet_safe import neutralise
from clv.exports.tables import to_csv

__all__ = ["neutralise", "to_csv"]
