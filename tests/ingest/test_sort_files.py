"""Files that come beside the orders, or in their place, recognised by their header."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from clv.ingest import InputError, OrderFile, read_contacts, read_spend, sort_files
from clv.ingest.sort_files import kind_of
from tests.conftest import SAMPLE_ORDERS, real_file

KINDS = {
    "orders": [
        ["customer_id", "order_date", "amount"],
        ["Email", "Created at", "Total", "Billing City", "Phone"],
        ["customer", "amount"],
        ["customer_id", "order_id", "date", "email", "phone", "Wert der Bestellung"],
        ["date", "channel", "revenue"],
        ["Buy Ts", "Revenue", "Uid"],
    ],
    "contacts": [
        ["customer_id", "email", "phone", "email_consent"],
        ["Email", "First Name", "Last Name"],
        ["Customer ID", "Email", "Total Spent", "Total Orders", "Tags"],
        ["customer_id", "email", "phone", "created_at"],
    ],
    "spend": [["date", "channel", "spend"], ["source_id", "dt", "costs"], ["Day", "Campaign", "Cost"],
              ["Datum", "Kanal", "Kosten"]],
    "customers": [
        ["customer_id", "frequency", "recency", "T", "monetary_value"],
        ["ID", "x", "t_x", "T", "zbar"],
        ["customer", "orders", "days since last order", "days since first order", "total spend"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "columns"), [(kind, columns) for kind, all_ in KINDS.items() for columns in all_]
)
def test_kinds(kind, columns):
    assert kind_of(columns) == kind


def file(folder, name, text) -> OrderFile:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return OrderFile(name, path)


def test_the_sample_shops_files_are_recognised():
    names = ("spend.csv", "orders.csv", "contacts.csv")
    found = sort_files([OrderFile(name, SAMPLE_ORDERS.parent / name) for name in names])
    assert [[entry.name for entry in part] for part in (found.orders, found.contacts, found.spend)] == [
        ["orders.csv"], ["contacts.csv"], ["spend.csv"],
    ]  # fmt: skip


def test_a_compressed_file_is_recognised_by_its_header_too(tmp_path):
    packed = tmp_path / "spend.csv.gz"
    packed.write_bytes(gzip.compress((SAMPLE_ORDERS.parent / "spend.csv").read_bytes()))
    files = [OrderFile("orders.csv", SAMPLE_ORDERS), OrderFile(packed.name, packed)]
    assert sort_files(files).spend == (files[1],)


def test_without_orders_everything_counts_as_orders_so_that_the_read_says_what_is_missing(tmp_path):
    lone = file(tmp_path, "contacts.csv", "customer_id,email\na,a@example.com\n")
    assert sort_files([lone]).orders == (lone,)
    absent = OrderFile("absent.csv", tmp_path / "absent.csv")
    assert sort_files([absent]).orders == (absent,)


def test_contacts_keep_ids_and_have_three_states_of_consent(tmp_path):
    text = "customer_id;E-Mail;sms consent;Note\n007;A@x.org;ja;=1+1\n12345678901234567890;;;\n;;;\n"
    contacts = read_contacts([file(tmp_path, "people.csv", text)])
    assert contacts.keys == ("customer_id", "e_mail")
    assert contacts.frame["customer_id"].tolist() == ["007", "12345678901234567890"]
    assert contacts.frame["sms_consent"].tolist() == ["yes", "unknown"]
    assert contacts.frame["e_mail"].tolist() == ["A@x.org", None]


def test_contacts_that_name_nobody_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"people.csv: no column names the customer.*«shirt_size»"):
        read_contacts([file(tmp_path, "people.csv", "shirt_size,city\n1,Berlin\n2,Bonn\n")])


def test_spend_is_read_in_any_style_and_added_up_by_day(tmp_path):
    text = "Datum;Kanal;Kosten\n13.01.2024;Suche;1.234,50\n13.01.2024;Suche;0,50\n14.01.2024;Social;10,00\nSumme;;1.245,00\n"
    spend = read_spend([file(tmp_path, "kosten.csv", text)])
    expected = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-13", "2024-01-14"]),
            "channel": ["Suche", "Social"],
            "spend": [1235.0, 10.0],
        }
    )
    pd.testing.assert_frame_equal(spend.frame, expected, check_dtype=False)
    assert spend.report.rows_kept == 3


def test_the_real_spend_of_a_ticket_shop():
    path = real_file("yandex_afisha", "costs_us.csv")
    spend = read_spend([OrderFile(path.name, path)])
    assert spend.frame["spend"].sum() == pytest.approx(329_131.62)
    assert spend.frame["channel"].nunique() == 7
