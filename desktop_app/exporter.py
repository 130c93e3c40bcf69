"""Writing the treated file: the same path as the command line, so what is heard is what comes."""

import os
import re
from pathlib import Path

from PyQt6.QtCore import QObject, QStandardPaths, pyqtSignal

from processor import Recipe, process_file
from processor.audio_format import writable_suffix

from .job import JobSlot


def suggested_destination(source: Path) -> Path:
    """NAME_dry.EXT beside the source; among the user's documents where one may not write there."""
    folder = source.resolve().parent
    if not os.access(folder, os.W_OK):
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        folder = Path(QStandardPaths.writableLocation(documents))
    return folder / f"{source.stem}_dry{writable_suffix(source)}"


def free_beside(destination: Path) -> Path:
    """NAME-2.EXT, or the next number that is free, for the result and for what is removed."""
    number = 2
    while True:
        path = destination.with_name(f"{destination.stem}-{number}{destination.suffix}")
        if not any(map(os.path.lexists, (path, room_beside(path)))):
            return path
        number += 1


def room_beside(destination: Path) -> Path:
    """Where the removed part goes: NAME_room.EXT beside NAME_dry.EXT, whatever its number."""
    name, number = re.fullmatch(r"(.*?)(?:_dry)?(-\d+)?", destination.stem, re.DOTALL).groups()
    return destination.with_name(f"{name}_room{number or ''}{destination.suffix}")


class Exporter(QObject):
    """Runs one export at a time; cancelled or failed, it leaves no file."""

    changed = pyqtSignal()  # begun or ended
    progressed = pyqtSignal(float)
    succeeded = pyqtSignal(object, object)  # destination, removed_to
    exported = pyqtSignal(object, object)  # source, recipe
    failed = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.destination: Path | None = None  # while one is running
        self._slot = JobSlot(self)

    @property
    def is_busy(self) -> bool:
        return self.destination is not None

    def start(
        self, source: Path, destination: Path, recipe: Recipe, removed_to: Path | None = None
    ) -> None:
        """Write `source` through `recipe` to `destination`, replacing what stands there.

        Ignored while another export is running.
        """
        if self.is_busy:
            return
        job = self._slot.start(
            lambda progress: process_file(
                source,
                destination,
                recipe,
                removed_to=removed_to,
                progress=progress,
                overwrite=True,
            )
        )
        self.destination = destination
        job.progressed.connect(self.progressed)
        job.succeeded.connect(lambda _: self._end(self.succeeded, destination, removed_to))
        job.succeeded.connect(lambda _: self.exported.emit(source, recipe))
        job.failed.connect(lambda error: self._end(self.failed, error))
        job.cancelled.connect(self._end)
        self.changed.emit()

    def cancel(self) -> None:
        """End the running export; no file is left, unless it had just been finished."""
        self._slot.cancel()

    def stop(self) -> None:
        """Cancel and wait until it has tidied up."""
        self._slot.stop()

    def _end(self, signal: object = None, *result: object) -> None:
        self.destination = None
        self.changed.emit()
        if signal is not None:
            signal.emit(*result)
