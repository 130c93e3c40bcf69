"""Files of stores, brought here to be worked on: only those in work are on the disk at a time.

They lie in a folder of their own below that for temporary files (TMPDIR), which goes when the work
is done, and whose name tells which process it belongs to.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from processor.errors import AudioFileError
from processor.jobs import FileJob, FileResult, state_of
from processor.part_files import is_running, part_name, process_of
from processor.remote import Place, RemotePath, fetch, put


@contextmanager
def local_copy(place: Place) -> Iterator[Path]:
    """Give a file of a store as a local one, as long as the `with` lasts; a local one as it is.

    Raises:
        AudioFileError: it cannot be fetched. Errors from inside name the file of the store.
    """
    if isinstance(place, Path):
        yield place
        return
    with _folder() as folder:
        local = folder / f"source{place.suffix}"
        fetch(place, local)
        with _named_as({local: place}):
            yield local


@dataclass(frozen=True)
class Stage:
    """A job of whose files some lie in stores, and the job to do here instead.

    Attributes:
        job: as it was given.
        local: with files of this machine only.
        overwrite: replace outputs that exist.
        before: the `state_of` of the source when it was fetched.
    """

    job: FileJob
    local: FileJob
    overwrite: bool
    before: tuple[int, int] | None

    def deliver(self, result: FileResult) -> FileResult:
        """Put what was made where it belongs; return the result of the job as it was given.

        Raises:
            AudioFileError: an output exists or cannot be put.
        """
        for _, place in self._moved():
            if not self.overwrite and state_of(place, fresh=True) is not None:
                raise AudioFileError(
                    f"Cannot write '{place}': it exists already. "
                    "Choose another name, or allow overwriting."
                )
        for made, place in self._moved():
            put(made, place, part_name=part_name())
        size, version = self.before or (0, 0)
        return replace(result, job=self.job, source_bytes=size, source_mtime_ns=version)

    def _moved(self) -> list[tuple[Path, RemotePath]]:
        pairs = zip(self.local.outputs, self.job.outputs, strict=True)
        # The drier one last: when it is there, all is.
        return [
            (made, place)
            for made, place in reversed(list(pairs))
            if isinstance(made, Path) and isinstance(place, RemotePath)
        ]


@contextmanager
def staged(job: FileJob, *, overwrite: bool) -> Iterator[Stage]:
    """Fetch the source of a job, if it lies in a store, and make room for its outputs.

    Raises:
        AudioFileError: it cannot be fetched. Errors from inside name the files of the stores.
    """
    before = state_of(job.source, fresh=True)
    with _folder() as folder, local_copy(job.source) as source:
        local = replace(
            job,
            source=source,
            destination=_here(folder, "dry", job.destination),
            removed_to=job.removed_to and _here(folder, "room", job.removed_to),
        )
        with _named_as(dict(zip(local.outputs, job.outputs, strict=True))):
            yield Stage(job, local, overwrite, before)


def is_remote(job: FileJob) -> bool:
    """Whether a file of a job lies in a store."""
    return any(isinstance(place, RemotePath) for place in (job.source, *job.outputs))


def remove_stages_of(process: int) -> None:
    """Remove what a process of this host that has ended had fetched."""
    for folder in _stages():
        if process_of(folder.name) == process:
            shutil.rmtree(folder, ignore_errors=True)


def remove_old_stages() -> None:
    """Remove what processes of this host had fetched that are gone."""
    for folder in _stages():
        process = process_of(folder.name)
        if process is not None and not is_running(process):
            shutil.rmtree(folder, ignore_errors=True)


def _stages() -> list[Path]:
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        return [Path(entry.path) for entry in entries if process_of(entry.name) is not None]
    return []


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.gettempdir(), part_name())
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise AudioFileError(
            f"Cannot write into '{folder.parent}': {error.strerror}. Name another place for "
            "temporary files: TMPDIR."
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _here(folder: Path, name: str, place: Place) -> Path:
    return place if isinstance(place, Path) else folder / f"{name}{place.suffix}"


@contextmanager
def _named_as(names: Mapping[Place, Place]) -> Iterator[None]:
    """Have errors speak of files as they are called where they belong."""
    try:
        yield
    except AudioFileError as error:
        text = str(error)
        for local, place in names.items():
            text = text.replace(f"'{local}'", f"'{place}'")
        if text == str(error):
            raise
        raise AudioFileError(text) from error
