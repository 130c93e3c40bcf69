"""Files are dropped anywhere onto the window."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QLineEdit

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


def test_of_several_dropped_files_the_first_is_opened_and_the_rest_is_told(window, take, qtbot):
    with qtbot.waitSignal(window.session.noticed):
        drop(window, mime(take, take.with_name("other.wav")))
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert "'take 1.wav', one of 2" in window.notice.text.text()


def test_a_folder_among_the_dropped_is_passed_over(window, take, tmp_path, qtbot):
    (tmp_path / "a folder").mkdir()
    drop(window, mime(tmp_path / "a folder", tmp_path / "missing.wav", take))
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.session.recording.path == take and "of 3" in window.notice.text.text()


def test_text_is_no_file(window):
    data = QMimeData()
    data.setText("some words")
    assert not drop(window, data)


def test_a_folder_is_refused_with_a_sentence(window, tmp_path, qtbot):
    with qtbot.waitSignal(window.session.noticed):
        drop(window, mime(tmp_path))
    assert "folder" in window.notice.text.text() and window.empty.isVisible()


def test_the_window_lights_up_while_a_file_hovers_over_it(ready, take):
    data, buttons = mime(take), Qt.MouseButton.LeftButton
    QApplication.sendEvent(
        ready,
        QDragEnterEvent(
            QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, Qt.KeyboardModifier.NoModifier
        ),
    )
    assert ready._veil.isVisible()
    QApplication.sendEvent(ready, QDragLeaveEvent())
    assert not ready._veil.isVisible()


def test_no_part_of_the_window_swallows_a_file(ready):
    for part in ready.findChildren(QLineEdit):
        assert not part.acceptDrops()
    for lane in ready.workspace.lanes:
        assert not any(pane.acceptDrops() for pane in lane.panes)
