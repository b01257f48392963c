"""Rewrite the sample shop, byte for byte: `python sample_data/generate.py [--out DIR]`.

The shop's story, one step a module, each step with random numbers of its own:

1. acquisition.py  every channel wins its customers, growing, with a season, and pays for them;
2. buying.py       each customer buys as the MBG/NBD and Gamma-Gamma models say (clv/simulate.py), and drops out unseen;
3. baskets.py      an order of that value is filled with products, discounted, and sometimes refunded;
4. people.py       the customers get names, consent, loyalty and opinions;
5. truth.py        what was true, and what came of it, is counted.

The numbers behind it are in parameters.py and catalogue.py, in words and tables in README.md.
"""

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).parents[1]))  # the product, whose simulator draws the purchases

from acquisition import calendar_date, media_spend
from baskets import Line, fill_basket
from buying import Order, PurchaseHistory, place_orders, purchase_histories, win_customers
from numpy.random import default_rng
from parameters import CHANNELS, SEED
from people import Contact, write_contacts
from truth import Truth, describe_truth

ORDER_COLUMNS = (
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
    "channel",
)
MEDIA_COLUMNS = ("date", "channel", "spend")


class Shop(NamedTuple):
    """Everything that happened."""

    histories: list[PurchaseHistory]
    baskets: list[tuple[Order, list[Line]]]
    media: dict[str, list[int]]
    """Cents per day of each channel that is paid for."""
    contacts: list[Contact]


def run_shop(seed: int = SEED) -> Shop:
    """Let the shop run from its first day to the as-of date."""
    streams = default_rng(seed).spawn(8)
    customer_rng, purchase_rng, spend_rng, order_rng, basket_rng, refund_rng, media_rng, contact_rng = streams
    customers, traits = win_customers(customer_rng)
    histories = purchase_histories(customers, traits, purchase_rng, spend_rng)
    baskets = [
        (order, fill_basket(order, basket_rng, refund_rng)) for order in place_orders(histories, order_rng)
    ]
    media = {channel.name: media_spend(channel, media_rng).tolist() for channel in CHANNELS if channel.cac}
    repeats = Counter(order.customer.number for order, _ in baskets if not order.first)
    refunded = {order.customer.number for order, lines in baskets if any(line.refund for line in lines)}
    return Shop(histories, baskets, media, write_contacts(customers, repeats, refunded, contact_rng))


def euros(cents: int) -> str:
    """Cents as euros with two decimals."""
    return f"{cents // 100}.{cents % 100:02d}"


def order_rows(shop: Shop) -> Iterable[Sequence[object]]:
    """Rows of orders.csv."""
    for order, lines in shop.baskets:
        ordered_at = f"{calendar_date(order.day)}T{order.minute // 60:02d}:{order.minute % 60:02d}"
        for line in lines:
            yield (
                order.customer.id,
                order.id,
                ordered_at,
                line.product.name,
                line.product.category,
                line.quantity,
                euros(line.price),
                euros(line.discount),
                euros(line.refund),
                order.customer.country,
                order.customer.channel.name,
            )


def media_rows(shop: Shop) -> Iterable[Sequence[object]]:
    """Rows of spend.csv, by day."""
    for day, spends in enumerate(zip(*shop.media.values(), strict=True)):
        for channel, cents in zip(shop.media, spends, strict=True):
            yield calendar_date(day), channel, euros(cents)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as UTF-8 with line feeds, on every system alike."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_shop(shop: Shop, folder: Path) -> Truth:
    """Write the sample's files into a folder and return the truth behind them."""
    folder.mkdir(parents=True, exist_ok=True)
    truth = describe_truth(shop.histories, shop.baskets, shop.media)
    write_csv(folder / "orders.csv", ORDER_COLUMNS, order_rows(shop))
    write_csv(folder / "spend.csv", MEDIA_COLUMNS, media_rows(shop))
    contact_columns = [field.name for field in fields(Contact)]
    write_csv(folder / "contacts.csv", contact_columns, map(astuple, shop.contacts))
    text = json.dumps(truth, indent=2, ensure_ascii=False) + "\n"
    (folder / "truth.json").write_text(text, encoding="utf-8", newline="")
    return truth


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sample and say what it contains."""
    parser = argparse.ArgumentParser(description="Rewrite the sample shop, byte for byte.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write into")
    folder = parser.parse_args(arguments).out
    total = write_shop(run_shop(), folder)["total"]
    sys.stdout.write(
        f"{total['customers']:,} customers, {total['orders']:,} orders, {total['order_lines']:,} lines, "
        f"net revenue {total['net_revenue']:,.2f} EUR, written to {folder}\n"
    )


if __name__ == "__main__":
    main()
