"""Writing the treated file: the same path as the command line, so what is heard is what comes."""

from PyQt6.QtCore import QObject, pyqtSignal

from processor import FileJob, Recipe, process_file

from .job import JobSlot


class Exporter(QObject):
    """Runs one export at a time; cancelled or failed, it leaves no file."""

    changed = pyqtSignal()  # begun or ended
    progressed = pyqtSignal(float)
    succeeded = pyqtSignal(object, object)  # job, recipe
    failed = pyqtSignal(object, object)  # job, why

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: FileJob | None = None  # while one is running
        self._slot = JobSlot(self)

    @property
    def is_busy(self) -> bool:
        return self.job is not None

    def start(self, job: FileJob, recipe: Recipe, *, overwrite: bool = True) -> None:
        """Make of a recording what the job says. Ignored while another export is running."""
        if self.is_busy:
            return
        work = self._slot.start(
            lambda progress: process_file(
                job.source,
                job.destination,
                recipe,
                removed_to=job.removed_to,
                delivery=job.delivery,
                progress=progress,
                overwrite=overwrite,
            )
        )
        self.job = job
        work.progressed.connect(self.progressed)
        work.succeeded.connect(lambda _: self._end(self.succeeded, job, recipe))
        work.failed.connect(lambda error: self._end(self.failed, job, error))
        work.cancelled.connect(self._end)
        self.changed.emit()

    def cancel(self) -> None:
        """End the running export; no file is left, unless it had just been finished."""
        self._slot.cancel()

    def stop(self) -> None:
        """Cancel and wait until it has tidied up."""
        self._slot.stop()

    def _end(self, signal: object = None, *result: object) -> None:
        self.job = None
        self.changed.emit()
        if signal is not None:
            signal.emit(*result)
