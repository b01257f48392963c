"""How the value boxes of every page look."""

from __future__ import annotations

from typing import Any

# For st.metric: the line beneath the value explains it and is no rise or fall.
EXPLAINED: dict[str, Any] = {
    "delta_color": "off",
    "delta_arrow": "off",
    "border": True,
    "height": "stretch",
}
