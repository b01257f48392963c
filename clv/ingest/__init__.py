"""Order files of any make in; one clean table of transactions and an honest account of it out."""

from clv.ingest.columns import ColumnMapping
from clv.ingest.date_order import WORDS as DATE_ORDERS
from clv.ingest.date_order import DateReading, OpenDateOrder
from clv.ingest.errors import InputError, Problem
from clv.ingest.files import OrderFile
from clv.ingest.preview import FilePreview, preview
from clv.ingest.quality import DroppedRows, QualityReport
from clv.ingest.read import Ingested, read_orders
from clv.ingest.transactions import Transactions

__all__ = [
    "DATE_ORDERS",
    "ColumnMapping",
    "DateReading",
    "DroppedRows",
    "FilePreview",
    "Ingested",
    "InputError",
    "OpenDateOrder",
    "OrderFile",
    "Problem",
    "QualityReport",
    "Transactions",
    "preview",
    "read_orders",
]
