"""A run of a batch without a page: many files, its end, and real processes."""

from __future__ import annotations

import threading

import pytest
import soundfile
from signals import noise

from desktop_app import batch_run
from desktop_app.batch_items import Item, Status
from desktop_app.batch_run import BatchRun, Phase
from desktop_app.batch_table import FILE, STATE, BatchTable
from processor import Cancelled, FileJob, Recipe
from processor.order import Order

RATE = 16_000


def test_ten_thousand_files_are_no_burden(qtbot, tmp_path):
    run = BatchRun()
    table = BatchTable(run)
    run.take(
        [
            Item(FileJob(tmp_path / f"{n}.wav", tmp_path / f"{n}_dry.wav"), Recipe())
            for n in range(10_000)
        ]
    )
    assert table.rowCount() == 10_000
    told = []
    table.dataChanged.connect(lambda first, last, _: told.append((first.row(), last.row())))
    for row in (3, 9_000):
        run._news.append((run.items[row].job, 0.5))
    run._take_news()
    assert told == [(3, 9_000)] and run.count(Status.RUNNING) == 2
    assert table.index(9_000, STATE).data() == "running, 50 %"
    assert table.index(3, FILE).data() == "3.wav"
    assert run.fraction == pytest.approx(1 / 10_000)


def test_stopping_a_run_waits_for_it(qtbot, monkeypatch, tmp_path):
    ended = threading.Event()

    def endless(jobs, recipe, overwrite, workers, progress, may_begin):
        try:
            while True:
                progress(jobs[0], 0.5)
                threading.Event().wait(0.01)
        except Cancelled:
            ended.set()
            raise
        yield

    monkeypatch.setattr(batch_run, "work_in_processes", endless)
    run = BatchRun()
    run.take([Item(FileJob(tmp_path / "a.wav", tmp_path / "b.wav"), Recipe())])
    run.start()
    qtbot.waitUntil(lambda: run.count(Status.RUNNING) == 1)
    run.stop()
    assert ended.is_set()


def test_a_real_run_in_a_process(qtbot, tmp_path, tiny_model_path):
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    for name in ("a.wav", "b.wav", "below/c.wav"):
        soundfile.write(folder / name, noise(1, RATE).T, RATE)
    run = BatchRun()
    run.plan(
        Order([str(folder)], str(tmp_path / "out"), recursive=True),
        Recipe(model=str(tiny_model_path)),
    )
    qtbot.waitUntil(lambda: run.phase is Phase.PLANNED, timeout=30_000)
    run.start()
    qtbot.waitUntil(lambda: run.phase is Phase.ENDED, timeout=120_000)
    assert run.count(Status.DONE) == 3 and run.fraction == pytest.approx(1.0)
    assert (tmp_path / "out" / "below" / "c.wav").exists()
