"""Contacts beside the customers of the orders."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from clv.history.summary import CustomerSummary
from clv.ingest.attributes import UNKNOWN, is_consent
from clv.ingest.contacts import EMAIL_NAMES, Contacts
from clv.ingest.findings import Finding
from clv.ingest.transactions import CUSTOMER_TABLE, RESERVED, snake_case
from clv.ingest.vocabulary import normalised

CONTACTS_FILE = "contacts file"


def with_contacts(
    summary: CustomerSummary, contacts: Contacts
) -> tuple[CustomerSummary, tuple[Finding, ...]]:
    """Join the contacts to the customers by the pair of columns that matches most of them.

    Columns of the contacts become attributes; one that the summary has already is named contact_... beside it. Of
    several rows for one customer the last value that is there counts.

    Returns
    -------
    CustomerSummary, tuple of Finding
        The findings say how many rows matched no customer, and how many customers have no row.
    """
    ours = ["customer_id", *(name for name in summary.attributes if normalised(name) in EMAIL_NAMES)]
    pairs = [(own, key) for own in ours for key in contacts.keys]
    own, key = max(pairs, key=lambda pair: _matched(summary.frame[pair[0]], contacts.frame[pair[1]]))
    keyed = contacts.frame.assign(_key=_comparable(contacts.frame[key]))
    last = keyed.dropna(subset="_key").groupby("_key", sort=False).last()
    wanted = _comparable(summary.frame[own])
    shown = last.drop(columns=[key, *_known_already(summary, last, wanted)])
    names = dict(zip(shown.columns, _names(summary, shown), strict=True))
    joined = shown.rename(columns=names).reindex(wanted.to_numpy())
    joined = joined.assign(
        **{new: joined[new].fillna(UNKNOWN) for old, new in names.items() if is_consent(old)}
    )
    frame = pd.concat([summary.frame, joined.set_index(summary.frame.index)], axis="columns")
    origins = {**summary.origins, **dict.fromkeys(names.values(), CONTACTS_FILE)}
    found = replace(summary, frame=frame, attributes=(*summary.attributes, *names.values()), origins=origins)
    return found, _findings(contacts, keyed["_key"], wanted, key)


def _known_already(summary: CustomerSummary, last: pd.DataFrame, wanted: pd.Series) -> list[str]:
    """Columns that say of everybody what the orders' column of that name says."""
    both = [name for name in last.columns if name in summary.attributes]
    joined = last[both].reindex(wanted.to_numpy()).set_index(summary.frame.index)
    return [
        name
        for name in both
        if not (joined[name].notna() & (joined[name] != summary.frame[name].astype("object"))).any()
    ]


def _comparable(values: pd.Series) -> pd.Series:
    """Ids as they are, email addresses without case."""
    texts = values.astype("object").where(values.notna(), None)
    return texts.map(lambda text: text.strip().lower() if isinstance(text, str) and "@" in text else text)


def _matched(own: pd.Series, key: pd.Series) -> int:
    return int(_comparable(own).dropna().isin(set(_comparable(key).dropna())).sum())


def _names(summary: CustomerSummary, shown: pd.DataFrame) -> list[str]:
    taken = {*summary.frame.columns, *RESERVED, *CUSTOMER_TABLE}
    return list(snake_case((f"contact_{name}" if name in taken else name for name in shown.columns), taken))


def _findings(contacts: Contacts, keys: pd.Series, wanted: pd.Series, key: str) -> tuple[Finding, ...]:
    known = set(wanted.dropna())
    strangers = int((~keys.isin(known)).sum())
    repeated = int(keys.dropna().duplicated().sum())
    matched = int(wanted.isin(set(keys.dropna())).sum())
    where = ", ".join(contacts.files)
    said = [
        Finding("contacts", f"{matched:,} of {len(wanted):,} customers have a row in the contacts, matched by {key}",
                where, "")
    ]  # fmt: skip
    if strangers:
        todo = "They are left out: nobody of that name has ordered in these files"
        said.append(
            Finding(
                "contacts without orders", f"{strangers:,} rows match no customer", where, todo, strangers
            )
        )
    if repeated:
        todo = "Of each column the last value counts"
        said.append(
            Finding(
                "contacts twice", f"{repeated:,} rows stand for a customer once more", where, todo, repeated
            )
        )
    return tuple(said)
