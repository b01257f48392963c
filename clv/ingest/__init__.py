"""Order files of any make in; one clean table of transactions and an honest account of it out."""

from clv.ingest.columns import ColumnMapping, layout_of
from clv.ingest.errors import InputError, Problem
from clv.ingest.files import OrderFile
from clv.ingest.layout import Layout
from clv.ingest.preview import FilePreview, preview
from clv.ingest.quality import DroppedRows, QualityReport
from clv.ingest.read import Ingested, read_orders
from clv.ingest.transactions import Transactions

__all__ = [
    "ColumnMapping",
    "DroppedRows",
    "FilePreview",
    "Ingested",
    "InputError",
    "Layout",
    "OrderFile",
    "Problem",
    "QualityReport",
    "Transactions",
    "layout_of",
    "preview",
    "read_orders",
]
