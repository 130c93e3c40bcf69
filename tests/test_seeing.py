"""Looking about in a recording: zooming, scrolling, pointing, choosing lanes and looks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import soundfile
from mouse import ALT, CTRL, LEFT, NONE, PLAIN, SHIFT, drag, hover, mouse, wheel
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QNativeGestureEvent, QPointingDevice
from PyQt6.QtWidgets import QApplication
from signals import impulse

from desktop_app.colour_maps import lookup_table
from desktop_app.playback import Monitor
from desktop_app.session import State
from desktop_app.stft import LOWEST_DB
from desktop_app.views.raster import packed
from desktop_app.views.waveform_pane import coverage

RATE = 16_000


def panes(work):
    return [pane for lane in work.lanes for pane in lane.panes if pane.isVisible()]


def test_the_wheel_keeps_the_time_under_the_pointer(work):
    for pane, keys in product((*panes(work), work.ruler), (PLAIN, CTRL)):
        for x in (60.0, 300.0, pane.width() - 2.0):
            work.time_window.show_stretch(1.0, 9.0)
            under = pane.time_at(x)
            for _ in range(7):
                wheel(pane, x, 10, up=1, keys=keys)
            assert pane.time_at(x) == pytest.approx(under, abs=1e-3)
            assert work.time_window.span_s == pytest.approx(8 * 0.8**7)


def test_shift_or_sideways_scrolls(work):
    pane, window = work.before.waveform, work.time_window
    window.show_stretch(4.0, 6.0)
    wheel(pane, 200, 20, up=-1, keys=SHIFT)
    assert window.start_s == pytest.approx(4.2)
    wheel(pane, 200, 20, right=1)
    assert window.start_s == pytest.approx(4.0) and window.span_s == pytest.approx(2.0)


def test_alt_zooms_from_bottom_to_top(work):
    display, window = work.stage.display, work.time_window
    wheel(work.before.waveform, 200, 20, right=1, keys=ALT)  # Qt turns the wheel with Alt
    assert display.magnification == pytest.approx(1 / 0.8)
    pane = work.before.spectrogram
    axis = display.axis(RATE)
    height = 1 - 20 / pane.height()
    wheel(pane, 200, 20, right=1, keys=ALT)
    assert display.top - display.bottom == pytest.approx(0.8) and window.shows_all
    assert float(display.axis(RATE).to_hz(height)) == pytest.approx(float(axis.to_hz(height)))


def test_the_axis_zooms_moves_and_is_reset(work, qtbot):
    display, pane = work.stage.display, work.after.spectrogram
    wheel(pane, 10, pane.height() / 2, up=5)
    span, bottom = display.top - display.bottom, display.bottom
    assert span == pytest.approx(0.8**5)
    drag(pane, 10, 10, y=20.0)
    mouse(pane, QEvent.Type.MouseButtonPress, 10, 20)
    mouse(pane, QEvent.Type.MouseMove, 10, 40, NONE)
    mouse(pane, QEvent.Type.MouseButtonRelease, 10, 40, buttons=NONE)
    assert display.bottom == pytest.approx(bottom + span * 20 / pane.height())
    assert not work.selection
    qtbot.mouseDClick(pane.viewport(), LEFT, pos=QPoint(10, 20))
    assert (display.bottom, display.top) == (0.0, 1.0)


def test_two_fingers_pinch(work):
    pane, window = work.before.spectrogram, work.time_window
    at = QPointF(400, 10)
    under = pane.time_at(400)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        at,
        at,
        pane.mapToGlobal(at),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(pane.viewport(), event)
    assert window.span_s == pytest.approx(8.0) and pane.time_at(400) == pytest.approx(under)


def test_zooming_to_samples_shows_every_one(work, ready, qtbot):
    ready.session.player.seek(5.0)
    qtbot.keyClick(ready, Qt.Key.Key_Z, SHIFT)
    pane = work.before.waveform
    distance = pane.x_of(5.0 + 1 / RATE) - pane.x_of(5.0)
    assert distance == pytest.approx(8.0, rel=0.01)
    qtbot.waitUntil(lambda: len(pane._curves) == 2)  # left and right
    times, values = pane._curves[0].getData()
    left = ready.session.recording.samples(0, 160_000)[0]
    numbers = np.rint(times * RATE).astype(int)
    assert (np.diff(numbers) == 1).all() and pane._curves[0].opts["symbol"] == "o"
    assert values - 2.2 == pytest.approx(left[numbers] / pane.edge, abs=1e-4)


def test_pages_turn_by_key(work, ready, qtbot):
    work.time_window.show_stretch(0.0, 2.0)
    qtbot.keyClick(ready, Qt.Key.Key_PageDown)
    assert work.time_window.start_s == pytest.approx(1.8)
    qtbot.keyClick(ready, Qt.Key.Key_PageUp)
    assert work.time_window.start_s == pytest.approx(0.0)


@pytest.fixture
def tone(ready, tmp_path, qtbot):
    """A page on a tone of 1 kHz at −20 dB, which the model lowers by another 20."""
    path = tmp_path / "tone.wav"
    wave = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(4 * RATE) / RATE)
    soundfile.write(path, wave, RATE, subtype="FLOAT")
    ready.open_file(path)
    qtbot.waitUntil(
        lambda: (
            ready.session.state is State.READY and ready.session.recording.path.name == "tone.wav"
        ),
        timeout=30_000,
    )
    QApplication.processEvents()
    return ready.workspace


def test_the_pointer_reads_time_frequency_and_level_in_every_lane(tone, qtbot):
    display, pane = tone.stage.display, tone.before.spectrogram
    display.set(lanes="before,after,removed,difference")
    qtbot.waitUntil(lambda: tone.stack._removed.ready_frames == 4 * RATE)
    for axis in ("linear", "log", "mel"):
        display.set(axis=axis)
        QApplication.processEvents()
        height = float(display.axis(RATE).to_unit(1000.0))
        hover(pane, pane.x_of(2.0), pane.height() * (1 - height))
        found = {lane.name: lane.readout.text().split() for lane in tone.lanes}
        for time, frequency, unit, *_ in found.values():
            assert time.startswith("0:02.0") or time.startswith("0:01.99")
            hz = float(frequency) * {"Hz": 1, "kHz": 1000}[unit]
            assert hz == pytest.approx(1000, abs=RATE / 512)
        levels = {name: float(words[3].replace("−", "-")) for name, words in found.items()}
        expected = {"Before": -20.0, "After": -40.0, "Removed": -20.9, "Difference": -20.0}
        assert levels == pytest.approx(expected, abs=0.5)
        QApplication.sendEvent(pane, QEvent(QEvent.Type.Leave))
        assert not any(lane.readout.text() for lane in tone.lanes)


def test_the_pointer_reads_peaks_in_the_waveform(tone):
    pane = tone.after.waveform
    hover(pane, pane.x_of(2.0), 20)
    assert tone.before.readout.text().endswith("−20.0 dB")
    assert tone.after.readout.text().endswith("−40.0 dB")


def test_lanes_are_chosen_by_chip_and_key(work, ready, qtbot):
    shown = lambda: [lane.name for lane in work.lanes if lane.isVisible()]  # noqa: E731
    assert shown() == ["Before", "After"]
    work.view_bar.chips["removed"].click()
    qtbot.keyClick(ready, Qt.Key.Key_4, ALT)
    qtbot.keyClick(ready, Qt.Key.Key_1, ALT)
    assert shown() == ["After", "Removed", "Difference"]
    assert ready.settings.look["lanes"] == "after,removed,difference"


def test_one_lane_follows_what_is_heard(work, ready, qtbot):
    shown = lambda: [lane.name for lane in work.lanes if lane.isVisible()]  # noqa: E731
    qtbot.keyClick(ready, Qt.Key.Key_V)
    for key, name in ((Qt.Key.Key_1, "Before"), (Qt.Key.Key_3, "Removed"), (Qt.Key.Key_2, "After")):
        qtbot.keyClick(ready, key)
        assert shown() == [name]
    assert ready.session.monitor is Monitor.AFTER
    qtbot.keyClick(ready, Qt.Key.Key_4, ALT)
    assert shown() == ["After", "Difference"]
    qtbot.keyClick(ready, Qt.Key.Key_V)
    assert shown() == ["Before", "After", "Difference"]


def test_what_is_removed_is_drawn_when_it_is_looked_at(work, ready, qtbot):
    assert work.stack._removed.ready_frames == 0
    work.stage.display.show_lane("removed", True)
    frames = 10 * RATE
    qtbot.waitUntil(lambda: work.stack._removed.ready_frames == frames)
    removed = ready.session.rendering.removed
    assert work.stack._removed.waveform.peak() == pytest.approx(np.abs(removed).max())


def test_the_handle_between_waveform_and_spectrogram_moves_in_all_lanes(work):
    QApplication.processEvents()
    splitter = work.before._splitter
    splitter.moveSplitter(splitter.height() // 2, 1)
    QApplication.processEvents()
    assert work.after.waveform.height() == pytest.approx(work.before.waveform.height(), abs=2)
    assert work.stage.display.look.waveform_share == pytest.approx(0.5, abs=0.03)


def test_waveforms_or_spectrograms_can_be_hidden(work, ready, qtbot):
    work.view_bar.panel.waveform.click()
    assert not work.before.waveform.isVisible() and work.before.spectrogram.isVisible()
    work.view_bar.panel.spectrogram.click()
    assert work.before.waveform.isVisible() and not work.before.spectrogram.isVisible()


def test_the_look_changes_the_picture(work, qtbot):
    pane, display = work.before.spectrogram, work.stage.display
    for changes in ({"axis": "linear"}, {"axis": "log"}, {"colours": "grey"}, {"span_db": 40}):
        before = pane._raster._pixels.copy()
        display.set(**changes)
        qtbot.waitUntil(lambda old=before: not np.array_equal(pane._raster._pixels, old))
    pixels = pane._raster._pixels
    assert (pixels & 0xFF == pixels >> 8 & 0xFF).all()  # grey is grey


def test_the_panel_shows_and_changes_the_look(work, qtbot):
    panel, display = work.view_bar.panel, work.stage.display
    work.view_bar.look.click()
    assert panel.isVisible()
    panel.colours.actions_["cividis"].trigger()
    panel.axis.actions_["log"].trigger()
    panel.window_.actions_[120].trigger()
    panel.auto_top.click()
    panel.top.setValue(-25)
    look = display.look
    assert (look.colours, look.axis, look.window_ms) == ("cividis", "log", 120)
    assert (look.auto_top, look.top_db) == (False, -25) and panel.top.isEnabled()
    assert work.before.spectrogram.range_db == (-105.0, -25.0)
    panel.reset.click()
    assert display.look.colours == "inferno" and panel.colours.text() == "Inferno"
    panel.close()


def test_silence_is_dark(work):
    pane = work.before.spectrogram
    pane.set_peak_db(LOWEST_DB)
    assert pane.range_db[0] == LOWEST_DB
    darkest = packed(lookup_table(work.stage.display.look.colours))[0]
    assert (pane.table()[0] == darkest).all() and pane.range_db[1] > LOWEST_DB


def test_another_window_is_drawn_finer_in_frequency_when_its_tiles_are_there(tone, qtbot):
    pane, display = tone.before.spectrogram, tone.stage.display
    display.set(axis="linear")
    qtbot.waitUntil(lambda: pane._raster._pixels.size > 0)

    def thickness():
        lit = pane._raster._pixels[:, pane._raster._pixels.shape[1] // 2]
        return np.unique(lit, return_counts=True)[1].min(), int((lit != lit[0]).sum())

    qtbot.wait(50)
    short = thickness()
    display.set(window_ms=120)
    qtbot.waitUntil(lambda: thickness()[1] < short[1], timeout=10_000)


def test_one_sample_is_seen_in_both_panes_at_any_zoom(ready, tmp_path, qtbot):
    path, at = tmp_path / "click.wav", 5 * RATE + 11
    soundfile.write(path, impulse(1, 10 * RATE, at).T, RATE, subtype="FLOAT")
    ready.open_file(path)
    qtbot.waitUntil(
        lambda: ready.session.state is State.READY and ready.session.recording.path == path,
        timeout=30_000,
    )
    window, (waveform, spectrogram) = ready.workspace.time_window, ready.workspace.before.panes
    for span_s in (10.0, 3.3, 0.5, 0.06):
        window.show_stretch(5.0 - span_s / 3, 5.0 + 2 * span_s / 3)
        for pane in (waveform, spectrogram):
            pane._redraw_now()
        pixels = waveform._raster._pixels
        tall = (pixels != pixels[0, 0]).sum(axis=0)
        column = pixels.shape[1] * (at / RATE - window.start_s) / window.span_s
        assert tall.max() >= 0.35 * pixels.shape[0]
        assert abs(int(tall.argmax()) - column) <= 2
        pixels = spectrogram._raster._pixels
        light = sum((pixels >> shift & 0xFF).astype(int) for shift in (0, 8, 16)).max(axis=0)
        near = slice(max(0, int(column) - 3), int(column) + 4)
        assert light[near].max() == light.max() > 200


@pytest.mark.parametrize("rows", [1, 24, 103])
def test_a_waveform_covers_at_least_a_pixel_and_never_breaks(rows):
    generator = np.random.default_rng(rows)
    low = np.clip(rows * generator.random(500), 0.5, rows - 0.5)
    high = np.clip(low + np.abs(generator.standard_normal(500)), low, rows - 0.5)
    shares = coverage(low, high, rows)
    assert shares.shape == (rows, 500)
    assert (shares.astype(int).sum(axis=0) >= 250).all()
    assert not coverage(np.full(5, np.nan), np.full(5, np.nan), rows).any()
