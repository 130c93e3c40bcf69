"""Exporting as a user sees it: the progress, the result, the whole list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import soundfile
from PyQt6.QtCore import Qt
from test_export_dialog import ask, choose, made_by

from desktop_app import batch_run, exporter
from desktop_app.batch_run import Phase
from desktop_app.file_list import FileState
from desktop_app.views.export_dialog import ExportDialog
from processor import process_job
from processor.delivery import Delivery


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


def test_the_form_that_was_chosen_is_the_form_that_comes(ready, qtbot, tmp_path, monkeypatch):
    def answer(dialog):
        choose(dialog.fields.format, ".aiff")
        choose(dialog.fields.depth, "PCM_16")
        choose(dialog.fields.rate, "48000")
        return ExportDialog.DialogCode.Accepted

    monkeypatch.setattr(ExportDialog, "exec", answer)
    with qtbot.waitSignal(ready.session.exporter.succeeded):
        ready.dialogs.ask_for_export()
    info = soundfile.info(tmp_path / "take 1_dry.aiff")
    assert (info.format, info.subtype, info.samplerate) == ("AIFF", "PCM_16", 48_000)
    assert info.frames == 3 * ready.session.recording.info.frames
    habit = ready.settings.export_wish
    assert habit.delivery == Delivery("PCM_16", 48_000) and habit.suffix == ".aiff"
    again = ask(qtbot, ready.files.current, wish=habit)
    assert again.wish == replace(habit, template="take 1_dry.aiff")


def test_a_failed_export_marks_its_recording_until_it_succeeds(ready, qtbot, tmp_path):
    entry = ready.files.current
    (tmp_path / "in the way").touch()
    ready.session.set_recipe(strength=0.5)
    with qtbot.waitSignal(ready.session.exporter.failed):
        ready.session.export(tmp_path / "in the way" / "dry.wav")
    assert entry.state is FileState.NOT_EXPORTED and "in the way" in entry.error
    assert entry.is_unsaved  # it can be worked on all the same
    with qtbot.waitSignal(ready.session.exporter.succeeded):
        ready.session.export(tmp_path / "dry.wav")
    assert entry.state is FileState.EXPORTED and not entry.error


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
def several(window, two_takes):
    """The window with these in its list, set differently."""
    window.open_paths([entry.path for entry in two_takes])
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
    monkeypatch.setattr(ExportDialog, "exec", lambda _: ExportDialog.DialogCode.Accepted)
    several.dialogs.ask_for_export_of_all()
    qtbot.waitUntil(lambda: several.batch.phase is Phase.ENDED, timeout=30_000)
    assert sorted(runs) == [(0.0, ["2.wav"]), (1.0, ["1.wav"])]
    assert (tmp_path / "1_dry.wav").exists() and (tmp_path / "2_dry.wav").exists()
    states = {entry.state for entry in several.files.list.entries}
    assert states == {FileState.EXPORTED} and several.files.unsaved == []
    original, untouched = tmp_path / "2.wav", tmp_path / "2_dry.wav"
    assert (soundfile.read(original)[0] == soundfile.read(untouched)[0]).all()


def test_what_cannot_be_opened_is_not_exported(several, tmp_path, qtbot, monkeypatch):
    (tmp_path / "notes.txt").write_text("words")
    several.open_paths([tmp_path / "notes.txt", tmp_path / "1.wav"])
    entry = several.files.list.find(tmp_path / "notes.txt")
    qtbot.waitUntil(lambda: entry.state is FileState.FAILED)
    shown = []
    monkeypatch.setattr(ExportDialog, "exec", lambda dialog: shown.append(dialog._entries))
    several.dialogs.ask_for_export_of_all()
    assert len(shown[0]) == 2 and entry not in shown[0]
    assert made_by(ask(qtbot, *shown[0]))  # and with it in, nothing breaks either
    assert "notes.txt'" in ask(qtbot, *several.files.list.entries).remark.text()
