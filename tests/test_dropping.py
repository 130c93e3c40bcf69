"""Files are dropped anywhere onto the window."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QLineEdit
from signals import noise

from desktop_app.batch_run import Phase
from desktop_app.session import State


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drop(target, data: QMimeData) -> bool:
    """Drag this over `target` and let it go; returns whether it was taken."""
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(99, 99), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(target, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(99, 99), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def test_a_file_dropped_on_the_window_is_opened(window, take, qtbot):
    assert drop(window, mime(take))
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.workspace.isVisible() and "take 1.wav" in window.windowTitle()
    assert "24\N{NO-BREAK SPACE}bit" in window.workspace.facts.text()


def test_several_dropped_files_become_a_list_and_the_first_is_opened(window, take, qtbot):
    drop(window, mime(take, take.with_name("other.wav")))
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.session.recording.path == take and window.file_list.isVisible()
    assert [entry.path.name for entry in window.files.list.entries] == ["take 1.wav", "other.wav"]


def test_of_a_folder_among_files_all_recordings_come_into_the_list(window, take, tmp_path, qtbot):
    folder = tmp_path / "a folder"
    (folder / "below").mkdir(parents=True)
    for name in ("b.flac", "notes.txt", "a.WAV", ".hidden.wav", "below/c.ogg"):
        (folder / name).touch()
    drop(window, mime(folder, take))
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    names = [entry.path.name for entry in window.files.list.entries]
    assert names == ["take 1.wav", "a.WAV", "b.flac", "c.ogg"]
    assert window.files.current.path == take


@pytest.mark.parametrize("with_folder", [False, True])
def test_a_model_among_the_dropped_is_used_and_the_rest_is_opened(
    window, take, tiny_model_path, qtbot, tmp_path, with_folder
):
    model = tmp_path / "other.pt"
    model.write_bytes(tiny_model_path.read_bytes())
    folder = tmp_path / "more"
    folder.mkdir()
    soundfile.write(folder / "b.wav", noise(1, 16_000).T, 16_000)
    drop(window, mime(model, take, *([folder] if with_folder else [])))
    qtbot.waitUntil(lambda: window.session.recipe.model == str(model), timeout=30_000)
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.session.recording.path == take


def test_text_is_no_file(window):
    data = QMimeData()
    data.setText("some words")
    assert not drop(window, data)


def test_a_folder_is_offered_as_a_batch(window, take, tmp_path, qtbot):
    drop(window, mime(tmp_path))
    assert window.batch_page.isVisible()
    qtbot.waitUntil(lambda: window.batch.phase is Phase.PLANNED, timeout=30_000)
    assert [item.job.source for item in window.batch.items] == [take]
    target = window.batch_page.form.target.text()
    assert target == str(tmp_path.with_name(f"{tmp_path.name}_dry"))


def test_a_folder_can_be_opened_as_a_list_instead(window, take, tmp_path, qtbot):
    drop(window, mime(tmp_path))
    window.batch_page.form.as_list.click()
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.session.recording.path == take and window.workspace.isVisible()


def test_a_folder_without_recordings_says_so(window, tmp_path, qtbot):
    drop(window, mime(tmp_path))
    remark = window.batch_page.form.remark
    qtbot.waitUntil(lambda: "No recording" in remark.text(), timeout=30_000)
    assert not window.batch_page.start.isEnabled()


def test_the_window_lights_up_while_a_file_hovers_over_it(ready, take):
    data, buttons = mime(take), Qt.MouseButton.LeftButton
    QApplication.sendEvent(
        ready,
        QDragEnterEvent(
            QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, Qt.KeyboardModifier.NoModifier
        ),
    )
    assert ready.drop_target.veil.isVisible()
    QApplication.sendEvent(ready, QDragLeaveEvent())
    assert not ready.drop_target.veil.isVisible()


def test_no_part_of_the_window_swallows_a_file(ready):
    for part in ready.findChildren(QLineEdit):
        assert not part.acceptDrops()
    for lane in ready.workspace.lanes:
        assert not any(pane.acceptDrops() for pane in lane.panes)
