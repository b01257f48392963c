"""Order files of any make in; one clean table of transactions and an honest account of it out."""

from clv.ingest.columns import ColumnMapping, layout_of
from clv.ingest.contacts import Contacts, read_contacts
from clv.ingest.customer_table import CustomerTable, read_customer_table
from clv.ingest.date_order import WORDS as DATE_ORDERS
from clv.ingest.date_order import DateOrder, DateReading, MixedDateOrder, OpenDateOrder
from clv.ingest.errors import InputError, Problem
from clv.ingest.files import OrderFile
from clv.ingest.findings import Finding
from clv.ingest.layout import Layout
from clv.ingest.preview import FilePreview, preview
from clv.ingest.quality import DroppedRows, QualityReport
from clv.ingest.read import Ingested, read_orders
from clv.ingest.sort_files import SortedFiles, sort_files
from clv.ingest.spend import Spend, read_spend
from clv.ingest.transactions import Transactions

__all__ = [
    "DATE_ORDERS",
    "ColumnMapping",
    "Contacts",
    "CustomerTable",
    "DateOrder",
    "DateReading",
    "DroppedRows",
    "FilePreview",
    "Finding",
    "Ingested",
    "InputError",
    "Layout",
    "MixedDateOrder",
    "OpenDateOrder",
    "OrderFile",
    "Problem",
    "QualityReport",
    "SortedFiles",
    "Spend",
    "Transactions",
    "layout_of",
    "preview",
    "read_contacts",
    "read_customer_table",
    "read_orders",
    "read_spend",
    "sort_files",
]
