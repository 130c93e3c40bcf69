"""Writes down what the window holds whenever it has changed, and brings it back after a crash."""

from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer

from .batch_items import Status
from .batch_run import BatchRun
from .open_files import OpenFiles
from .recovery import Recovery, Work
from .session import State

# A slider that is being dragged is written down once.
SETTLE_MS = 500
MOST_ATTEMPTS = 2


class Keeper(QObject):
    """Keeps the work of one window.

    Args:
        files: The list.
        batch: The batch.
        recovery: Where it is written.
    """

    def __init__(self, files: OpenFiles, batch: BatchRun, recovery: Recovery) -> None:
        super().__init__(files)
        self._files, self._batch, self._recovery = files, batch, recovery
        self._attempts = 0
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.write)
        files.changed.connect(self._settle.start)
        batch.phase_changed.connect(self._settle.start)
        files.session.state_changed.connect(self._note_success)

    def write(self) -> None:
        """Write it down now."""
        self._settle.stop()
        self._recovery.write(self.work())

    def end(self) -> None:
        """The window is closed as it should be: only a batch that is not finished is kept."""
        self._settle.stop()
        work = self.work()
        self._recovery.end(Work(order=work.order, order_recipe=work.order_recipe))

    def work(self) -> Work:
        """What there is to come back to."""
        files, batch = self._files, self._batch
        is_unfinished = batch.order is not None and self._has_begun() and self._is_left()
        work = Work(
            {entry.path: entry.recipe for entry in files.list.entries},
            None if files.current is None else files.current.path,
            [entry.path for entry in files.unsaved],
            attempts=self._attempts,
        )
        if is_unfinished:
            work.order = replace(batch.order, resume=True)
            work.order_recipe = batch.items[0].recipe
        return work

    def bring_back(self, work: Work) -> Path | None:
        """Put files into the list as they were; returns which of them is to be opened.

        One that was open at every crash is not opened again by itself.
        """
        self._files.restore(work.recipes, work.unsaved)
        self._attempts = work.attempts + 1
        self.write()
        wanted = work.current if work.attempts < MOST_ATTEMPTS else None
        return wanted if wanted in work.recipes else None

    def _note_success(self) -> None:
        if self._files.session.state is State.READY and self._attempts:
            self._attempts = 0
            self._settle.start()

    def _has_begun(self) -> bool:
        batch = self._batch
        return batch.is_busy or batch.count(Status.DONE, Status.KEPT, Status.FAILED) > 0

    def _is_left(self) -> bool:
        return self._batch.count(Status.WAITING, Status.RUNNING) > 0
