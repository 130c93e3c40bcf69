"""What a batch has planned and done, written down beside its outputs, to be gone on with.

A file of JSON lines in the output folder. At the beginning of a run stand the outputs that it is
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

from processor.audio_file import reason_of
from processor.errors import AudioFileError
from processor.file_job import FileJob, FileResult, version
from processor.folder_lock import FileLock
from processor.history import JOURNAL, events_in, place_in, size_of
from processor.naming import Shard
from processor.recipe import Recipe


class Journal:
    """The journal of one run, open for writing; nobody else has the folder meanwhile.

    with Journal("out") as journal:
        journal.begin(jobs, recipe)
        for result in process_batch(jobs, recipe):
            journal.record(result)
    """

    def __init__(self, folder: str | os.PathLike[str], *, shard: Shard | None = None) -> None:
        """Prepare; nothing is touched before the `with` begins.

        Args:
            folder: where the outputs go.
            shard: the part of the plan that this run does. Runs for several parts have a journal
                each, and may share the folder.
        """
        self.folder = Path(folder)
        part = "" if shard is None else f"-{shard.number}-of-{shard.count}"
        self.path = self.folder / f"{JOURNAL}{part}.jsonl"
        self.fault: str | None = None
        self._locks: list[FileLock] = []
        self._recipe = Recipe()
        self._line_is_open = False

    def __enter__(self) -> Journal:
        """Take the folder.

        Raises:
            AudioFileError: another batch has it, or it cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            whole = self.folder / f"{JOURNAL}.jsonl"
            self._locks.append(FileLock(whole, shared=self.path != whole))
            if self.path != whole:
                self._locks.append(FileLock(self.path))
            with self.path.open("rb") as file:
                content = file.seek(0, os.SEEK_END)
                file.seek(max(0, content - 1))
                self._line_is_open = file.read() not in (b"", b"\n")
        except BlockingIOError as error:
            self._release()
            raise AudioFileError(
                f"Another batch is writing into '{self.folder}' ({_last_run(self.path)}). "
                "Wait for it, end it, or choose another folder."
            ) from error
        except OSError as error:
            self._release()
            raise AudioFileError(
                f"Cannot write into '{self.folder}': {reason_of(error)}. "
                "Choose a folder that you may write to."
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._release()

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
                "output_bytes": [size_of(output) for output in result.job.outputs],
            }
        kept = {key: value for key, value in vars(result).items() if key != "job"}
        self._append([{**event, **kept}])

    def _about(self, job: FileJob, event: str) -> dict[str, Any]:
        return {
            "event": event,
            "time": time.time(),
            "source": Path(os.path.abspath(job.source)).as_posix(),
            "output": place_in(self.folder, job.destination),
        }

    def _append(self, events: Sequence[Mapping[str, Any]]) -> None:
        text = "".join(json.dumps(event) + "\n" for event in events)
        try:
            # Without Python's buffer: a line goes out in one piece, or an error tells.
            with self.path.open("ab", buffering=0) as file:
                data = memoryview((("\n" if self._line_is_open else "") + text).encode())
                self._line_is_open = True
                while data:
                    data = data[file.write(data) :]
                os.fsync(file.fileno())
                self._line_is_open = False
        except OSError as error:
            self.fault = (
                f"Cannot write the journal '{self.path}': {reason_of(error)}. Free some space; "
                "files that are not in it are made again by --resume."
            )

    def _release(self) -> None:
        while self._locks:
            self._locks.pop().release()


def _last_run(path: Path) -> str:
    runs = [event for event in events_in(path.parent) if event.get("event") == "run"]
    if not runs:
        return "it is just starting"
    return f"process {runs[-1].get('process')} on {runs[-1].get('host')}"


def _put_on_disk(paths: Iterable[Path]) -> None:
    """Have the system write out files and their names, as far as it lets us."""
    for path in {*paths, *(path.parent for path in paths)}:
        with suppress(OSError):  # Windows has no such thing for folders
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
