"""Exporting as a user sees it: the dialog, the progress, the result."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import soundfile
from PyQt6.QtCore import Qt
from signals import noise

from desktop_app import batch_run, exporter
from desktop_app.batch_run import Phase
from desktop_app.export_plan import ExportWish
from desktop_app.exporter import room_beside, suggested_destination
from desktop_app.file_list import FileState
from desktop_app.views.export_all_dialog import ExportAllDialog
from desktop_app.views.export_dialog import ExportDialog
from processor import process_job


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
        ("take_dry.m4a", "'.m4a' is not one of wav"),
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
    assert room_beside(tmp_path / "take 3_dry-2.wav") == tmp_path / "take 3_room-2.wav"
    assert suggested_destination(tmp_path / "call.m4a").name == "call_dry.flac"


def test_both_can_be_kept(ready, qtbot, tmp_path):
    dialog = ExportDialog(ready.session.recording.info, True, ready)
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.keep_both.isVisible()
    for name in ("take 1_dry.wav", "take 1_dry-2.wav", "take 1_room-3.wav"):
        (tmp_path / name).touch()
    dialog.name.setText("take 1_dry.wav")
    assert dialog.keep_both.isVisible() and dialog.export.text() == "Replace"
    dialog.keep_both.click()
    assert dialog.destination == tmp_path / "take 1_dry-4.wav"
    assert dialog.removed_to == tmp_path / "take 1_room-4.wav"
    assert dialog.export.text() == "Export" and not dialog.keep_both.isVisible()


def test_the_format_and_the_name_agree(ready, qtbot, tmp_path):
    dialog = ExportDialog(ready.session.recording.info, False, ready)
    qtbot.addWidget(dialog)
    assert dialog.format.currentText() == "As the recording"
    dialog.format.setCurrentIndex(dialog.format.findText("FLAC"))
    dialog.format.activated.emit(dialog.format.currentIndex())
    assert dialog.destination == tmp_path / "take 1_dry.flac"
    dialog.name.setText("take 1_dry.ogg")
    assert dialog.format.currentText() == "Ogg Vorbis"
    dialog.name.setText("take 1_dry.wav")
    assert dialog.format.currentText() == "As the recording"


def test_a_full_disk_is_told_and_leaves_nothing(ready, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(
        soundfile.SoundFile, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space"))
    )
    with qtbot.waitSignal(ready.session.exporter.failed):
        ready.session.export(tmp_path / "dry.wav", tmp_path / "room.wav")
    assert "full disk" in ready.notice.text.text()
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".wav", ".part")] == [
        "take 1.wav"
    ]


@pytest.fixture
def several(window, tmp_path, qtbot):
    """The window with two recordings in its list, set differently."""
    for number in (1, 2):
        soundfile.write(tmp_path / f"{number}.wav", noise(1, 16_000).T, 16_000)
    window.open_paths([tmp_path / "1.wav", tmp_path / "2.wav"])
    window.files.list.entries[1].recipe = replace(window.session.recipe, strength=0.0)
    return window


def test_the_whole_list_is_exported_each_with_its_own_settings(
    several, tmp_path, qtbot, monkeypatch
):
    runs = []

    def work(jobs, recipe, overwrite, workers, progress, may_begin):
        runs.append((recipe.strength, [job.source.name for job in jobs]))
        for job in jobs:
            yield process_job(job, recipe, overwrite=overwrite)

    monkeypatch.setattr(batch_run, "work_in_processes", work)
    monkeypatch.setattr(ExportAllDialog, "exec", lambda _: ExportAllDialog.DialogCode.Accepted)
    several.dialogs.ask_for_export_of_all()
    qtbot.waitUntil(lambda: several.batch.phase is Phase.ENDED, timeout=30_000)
    assert sorted(runs) == [(0.0, ["2.wav"]), (1.0, ["1.wav"])]
    assert (tmp_path / "1_dry.wav").exists() and (tmp_path / "2_dry.wav").exists()
    states = {entry.state for entry in several.files.list.entries}
    assert states == {FileState.EXPORTED} and several.files.unsaved == []
    original, untouched = tmp_path / "2.wav", tmp_path / "2_dry.wav"
    assert (soundfile.read(original)[0] == soundfile.read(untouched)[0]).all()


def test_the_dialog_for_all_shows_what_would_come_of_it(several, tmp_path, qtbot):
    dialog = ExportAllDialog(several.files.list.entries, ExportWish(), several)
    qtbot.addWidget(dialog)
    assert "'1_dry.wav'" in dialog.remark.text() and dialog.export.isEnabled()
    (tmp_path / "2_dry.wav").touch()
    dialog.template.setText("{stem}_dry{suffix} ")
    dialog.template.setText("{stem}_dry{suffix}")
    assert "1 of the files exist already: you will be asked" in dialog.remark.text()
    dialog.existing.setCurrentIndex(dialog.existing.findData("number"))
    assert {item.job.destination.name for item in dialog.items()} == {"1_dry.wav", "2_dry-2.wav"}
    dialog.existing.setCurrentIndex(dialog.existing.findData("skip"))
    assert {item.job.destination.name for item in dialog.items()} == {"1_dry.wav"}
    dialog.format.setCurrentIndex(dialog.format.findText("FLAC"))
    assert "'1_dry.flac'" in dialog.remark.text()


@pytest.mark.parametrize(
    "template, said",
    [("same{suffix}", "twice"), ("{stem}{suffix}", "source"), ("{no}", "no field {no}")],
)
def test_the_dialog_for_all_refuses_what_cannot_be(several, qtbot, template, said):
    dialog = ExportAllDialog(several.files.list.entries, ExportWish(suffix=".wav"), several)
    qtbot.addWidget(dialog)
    dialog.template.setText(template)
    assert said in dialog.remark.text() and not dialog.export.isEnabled()


def test_the_way_of_exporting_all_is_remembered(several):
    wish = ExportWish(None, "{stem} dry{suffix}", ".flac", True, "number")
    several.settings.export_wish = wish
    assert several.settings.export_wish == wish
