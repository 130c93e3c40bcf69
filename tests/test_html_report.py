"""The report as a web page: whole, safe, and with pictures that any reader opens."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from processor.analysis import Analysis
from processor.html_report import html_report, png
from processor.overview import COLUMNS, ROWS
from processor.room import RoomFigures

BEFORE = RoomFigures(0.82, 3.4, -6.1, -24.0, -20.0, -61.0, 41.0, 12, 0.7, 0.9)
AFTER = RoomFigures(0.14, 24.6, 4.0, -44.0, -22.0, -80.0, 58.0, 0, 0.6, 0.8)
PICTURE = np.arange(ROWS * COLUMNS, dtype=np.uint32).reshape(ROWS, COLUMNS).astype(np.uint8)
VOID = {"meta", "img", "br", "link", "input"}


class Outline(HTMLParser):
    """Checks that every element is closed, and keeps what is said and referred to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.images: list[dict[str, str | None]] = []
        self.names: set[str] = set()
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def told(name: str = "take 1.wav", pictures: int = 2) -> Analysis:
    return Analysis(Path("tapes") / name, 3723.4, 48_000, 2, BEFORE, AFTER, (PICTURE,) * pictures)


def test_page_is_whole_and_says_what_was_found() -> None:
    outline = Outline(html_report([told()], settings="strength=1"))
    for text in ("take 1.wav", "0.82 s", "3.4 dB", "24.6 dB", "1:02:03", "48 kHz", "−61.0 dB"):
        assert text in outline.text
    assert "very reverberant" in outline.text
    assert "strength=1" in outline.text


def test_page_needs_nothing_from_elsewhere() -> None:
    page = html_report([told()])
    assert all(image["src"].startswith("data:image/png;base64,") for image in Outline(page).images)
    assert not re.search(r"https?:|url\(|@import|<script|<link", page)
    assert "prefers-color-scheme: dark" in page


def test_names_of_files_are_text_and_no_markup() -> None:
    page = html_report([told('<script>alert("x")<b> & "y".wav')])
    outline = Outline(page)
    assert "script" not in outline.names
    assert '<script>alert("x")<b> & "y".wav' in outline.text


def test_names_that_are_no_text_can_be_written() -> None:
    html_report([told("take \udcff.wav")]).encode("utf-8")
    error = Analysis(Path("\udcff.wav"), error="Cannot read '\udcff.wav'.")
    html_report([error]).encode("utf-8")


def test_every_picture_is_described() -> None:
    images = Outline(html_report([told(), told("b.wav", 1), told("c.wav", 0)])).images
    assert len(images) == 3
    assert all(image["alt"] for image in images)


def test_what_could_not_be_read_or_told_has_its_place() -> None:
    analyses = [
        Analysis(Path("a.wav"), 1.0, 8_000, 1),
        Analysis(Path("b.wav"), error="It is torn."),
    ]
    outline = Outline(html_report(analyses))
    assert "cannot be told" in outline.text
    assert "It is torn." in outline.text
    assert "could not be read" in outline.text


def test_a_report_of_nothing_is_a_page() -> None:
    assert "0 recordings" in Outline(html_report([])).text


def test_png_opens_elsewhere_and_stands_upright() -> None:
    gui = pytest.importorskip("PyQt6.QtGui")
    drawn = np.zeros((4, 7), np.uint8)
    drawn[3, 6] = 255  # the highest frequency, at the end
    image = gui.QImage.fromData(png(drawn), "PNG")
    assert (image.width(), image.height()) == (7, 4)
    assert image.pixelColor(6, 0).lightness() > 200
    assert image.pixelColor(0, 3).lightness() < 40
