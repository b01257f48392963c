"""What an analysis of the sample may be compared with: the parameters, and what came of them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from baskets import Line
from buying import Order, PurchaseHistory
from parameters import AS_OF, CHANNELS, CURRENCY, FIRST_DAY, FUTURE_DAYS, SEED

Truth = dict[str, Any]
Basket = tuple[Order, list[Line]]


def describe_truth(
    histories: list[PurchaseHistory], baskets: list[Basket], media: dict[str, list[int]]
) -> Truth:
    """Parameters and realised counts by channel and in total; money in euros, time in days."""
    return {
        "seed": SEED,
        "currency": CURRENCY,
        "first_day": FIRST_DAY.isoformat(),
        "as_of": AS_OF.isoformat(),
        "time_unit": "day",
        "purchase_model": "MBG/NBD",
        "spend_model": "Gamma-Gamma",
        "channels": {
            channel.name: {
                "share": channel.share,
                "target_cac": channel.cac,
                "mbg_nbd": channel.purchases.params_,
                "gamma_gamma": channel.spend.params_,
                "mean_spend": round(channel.spend.population_mean_, 4),
                **_realised(
                    [history for history in histories if history.customer.channel is channel],
                    [basket for basket in baskets if basket[0].customer.channel is channel],
                    sum(media.get(channel.name, [])),
                ),
            }
            for channel in CHANNELS
        },
        "total": _realised(histories, baskets, sum(map(sum, media.values()))),
    }


def _realised(histories: list[PurchaseHistory], baskets: list[Basket], media: int) -> Truth:
    """What happened up to the as-of date, and in the year after it, to a group of customers."""
    lines = [line for _, basket in baskets for line in basket]
    sold, refunds = sum(line.value for line in lines), sum(line.refund for line in lines)
    kept_days = _net_by_day(baskets)
    kept_customers = Counter(number for (number, _), net in kept_days.items() if net > 0)
    return {
        "customers": len(histories),
        "repeat_customers": sum(len(history.past) > 1 for history in histories),
        "active_customers": sum(history.active for history in histories),
        "orders": len(baskets),
        "order_lines": len(lines),
        "purchase_days": sum(len(history.past) for history in histories),
        "discounted_orders": sum(any(line.discount for line in basket) for _, basket in baskets),
        "refunded_orders": sum(any(line.refund for line in basket) for _, basket in baskets),
        "revenue_before_refunds": sold / 100,
        "refunds": refunds / 100,
        "net_revenue": (sold - refunds) / 100,
        "after_refunds": {
            "customers": len(kept_customers),
            "repeat_customers": sum(days > 1 for days in kept_customers.values()),
            "purchase_days": kept_customers.total(),
        },
        "media_spend": media / 100,
        "next_12_months": _future(histories),
    }


def _net_by_day(baskets: Iterable[Basket]) -> Counter[tuple[int, int]]:
    """Net spend in cents, refunds taken off, by customer number and day."""
    net: Counter[tuple[int, int]] = Counter()
    for order, lines in baskets:
        net[order.customer.number, order.day] += sum(line.value - line.refund for line in lines)
    return net


def _future(histories: list[PurchaseHistory]) -> Truth:
    """What these customers go on to buy; in no file, for judging a forecast."""
    days = [day for history in histories for day in history.future]
    return {
        "days": FUTURE_DAYS,
        "buying_customers": sum(bool(history.future) for history in histories),
        "purchase_days": len(days),
        "spend": sum(day.spend for day in days) / 100,
    }
