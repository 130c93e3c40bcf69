"""Our SVG icons in the theme's colours, sharp at every scale."""

from functools import lru_cache
from pathlib import Path

from PyQt6.QtCore import QByteArray, QSize, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

RESOURCES = Path(__file__).parents[1] / "resources"
SIZES = (16, 20, 24, 32, 40, 48, 64)


def resource(*parts: str) -> Path:
    """The path of a file or folder under resources/."""
    return RESOURCES.joinpath(*parts)


@lru_cache(maxsize=128)
def icon(name: str, colour: str = "", disabled: str = "") -> QIcon:
    """resources/icons/NAME.svg with its `currentColor` replaced by `colour`."""
    result = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        if mode == QIcon.Mode.Normal or shade:
            for size in SIZES:
                result.addPixmap(pixmap(name, size, shade), mode)
    return result


def pixmap(name: str, size: int, colour: str = "", ratio: float = 1.0) -> QPixmap:
    """The icon `size` logical pixels wide on a screen with `ratio` pixels each."""
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour or "#000").encode()))
    pixels = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixels.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixels)
    renderer.render(painter)
    painter.end()
    pixels.setDevicePixelRatio(ratio)
    return pixels
