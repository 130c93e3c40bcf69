"""A Job carries a plain function to another thread, and tells how it went."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QObject

from desktop_app.job import Job, JobSlot
from processor import Cancelled

ROOT = Path(__file__).resolve().parent.parent


def endless(progress) -> None:
    """Work until cancelled."""
    while True:
        progress(0.5)
        time.sleep(0.001)


def outcomes(job: Job) -> list[object]:
    """A list that fills with what the job says of its end."""
    heard: list[object] = []
    job.succeeded.connect(heard.append)
    job.failed.connect(heard.append)
    job.cancelled.connect(lambda: heard.append("cancelled"))
    return heard


def test_result_arrives_on_the_thread_that_made_the_job(qtbot):
    where = []
    job = Job(lambda progress: threading.get_ident())
    job.succeeded.connect(lambda worker: where.append((worker, threading.get_ident())))
    with qtbot.waitSignal(job.succeeded):
        job.start()
    job.wait()
    (worker, receiver) = where[0]
    assert receiver == threading.get_ident() != worker


def test_progress_is_passed_on_and_the_last_is_never_left_out(qtbot):
    fractions = []

    def work(progress):
        for step in range(1, 1001):
            progress(step / 1000)

    job = Job(work)
    job.progressed.connect(fractions.append)
    with qtbot.waitSignal(job.succeeded):
        job.start()
    job.wait()
    assert fractions[-1] == 1.0 and fractions == sorted(fractions)
    assert len(fractions) < 1000  # the event loop is not flooded


def test_an_error_is_told_as_it_was_raised(qtbot):
    error = ValueError("strength")

    def work(progress):
        raise error

    job = Job(work)
    with qtbot.waitSignal(job.failed) as told:
        job.start()
    job.wait()
    assert told.args == [error]


def test_cancelling_ends_long_work_at_once_and_lets_it_tidy_up(qtbot):
    tidied = threading.Event()

    def work(progress):
        try:
            endless(progress)
        except Cancelled:
            tidied.set()
            raise

    job = Job(work)
    with qtbot.waitSignal(job.progressed):
        job.start()
    asked = time.monotonic()
    with qtbot.waitSignal(job.cancelled):
        job.cancel()
    job.wait()
    assert tidied.is_set() and time.monotonic() - asked < 0.5


def test_work_that_was_done_before_it_noticed_has_succeeded(qtbot):
    go_on = threading.Event()
    job = Job(lambda progress: go_on.wait())
    heard = outcomes(job)
    job.start()
    job.cancel()
    with qtbot.waitSignal(job.succeeded):
        go_on.set()
    job.wait()
    assert heard == [True]


def test_nothing_is_heard_of_an_abandoned_job(qtbot):
    job = Job(lambda progress: progress(1.0))
    heard = outcomes(job)
    job.progressed.connect(heard.append)
    job.start()
    job.wait()  # done, and its signals are on their way
    job.abandon()
    qtbot.wait(1)
    assert heard == []


def test_a_slot_hears_only_of_the_newest_job(qtbot):
    slot = JobSlot()
    old = slot.start(endless)
    heard = outcomes(old)
    new = slot.start(lambda progress: "new")
    with qtbot.waitSignal(new.succeeded):
        pass
    slot.stop()
    qtbot.wait(1)  # what the old job might have queued would arrive now
    assert heard == [] and not slot.is_busy


def test_stopping_a_slot_waits_for_abandoned_jobs_too(qtbot):
    slot = JobSlot()
    jobs = [slot.start(endless), slot.start(endless)]
    slot.stop()
    assert all(job.isFinished() for job in jobs)


@pytest.mark.parametrize("verb", ["cancel", "abandon", "stop"])
def test_an_idle_slot_has_nothing_to_end(qtbot, verb):
    getattr(JobSlot(), verb)()


def test_a_job_outlives_its_owner_and_is_heard_no_more(qtbot):
    tidied = threading.Event()

    def work(progress):
        try:
            endless(progress)
        finally:
            tidied.set()

    owner = QObject()
    heard = outcomes(JobSlot(owner).start(work))
    qtbot.waitUntil(lambda: len(Job._running) == 1)
    sip.delete(owner)  # with all that is its own, as when a window goes
    qtbot.waitUntil(tidied.is_set)
    qtbot.waitUntil(lambda: not Job._running)
    assert heard == []


def test_what_still_runs_when_the_process_ends_is_waited_for(tmp_path):
    code = f"""
import time
from pathlib import Path
from PyQt6.QtCore import QCoreApplication
from desktop_app.job import JobSlot
application = QCoreApplication([])
def work(progress):
    try:
        while True:
            progress(0.5)
            time.sleep(0.001)
    finally:
        Path({str(tmp_path / "tidied")!r}).touch()
JobSlot(application).start(work)
time.sleep(0.05)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "tidied").exists()


def test_a_job_that_has_ended_goes_away(qtbot):
    slot = JobSlot()
    job = slot.start(lambda progress: None)
    left = weakref.ref(job)
    with qtbot.waitSignal(job.succeeded):
        pass
    del job
    slot.stop()
    qtbot.waitUntil(lambda: not Job._running)
    assert left() is None
