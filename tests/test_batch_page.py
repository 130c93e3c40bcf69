"""The page for many files: planned before it is done, paused, ended, gone on with, reported."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog
from signals import noise

from desktop_app import batch_run
from desktop_app.batch_items import Status
from desktop_app.batch_run import BatchRun, Phase
from desktop_app.batch_table import FILE, LENGTH, STATE
from desktop_app.keeper import Keeper
from desktop_app.recovery import Recovery, Work
from desktop_app.wording import short_path
from processor import AudioFileError, FileJob, FileResult, Recipe
from processor.workers import process_job

RATE = 16_000


class Workers:
    """Stands in for the processes: works in the run's own thread, a file whenever it is let."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.calls: list[tuple[Recipe, list[FileJob]]] = []

    def let(self, files: int) -> None:
        for _ in range(files):
            self.gate.release()

    def __call__(
        self, jobs, recipe, overwrite, workers, progress, may_begin
    ) -> Iterator[FileResult]:
        self.calls.append((recipe, list(jobs)))
        for job in jobs:
            while not may_begin():
                threading.Event().wait(0.01)
            progress(job, 0.5)
            while not self.gate.acquire(timeout=0.01):
                progress(job, 0.5)
            yield process_job(job, recipe, overwrite=overwrite)


@pytest.fixture
def workers(monkeypatch) -> Workers:
    workers = Workers()
    monkeypatch.setattr(batch_run, "work_in_processes", workers)
    return workers


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three recordings, one of them in a folder below, and one that is none."""
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    for name in ("a.wav", "b.wav", "below/c.wav"):
        soundfile.write(folder / name, noise(1, RATE).T, RATE)
    (folder / "broken.wav").write_bytes(b"RIFF, but no more than that")
    return folder


@pytest.fixture
def planned(window, folder, qtbot):
    """The window with the plan for this folder."""
    window.open_paths([folder])
    qtbot.waitUntil(lambda: window.batch.phase is Phase.PLANNED, timeout=30_000)
    return window


def wait_for(qtbot, run: BatchRun, phase: Phase) -> None:
    qtbot.waitUntil(lambda: run.phase is phase, timeout=30_000)


def statuses(run: BatchRun) -> dict[str, str]:
    return {item.job.source.name: item.status.value for item in run.items}


def test_the_plan_is_shown_before_anything_is_done(planned, folder):
    assert set(statuses(planned.batch).values()) == {"waiting"}
    assert planned.batch_page.rows.model().rowCount() == 4
    assert planned.batch_page.summary.text() == "4 of 4 to do"
    assert not folder.with_name("in_dry").exists()


def test_a_typed_folder_proposes_where_the_results_go_and_is_planned(window, folder, qtbot):
    window.show_batch()
    form = window.batch_page.form
    QTest.keyClicks(form.source, str(folder))
    assert not form.target.text()  # while it is typed
    QTest.keyClick(form.source, Qt.Key.Key_Return)
    assert form.target.text() == short_path(folder.with_name("in_dry"))
    wait_for(qtbot, window.batch, Phase.PLANNED)
    form.target.setText(str(folder.with_name("mine")))
    QTest.keyClick(form.source, Qt.Key.Key_Return)
    assert form.target.text() == str(folder.with_name("mine"))


def test_without_the_folders_below_there_is_less_to_do(planned, qtbot):
    planned.batch_page.form.recursive.setChecked(False)
    qtbot.waitUntil(lambda: len(planned.batch.items) == 3, timeout=30_000)


def test_a_bad_file_does_not_stop_the_others_and_can_be_tried_again(
    planned, workers, folder, qtbot
):
    workers.let(9)
    planned.batch_page.start.click()
    wait_for(qtbot, planned.batch, Phase.ENDED)
    assert statuses(planned.batch) == {
        "a.wav": "done",
        "b.wav": "done",
        "broken.wav": "failed",
        "c.wav": "done",
    }
    out = folder.with_name("in_dry")
    assert (out / "below" / "c.wav").exists() and not (out / "broken.wav").exists()
    page = planned.batch_page
    row = page.rows.table.index(2, STATE)
    assert "no audio data" in row.data() and page.retry.isVisible()
    assert "1 failed" in planned.notice.text.text()
    soundfile.write(folder / "broken.wav", noise(1, RATE).T, RATE)
    page.retry.click()
    wait_for(qtbot, planned.batch, Phase.ENDED)
    assert (out / "broken.wav").exists() and not page.retry.isVisible()
    assert len(workers.calls[-1][1]) == 1


def test_the_keyboard_stays_with_the_buttons_of_the_batch(planned, workers, qtbot):
    page = planned.batch_page
    page.start.setFocus()
    page.start.click()
    assert planned.focusWidget() is page.pause
    workers.let(9)
    wait_for(qtbot, planned.batch, Phase.ENDED)
    assert planned.focusWidget() is page.start
    page.start.click()  # nothing can be begun meanwhile
    assert planned.focusWidget() is page


def test_the_keyboard_stays_where_it_still_is_of_use(planned, workers, qtbot):
    page = planned.batch_page
    page.begin()
    page.cancel.setFocus()
    planned.batch.pause()  # by the mouse, which takes no keyboard along
    assert planned.focusWidget() is page.cancel
    planned.batch.go_on()
    workers.let(9)
    wait_for(qtbot, planned.batch, Phase.ENDED)
    page.report.setFocus()
    page.begin()  # hides the button
    assert page.isAncestorOf(planned.focusWidget()) or planned.focusWidget() is page


def test_a_batch_takes_the_keyboard_from_nothing_else(planned, workers, qtbot):
    planned.setFocus()
    planned.batch_page.begin()
    workers.let(9)
    wait_for(qtbot, planned.batch, Phase.ENDED)
    assert planned.focusWidget() in (planned, None)


def test_a_pause_finishes_what_is_begun_and_begins_no_more(planned, workers, folder, qtbot):
    page, run = planned.batch_page, planned.batch
    page.start.click()
    qtbot.waitUntil(lambda: run.count(Status.RUNNING) == 1, timeout=30_000)
    page.pause.click()
    assert "finishing 1" in page.summary.text()
    workers.let(9)
    qtbot.waitUntil(lambda: run.count(Status.DONE) == 1, timeout=30_000)
    qtbot.wait(100)
    assert run.count(Status.DONE) == 1 and run.count(Status.RUNNING) == 0
    assert page.summary.text().endswith("paused") and page.pause.text() == "Go on"
    page.pause.click()
    wait_for(qtbot, run, Phase.ENDED)
    assert run.count(Status.DONE) == 3


def test_cancelling_leaves_only_what_is_whole_and_it_can_be_gone_on_with(
    planned, workers, folder, qtbot
):
    page, run = planned.batch_page, planned.batch
    workers.let(1)
    page.start.click()
    qtbot.waitUntil(lambda: run.count(Status.RUNNING, Status.DONE) == 2, timeout=30_000)
    page.cancel.click()
    wait_for(qtbot, run, Phase.PLANNED)
    out = folder.with_name("in_dry")
    assert [path.name for path in out.glob("*.wav")] == ["a.wav"]
    assert run.count(Status.DONE) == 1 and run.count(Status.WAITING) == 3
    assert page.start.text() == "Resume"
    workers.let(9)
    page.start.click()
    wait_for(qtbot, run, Phase.ENDED)
    assert [job.source.name for job in workers.calls[-1][1]] == ["b.wav", "broken.wav", "c.wav"]


def test_another_plan_for_the_same_folder_takes_what_is_done_as_done(
    planned, workers, folder, qtbot
):
    workers.let(1)
    planned.batch_page.start.click()
    qtbot.waitUntil(lambda: planned.batch.count(Status.DONE) == 1, timeout=30_000)
    planned.batch_page.cancel.click()
    wait_for(qtbot, planned.batch, Phase.PLANNED)
    planned.open_paths([folder])  # as after a restart
    form = planned.batch_page.form
    assert form.resume.isVisible() and form.resume.isChecked()
    qtbot.waitUntil(lambda: planned.batch.count(Status.KEPT) == 1, timeout=30_000)
    assert planned.batch.count(Status.WAITING) == 3
    assert planned.batch_page.summary.text() == "3 of 4 to do"


def test_a_batch_that_was_not_finished_is_offered_at_the_next_start(
    planned, workers, folder, tmp_path, qtbot
):
    keeper = Keeper(planned.files, planned.batch, Recovery(tmp_path / "state"))
    workers.let(1)
    assert keeper.work().order is None  # a plan alone is nothing to come back to
    planned.batch_page.start.click()
    qtbot.waitUntil(lambda: planned.batch.count(Status.DONE) == 1, timeout=30_000)
    planned.batch_page.cancel.click()
    wait_for(qtbot, planned.batch, Phase.PLANNED)
    left = keeper.work()
    planned.batch.clear()
    planned.show_recording()
    planned.session.set_recipe(strength=0.1)  # the batch goes on with its own settings
    planned.come_back(Work(order=left.order, order_recipe=left.order_recipe), None)
    assert planned.batch_page.isVisible() and "Resume" in planned.notice.text.text()
    wait_for(qtbot, planned.batch, Phase.PLANNED)
    assert planned.batch.count(Status.KEPT) == 1 and planned.batch.count(Status.WAITING) == 3
    assert planned.batch_page.start.text() == "Resume"


@pytest.mark.parametrize(
    "policy, todo, skipped", [("skip", 3, 1), ("overwrite", 4, 0), ("number", 4, 0)]
)
def test_what_exists_is_skipped_replaced_or_kept(planned, folder, qtbot, policy, todo, skipped):
    out = folder.with_name("in_dry")
    out.mkdir()
    (out / "a.wav").touch()
    form = planned.batch_page.form
    form.existing.setCurrentIndex(form.existing.findData(policy))
    form.plan()
    wait_for(qtbot, planned.batch, Phase.PLANNED)
    run = planned.batch
    assert (run.count(Status.WAITING), run.count(Status.SKIPPED)) == (todo, skipped)
    assert ("a-2.wav" in {item.job.destination.name for item in run.items}) == (policy == "number")


def test_what_exists_is_asked_about_at_first(planned, folder, qtbot):
    out = folder.with_name("in_dry")
    out.mkdir()
    (out / "a.wav").touch()
    form = planned.batch_page.form
    form.plan()
    qtbot.waitUntil(lambda: "exists already" in form.remark.text(), timeout=30_000)
    assert not planned.batch_page.start.isEnabled()


def test_a_name_that_cannot_be_is_told_while_it_is_typed(planned, qtbot):
    form = planned.batch_page.form
    form.name.setText("{title}.wav")
    qtbot.waitUntil(lambda: "no field {title}" in form.remark.text(), timeout=30_000)


def test_the_report_tells_of_every_file(planned, workers, tmp_path, qtbot, monkeypatch):
    workers.let(9)
    planned.batch_page.start.click()
    wait_for(qtbot, planned.batch, Phase.ENDED)
    path = tmp_path / "report.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    planned.batch_page.report.click()
    lines = path.read_text().splitlines()
    assert len(lines) == 5 and "no audio data" in path.read_text()


def test_a_full_disk_is_a_reason_like_any_other(planned, workers, qtbot, monkeypatch):
    from processor import workers as processes

    def full(*_, **__):
        raise AudioFileError("Cannot write: writing stopped, as on a full disk. Free some space.")

    monkeypatch.setattr(processes, "process_file", full)
    workers.let(9)
    planned.batch_page.start.click()
    wait_for(qtbot, planned.batch, Phase.ENDED)
    assert planned.batch.count(Status.FAILED) == 4
    assert "full disk" in planned.batch_page.rows.table.index(0, STATE).data()


def test_the_batch_is_seen_from_the_other_page_too(planned, workers, take, qtbot):
    planned.batch_page.start.click()
    qtbot.waitUntil(lambda: planned.batch.count(Status.RUNNING) == 1, timeout=30_000)
    assert not planned.batch_bar.isVisible()
    planned.show_recording()
    assert planned.batch_bar.isVisible() and "0 of 4 done" in planned.batch_bar.text.text()
    planned.batch_bar.see.click()
    assert planned.batch_page.isVisible()
    planned.open_paths([take.parent])  # another folder has to wait
    assert "A batch is running" in planned.notice.text.text() and len(planned.batch.items) == 4
    planned.close()
    assert planned.isVisible()  # it asks first
    planned.batch.cancel()
    wait_for(qtbot, planned.batch, Phase.PLANNED)


def test_the_table_says_its_columns_to_a_screen_reader(planned):
    spoken = planned.batch_page.rows.table.index(0, FILE).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "File: a.wav"


def test_lengths_stand_digit_below_digit(planned):
    rows = planned.batch_page.rows.model()
    role, across = Qt.ItemDataRole.TextAlignmentRole, Qt.Orientation.Horizontal
    for column, side in ((FILE, Qt.AlignmentFlag.AlignLeft), (LENGTH, Qt.AlignmentFlag.AlignRight)):
        assert rows.headerData(column, across, role) & side
        assert rows.index(0, column).data(role) & side
