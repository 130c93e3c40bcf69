"""A plain function on a thread of its own: the only module that names QThread."""

import atexit
import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, QThread, QTimer, pyqtSignal, pyqtSlot

from processor import Cancelled

log = logging.getLogger(__name__)

Progress = Callable[[float], None]
Work = Callable[[Progress], Any]

# Thirty reports a second look continuous; more would only queue up in the event loop.
REPORT_INTERVAL_S = 1 / 30


def drop_later(thing: object) -> None:
    """Let go of something on another thread, where that may take its time."""

    def drop(held: list[object]) -> None:
        time.sleep(1.0)  # whoever else has it lets go meanwhile
        held.clear()

    threading.Thread(target=drop, args=([thing],), daemon=True).start()


class Job(QThread):
    """Runs `work(progress)` and says on the Qt thread how it went.

    Exactly one of `succeeded`, `failed` and `cancelled` is emitted, and it tells what happened:
    work that ended before it noticed `cancel()` has succeeded. After `abandon()` none is emitted.

    Args:
        work: A function that calls `progress(fraction)` often. Cancelling makes that call raise
            `Cancelled`, so the function cleans up with `try` and `with` as usual.
        asker: Who wants to hear of it; once that is gone, the job is abandoned.

    Nobody owns a job that runs, and it outlives whoever began it: Qt ends the process when the
    object of a running thread is deleted.
    """

    _running: ClassVar[set["Job"]] = set()

    progressed = pyqtSignal(float)
    succeeded = pyqtSignal(object)
    failed = pyqtSignal(object)
    cancelled = pyqtSignal()

    _reported = pyqtSignal(float)
    _ended = pyqtSignal(object, object)

    def __init__(self, work: Work, asker: QObject | None = None) -> None:
        super().__init__()
        self._work = work
        self._asker = None if asker is None else weakref.ref(asker)
        self._cancel_asked = False
        self._is_abandoned = False
        self._last_report = 0.0
        # Both slots belong to this object, which lives on the Qt thread: Qt queues the calls.
        self._reported.connect(self._pass_on_progress)
        self._ended.connect(self._pass_on_outcome)
        self.finished.connect(self._let_go)

    def start(self) -> None:
        """Begin."""
        if not self._running:
            atexit.unregister(Job._stop_all)
            atexit.register(Job._stop_all)
        self._running.add(self)
        super().start()

    @pyqtSlot()
    def _let_go(self) -> None:
        self.wait()
        # Not in this turn of the event loop: an object must not go in the middle of its own slot.
        QTimer.singleShot(0, lambda: self._running.discard(self))

    @staticmethod
    def _stop_all() -> None:
        """Wait for what still runs when the process ends."""
        for job in list(Job._running):
            job.stop()

    def run(self) -> None:
        try:
            result = self._work(self._report)
        except Cancelled as cancelled:
            self._ended.emit(None, cancelled)
        except Exception as error:
            self._ended.emit(None, error)
        else:
            self._ended.emit(result, None)

    def cancel(self) -> None:
        """Ask the work to stop at its next report of progress; returns at once."""
        self._cancel_asked = True

    def abandon(self) -> None:
        """Cancel, and tell nobody of the outcome any more."""
        self._is_abandoned = True
        self.cancel()

    def stop(self) -> None:
        """Abandon it and wait until the work has really ended (and tidied up)."""
        self.abandon()
        self.wait()

    def _report(self, fraction: float) -> None:
        if self._cancel_asked:
            raise Cancelled
        now = time.monotonic()
        if fraction >= 1.0 or now - self._last_report >= REPORT_INTERVAL_S:
            self._last_report = now
            self._reported.emit(float(fraction))

    def _is_heard(self) -> bool:
        """Whether there is still somebody to tell; on the Qt thread only."""
        if self._asker is not None:
            asker = self._asker()
            if asker is None or sip.isdeleted(asker):
                self.abandon()
        return not self._is_abandoned

    @pyqtSlot(float)
    def _pass_on_progress(self, fraction: float) -> None:
        if self._is_heard():
            self.progressed.emit(fraction)

    @pyqtSlot(object, object)
    def _pass_on_outcome(self, result: object, error: Exception | None) -> None:
        if not self._is_heard():
            return
        if isinstance(error, Cancelled):
            self.cancelled.emit()
        elif error is not None:
            log.debug("A job failed", exc_info=error)
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)


class JobSlot(QObject):
    """Runs one Job at a time: a new one takes the place of the old, which is abandoned.

    `stop` waits for all that it has started; a slot that goes without it abandons them.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._alive: set[Job] = set()
        self._current: Job | None = None

    @property
    def is_busy(self) -> bool:
        return self._current is not None and self._current in self._alive

    def start(self, work: Work) -> Job:
        """Abandon what runs and start this; connect to the Job that comes back."""
        self.abandon()
        job = Job(work, self)
        self._alive.add(job)
        job.finished.connect(self._forget_finished)
        self._current = job
        job.start()
        return job

    def cancel(self) -> None:
        """Cancel what runs, if anything does; returns at once."""
        if self.is_busy:
            self._current.cancel()

    def abandon(self) -> None:
        """Cancel what runs, if anything does, and hear no more of it."""
        if self.is_busy:
            self._current.abandon()

    def stop(self) -> None:
        """Abandon what runs and wait until it has tidied up."""
        for job in list(self._alive):
            job.stop()
        self._forget_finished()
        self._current = None

    @pyqtSlot()
    def _forget_finished(self) -> None:
        self._alive.difference_update([job for job in self._alive if job.isFinished()])
