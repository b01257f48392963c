"""Controls of the settings that clv.settings declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import streamlit as st

from clv.setting_kinds import Choice, Number, Switch

Facts = TypeVar("Facts", contravariant=True)


def number_slider(
    setting: Number[Facts],
    facts: Facts,
    *,
    label: str | None = None,
    currency_symbol: str = "",
    more_help: str = "",
) -> None:
    """A slider of a number, as far as the shop (or its analysis) gives its range.

    Parameters
    ----------
    label : in place of the setting's own; Markdown, as every label.
    more_help : behind the setting's own.
    """
    offered = setting.offered_by(facts)
    low, high, start, step = map(setting.shown, (offered.low, offered.high, offered.start, offered.step))
    st.slider(
        label or _label(setting, currency_symbol),
        low,
        high,
        start,
        key=setting.key,
        step=step,
        format=setting.format,
        bind="query-params",
        help=f"{setting.help} {more_help}".strip() or None,
    )


def pair_slider(first: Number[Facts], second: Number[Facts], facts: Facts) -> None:
    """One slider of two numbers, the lower first; label, range and key are those of the first."""
    offered = first.offered_by(facts)
    low, high, step = map(first.shown, (offered.low, offered.high, offered.step))
    st.slider(
        first.label,
        low,
        high,
        (first.shown(offered.start), second.shown(second.offered_by(facts).start)),
        key=first.key,
        step=step,
        format=first.format,
        bind="query-params",
        help=first.help,
    )


def number_field(setting: Number[Facts], facts: Facts) -> None:
    """A field to type a number in."""
    offered = setting.offered_by(facts)
    low, high, start, step = map(setting.shown, (offered.low, offered.high, offered.start, offered.step))
    st.number_input(
        setting.label, low, high, start, step=step, key=setting.key, bind="query-params", help=setting.help
    )


def choice_list(setting: Choice, options: Mapping[str, str] | None = None, **look: Any) -> str:
    """A list to choose one of the options from, the setting's own or those given."""
    words = options or setting.options
    chosen: str = st.selectbox(
        setting.label, list(words), key=setting.key, format_func=words.__getitem__, help=setting.help, **look
    )
    return chosen


def switch(setting: Switch) -> None:
    """A toggle."""
    st.toggle(setting.label, setting.default, key=setting.key, bind="query-params", help=setting.help)


def _label(setting: Number[Facts], currency_symbol: str) -> str:
    # A dollar sign must not start a formula.
    return setting.label_in(currency_symbol).replace("$", r"\$")
