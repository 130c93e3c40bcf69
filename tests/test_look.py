"""How things are drawn can be changed, is remembered, and never makes no sense."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QSettings

from desktop_app.look import LANES, Display, Look
from desktop_app.settings import Settings


@pytest.fixture
def display(qapp) -> Display:
    return Display()


@pytest.fixture
def store(tmp_path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_every_change_is_remembered(display, store):
    display.recall(Settings(store))
    display.set(axis="log", colours="viridis", auto_top=False, top_db=-20, waveform_share=0.5)
    display.show_lane("removed", True)
    store.sync()
    again = Display()
    again.recall(Settings(QSettings(store.fileName(), QSettings.Format.IniFormat)))
    assert again.look == display.look and again.look.shown == ("before", "after", "removed")


@pytest.mark.parametrize(
    "name, nonsense",
    [
        ("axis", "bark"),
        ("colours", ""),
        ("window_ms", "31"),
        ("window_ms", "many"),
        ("lanes", ""),
        ("lanes", "before,behind"),
        ("top_db", "1e9"),
        ("span_db", "0"),
        ("waveform_share", "nan"),
    ],
)
def test_what_makes_no_sense_is_not_there(name, nonsense):
    texts = {**Look(colours="magma", axis="linear").as_texts(), name: nonsense}
    look = Look.from_texts(texts)
    assert getattr(look, name) == getattr(Look(), name)
    others = Look(colours="magma", axis="linear").as_texts() | {name: look.as_texts()[name]}
    assert look.as_texts() == others


def test_the_last_lane_stays(display):
    for lane in LANES:
        display.show_lane(lane, False)
    assert display.look.shown == ("after",)


def test_the_last_part_of_a_lane_gives_way_to_the_other(display):
    display.show_part("waveform", False)
    display.show_part("spectrogram", False)
    assert display.look.waveform and not display.look.spectrogram


def test_another_axis_shows_all_frequencies(display):
    display.zoom_frequency(0.25, 0.0)
    assert (display.bottom, display.top) == (0.0, 0.25)
    display.scroll_frequency(0.5)
    assert (display.bottom, display.top) == (0.125, 0.375)
    display.scroll_frequency(-9)
    assert display.bottom == 0.0
    display.set(axis="linear")
    assert (display.bottom, display.top) == (0.0, 1.0)


def test_waveforms_are_never_drawn_smaller_than_they_fit(display, qtbot):
    display.magnify(4.0)
    assert display.magnification == 4.0
    display.magnify(0.01)
    assert display.magnification == 1.0
    with qtbot.assertNotEmitted(display.changed):
        display.reset_vertical()
