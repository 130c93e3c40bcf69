"""What a batch has planned and done, written down beside its outputs, to be gone on with.

JSON lines in the output folder (ledger.py). At the beginning of a run stand the outputs that it is
going to make: what lies there later is ours, even if the run was killed between moving a file to
its place and writing that down. After each file comes a line that is on the disk, as the file
itself is, before the next one is told. A torn line is passed over, and its file is made again.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from processor.errors import AudioFileError
from processor.file_job import version
from processor.history import events_in, full_name, place_in, size_of
from processor.jobs import FileJob, FileResult
from processor.ledger import ledger_for
from processor.naming import Shard
from processor.recipe import Recipe
from processor.remote import Place, RemotePath, place_of


class Journal:
    """The journal of one run, open for writing; nobody else has the folder meanwhile.

    with Journal("out") as journal:
        journal.begin(jobs, recipe)
        for result in process_batch(jobs, recipe):
            journal.record(result)
    """

    def __init__(
        self, folder: str | os.PathLike[str] | RemotePath, *, shard: Shard | None = None
    ) -> None:
        """Prepare; nothing is touched before the `with` begins.

        Args:
            folder: where the outputs go.
            shard: the part of the plan that this run does. Runs for several parts have a journal
                each, and may share the folder.
        """
        self.folder: Place = place_of(folder)
        part = "" if shard is None else f"-{shard.number}-of-{shard.count}"
        self.fault: str | None = None
        self._ledger = ledger_for(self.folder, part)
        self._recipe = Recipe()

    @property
    def path(self) -> Place:
        """The file or object that grows."""
        return self._ledger.path

    def __enter__(self) -> Journal:
        """Take the folder.

        Raises:
            AudioFileError: another batch has it, or it cannot be written to.
        """
        try:
            self._ledger.take()
        except BlockingIOError as error:
            raise AudioFileError(
                f"Another batch is writing into '{self.folder}' ({_last_run(self.folder)}). "
                "Wait for it, end it, or choose another folder."
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ledger.release(in_haste=kind is not None and not issubclass(kind, Exception))

    def begin(self, jobs: Sequence[FileJob], recipe: Recipe) -> None:
        """Write down what is going to be made."""
        self._recipe = recipe
        if not jobs:
            return
        run = {
            "event": "run",
            "time": time.time(),
            "dryspell": version(),
            "host": socket.gethostname(),
            "process": os.getpid(),
            "recipe": asdict(recipe),
            "files": len(jobs),
        }
        self._append([run, *(self._about(job, "planned") for job in jobs)])

    def record(self, result: FileResult) -> None:
        """Write down what became of a job; the outputs are on the disk before the line is.

        A disk that takes no more lines does not end the run: `fault` tells, and the files without a
        line are made again when the run is gone on with.
        """
        event = self._about(result.job, "done" if result.ok else "failed")
        if result.ok:
            _put_on_disk(result.job.outputs)
            event |= {
                "recipe": asdict(replace(self._recipe, model=None)),
                "delivery": asdict(result.job.delivery),
                "target_c50_db": result.job.target_c50_db,
                "output_bytes": [size_of(output, fresh=True) for output in result.job.outputs],
            }
        kept = {key: value for key, value in vars(result).items() if key != "job"}
        self._append([{**event, **kept}])

    def _about(self, job: FileJob, event: str) -> dict[str, Any]:
        return {
            "event": event,
            "time": time.time(),
            "source": full_name(job.source),
            "output": place_in(self.folder, job.destination),
        }

    def _append(self, events: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._ledger.append([json.dumps(event) for event in events])
        except AudioFileError as error:
            self.fault = f"{error} Files that are not in it are made again by --resume."


def _last_run(folder: Place) -> str:
    runs = [event for event in events_in(folder) if event.get("event") == "run"]
    if not runs:
        return "it is just starting"
    return f"process {runs[-1].get('process')} on {runs[-1].get('host')}"


def _put_on_disk(places: Iterable[Place]) -> None:
    """Have the system write out files and their names, as far as it lets us; stores have."""
    paths = [place for place in places if isinstance(place, Path)]
    for path in {*paths, *(path.parent for path in paths)}:
        with suppress(OSError):  # Windows has no such thing for folders
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
