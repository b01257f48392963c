"""Icons are drawings that ship with the app: an emoji needs a font of its own, and :material/ fetches one from outside."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.conftest import PROJECT

PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f]|:material/")
MINUS = "\u2212"  # text that every font has
SOURCES = [
    PROJECT / "app.py",
    *(
        path
        for folder in ("pages", "clv")
        for kind in ("py", "toml", "css")
        for path in sorted((PROJECT / folder).rglob(f"*.{kind}"))
    ),
]


def test_no_emoji_and_no_icon_font():
    found = {path: set(PICTURES.findall(path.read_text())) - {MINUS} for path in SOURCES}
    assert not {str(path): pictures for path, pictures in found.items() if pictures}


def test_the_icon_of_the_tab_is_a_drawing_that_needs_nothing_from_outside():
    icon = (PROJECT / "pages" / "assets" / "icon.svg").read_text()
    assert [shape.tag.rpartition("}")[2] for shape in ElementTree.fromstring(icon)]
    assert not re.search("href|url\\(|<image|<text", icon)
