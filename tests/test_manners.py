"""What one expects of a window: it asks before work is lost, and tells of faults with details."""

from __future__ import annotations

import logging
import sys
import threading

import pytest
from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget

from desktop_app import app, logs
from desktop_app.time_left import TimeLeft, left_text
from desktop_app.views.details_dialog import DetailsDialog
from desktop_app.views.help import key_groups


@pytest.fixture
def hooks():
    """Puts Python's hooks for exceptions back afterwards."""
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before


def question(window) -> QMessageBox | None:
    return window.findChild(QMessageBox, "closing")


def test_what_was_set_by_hand_is_not_thrown_away_without_a_question(ready):
    ready.session.set_recipe(strength=0.3)
    ready.close()
    assert ready.isVisible() and "'take 1.wav' was set by hand" in question(ready).informativeText()
    leave = next(each for each in question(ready).buttons() if "Close" in each.text())
    leave.click()
    assert not ready.isVisible()


def test_staying_keeps_everything(ready):
    ready.session.set_recipe(strength=0.3)
    ready.close()
    question(ready).escapeButton().click()
    assert ready.isVisible() and ready.session.recording is not None


def test_nothing_is_asked_where_nothing_would_be_lost(ready):
    ready.close()
    assert not ready.isVisible() and question(ready) is None


def test_an_exported_recording_needs_no_question(ready, tmp_path, qtbot):
    ready.session.set_recipe(strength=0.3)
    with qtbot.waitSignal(ready.session.exporter.succeeded):
        ready.session.export(tmp_path / "dry.wav")
    ready.close()
    assert not ready.isVisible()


def test_a_fault_is_shown_with_details_to_copy(window, hooks, qtbot, caplog):
    app._Unexpected(window)
    try:
        raise ZeroDivisionError("a fault of ours")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    dialog = window.findChild(DetailsDialog)
    assert dialog.isVisible() and "dryspell.log" in dialog.where.text()
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "a fault of ours" in copied and "Dryspell" in copied and "Qt" in copied
    assert "a fault of ours" in caplog.text
    dialog.accept()


def test_a_fault_on_another_thread_is_shown_too(window, hooks, qtbot):
    app._Unexpected(window)

    def fail():
        raise ZeroDivisionError("elsewhere")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: window.findChild(DetailsDialog) is not None)
    assert "elsewhere" in window.findChild(DetailsDialog).details.toPlainText()
    window.findChild(DetailsDialog).accept()


def test_the_log_is_one_menu_entry_away(window, tmp_path, monkeypatch):
    path = tmp_path / "dryspell.log"
    monkeypatch.setattr("desktop_app.dialogs.log_path", lambda: path)
    monkeypatch.setattr("desktop_app.dialogs.last_lines", lambda _: "a line of the log")
    window.dialogs.show_log()
    dialog = window.findChild(DetailsDialog)
    assert "a line of the log" in dialog.details.toPlainText()
    dialog.accept()


def test_the_log_does_not_grow_for_ever(tmp_path, monkeypatch):
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr(logs, "qInstallMessageHandler", lambda handler: None)
    monkeypatch.setattr(logs.faulthandler, "enable", lambda file: file.close())
    monkeypatch.setattr(logs, "LARGEST_BYTES", 10_000)
    try:
        logs.start_logging(tmp_path / "log" / "dryspell.log")
        for number in range(1_000):
            logging.getLogger("test").info("line %d %s", number, "x" * 50)
    finally:
        for handler in set(root.handlers) - set(handlers):
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
    files = list((tmp_path / "log").glob("dryspell.log*"))
    assert len(files) == 1 + logs.OLD_FILES
    assert all(file.stat().st_size <= 10_000 for file in files)
    assert "line 999" in logs.last_lines(tmp_path / "log" / "dryspell.log")


@pytest.mark.parametrize(
    "seconds, text",
    [
        (3, "a few seconds left"),
        (34, "about 30 s left"),
        (70, "about 1 min left"),
        (1790, "about 30 min left"),
        (7_500, "about 2 h 05 min left"),
    ],
)
def test_a_length_of_time_is_said_as_one_says_it(seconds, text):
    assert left_text(seconds) == text


def test_the_time_left_does_not_count_pauses_and_what_was_done_before():
    now = [0.0]
    left = TimeLeft(lambda: now[0])
    left.restart(done=0.5)
    assert left.text(0.5) == ""  # nothing to judge by yet
    now[0] = 100.0
    left.hold()
    now[0] = 9_999.0
    left.go_on()
    assert left.text(0.75) == "about 2 min left" and left.text(1.0) == ""


def test_the_keyboard_reaches_every_control_of_the_batch_page(window, qtbot):
    window.show_batch()
    reached: set[QObject] = set()
    widget: QWidget = window.batch_page.form.source
    widget.setFocus()
    for _ in range(60):
        reached.add(QApplication.focusWidget())
        window.focusNextChild()
    form = window.batch_page.form
    for control in (form.target, form.browse_source, form.recursive, form.format, form.existing):
        assert control in reached, control.accessibleName()


def test_every_control_of_the_batch_page_has_a_name(window):
    window.show_batch()
    form = window.batch_page.form
    for control in (form.source, form.target, form.name, form.format, form.existing, form.workers):
        assert control.accessibleName()


def test_no_key_means_two_things(window):
    keys = [key for _, rows in key_groups(window) for keys, _ in rows for key in keys.split(",  ")]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_the_sheet_of_keys_is_complete(window):
    groups = key_groups(window)
    window.show_keys()
    dialog = QApplication.activeModalWidget()
    shown = {each.text() for each in dialog.findChildren(QLabel)}
    assert len(groups) >= 4
    for _, rows in groups:
        assert {text for row in rows for text in row} <= shown
    dialog.accept()


def test_about_tells_versions_and_licences(window):
    window.show_about()
    dialog = QApplication.activeModalWidget()
    text = "\n".join(each.text() for each in dialog.findChildren(QLabel))
    assert "GNU General Public License" in text and "LGPL" in text and "not installed" not in text
    dialog.accept()
