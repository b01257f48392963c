# %% [markdown]
# # CLV Studio from Python
#
# Everything that the app shows can be asked from a notebook, a script or a scheduler: the app only draws it. This
# file is a notebook in percent format: VS Code, Spyder, PyCharm and Jupyter (with jupytext) run it cell by cell, and
# `python -m examples.python_api`, from the project's folder, from top to bottom: some seconds on the sample shop.

# %%
from dataclasses import replace
from pathlib import Path

from clv.analysis import Analysis
from clv.assumptions import Assumptions
from clv.charts import segment_values, standalone
from clv.exports import to_csv
from clv.ingest import OrderFile
from clv.loading import read_shop
from clv.scenarios import Levers
from clv.validation.backtest import backtest
from clv.validation.origins import plan_windows, read_origin
from clv.validation.predictions import baseline_candidates, model_candidate
from clv.validation.scorecard import Scored

# %% [markdown]
# ## Read
#
# Your own file takes the sample's place: CSV, Excel or Parquet, also in gzip or ZIP, one path or several. Contacts and
# marketing spend may be among them; they are recognised by their header. Where a column is taken for another or the
# order of day and month is open, say so: `mapping={"customer": "Buyer", "amount": "Net"}`, `date_order="dmy"`. A file
# that cannot be used raises `clv.ingest.InputError`, whose `problems` say what is wrong, where, and what to do.

# %%
SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"
PATHS = [SAMPLE / "orders.csv", SAMPLE / "spend.csv"]

files = read_shop([OrderFile(path.name, path) for path in PATHS], currency="EUR")
report = files.source.report
print(f"{report.rows_read:,} rows read, {report.rows_kept:,} kept: {report.orders:,} orders")
for group in report.dropped:
    print(f"left out, {group.reason}: {group.rows:,} rows worth {group.value:,.2f}")

# %% [markdown]
# ## The shop: facts, no model yet
#
# A `Shop` is what is known as of a day, the day of the last order unless you name another: `files.shop(date(2026, 6, 30))`.

# %%
shop = files.shop()
print(f"{len(shop.buyers):,} customers as of {shop.as_of:%Y-%m-%d}, {shop.currency}")
print(shop.history_by("channel")[["channel", "customers", "revenue"]].to_string(index=False))
print(shop.churn_window.message)

# %% [markdown]
# ## The analysis: your assumptions on top
#
# Models are fitted once for each model setting and shop, when first asked for; money assumptions (margin, CAC, discount,
# horizon) fit nothing. So a second `Analysis` of the same shop under other assumptions answers in milliseconds.

# %%
assumptions = Assumptions(margin=0.35, cac=25.0, horizon_months=12, churn_window_days=shop.churn_window.days)
analysis = Analysis(shop, assumptions)
total, new = analysis.total_clv, analysis.new_customer
print(f"{analysis.models.purchases.name}: {analysis.models.purchases.params_}")
print(f"CLV of all customers {total.mean:,.0f}, 80 % interval {total.low:,.0f} to {total.high:,.0f}")
print(f"a new customer: {new.clv.mean:,.2f}, CLV:CAC {new.ratio:.2f}, payback in month {new.payback_month}")
print(f"value at risk {analysis.value_at_risk:,.0f} with {analysis.at_risk.sum():,} customers at high risk")

careful = Analysis(shop, replace(assumptions, margin=0.25))
print(f"at a margin of 25 %: {careful.total_clv.mean:,.0f}")

# %% [markdown]
# ## Customers
#
# One row each, as `clv score --out` writes it.

# %%
customers = analysis.customers
COLUMNS = ["customer_id", "segment", "clv", "clv_low", "clv_high", "churn_risk", "next_order_date"]
print(customers.nlargest(5, "clv")[COLUMNS].to_string(index=False))

# A list is a selection of rows; to_csv neutralises cells that a spreadsheet would run as a formula.
win_back = customers[(customers["risk_band"] == "High") & (customers["clv_tier"] == "Top 10 %")]
csv = to_csv(win_back)
print(f"{len(win_back):,} valuable customers at high risk, {len(csv):,} characters of CSV")

# %% [markdown]
# ## Segments
#
# By RFM segment, CLV tier, risk band, or any column of the file with few values (`shop.breakdown_attributes`).

# %%
segments = analysis.segments
SEGMENT_COLUMNS = ["segment", "customers", "clv_total", "clv_low", "clv_high", "churn_risk"]
print(segments[SEGMENT_COLUMNS].to_string(index=False))
print(analysis.breakdown("channel")[["channel", "clv_total", "churn_risk"]].to_string(index=False))

# A chart is a Vega-Lite specification; standalone makes it an Altair chart, which a notebook shows.
chart = standalone(segment_values(segments, "€"))
chart

# %% [markdown]
# ## What if
#
# Levers change the model of each customer, not the answer; alone and together, cost included.

# %%
outcome = analysis.what_if(Levers(retention_lift=0.10, upsell_lift=0.05, cost=1.0))
print(outcome.gains.to_string(index=False))
print(f"net gain {outcome.net_gain:,.0f}; pays up to {outcome.break_even_cost:,.2f} a customer")

# %% [markdown]
# ## Backtest
#
# `ShopPast(shop).backtest(None, progress)` tries every candidate on several earlier periods, as `clv backtest` and the
# page Trust do, which takes a while; `progress` is called with the share done and what is being done. Below, the quick
# form: the last 90 days, one model against the naive rules.

# %%
assert shop.transactions is not None  # a table of customers has no single orders
first_day = shop.summary.frame["first_order_date"].min().date()
plan = plan_windows(first_day, shop.as_of, holdout_days=90)
holdout = read_origin(shop.transactions, plan.holdout)
found = backtest(
    holdout,
    [],
    customers_in_all=len(shop.buyers),
    candidates=[model_candidate("mbg-nbd"), *baseline_candidates()],
    progress=lambda share, doing: None,
)


def line(scored: Scored) -> str:
    """One candidate's figures: bias of the total, error per customer, ranking."""
    of = scored.purchases
    return f"{scored.candidate.name:24} bias {of.bias:+6.1%}   MAE {of.mae:.3f}   Gini {of.gini:.3f}"


print(f"{holdout.purchases.sum():,.0f} order days in the {holdout.days} days after {holdout.window.cutoff}")
print("\n".join(line(scored) for scored in found.scored))
