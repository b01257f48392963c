"""How a chart reaches the page: what changes between two reruns, and what does not."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from tests.charts.chart_frames import BUILDERS, levers


def page() -> None:
    """A chart whose numbers grow with the slider."""
    import streamlit as st

    from clv.charts import lever_gains
    from pages.components.charts import draw_chart
    from tests.charts.chart_frames import levers

    factor = st.slider("factor", 1, 10)
    frame = levers()
    draw_chart(
        lever_gains, frame.assign(gain=frame["gain"] * factor), "EUR", alt="Gain by lever", key="levers"
    )


def every_chart() -> None:
    """Every chart of its usual frame and of an empty one."""
    from pages.components.charts import draw_chart
    from tests.charts.chart_frames import BUILDERS

    for name, (make, build, _) in BUILDERS.items():
        for rows in (100, 0):
            draw_chart(
                lambda frame, currency_symbol, build=build: build(frame),
                make().head(rows),
                None,
                alt=name,
                key=f"{name} {rows}",
            )


def test_a_slider_changes_the_data_and_leaves_the_chart_standing() -> None:
    at = AppTest.from_function(page).run()
    before = at.get("vega_lite_chart")[0].proto
    at.slider[0].set_value(3).run()
    after = at.get("vega_lite_chart")[0].proto
    assert not at.exception
    assert after.spec == before.spec
    assert [dataset.name for dataset in after.datasets] == [dataset.name for dataset in before.datasets]
    assert gains(before) == pytest.approx(levers()["gain"].tolist())
    assert gains(after) == pytest.approx((levers()["gain"] * 3).tolist())
    assert (after.alt, after.theme) == ("Gain by lever", "streamlit")


def test_every_chart_can_be_sent() -> None:
    at = AppTest.from_function(every_chart, default_timeout=30).run()
    assert not at.exception
    sent = at.get("vega_lite_chart")
    assert len(sent) == 2 * len(BUILDERS)
    for element in sent:
        assert '"datasets"' not in element.proto.spec
        for dataset in element.proto.datasets:
            assert isinstance(frame_of(dataset.data.data), pd.DataFrame)


def gains(proto: object) -> list[float]:
    [data] = [dataset.data.data for dataset in proto.datasets if dataset.name == "levers"]  # type: ignore[attr-defined]
    return frame_of(data)["gain"].tolist()


def frame_of(data: bytes) -> pd.DataFrame:
    frame: pd.DataFrame = pa.ipc.open_stream(io.BytesIO(data)).read_pandas()
    return frame
