"""Exporting as a user sees it: the dialog, the progress, the result."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PyQt6.QtCore import Qt

from desktop_app import exporter
from desktop_app.exporter import room_beside, suggested_destination
from desktop_app.views.export_dialog import ExportDialog


def test_exporting_shows_progress_and_then_the_result(ready, qtbot, tmp_path):
    with qtbot.waitSignal(ready.session.exporter.succeeded):
        ready.session.export(tmp_path / "dry.wav")
        assert ready.export_bar.isVisible() and "dry.wav" in ready.export_bar.text.text()
        assert not ready.workspace.treatment.export.isEnabled()
    assert ready.notice.show_folder.isVisible() and not ready.export_bar.isVisible()
    assert ready.workspace.treatment.export.isEnabled()


def test_the_cancel_button_ends_an_export_without_a_file(ready, qtbot, tmp_path):
    ready.session.export(tmp_path / "dry.wav")
    ready.export_bar.cancel.click()
    qtbot.waitUntil(lambda: not ready.session.exporter.is_busy)
    assert not (tmp_path / "dry.wav").exists() and not ready.notice.isVisible()


def test_an_error_meanwhile_hides_neither_the_progress_nor_cancel(ready, qtbot, tmp_path):
    with hold_process_file() as go_on:
        ready.session.export(tmp_path / "dry.wav")
        with qtbot.waitSignal(ready.session.noticed):
            ready.open_file(tmp_path / "missing.wav")
        assert ready.notice.isVisible() and ready.export_bar.cancel.isVisible()
        qtbot.keyClick(ready, Qt.Key.Key_Escape)
        assert not ready.notice.isVisible() and ready.export_bar.isVisible()
        ready.export_bar.cancel.click()
        go_on.set()
        qtbot.waitUntil(lambda: not ready.session.exporter.is_busy)
    assert not ready.export_bar.isVisible() and not (tmp_path / "dry.wav").exists()


@contextmanager
def hold_process_file() -> Iterator[threading.Event]:
    """Makes an export wait for the event before it begins."""
    go_on, process_file = threading.Event(), exporter.process_file

    def wait_and_process(*arguments, **options):
        go_on.wait(10)
        return process_file(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporter, "process_file", wait_and_process)
        yield go_on
        go_on.set()


def test_the_export_dialog_knows_what_cannot_be(ready, qtbot, take, tmp_path):
    dialog = ExportDialog(ready.session.recording.info, False, ready)
    qtbot.addWidget(dialog)
    assert dialog.destination == tmp_path / "take 1_dry.wav" and dialog.export.isEnabled()
    for name in (str(take), "", str(tmp_path), str(tmp_path / "nowhere" / "dry.wav")):
        dialog.name.setText(name)
        assert not dialog.export.isEnabled() and dialog.remark.text().strip()
    dialog.name.setText(str(tmp_path / "there.wav"))
    (tmp_path / "there.wav").touch()
    dialog.with_removed.setChecked(True)
    assert dialog.export.isEnabled() and "there.wav" in dialog.remark.text()
    assert dialog.removed_to == tmp_path / "there_room.wav"


@pytest.mark.parametrize(
    "typed, said",
    [
        ("~nobody/take_dry.wav", "no folder"),
        ("x" * 300 + ".wav", "too long"),
        ("x" * 300 + "/take_dry.wav", "no folder"),
        ("take_dry.mp3", "'.mp3' is not one of wav"),
        ("take_dry", "without an ending"),
        ("take.wav/take_dry.wav", "no folder"),
    ],
    ids=lambda text: text[:12],
)
def test_the_export_dialog_says_at_once_what_will_not_do(ready, qtbot, typed, said):
    dialog = ExportDialog(ready.session.recording.info, False, ready)
    qtbot.addWidget(dialog)
    dialog.name.setText(typed)
    assert said in dialog.remark.text() and not dialog.export.isEnabled()


def test_a_bare_name_means_beside_the_source(ready, qtbot, tmp_path):
    dialog = ExportDialog(ready.session.recording.info, True, ready)
    qtbot.addWidget(dialog)
    dialog.name.setText("this & that_dry.wav")
    assert dialog.destination == tmp_path / "this & that_dry.wav" and dialog.export.isEnabled()
    assert "'this && that_room.wav'" in dialog.with_removed.text()  # shown with a single &


def test_the_removed_part_is_in_nobodys_way_while_it_is_not_wanted(ready, qtbot, take):
    source = take.rename(take.with_name("take 1_room.wav"))
    dialog = ExportDialog(replace(ready.session.recording.info, path=source), False, ready)
    qtbot.addWidget(dialog)
    dialog.name.setText("take 1_dry.wav")
    assert dialog.export.isEnabled()
    dialog.with_removed.setChecked(True)
    assert "overwrite the source" in dialog.remark.text()


def test_the_suggested_names_lie_beside_the_source(tmp_path):
    destination = suggested_destination(tmp_path / "take 3.flac")
    assert destination == tmp_path / "take 3_dry.flac"
    assert room_beside(destination) == tmp_path / "take 3_room.flac"
    assert room_beside(tmp_path / "mine.wav") == tmp_path / "mine_room.wav"
