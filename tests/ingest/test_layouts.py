"""Exports of known make: made-up files of every layout, read to figures known beforehand."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from order_files import Read, Write, rows_of

from clv.history import customer_summary
from clv.ingest import InputError, layout_of, preview, read_orders
from clv.ingest import layout as known
from clv.ingest.layout import layouts, read_layout

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Cancelled at,Refunded Amount,Vendor,Id,Lineitem discount"
)
WEBTOFFEE = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,tax_total,discount_total,order_total,order_subtotal,"
    "order_currency,payment_method,transaction_id,customer_id,customer_user,customer_email,billing_email,refund_items"
)
SKYVERGE = (
    "order_id,order_number,date,status,shipping_total,discount_total,order_total,payment_method,shipping_method,customer_id,"
    "billing_first_name,billing_last_name,billing_company,billing_email,item_name"
)
ANALYTICS = (
    "Date,Order #,N. Revenue (formatted),Status,"
    "Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution"
)
STRIPE_OLD = (
    "id,Description,Seller Message,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted Amount Refunded,"
    "Fee,Tax,Converted Currency,Mode,Status,Statement Descriptor,Customer ID,Customer Description,Customer Email,Captured,"
    "Card ID,Card Last4,Card Brand,Card Funding,Card Exp Month,Card Exp Year,Invoice ID"
)
STRIPE_NEW = (
    "Created date (UTC),Amount,Currency,Captured,Converted Amount,Converted Currency,Status,Customer ID"
)
RECURLY = "account_code,name,transaction_id,type,amount,tax_amount,currency,date,status,message,test,cc_type,cvv_result"
PAYPAL = (
    "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,To Email Address,Transaction ID,"
    "Reference Txn ID"
)
Row = Mapping[str, object]


def table(header: str, rows: Sequence[Row], *, shuffled: int | None = None) -> str:
    """A CSV of these columns, a cell that a row does not name left empty; the columns in another order if asked."""
    names = header.split(",")
    if shuffled is not None:
        random.Random(shuffled).shuffle(names)
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", extrasaction="raise", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def shopify_rows() -> list[Row]:
    """Five orders, two of them of two lines; one refunded in part, one cancelled, one without a customer."""

    def first(name: str, email: str, total: float, **more: object) -> Row:
        day = f"2026-05-{10 + int(name[1:]) - 1000} 11:23:45 +0100"
        start = {"Name": name, "Email": email, "Financial Status": "paid", "Currency": "EUR", "Total": total}
        return {
            **start,
            "Subtotal": total - 5,
            "Refunded Amount": 0,
            "Created at": day,
            "Lineitem price": 9,
            **more,
        }

    further = {"Lineitem quantity": 2, "Lineitem name": "Cup", "Lineitem price": 4}
    return [
        first("#1001", "ann@x.org", 50),
        {"Name": "#1001", **further},
        first("#1002", "ann@x.org", 40, **{"Financial Status": "partially_refunded", "Refunded Amount": 15}),
        first("#1003", "bob@x.org", 30, **{"Cancelled at": "2026-05-14 10:00:00 +0100"}),
        {"Name": "#1003", **further},
        first("#1004", "", 20),
        {"Name": "#1004", **further},
        first("#1005", "cat@x.org", 10, **{"Financial Status": "voided"}),
        first("#1006", "cat@x.org", 60),
    ]


def woo_row(number: int, status: str, customer: object, email: str, total: float, **more: object) -> Row:
    """One order as WebToffee writes it."""
    start = {
        "order_id": number,
        "order_number": number,
        "order_date": f"2026-03-{number % 28 + 1:02d} 10:00:00",
    }
    known_by = {
        "customer_id": customer,
        "customer_user": customer,
        "customer_email": email,
        "billing_email": email,
    }
    return {**start, "status": status, "order_total": total, "order_currency": "GBP", **known_by, **more}


WOO_ROWS = [
    woo_row(
        1,
        "completed",
        7,
        "ann@x.org",
        100,
        refund_items="amount:10.50|reason:|date:2026-03-05;amount:4.50|reason:",
    ),
    woo_row(2, "wc-processing", 0, "bob@x.org", 50),
    woo_row(3, "cancelled", 7, "ann@x.org", 40),
    woo_row(4, "failed", 0, "bob@x.org", 30),
    woo_row(5, "refunded", 8, "cat@x.org", 20),
    woo_row(6, "on-hold", 8, "cat@x.org", 25),
    woo_row(7, "completed", 0, "", 15),
    woo_row(8, "completed", 0, "ANN@x.org", 5),
]


def test_every_file_of_the_folder_is_a_layout() -> None:
    found = layouts()
    assert {layout.name for layout in found} >= {
        "shopify_orders", "woocommerce_webtoffee", "woocommerce_skyverge", "woocommerce_analytics", "stripe_payments",
        "recurly_transactions", "paypal_activity", "uci_online_retail", "uci_online_retail_2", "general_orders",
        "general_lines", "customer_table",
    }  # fmt: skip
    assert len({layout.title for layout in found}) == len(found)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (SHOPIFY, "shopify_orders"),
        ("Lineitem sku,Total,Created at,Email,Name", "shopify_orders"),
        ("name;EMAIL;financial_status;created at;total".replace(";", ","), "shopify_orders"),
        (WEBTOFFEE, "woocommerce_webtoffee"),
        (SKYVERGE, "woocommerce_skyverge"),
        (ANALYTICS, "woocommerce_analytics"),
        (STRIPE_OLD, "stripe_payments"),
        (STRIPE_NEW, "stripe_payments"),
        ("Customer Email,Status,Amount,Created date (UTC)", "stripe_payments"),
        (RECURLY, "recurly_transactions"),
        (PAYPAL, "paypal_activity"),
        (
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
            "uci_online_retail",
        ),
        (
            "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
            "uci_online_retail_2",
        ),
        ("order_id,customer_id,order_date,amount,channel", "general_orders"),
        ("order_id,customer_id,order_date,sku,quantity,unit_price", "general_lines"),
        ("customer_id,frequency,recency,T,monetary_value", "customer_table"),
        ("customer_id,x,t_x,T", "customer_table"),
        (
            "id,status,invoice_number,customer_id,customer_email,currency_code,total,billed_at",
            "paddle_transactions",
        ),
        (
            "id,customer_id,subscription_id,status,date,currency_code,total,amount_paid,dunning_status",
            "chargebee_invoices",
        ),
        ("charge_id,customer_id,email,status,processed_at,total_price", "recharge_charges"),
        ("Buyer_Email,Buyer_ID,Coupon,Order_Total,Order_Date,Currency", "fastspring_orders"),
        ("Order ID,Order Date,Order Status,Order Total,Customer Name,Email Address", "bigcommerce_orders"),
        ("Sale Date,Order ID,Buyer User ID,Full Name,Order Value,Order Total,Currency", "etsy_orders"),
        (
            "Sale Date,Item Name,Buyer,Quantity,Price,Item Total,Currency,Transaction ID,Order ID",
            "etsy_order_items",
        ),
        ("amazon-order-id,purchase-date,order-status,buyer-email,currency,item-price", "amazon_orders"),
    ],
)
def test_a_layout_is_recognised_by_names_in_any_order(header: str, name: str) -> None:
    columns = header.split(",")
    for seed in range(3):
        random.Random(seed).shuffle(columns)
        found = layout_of([*columns, "A column that nobody knows"])
        assert found is not None
        assert found.name == name


def test_tables_of_nobodys_make_are_not_taken_for_one() -> None:
    assert layout_of(["colour", "size"]) is None
    ours = layout_of(
        [
            "customer_id",
            "order_id",
            "ordered_at",
            "product",
            "category",
            "quantity",
            "price",
            "discount",
            "refund",
            "country",
        ]
    )
    assert ours is not None
    assert ours.name == "general_lines"


@pytest.fixture
def another_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of layouts with one file more."""
    for entry in known.FOLDER.iterdir():
        if entry.name.endswith(".toml"):
            (tmp_path / entry.name).write_text(entry.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "tills.toml").write_text("""
title = "Tills of the corner shop"
kind = "orders"
recognised_by = [["Bon", "Karte", "Kasse"]]

[columns]
customer = ["Karte"]
date = ["Wann"]
order_id = ["Bon"]
amount = ["Kasse"]
status = ["Art"]

[statuses]
left_out = ["training"]
""")
    monkeypatch.setattr(known, "FOLDER", tmp_path)
    layouts.cache_clear()
    yield
    layouts.cache_clear()


@pytest.mark.usefixtures("another_layout")
def test_a_new_file_is_a_new_layout(read: Read) -> None:
    rows = (
        "Karte,Wann,Bon,Kasse,Art\n1,2026-01-05,1,5,Sale\n1,2026-02-05,2,6,Training\n2,2026-02-05,3,7,Sale\n"
    )
    report = read(rows).report
    assert (report.layout, report.revenue, report.orders) == ("Tills of the corner shop", 12, 2)


def test_a_layout_with_an_entry_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        read_layout("odd", 'title = "Odd"\nkind = "orders"\ncolour = "red"\n')


@pytest.mark.parametrize("shuffled", [None, 1, 2])
def test_shopify(read: Read, shuffled: int | None) -> None:
    report = read(table(SHOPIFY, shopify_rows(), shuffled=shuffled)).report
    assert report.layout == "Shopify orders"
    assert (report.customers, report.orders, report.currency) == (2, 3, "EUR")
    assert (report.gross_revenue, report.refunds, report.revenue) == (150, 15, 135)
    assert {group.reason: (group.rows, group.value) for group in report.dropped} == {
        "cancelled order": (1, 30),
        "no customer id": (1, 20),
        "status voided": (1, 10),
        "further line of an order that is left out": (2, 0),
    }
    assert any("1 row is a further line of an order" in said for said in report.notes)
    assert any("in 1 order, worth 20.00, 12.9 % of all revenue" in said for said in report.warnings)


def test_a_customer_of_a_whole_number_on_the_first_line_only(read: Read) -> None:
    numbers = {"ann@x.org": 7}
    rows = [
        {**row, "Email": numbers.setdefault(str(row["Email"]), len(numbers) + 10) if row.get("Email") else ""}
        for row in shopify_rows()
    ]
    by_email, by_number = read(table(SHOPIFY, shopify_rows())), read(table(SHOPIFY, rows))
    assert by_number.report.customers == by_email.report.customers
    assert by_number.report.rows_kept == by_email.report.rows_kept
    frames = [customer_summary(found.transactions).frame for found in (by_email, by_number)]
    assert sorted(frames[0]["revenue"]) == sorted(frames[1]["revenue"])


def test_shopify_totals_are_not_summed_after_a_forward_fill(read: Read) -> None:
    filled: dict[str, object] = {}
    rows = []
    for row in shopify_rows():
        filled = {**(filled if filled.get("Name") == row["Name"] else {}), **row}
        rows.append(filled)
    assert read(table(SHOPIFY, rows)).report.gross_revenue == 150


def test_shopify_with_the_subtotal_and_with_the_lines(read: Read) -> None:
    content = table(SHOPIFY, shopify_rows())
    assert read(content, mapping={"amount": "Subtotal"}).report.gross_revenue == 135
    by_line = read(
        content, mapping={"amount": "", "quantity": "Lineitem quantity", "unit_price": "Lineitem price"}
    )
    # Only the further line of order 1001 has a quantity.
    assert by_line.report.gross_revenue == 8
    assert "no quantity" in {group.reason for group in by_line.report.dropped}


def test_woocommerce_by_webtoffee(read: Read) -> None:
    result = read(table(WEBTOFFEE, WOO_ROWS, shuffled=4))
    report = result.report
    assert report.layout == "WooCommerce orders (WebToffee)"
    # Guests count under their email address; the guest ann is customer 7, whose address she gave.
    assert (report.customers, report.orders) == (3, 4)
    assert (report.gross_revenue, report.refunds, report.revenue) == (175, 35, 140)
    assert {group.reason: (group.rows, group.value) for group in report.dropped} == {
        "status cancelled": (1, 40),
        "status failed": (1, 30),
        "status on hold": (1, 25),
        "guest order without an email address": (1, 15),
    }
    assert any("2 rows are of guests, worth 55.00" in said for said in report.notes)
    assert result.failed_payments[["customer_id", "amount", "status"]].values.tolist() == [
        ["bob@x.org", 30.0, "failed"]
    ]


def test_woocommerce_by_skyverge_repeats_the_total_on_every_line(read: Read) -> None:
    def row(number: int, status: str, customer: int, total: float, item: str) -> Row:
        start = {"order_id": number, "order_number": number, "date": f"2026-03-0{number}", "status": status}
        return {
            **start,
            "order_total": total,
            "customer_id": customer,
            "billing_email": "a@x.org",
            "item_name": item,
        }

    rows = [row(1, "completed", 3, 70, "Cup"), row(1, "completed", 3, 70, "Pot"), row(2, "processing", 3, 30, "Cup"),
            row(3, "refunded", 4, 25, "Cup"), row(4, "pending", 4, 10, "Cup")]  # fmt: skip
    report = read(table(SKYVERGE, rows)).report
    assert (report.layout, report.orders, report.customers) == ("WooCommerce orders (SkyVerge)", 3, 2)
    assert (report.gross_revenue, report.revenue) == (125, 100)


def test_woocommerce_analytics_warns_of_names(read: Read) -> None:
    def row(number: int, status: str, customer: str, total: float) -> Row:
        start = {
            "Date": f"2026-03-0{number} 10:00:00",
            "Order #": number,
            "N. Revenue (formatted)": f"£{total:.2f}",
        }
        return {**start, "Status": status, "Customer": customer, "Customer type": "new", "Net Sales": total}

    rows = [row(1, "completed", "Ann Lee", 10), row(2, "processing", "Ann Lee", 20), row(3, "cancelled", "Bo", 5),
            row(4, "shipped", "Bo", 7)]  # fmt: skip
    report = read(table(ANALYTICS, rows)).report
    assert (report.orders, report.customers, report.revenue) == (3, 2, 37)
    assert any("people of the same name become one" in said for said in report.warnings)
    assert any("«shipped»" in said and "worth 7.00" in said for said in report.warnings)


def stripe_rows(day: str) -> list[Row]:
    """Payments under either header: paid, refunded in part, failed, not captured, without a customer."""

    def row(number: int, amount: float, status: str, customer: str, **more: object) -> Row:
        start = {day: f"2026-04-0{number} 10:00:00", "Amount": amount, "Currency": "eur", "Status": status}
        both = {"Converted Amount": amount * 2, "Converted Currency": "usd", "Captured": "TRUE"}
        return {**start, **both, "Customer ID": customer, **more}

    return [
        row(1, 100, "Paid", "cus_1"),
        row(2, 50, "Refunded", "cus_2"),
        row(3, 30, "Failed", "cus_1", Captured="FALSE"),
        row(4, 20, "Paid", "cus_2", Captured="FALSE"),
        row(5, 10, "Paid", ""),
    ]


def test_stripe_old_header(read: Read) -> None:
    rows = [
        {"id": f"ch_{number}", "Amount Refunded": 0, "Mode": "Live", "Customer Email": "new@x.org", **row}
        for number, row in enumerate(stripe_rows("Created (UTC)"))
    ]
    rows[0] |= {"Amount Refunded": 25, "Converted Amount Refunded": 50}
    rows[1] |= {"Amount Refunded": 50, "Converted Amount Refunded": 100}
    rows[2] |= {"Card Exp Month": 4, "Card Exp Year": 2027}
    rows.append({**rows[0], "id": "ch_test", "Mode": "Test"})
    rows.append(rows[0])
    content = table(STRIPE_OLD, rows, shuffled=7)
    result = read(content)
    report = result.report
    assert (report.layout, report.currency, report.customers) == ("Stripe payments", "EUR", 3)
    assert (report.gross_revenue, report.refunds) == (160, 75)
    assert {group.reason: group.rows for group in report.dropped} == {
        "status failed": 1,
        "payment authorised but not captured": 1,
        "test order": 1,
        "line that repeats another with the same line number": 1,
    }
    failed = result.failed_payments
    assert failed[["customer_id", "amount", "currency", "card_expiry"]].values.tolist() == [
        ["cus_1", 30.0, "EUR", "2027-04"]
    ]
    converted = read(content, mapping={"amount": "Converted Amount"}).report
    assert (converted.currency, converted.gross_revenue, converted.refunds) == ("USD", 320, 150)


def test_stripe_new_header(read: Read) -> None:
    report = read(table(STRIPE_NEW, stripe_rows("Created date (UTC)")).replace(",", ";")).report
    assert report.layout == "Stripe payments"
    # No column says how much was refunded: all of it.
    assert (report.gross_revenue, report.refunds, report.customers) == (150, 50, 2)
    assert {group.reason: group.value for group in report.dropped} == {
        "status failed": 30,
        "payment authorised but not captured": 20,
        "no customer id": 10,
    }


def test_recurly(read: Read) -> None:
    def row(number: int, kind: str, amount: float, status: str, test: str = "FALSE") -> Row:
        start = {
            "account_code": f"a{number % 2}",
            "transaction_id": f"t{number}",
            "type": kind,
            "amount": amount,
        }
        return {
            **start,
            "currency": "USD",
            "date": f"2026-02-0{number} 08:00:00 UTC",
            "status": status,
            "test": test,
        }

    rows = [row(1, "purchase", 40, "success"), row(2, "purchase", 30, "success"), row(3, "refund", 10, "success"),
            row(4, "purchase", 20, "declined"), row(5, "verify", 1, "success"), row(6, "purchase", 99, "success", "TRUE"),
            row(7, "purchase", 5, "void")]  # fmt: skip
    result = read(table(RECURLY, rows))
    report = result.report
    assert (report.layout, report.gross_revenue, report.refunds, report.refund_rows) == (
        "Recurly transactions",
        70,
        10,
        1,
    )
    assert {group.reason for group in report.dropped} == {
        "status declined",
        "type verify",
        "test order",
        "status void",
    }
    assert result.failed_payments["customer_id"].tolist() == ["a0"]


def test_paypal(read: Read) -> None:
    def row(
        number: int, kind: str, gross: str, sender: str, to: str, status: str = "Completed", **more: object
    ) -> Row:
        start = {
            "Date": f"{12 + number}/03/2026",
            "Time": "10:00:00",
            "TimeZone": "CET",
            "Type": kind,
            "Status": status,
        }
        ids = {"From Email Address": sender, "To Email Address": to, "Transaction ID": f"T{number}"}
        return {**start, "Currency": "EUR", "Gross": gross, "Fee": "-1,00", "Net": gross, **ids, **more}

    shop = "Shop@x.org"
    rows = [
        row(1, "Express Checkout Payment", "1.050,00", "ann@x.org", shop, Name="Ann"),
        row(2, "Website Payment", "40,00", "Bob@x.org", shop, Name="Bob"),
        row(3, "Payment Refund", "-15,00", shop, "ann@x.org", **{"Reference Txn ID": "T1"}),
        row(4, "General Withdrawal", "-900,00", "", ""),
        row(5, "Account Hold for Open Authorization", "-40,00", shop, "bob@x.org"),
        row(6, "Reversal of General Account Hold", "40,00", shop, "bob@x.org"),
        row(7, "PreApproved Payment Bill User Payment", "-12,00", shop, "adverts@x.org"),
        row(8, "Express Checkout Payment", "25,00", "cat@x.org", shop, "Denied"),
    ]
    result = read(table(PAYPAL, rows, shuffled=3))
    report = result.report
    assert (report.layout, report.customers, report.orders) == ("PayPal activity", 2, 2)
    assert (report.gross_revenue, report.refunds) == (1090, 15)
    assert "money paid out, not an order" in {group.reason for group in report.dropped}
    assert len(result.failed_payments) == 1
    assert ("ann@x.org", "T1", True) in rows_of(result, "customer_id", "order_id", "is_refund")


@pytest.mark.parametrize(
    "header",
    [
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country",
    ],
)
def test_uci_online_retail(read: Read, header: str) -> None:
    rows = "1,A,Cup,2,2011-01-05 10:00,2.5,17850,UK\nC2,A,Cup,-1,2011-01-06 10:00,2.5,17850,UK\n3,B,Pot,1,2011-01-07,8,,UK\n"
    report = read(f"{header}\n{rows}").report
    assert (report.gross_revenue, report.refunds, report.orders) == (5, 2.5, 1)
    assert [group.reason for group in report.dropped] == ["no customer id"]


def test_chargebee_of_the_api_counts_in_cents(read: Read) -> None:
    header = "id,customer_id,subscription_id,status,date,currency_code,total,amount_paid,dunning_status"
    from_api = (
        f"{header}\n1,c1,s1,paid,1767225600,EUR,4990,4990,\n2,c1,s1,not_paid,1769904000,EUR,4990,0,in_progress\n"
        "3,c2,s2,paid,1772323200,EUR,1050,1050,\n"
    )
    result = read(from_api)
    assert (result.report.revenue, result.failed_payments["amount"].tolist()) == (60.4, [49.9])
    yen = from_api.replace("EUR", "JPY")
    assert read(yen).report.revenue == 6040
    by_hand = f"{header}\n1,c1,s1,paid,2026-01-01,EUR,49.90,49.90,\n2,c2,s1,voided,2026-02-01,EUR,1,0,\n"
    assert read(by_hand).report.revenue == 49.9


@pytest.mark.parametrize(
    ("content", "layout", "revenue", "customers"),
    [
        ("id,status,invoice_number,customer_id,customer_email,currency_code,total,billed_at\n"
         "t1,completed,n1,c1,a@x.org,USD,20.00,2026-01-05\nt2,paid,n2,c2,b@x.org,USD,30.00,2026-01-06\n"
         "t3,draft,,c2,b@x.org,USD,30.00,2026-01-07\n", "Paddle transactions", 50, 2),
        ("charge_id,customer_id,email,status,processed_at,total_price,total_refunds\n1,5,a@x.org,SUCCESS,2026-01-05,20,5\n"
         "2,6,b@x.org,QUEUED,2026-02-05,20,0\n3,6,b@x.org,ERROR,2026-02-05,20,0\n", "Recharge charges", 15, 1),
        ("Order_ID,Buyer_Email,Buyer_ID,Coupon,Order_Total,Order_Date,Currency\nA,a@x.org,1,,20,2026-01-05,USD\n"
         "B,b@x.org,2,X,7,2026-01-06,USD\n", "FastSpring orders", 27, 2),
        ("Order ID,Order Date,Order Status,Order Total,Customer ID,Customer Name,Email Address\n"
         "1,2026-01-05,Completed,20,5,Ann,a@x.org\n2,2026-01-06,Incomplete,9,5,Ann,a@x.org\n3,2026-01-06,Shipped,9,0,Bo,b@x.org\n",
         "BigCommerce orders", 29, 2),
        ("Sale Date,Order ID,Buyer User ID,Full Name,Order Value,Order Total,Currency\n01/25/26,1,ann,Ann,10,12,EUR\n"
         "02/26/26,2,bo,Bo,10,13,EUR\n", "Etsy orders", 25, 2),
        ("Sale Date,Item Name,Buyer,Quantity,Price,Item Total,Currency,Transaction ID,Order ID\n"
         "01/25/26,Cup,ann,2,5,10,EUR,77,1\n"
         "01/25/26,Pot,ann,1,9,9,EUR,78,1\n01/25/26,Pot,ann,1,9,9,EUR,78,1\n", "Etsy order items", 19, 1),
        ("amazon-order-id,purchase-date,order-status,buyer-email,currency,item-price,quantity,sku\n"
         "1,2026-01-05T10:00:00+00:00,Shipped,a@m.com,EUR,10,2,A\n1,2026-01-05T10:00:00+00:00,Shipped,a@m.com,EUR,4,1,B\n"
         "2,2026-01-06T10:00:00+00:00,Cancelled,a@m.com,EUR,3,1,B\n", "Amazon orders", 14, 1),
    ],
)  # fmt: skip
def test_further_layouts(read: Read, content: str, layout: str, revenue: float, customers: int) -> None:
    report = read(content).report
    assert (report.layout, report.revenue, report.customers) == (layout, revenue, customers)


def test_a_table_of_customers_is_recognised(write: Write, read: Read) -> None:
    content = "customer_id,frequency,recency,T,monetary_value\na,1,30,60,10\nb,0,0,50,0\n"
    seen = preview(write(content)).layout
    assert seen is not None
    assert seen.kind == "customers"
    with pytest.raises(InputError, match="table of customers"):
        read(content)


def test_the_user_overrules_every_column(read: Read) -> None:
    content = table(SHOPIFY, shopify_rows())
    report = read(content, mapping={"customer": "Name", "refund": "", "status": "", "cancelled": ""}).report
    assert (report.customers, report.gross_revenue, report.refunds) == (6, 210, 0)
    with pytest.raises(InputError, match="no column named «E-Mail des Gastes»"):
        read(content, mapping={"email": "E-Mail des Gastes"})


def test_a_file_without_a_further_column_joins_one_with_it(write: Write) -> None:
    header = SHOPIFY.replace("Cancelled at,", "")
    later = [
        {key: value for key, value in row.items() if key != "Cancelled at"} | {"Name": f"{row['Name']}9"}
        for row in shopify_rows()
    ]
    both = read_orders([write(table(SHOPIFY, shopify_rows()), "a.csv"), write(table(header, later), "b.csv")])
    assert both.report.orders == 3 + 4
