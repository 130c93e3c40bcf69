"""The window is driven as a user drives it: dropping, clicking, typing, pressing keys."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QSettings, Qt
from PyQt6.QtGui import QAction, QWheelEvent
from PyQt6.QtWidgets import QAbstractButton, QApplication
from signals import noise

from desktop_app.playback import Monitor
from desktop_app.session import Session, State
from desktop_app.settings import Settings

RATE = 16_000


def test_at_first_there_is_an_invitation(window):
    assert window.empty.isVisible() and not window.workspace.isVisible()
    assert window.empty.open.isVisible() and not window.notice.isVisible()


def test_a_sample_is_one_click_away(window, qtbot):
    window.session.set_recipe(model=None)
    sample = window.samples[0]
    button = next(
        button
        for button in window.empty.findChildren(QAbstractButton)
        if sample.name in button.toolTip()
    )
    button.click()
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.session.recording.path.name == sample.name


def test_opened_files_are_offered_again(ready, qtbot, tmp_path, take):
    assert ready.settings.recent_files == [take.resolve()]
    ready.empty.show_recent(ready.settings.recent_files)
    assert ready.empty.recent_files == [take.resolve()]
    take.unlink()
    assert ready.settings.recent_files == []


@pytest.mark.parametrize(
    "name", ["a & b.wav", "<b>bold<i>.wav", "two\nlines.wav", "W" * 200 + ".wav"], ids=repr
)
def test_any_name_is_shown_as_it_is_and_fits(window, tmp_path, qtbot, name):
    path = tmp_path / name
    soundfile.write(path, noise(1, RATE).T, RATE)
    window.open_file(path)
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    shown = window.workspace.file_name
    assert shown.text() == name.replace("\n", " ") and shown.minimumSizeHint().width() < 200
    assert name in as_text(shown.toolTip())
    window.empty.show_recent([path])
    window.actions_._recent.aboutToShow.emit()
    entries = [
        *(each.text() for each in window.empty.findChildren(QAbstractButton)),
        *(each.text() for each in window.actions_._recent.actions()),
    ]
    if len(name) < 20:
        assert entries.count(name.replace("&", "&&").replace("\n", " ")) == 2
    assert all(len(text) < 100 for text in entries)


def as_text(tooltip: str) -> str:
    """What Qt shows of a tooltip."""
    assert Qt.mightBeRichText(tooltip)
    return unescape(tooltip.removeprefix("<span>").removesuffix("</span>"))


def test_looking_at_the_recent_files_leaves_nothing_behind(ready, qtbot):
    menu = ready.actions_._recent
    menu.aboutToShow.emit()
    before = len(ready.findChildren(QAction))
    for _ in range(5):
        menu.aboutToShow.emit()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(ready.findChildren(QAction)) == before


def test_an_error_is_shown_until_it_is_closed(window, tmp_path, qtbot):
    with qtbot.waitSignal(window.session.noticed):
        window.open_file(tmp_path / "missing.wav")
    assert window.notice.isVisible() and "missing.wav" in window.notice.text.text()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.notice.isVisible()


def test_space_plays_and_pauses(ready, qtbot):
    qtbot.keyClick(ready, Qt.Key.Key_Space)
    assert ready.session.player.is_playing
    assert ready.workspace.transport.play.accessibleName() == "Pause"
    qtbot.keyClick(ready, Qt.Key.Key_Space)
    assert not ready.session.player.is_playing


def test_space_plays_even_while_a_number_is_typed(ready, qtbot):
    box = ready.workspace.treatment.strength.box
    box.setFocus()
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Space)
    assert ready.session.player.is_playing


@pytest.mark.parametrize(
    "key, expected_s",
    [
        (Qt.Key.Key_Right, 5.0),
        (Qt.Key.Key_Left, 3.0),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 10.0),
    ],
)
def test_keys_seek(ready, qtbot, key, expected_s):
    ready.session.player.seek(4.0)
    qtbot.keyClick(ready, key)
    assert ready.session.player.position_s == pytest.approx(expected_s)


def test_keys_choose_what_is_heard(ready, qtbot):
    for key, monitor in (
        (Qt.Key.Key_1, Monitor.BEFORE),
        (Qt.Key.Key_3, Monitor.REMOVED),
        (Qt.Key.Key_2, Monitor.AFTER),
        (Qt.Key.Key_B, Monitor.BEFORE),
        (Qt.Key.Key_B, Monitor.AFTER),
    ):
        qtbot.keyClick(ready, key)
        assert ready.session.monitor is monitor
        assert ready.workspace.transport.monitor.buttons[monitor].isChecked()


def test_a_click_in_a_pane_seeks_there(ready, qtbot):
    pane = ready.workspace.before.spectrogram
    view = pane.getViewBox()
    middle = pane.mapFromScene(view.mapToScene(view.width() / 2, 5.0))
    qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert ready.session.player.position_s == pytest.approx(5.0, abs=0.02)
    for lane in ready.workspace.lanes:
        for each in lane.panes:
            assert each.playhead.value() == pytest.approx(5.0, abs=0.02)


def test_the_wheel_zooms_all_panes_alike_around_the_pointer(ready, qtbot):
    pane = ready.workspace.after.waveform
    window = ready.workspace.time_window
    at = QPointF(pane.width() * 0.75, 20)
    under_pointer = pane.time_at(at.x())
    turn = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        QPoint(0, 360),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane.viewport(), turn)
    assert window.span_s == pytest.approx(10 * 0.8**3)
    assert pane.time_at(at.x()) == pytest.approx(under_pointer, abs=0.01)

    def ranges():
        return {
            tuple(np.round(each.getViewBox().viewRange()[0], 6))
            for lane in ready.workspace.lanes
            for each in lane.panes
            if each.isVisible()
        }

    qtbot.waitUntil(lambda: ranges() == {tuple(np.round((window.start_s, window.end_s), 6))})


def test_the_slider_and_its_number_agree_with_the_recipe(ready, qtbot):
    strength = ready.workspace.treatment.strength
    strength.box.lineEdit().selectAll()
    qtbot.keyClicks(strength.box.lineEdit(), "37")
    qtbot.keyClick(strength.box.lineEdit(), Qt.Key.Key_Return)
    assert strength.slider.value() == 37 and ready.session.recipe.strength == 0.37
    strength.slider.setValue(80)
    assert strength.box.value() == 80 and ready.session.recipe.strength == 0.8


def test_a_double_click_resets(ready, qtbot):
    mix = ready.workspace.treatment.mix
    mix.box.setValue(20)
    qtbot.mouseDClick(mix.slider, Qt.MouseButton.LeftButton)
    assert ready.session.recipe.mix == 1.0 and mix.box.value() == 100


def test_arrow_keys_on_a_slider_move_it_and_do_not_seek(ready, qtbot):
    slider = ready.workspace.treatment.strength.slider
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert slider.value() == 99 and ready.session.player.position_s == 0.0


def test_without_a_sound_device_play_is_off_and_says_why(window, take, qtbot):
    window.session.player._multimedia.devices.clear()
    window.session.player._devices.audioOutputsChanged.emit()
    window.open_file(take)
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    transport = window.workspace.transport
    assert not transport.play.isEnabled() and transport.no_sound.isVisible()
    assert "No sound device" in transport.no_sound.text()
    assert "No sound device" in transport.play.toolTip()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not window.session.player.is_playing


def test_in_the_smallest_window_nothing_is_cut_off(ready):
    ready.session.player._multimedia.devices.clear()
    ready.session.player._devices.audioOutputsChanged.emit()
    ready.resize(ready.minimumSize())
    QApplication.processEvents()
    for part in (ready.workspace.transport, ready.workspace.treatment, ready.workspace):
        hint = part.minimumSizeHint()
        assert hint.width() <= part.width() and hint.height() <= part.height(), part
    reason = ready.workspace.transport.no_sound
    room = QRect(0, 0, reason.width(), 1000)
    lines = reason.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, reason.text())
    assert lines.width() <= reason.width() and lines.height() <= reason.height()


def test_a_failed_rendering_is_said_in_its_lane_and_can_be_tried_again(ready, qtbot, tmp_path):
    model = ready.session.recipe.model
    ready.session.set_recipe(model=str(tmp_path / "missing.pt"))
    qtbot.waitUntil(lambda: ready.session.state is State.UNTREATED)
    lane = ready.workspace.after
    assert lane.retry.isVisible() and not ready.workspace.treatment.export.isEnabled()
    (tmp_path / "missing.pt").write_bytes(Path(model).read_bytes())
    lane.retry.click()
    qtbot.waitUntil(lambda: ready.session.state is State.READY, timeout=30_000)
    assert not lane.retry.isVisible()


def test_closing_while_rendering_is_quick_and_clean(window, tmp_path, qtbot):
    path = tmp_path / "long.wav"
    soundfile.write(path, noise(1, 120 * RATE).T, RATE)
    window.open_file(path)
    qtbot.waitUntil(lambda: window.session.state is State.RENDERING)
    window.close()
    assert not window.isVisible() and not window.session._work.is_busy


def test_the_theme_can_be_switched_and_is_remembered(ready):
    ready.choose_theme("light")
    assert ready.appearance.theme.name == "light" and ready.settings.theme == "light"
    ready.choose_theme("dark")
    assert ready.appearance.theme.name == "dark"


def test_every_control_has_a_name_for_a_screen_reader(ready):
    for button in ready.findChildren(QAbstractButton):
        if button.objectName().startswith("qt_"):
            continue  # Qt's own
        assert button.text() or button.accessibleName(), button
    treatment = ready.workspace.treatment
    for control in (treatment.strength.slider, treatment.mix.box, ready.workspace.overview):
        assert control.accessibleName()


def test_the_help_opens_and_closes(ready, qtbot):
    for show, title in (
        (ready.show_keys, "Keys and mouse"),
        (ready.show_about, "About Dryspell"),
    ):
        show()
        dialog = QApplication.activeModalWidget()
        assert dialog.windowTitle() == title
        dialog.accept()


def test_a_session_outlives_no_window(open_window, tmp_path):
    """A window of an empty session closes without anything to wait for."""
    store = QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat)
    window = open_window(Session(), Settings(store))
    window.close()
    assert Settings(store).geometry is not None


def test_what_a_file_is_gives_way_to_its_name_fact_by_fact(ready):
    label, whole = ready.workspace.facts, ready.workspace.facts.text()
    label.resize(label.fontMetrics().horizontalAdvance(whole), label.height())
    assert label.shown == whole
    seen = set()
    for width in range(label.width(), 0, -1):
        label.resize(width, label.height())
        assert whole.startswith(label.shown) and not label.shown.endswith("\N{MIDDLE DOT}")
        seen.add(label.shown)
    assert len(seen) == 5 and label.shown == "0:10.0"


def test_in_the_smallest_window_beside_a_list_a_usual_name_is_whole(ready, take):
    ready.open_paths([take, take.with_name("other.wav")])
    ready.resize(ready.minimumSize())
    QApplication.processEvents()
    name = ready.workspace.file_name
    assert name.width() >= name.sizeHint().width()


def test_the_export_button_ends_where_the_knobs_end(ready):
    panel = ready.workspace.treatment
    ends = [
        part.mapTo(panel, part.rect().topRight()).x()
        for part in (panel.export, panel.preset, panel.strength)
    ]
    assert len(set(ends)) == 1
