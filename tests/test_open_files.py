"""Several recordings are a list; each is set for itself, and gets its settings back."""

from __future__ import annotations

import pytest
import soundfile
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from signals import noise

from desktop_app.file_list import ENTRY, FileList, FileState
from desktop_app.session import State
from processor import Recipe

RATE = 16_000


@pytest.fixture
def takes(tmp_path):
    """Three recordings of one, two and three seconds."""
    paths = [tmp_path / f"take {number}.wav" for number in (1, 2, 3)]
    for seconds, path in enumerate(paths, 1):
        soundfile.write(path, noise(1, seconds * RATE).T, RATE)
    return paths


@pytest.fixture
def several(window, takes, qtbot):
    """The window with these three, the first of them open."""
    window.open_paths(takes)
    wait_for(qtbot, window, takes[0])
    return window


def wait_for(qtbot, window, path):
    def is_there():
        recording = window.session.recording
        is_ready = window.session.state is State.READY
        return recording is not None and recording.path == path and is_ready

    qtbot.waitUntil(is_there, timeout=30_000)


def test_one_recording_makes_no_list(ready):
    assert not ready.file_list.isVisible() and ready.files.list.rowCount() == 1


def test_several_recordings_are_listed_with_length_and_state(several, qtbot):
    entries = several.files.list.entries
    qtbot.waitUntil(lambda: all(entry.duration_s for entry in entries))
    assert several.file_list.isVisible()
    assert [entry.remark for entry in entries] == [
        "0:01  ·  open",
        "0:02  ·  not looked at",
        "0:03  ·  not looked at",
    ]


def test_the_list_says_the_same_to_a_screen_reader(several, qtbot):
    entries = several.files.list.entries
    qtbot.waitUntil(lambda: all(entry.duration_s for entry in entries))
    index = several.files.list.index(1)
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "take 2.wav, 0:02  ·  not looked at"


def test_each_recording_keeps_its_own_settings(several, takes, qtbot):
    several.session.set_recipe(strength=0.3)
    several.files.step(1)
    wait_for(qtbot, several, takes[1])
    assert several.session.recipe.strength == 1.0
    several.session.set_recipe(mix=0.5)
    several.files.step(-1)
    wait_for(qtbot, several, takes[0])
    recipe = several.session.recipe
    assert (recipe.strength, recipe.mix) == (0.3, 1.0)
    assert several.session.rendering.recipe == recipe


def test_each_recording_has_its_own_steps_to_undo(several, takes, qtbot):
    history = several.session.history
    several.session.set_recipe(strength=0.3)
    several.files.step(1)
    wait_for(qtbot, several, takes[1])
    assert not history.undo_name  # opening another one is no step
    several.session.set_recipe(mix=0.5)
    history.undo()
    several.files.step(-1)
    wait_for(qtbot, several, takes[0])
    assert history.undo_name and not history.redo_name
    history.undo()
    assert several.session.recipe.strength == 1.0
    several.files.step(1)
    wait_for(qtbot, several, takes[1])
    history.redo()
    assert several.session.recipe.mix == 0.5 and several.session.recipe.strength == 1.0


def test_settings_that_were_given_to_all_can_be_taken_back(several, takes, qtbot):
    several.session.set_recipe(strength=0.3)
    several.files.apply_to_all()
    several.files.step(1)
    wait_for(qtbot, several, takes[1])
    assert several.session.history.undo_name == "Settings of 'take 1.wav'"
    several.session.history.undo()
    assert several.session.recipe.strength == 1.0


def test_the_settings_can_be_given_to_all(several, takes, qtbot):
    several.session.set_recipe(strength=0.3)
    several.file_list.apply_to_all.click()
    several.files.step(1)
    wait_for(qtbot, several, takes[1])
    assert several.session.recipe.strength == 0.3


def test_arrow_keys_run_down_the_list_and_open_where_they_rest(several, takes, qtbot):
    rows = several.file_list.rows
    rows.setFocus()
    span_s = several.workspace.time_window.span_s
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert several.files.current.path == takes[0]  # not every file on the way is read
    wait_for(qtbot, several, takes[2])
    assert several.files.list.entries[1].state is FileState.NEW
    assert several.workspace.time_window.span_s != span_s  # another length, and not zoomed
    assert several.workspace.time_window.shows_all


def test_page_keys_go_through_the_list_from_anywhere(several, takes, qtbot):
    qtbot.keyClick(several, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    wait_for(qtbot, several, takes[1])
    qtbot.keyClick(several, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    wait_for(qtbot, several, takes[0])


def test_removing_the_open_one_opens_the_next(several, takes, qtbot):
    rows = several.file_list.rows
    rows.setFocus()
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    wait_for(qtbot, several, takes[1])
    assert takes[0].exists() and several.files.list.rowCount() == 2


def test_removing_all_leads_back_to_the_invitation(several):
    while several.files.current is not None:
        several.files.remove(several.files.current)
    assert several.empty.isVisible() and several.session.state is State.EMPTY
    assert several.session.recording is None and several.windowTitle() == "Dryspell"


def test_removing_another_does_not_disturb_the_open_one(several, takes):
    rendering = several.session.rendering
    several.files.remove(several.files.list.find(takes[2]))
    assert several.session.rendering is rendering and several.session.state is State.READY


def test_a_broken_file_is_marked_and_the_open_one_stays_with_its_settings(
    several, takes, tmp_path, qtbot
):
    takes[1].write_bytes(b"RIFF, but no more than that")
    several.session.set_recipe(strength=0.3)
    several.files.step(1)
    broken = several.files.list.find(takes[1])
    qtbot.waitUntil(lambda: broken.state is FileState.FAILED)
    assert "no audio data" in broken.error
    assert several.files.current.path == takes[0]
    assert several.session.recipe.strength == 0.3
    wait_for(qtbot, several, takes[0])


def test_a_broken_file_alone_does_not_come_into_the_list(ready, tmp_path, qtbot):
    with qtbot.waitSignal(ready.session.noticed):
        ready.open_file(tmp_path / "missing.wav")
    assert ready.files.list.rowCount() == 1 and not ready.file_list.isVisible()


def test_a_failed_file_can_be_tried_again(several, takes, qtbot):
    content = takes[1].read_bytes()
    takes[1].unlink()
    several.files.step(1)
    entry = several.files.list.find(takes[1])
    qtbot.waitUntil(lambda: entry.state is FileState.FAILED)
    takes[1].write_bytes(content)
    several.files.choose(entry)
    wait_for(qtbot, several, takes[1])
    assert entry.state is FileState.OPEN and entry.error == ""


def test_hurrying_through_the_list_ends_at_the_last_one(several, takes, qtbot):
    several.session.set_recipe(strength=0.3)
    for entry in (*several.files.list.entries, several.files.list.entries[1]):
        several.files.choose(entry)
    wait_for(qtbot, several, takes[1])
    strengths = [entry.recipe.strength for entry in several.files.list.entries]
    assert strengths == [0.3, 1.0, 1.0] and several.session.recipe.strength == 1.0


def test_the_same_file_twice_is_one_entry(several, takes, qtbot):
    several.session.set_recipe(strength=0.3)
    several.open_paths([takes[2], takes[0], takes[2]])
    wait_for(qtbot, several, takes[2])
    assert several.files.list.rowCount() == 3
    assert several.files.list.find(takes[0]).recipe.strength == 0.3


def test_what_was_exported_is_marked_until_it_is_changed(several, takes, tmp_path, qtbot):
    entry = several.files.current
    several.session.set_recipe(strength=0.3)
    assert several.files.unsaved == [entry]
    with qtbot.waitSignal(several.session.exporter.succeeded):
        several.session.export(tmp_path / "dry.wav")
    assert entry.state is FileState.EXPORTED and several.files.unsaved == []
    several.session.set_recipe(strength=0.4)
    assert entry.remark.endswith("changed") and several.files.unsaved == [entry]


def test_a_file_that_disappears_while_it_is_open_says_so_on_export(several, takes, tmp_path, qtbot):
    takes[0].unlink()
    with qtbot.waitSignal(several.session.exporter.failed):
        several.session.export(tmp_path / "dry.wav")
    assert "no such file" in several.notice.text.text() and several.workspace.isVisible()


def test_ten_thousand_recordings_are_no_burden(qapp, qtbot, tmp_path):
    files = FileList()
    entries = files.add((tmp_path / f"{number}.wav" for number in range(10_000)), Recipe())
    assert files.rowCount() == 10_000 and files.index(9_999).data(ENTRY) is entries[-1]
    assert files.add([entries[5_000].path], Recipe()) == [entries[5_000]]


def test_the_list_fits_into_the_smallest_window(several):
    several.resize(several.minimumSize())
    QApplication.processEvents()
    workspace = several.workspace
    assert workspace.minimumSizeHint().width() <= workspace.width()
    assert several.width() == several.minimumSize().width()


@pytest.fixture
def broken(tmp_path):
    """A file that looks like a recording until it is opened."""
    path = tmp_path / "broken.wav"
    path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    return path


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_what_cannot_be_opened_hides_no_others(window, takes, broken, qtbot, place):
    window.open_paths([*takes[:place], broken, *takes[place:]])
    wait_for(qtbot, window, takes[0])
    assert window.file_list.isVisible()
    entry = window.files.list.find(broken)
    for expected in takes[1:]:
        if window.files.list.beside(window.files.current, 1) is entry:
            window.files.step(1)  # it is tried and told, and from then on passed over
            qtbot.waitUntil(lambda: entry.state is FileState.FAILED)
        window.files.step(1)
        wait_for(qtbot, window, expected)
    for expected in (takes[1], takes[0]):
        window.files.remove(window.files.current)
        wait_for(qtbot, window, expected)
    assert entry.state is FileState.FAILED and entry.error


def test_where_nothing_can_be_opened_the_list_tells_why(window, broken, tmp_path, qtbot):
    other = tmp_path / "other.wav"
    other.write_bytes(b"nothing")
    window.open_paths([broken, other])
    entries = window.files.list.entries
    qtbot.waitUntil(lambda: all(entry.state is FileState.FAILED for entry in entries))
    assert window.pages.currentWidget() is window.workspace and window.file_list.isVisible()
    assert window.session.recording is None and all(entry.error for entry in entries)
    assert window.workspace.nothing.isVisible() and not window.workspace.treatment.isEnabled()
    window.files.apply_to_all()  # of nothing
    for entry in list(entries):
        window.files.remove(entry)
    assert window.pages.currentWidget() is window.empty


def test_a_list_that_came_back_is_seen_though_nothing_is_open(window, takes):
    window.files.restore(dict.fromkeys(takes, Recipe(strength=0.5)))
    assert window.file_list.isVisible() and window.pages.currentWidget() is window.workspace
