"""CLV Studio: customer lifetime value, churn risk, segments and what-if from an order file."""

from pathlib import Path

import streamlit as st

from pages.components.housekeeping import keep_house
from pages.components.navigation import navigate
from pages.components.page_top import shop_line
from pages.components.session import session, warm_up_models
from pages.components.sidebar import draw_sidebar
from pages.components.tab_memory import remember_loaded

ICON = Path(__file__).parent / "pages" / "assets" / "icon.svg"

st.set_page_config(page_title="CLV Studio", page_icon=ICON, layout="wide", initial_sidebar_state="auto")
st.html(Path(__file__).parent / "pages" / "components" / "page.css")
page = navigate()
top = st.container(key="page_head", horizontal=True, vertical_alignment="bottom")
top.title(page.title, width="content")  # before the data: a cold start shows a page while they load
whose = top.empty()
warm_up_models()
keep_house(session())
draw_sidebar()
remember_loaded(session())
whose.markdown(shop_line(session()))
page.run()
