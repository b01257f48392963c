"""CLV Studio: customer lifetime value, churn risk, segments and what-if from an order file."""

from pathlib import Path

import streamlit as st

from pages.components.navigation import navigate
from pages.components.session import warm_up_models
from pages.components.sidebar import draw_sidebar

ICON = Path(__file__).parent / "pages" / "assets" / "icon.svg"

st.set_page_config(page_title="CLV Studio", page_icon=ICON, layout="wide", initial_sidebar_state="auto")
st.html(Path(__file__).parent / "pages" / "components" / "page.css")
page = navigate()
st.title(page.title)  # before the data: a cold start shows a page while they load
warm_up_models()
draw_sidebar()
page.run()
