"""The knobs: by slider, wheel, keys, typing and double click; each is one step and is exported."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from desktop_app.session import State
from desktop_app.settings import Settings
from processor import Recipe

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(ready, tmp_path):
    """The treatment panel of a window with a recording, all of it in sight."""
    panel = ready.workspace.treatment
    panel.preset._presets.own = tmp_path / "presets"
    panel.advanced.set_open(True)
    return panel


def settings_of(panel) -> dict:
    """Each knob with the setting that it changes and the value that typing 7 gives."""
    return {
        "strength": (panel.strength, "7", 0.07),
        "mix": (panel.mix, "7", 0.07),
        "gain_db": (panel.gain, "-7.5", -7.5),
        "floor_db": (panel.floor, "-7", -7.0),
    }


@pytest.mark.parametrize("name", ["strength", "mix", "gain_db", "floor_db"])
def test_typing_sets_the_exact_value_and_a_double_click_takes_it_back(ready, panel, qtbot, name):
    knob, text, value = settings_of(panel)[name]
    knob.box.setFocus()
    knob.box.lineEdit().selectAll()
    qtbot.keyClicks(knob.box.lineEdit(), text)
    qtbot.keyClick(knob.box.lineEdit(), Qt.Key.Key_Return)
    assert getattr(ready.session.recipe, name) == pytest.approx(value)
    qtbot.mouseDClick(knob.slider, LEFT)
    assert getattr(ready.session.recipe, name) == getattr(Recipe(), name)


def test_each_band_of_the_focus_has_its_knob(ready, panel):
    for knob, share in zip(panel.focus, (0.25, 0.5, 0.75), strict=True):
        knob.box.setValue(100 * share)
    assert ready.session.recipe.focus == (0.25, 0.5, 0.75)
    assert ready.session.history.undo_name == "Focus high 75 %"


def test_shift_drags_finely_and_a_drag_is_one_step(ready, panel, qtbot):
    slider, recipe = panel.strength.slider, lambda: ready.session.recipe
    panel.strength.box.setValue(50)
    ready.session.history.release()
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mousePress(slider, LEFT, shift, middle)
    assert recipe().strength == 0.5  # a fine drag starts where the slider is
    for x in (10, 30, 50):
        move(slider, middle + QPoint(x, 0), shift)
    fine = recipe().strength
    assert 0.51 <= fine <= 0.55
    QTest.mouseRelease(slider, LEFT, shift, middle)
    QTest.mousePress(slider, LEFT, pos=middle)
    move(slider, middle + QPoint(50, 0))
    assert recipe().strength > 0.6
    QTest.mouseRelease(slider, LEFT, pos=middle)
    ready.session.history.undo()
    assert recipe().strength == fine
    ready.session.history.undo()
    assert recipe().strength == 0.5


def move(slider, to: QPoint, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent

    event = QMouseEvent(QEvent.Type.MouseMove, QPointF(to), QPointF(to), LEFT, LEFT, modifiers)
    QApplication.sendEvent(slider, event)


def test_the_wheel_turns_by_one(ready, panel):
    slider = panel.strength.slider
    for delta in (-120, -60, -60):  # touchpads send parts of a notch
        at = QPointF(5, 5)
        turn = QWheelEvent(
            at,
            slider.mapToGlobal(at),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(slider, turn)
    assert ready.session.recipe.strength == 0.98
    ready.session.history.undo()
    assert ready.session.recipe.strength == 1.0


def test_undo_and_redo_by_key_move_the_knobs_and_name_the_step(ready, panel, qtbot):
    panel.strength.box.setValue(80)
    assert ready.actions_._undo.text() == "&Undo Strength 80 %"
    ready.setFocus()
    qtbot.keyClick(ready, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.strength.slider.value() == 100 and not ready.actions_._undo.isEnabled()
    for key, modifiers in (
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
        (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier),
    ):
        qtbot.keyClick(ready, key, modifiers)
        assert panel.strength.box.value() == 80
        ready.session.history.undo()


def test_every_knob_has_names_for_a_screen_reader(panel):
    for knob in (panel.strength, panel.mix, panel.gain, panel.floor, *panel.focus):
        assert knob.slider.accessibleName() and knob.box.accessibleName()
        assert knob.slider.accessibleDescription()


def test_the_advanced_settings_stay_as_they_were_left(ready, panel):
    assert panel.floor.isVisible()
    assert Settings(ready.settings._store).advanced_open
    panel.advanced.heading.click()
    assert not panel.floor.isVisible()
    assert not Settings(ready.settings._store).advanced_open


def test_a_preset_is_one_step_and_shows_its_name(ready, panel):
    bar = panel.preset
    bar.button.click()
    bar.menu.close()
    next(entry for entry in bar.menu.actions() if entry.text() == "Light room").trigger()
    assert bar.button.text() == "Light room" and panel.floor.box.value() == -18
    assert ready.session.history.undo_name == "Preset Light room"
    panel.strength.box.setValue(61)
    assert bar.button.text() == "Own settings"
    ready.session.history.undo()
    ready.session.history.undo()
    assert ready.session.recipe.strength == 1.0


def test_own_presets_are_saved_renamed_and_deleted(ready, panel):
    bar = panel.preset
    panel.strength.box.setValue(33)
    bar.save("Mine & yours")
    assert bar.current.name == "Mine & yours" and bar.button.text() == "Mine && yours"
    bar.rename(bar.current, "Ours")
    assert bar.button.text() == "Ours"
    bar.delete(bar.current)
    assert bar.current is None
    bar.save("Church")
    assert ready.notice.isVisible() and "comes with Dryspell" in ready.notice.text.text()


def test_the_link_is_set_by_its_box(ready, panel):
    panel.link.click()
    assert ready.session.recipe.link is False and not panel.link.isChecked()


def test_a_gain_is_exported_and_too_much_of_it_is_seen(ready, panel, qtbot, tmp_path):
    panel.mix.box.setValue(0)
    panel.gain.box.setValue(24)
    qtbot.waitUntil(
        lambda: (
            ready.session.state is State.READY
            and ready.session.rendering.recipe == ready.session.recipe
        ),
        timeout=30_000,
    )
    assert "error" in (cell := panel.room.cells["Peak"][1]).property("role")
    assert cell.text().endswith("dB") and not cell.text().startswith("−")
    panel.gain.box.setValue(-6)
    with qtbot.waitSignal(ready.session.exporter.succeeded, timeout=30_000):
        ready.session.export(tmp_path / "out.wav")
    written = soundfile.read(tmp_path / "out.wav", dtype="float32")[0].T
    expected = np.float32(10 ** (-6 / 20)) * ready.session.recording.waveform
    assert np.abs(written - expected).max() <= 2**-23


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("strength", "120", 1.0),
        ("strength", "-5", 0.0),
        ("strength", "66 %", 0.66),
        ("gain_db", "99", 24.0),
        ("gain_db", "-3,5", -3.5),
        ("gain_db", "+2.5 dB", 2.5),
        ("gain_db", "-.5", -0.5),
        ("gain_db", "7 d", 7.0),
        ("floor_db", "20", 0.0),
        ("floor_db", "-999", -60.0),
        ("mix", "", 1.0),
    ],
)
def test_what_is_typed_becomes_the_nearest_that_can_be(ready, panel, qtbot, name, text, value):
    knob = settings_of(panel)[name][0]
    knob.box.setFocus()
    knob.box.lineEdit().selectAll()
    if text:
        qtbot.keyClicks(knob.box.lineEdit(), text)
    else:
        qtbot.keyClick(knob.box.lineEdit(), Qt.Key.Key_Delete)
    qtbot.keyClick(knob.box.lineEdit(), Qt.Key.Key_Return)
    assert getattr(ready.session.recipe, name) == pytest.approx(value)
    shown = knob.box.value() / (100 if name in ("strength", "mix") else 1)
    assert shown == pytest.approx(value) and knob.box.text().endswith(knob.box.suffix())


def test_a_minus_as_it_is_printed_is_read_too(ready, panel):
    panel.gain.box.lineEdit().setText("\u22124 dB")
    panel.gain.box.interpretText()
    assert ready.session.recipe.gain_db == -4.0


def test_letters_are_not_taken(panel, qtbot):
    panel.strength.box.lineEdit().selectAll()
    qtbot.keyClicks(panel.strength.box.lineEdit(), "4x.x2")
    assert panel.strength.box.lineEdit().text().startswith("4.2")


def test_escape_takes_back_what_was_typed(ready, panel, qtbot):
    box = panel.strength.box
    box.setFocus()
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "33")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Escape)
    assert ready.session.recipe.strength == 1.0 and box.text() == "100 %" and not box.hasFocus()
    assert not ready.session.history.undo_name


def test_a_double_click_is_one_step_wherever_the_first_click_went(ready, panel, qtbot):
    knob, history = panel.mix, ready.session.history
    knob.box.setValue(74)
    place = QPoint(knob.slider.width() // 5, knob.slider.height() // 2)
    qtbot.mouseClick(knob.slider, LEFT, pos=place)
    assert ready.session.recipe.mix < 0.4
    qtbot.mouseDClick(knob.slider, LEFT, pos=place)
    assert ready.session.recipe.mix == 1.0
    history.undo()
    assert ready.session.recipe.mix == 0.74
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    knob.box.setValue(50)  # a step of its own
    history.undo()
    assert ready.session.recipe.mix == 0.74


def test_on_the_batch_page_nothing_is_done_to_the_recording(ready, panel, qtbot):
    panel.strength.box.setValue(50)
    ready.show_batch()
    for key, modifier in (
        (Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_3, Qt.KeyboardModifier.NoModifier),
    ):
        qtbot.keyClick(ready, key, modifier)
    assert ready.session.recording is not None and ready.session.recipe.strength == 0.5
    assert ready.session.monitor.value == "after"
    ready.show_recording()
    qtbot.keyClick(ready, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ready.session.recipe.strength == 1.0
