"""Both themes can be read: text has at least the contrast that WCAG asks for."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QColor

from desktop_app.theme import DARK, LIGHT

LEAST_CONTRAST = 4.5
TEXT_ON = [
    *[(text, ground) for text in ("text", "muted") for ground in ("window", "surface", "raised")],
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("accent", "window"),
    ("error", "error_ground"),
    ("error", "window"),
    ("done", "done_ground"),
    ("accent", "done_ground"),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("text, ground", TEXT_ON)
def test_text_has_enough_contrast(theme, text, ground):
    pair = sorted(luminance(getattr(theme, name)) for name in (text, ground))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= LEAST_CONTRAST
