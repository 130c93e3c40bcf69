"""Many recordings: plan what becomes of each, then work through the plan, here or in processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from functools import partial
from pathlib import Path
from typing import Literal

from processor.audio_format import CONTAINERS
from processor.errors import AudioFileError
from processor.file_job import FileJob, FileResult, check_outputs
from processor.recipe import Recipe
from processor.workers import process_job, work_in_processes

Existing = Literal["refuse", "skip", "overwrite"]


def plan_batch(
    inputs: Iterable[str | os.PathLike[str]],
    output_dir: str | os.PathLike[str] | None,
    *,
    recursive: bool = False,
    existing: Existing = "refuse",
    removed_dir: str | os.PathLike[str] | None = None,
) -> list[FileJob]:
    """Return one job for every recording, and refuse a plan in which outputs clash.

    A file becomes ``output_dir/NAME.EXT``. A folder gives its recordings, in the order of their
    names; with `recursive`, those of the folders below keep their place below `output_dir`.
    Hidden files, and what lies in the output folders themselves, are passed over.

    Args:
        inputs: files and folders.
        output_dir: where outputs go. None: beside each source, as ``NAME_dry.EXT``.
        recursive: look into folders below a folder, too. Linked folders are not followed.
        existing: what to do about an output that stands there: refuse the plan, skip the job, or
            keep it and have `process_batch` overwrite.
        removed_dir: where the removed parts go, as ``NAME_room.EXT``; None: nowhere.

    Raises:
        AudioFileError: a folder cannot be read, two outputs are one file, an output is a source
            or, with "refuse", exists. Nothing was touched.
    """
    out_dir = None if output_dir is None else Path(output_dir)
    room_dir = None if removed_dir is None else Path(removed_dir)
    outputs = [_real(folder) for folder in (out_dir, room_dir) if folder is not None]
    jobs = []
    for given in map(Path, inputs):
        found = _recordings_in(given, recursive, outputs) if os.path.isdir(given) else [given]
        for source in found:
            relative = source.relative_to(given) if source != given else Path(source.name)
            jobs.append(_job(source, relative, out_dir, room_dir))
    if existing == "skip":
        jobs = [job for job in jobs if not all(map(os.path.exists, job.outputs))]
    check_outputs(jobs, overwrite=existing != "refuse")
    return jobs


def plan_files(
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None = None,
    *,
    removed_to: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> list[FileJob]:
    """Return one job for every file that was named, and refuse a plan in which outputs clash.

    Args:
        inputs: files. Whether they can be read turns out when they are.
        output: a file, or a folder in which names are kept. None: NAME_dry.EXT beside the source.
        removed_to: where the removed part goes: a file, or a folder for NAME_room.EXT.
        overwrite: outputs that exist are no clash.

    Raises:
        AudioFileError: an input is a folder, or outputs clash as for `plan_batch`.
    """
    several = len(inputs) > 1
    for place in (output, removed_to):
        if several and place is not None and not _means_folder(place, several):
            raise AudioFileError(f"'{place}' names one file for several. Name a folder.")
    jobs = []
    for source in map(Path, inputs):
        if os.path.isdir(source):
            raise AudioFileError(f"'{source}' is a folder. For folders there is dryspell batch.")
        destination = source.with_name(f"{source.stem}_dry{source.suffix}")
        if output is not None:
            destination = Path(output)
            if _means_folder(output, several):
                destination /= source.name
        room = None
        if removed_to is not None:
            room = Path(removed_to)
            if _means_folder(removed_to, several):
                room /= f"{source.stem}_room{source.suffix}"
        jobs.append(FileJob(source, destination, room))
    check_outputs(jobs, overwrite=overwrite)
    return jobs


def process_batch(
    jobs: Iterable[FileJob],
    recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
    *,
    executor: Executor | None = None,
    workers: int = 1,
    overwrite: bool = False,
    progress: Callable[[FileJob, float], None] | None = None,
) -> Generator[FileResult, None, None]:
    """Work through a plan; yield each result as it comes. A bad file does not stop the others.

    Args:
        jobs: from `plan_batch`.
        recipe: what to do with each.
        executor: runs the jobs instead of processes of our own: any concurrent.futures executor
            whose workers see the same files.
        workers: how many processes to start; 1 works in this one.
        overwrite: replace outputs that exist.
        progress: called in this process with a job and 0 ... 1; with an executor only when a job
            is done. May raise Cancelled, which ends the run; so does closing this generator.

    Raises:
        ModelError: the recipe's model cannot be used; no other file would fare better.
        Cancelled: from `progress`. No part of an unfinished output is left.
    """
    jobs = list(jobs)
    if executor is not None:
        yield from _work_on(executor, jobs, recipe, overwrite, progress)
    elif workers > 1 and len(jobs) > 1:
        yield from work_in_processes(jobs, recipe, overwrite, workers, progress)
    else:
        for job in jobs:
            told = progress and partial(progress, job)
            yield process_job(job, recipe, overwrite=overwrite, progress=told)


def usable_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _recordings_in(folder: Path, recursive: bool, outputs: Sequence[Path]) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise AudioFileError(
            f"Cannot read the folder '{error.filename}': {error.strerror}. Check its permissions."
        ) from error

    # An output folder inside the input folder is no input, unless they are one and the same.
    passed_over = {path for path in outputs if path != _real(folder)}
    found = []
    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [
            name
            for name in sorted(folders)
            if recursive
            and not name.startswith(".")
            and _real(Path(parent, name)) not in passed_over
        ]
        found += [
            Path(parent, name)
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in CONTAINERS
        ]
    return found


def _job(source: Path, relative: Path, out_dir: Path | None, room_dir: Path | None) -> FileJob:
    if out_dir is None:
        destination = source.with_name(f"{source.stem}_dry{source.suffix}")
    else:
        destination = out_dir / relative
    if room_dir is None:
        return FileJob(source, destination)
    return FileJob(
        source,
        destination,
        room_dir / relative.with_name(f"{relative.stem}_room{relative.suffix}"),
    )


def _work_on(
    executor: Executor,
    jobs: Sequence[FileJob],
    recipe: Recipe,
    overwrite: bool,
    progress: Callable[[FileJob, float], None] | None,
) -> Generator[FileResult, None, None]:
    pending = {executor.submit(process_job, job, recipe, overwrite=overwrite) for job in jobs}
    try:
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()
                if progress is not None:
                    progress(result.job, 1.0)
                yield result
    finally:
        for future in pending:
            future.cancel()


def _real(path: Path) -> Path:
    """Follow links; unlike Path.resolve, also where they lead in a circle."""
    return Path(os.path.realpath(path))


def _means_folder(place: str | os.PathLike[str], several: bool) -> bool:
    """True for a folder, for a name with a slash at its end, and for several files' common place.

    The last only if it is not a file's: not there already, and not ending like one.
    """
    name = os.fspath(place)
    if os.path.isdir(name) or name.endswith(("/", os.sep)):
        return True
    return several and not os.path.exists(name) and Path(name).suffix.lower() not in CONTAINERS
