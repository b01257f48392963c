"""CLV Studio: customer lifetime value, churn risk, segments and what-if from an order file."""

import streamlit as st

from pages.components.navigation import navigate
from pages.components.sidebar import draw_sidebar

# The theme has no setting for the text on its accent colour, which is white; on the dark theme's accent that
# is too faint to read.
TEXT_ON_ACCENT = """<style>
[data-tag], [data-tag] *, [data-testid^="stBaseButton-primary"], [data-testid^="stBaseButton-primary"] * {
  color: light-dark(#ffffff, #0d1418) !important;
}
</style>"""

st.set_page_config(page_title="CLV Studio", page_icon="📈", layout="wide", initial_sidebar_state="auto")
st.html(TEXT_ON_ACCENT)
page = navigate()
draw_sidebar()
page.run()
