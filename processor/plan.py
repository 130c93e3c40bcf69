"""What is to become of many recordings, settled and checked before any work."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from processor.audio_format import CONTAINERS, writable_suffix
from processor.clashes import check_outputs
from processor.errors import AudioFileError
from processor.finding import Found, find_recordings
from processor.jobs import FileJob, state_of
from processor.naming import DEFAULT_NAME, Shard, check_template, name_from
from processor.remote import Place, RemotePath, place_of, survey

Existing = Literal["refuse", "skip", "overwrite", "number"]


def plan_batch(
    inputs: Iterable[str | os.PathLike[str] | RemotePath],
    output_dir: str | os.PathLike[str] | RemotePath | None,
    *,
    recursive: bool = False,
    existing: Existing = "refuse",
    removed_dir: str | os.PathLike[str] | RemotePath | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    name: str = DEFAULT_NAME,
    suffix: str | None = None,
    shard: Shard | None = None,
) -> list[FileJob]:
    """Return one job for every recording, and refuse a plan in which outputs clash.

    A file becomes ``output_dir/NAME.EXT``. A folder gives its recordings, in the order of their
    names; with `recursive`, those of the folders below keep their place below `output_dir`.
    Hidden files, and what lies in the output folders themselves, are passed over.

    Args:
        inputs: files and folders.
        output_dir: where outputs go. None: beside each source, as ``NAME_dry.EXT``.
        recursive: look into folders below a folder, too. Linked folders are not followed.
        existing: what to do about an output that stands there: refuse the plan, skip the job,
            keep it and have `process_batch` overwrite, or give the new one a number.
        removed_dir: where the removed parts go, as ``NAME_room.EXT``; None: nowhere.
        include: patterns of which a recording must match one, if there are any; see `Patterns`.
        exclude: patterns of which neither it nor a folder on the way to it may match one.
        name: what outputs are called; see `name_from`.
        suffix: ending of all outputs, which is their format; None: the source's, or .flac for
            what is only read.
        shard: plan only this part of the whole.

    Raises:
        AudioFileError: a folder cannot be read, two outputs are one file, an output is a source
            or, with "refuse", exists. Nothing was touched.
    """
    found = find_recordings(
        inputs,
        recursive=recursive,
        include=include,
        exclude=exclude,
        passed_over=[
            place_of(folder) for folder in (output_dir, removed_dir) if folder is not None
        ],
    )
    survey_stores(output_dir, removed_dir)
    jobs = plan_found(
        found,
        output_dir,
        removed_dir=removed_dir,
        name=name,
        suffix=suffix,
        shard=shard,
        numbered=existing == "number",
    )
    return settle_existing(jobs, existing)


def survey_stores(*folders: str | os.PathLike[str] | RemotePath | None) -> None:
    """Ask once what lies in the folders of stores, so that a plan need not for each file.

    Raises:
        AudioFileError: a store cannot be read.
    """
    for folder in folders:
        place = None if folder is None else place_of(folder)
        if isinstance(place, RemotePath):
            survey(place)


def plan_found(
    found: Sequence[Found],
    output_dir: str | os.PathLike[str] | RemotePath | None,
    *,
    removed_dir: str | os.PathLike[str] | RemotePath | None = None,
    name: str = DEFAULT_NAME,
    suffix: str | None = None,
    shard: Shard | None = None,
    numbered: bool = False,
) -> list[FileJob]:
    """Return one job for every recording of a list; outputs that exist are not looked at.

    Args:
        found: from `find_recordings`.
        output_dir: as for `plan_batch`.
        removed_dir: as for `plan_batch`.
        name: as for `plan_batch`.
        suffix: as for `plan_batch`.
        shard: as for `plan_batch`. Clashes are found in the whole plan, whatever the shard.
        numbered: give the second of two outputs with one name a number.

    Raises:
        AudioFileError: two outputs are one file, or an output is a source.
    """
    check_template(name)
    jobs = [
        _job(recording, index, output_dir, removed_dir, name, suffix)
        for index, recording in enumerate(found, start=1)
    ]
    if numbered:
        jobs = list(_numbered(jobs, exist=False))
    check_outputs(jobs, overwrite=True)
    _refuse_files_as_folders(jobs)
    if shard is None:
        return jobs
    return [
        job for job, recording in zip(jobs, found, strict=True) if shard.holds(recording.relative)
    ]


def settle_existing(
    jobs: Sequence[FileJob], existing: Existing, *, ours: Collection[Place] = ()
) -> list[FileJob]:
    """Return the jobs that are left when outputs that exist have been dealt with.

    Args:
        jobs: from `plan_found`.
        existing: as for `plan_batch`.
        ours: outputs of an earlier run of this very plan, which may be replaced.

    Raises:
        AudioFileError: with "refuse", an output exists.
    """
    if existing == "skip":
        return [
            job for job in jobs if job.destination in ours or not all(map(_exists, job.outputs))
        ]
    if existing == "number":
        return list(_numbered(jobs, exist=True, ours=ours))
    foreign = [job for job in jobs if job.destination not in ours]
    check_outputs(foreign, overwrite=existing != "refuse")
    return list(jobs)


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
        ending = writable_suffix(source)
        destination = source.with_name(f"{source.stem}_dry{ending}")
        if output is not None:
            destination = Path(output)
            if _means_folder(output, several):
                destination /= f"{source.stem}{ending}"
        room = None
        if removed_to is not None:
            room = Path(removed_to)
            if _means_folder(removed_to, several):
                room /= f"{source.stem}_room{ending}"
        jobs.append(FileJob(source, destination, room))
    check_outputs(jobs, overwrite=overwrite)
    return jobs


def _job(
    recording: Found,
    index: int,
    output_dir: str | os.PathLike[str] | RemotePath | None,
    removed_dir: str | os.PathLike[str] | RemotePath | None,
    template: str,
    suffix: str | None,
) -> FileJob:
    source = recording.source
    if output_dir is None and template == DEFAULT_NAME:
        template = "{stem}_dry{suffix}"
    name = name_from(
        template,
        Path(os.path.abspath(source)) if isinstance(source, Path) else source.path,
        writable_suffix(source) if suffix is None else suffix,
        root=recording.root,
        index=index,
    )
    place = recording.output or recording.relative.with_name(name)
    destination = source.with_name(name) if output_dir is None else place_of(output_dir) / place
    if removed_dir is None:
        return FileJob(source, destination)
    plain = place if output_dir is not None else recording.relative
    room = plain.with_name(f"{plain.stem}_room{destination.suffix}")
    return FileJob(source, destination, place_of(removed_dir) / room)


def _numbered(
    jobs: Iterable[FileJob], *, exist: bool, ours: Collection[Place] = ()
) -> Iterator[FileJob]:
    """Give outputs that another job has, or that exist, the next free number."""
    taken: set[str] = set()
    for job in jobs:
        number, chosen = 1, job
        while any(_spelling(path) in taken for path in chosen.outputs) or (
            exist and chosen.destination not in ours and any(map(_is_taken, chosen.outputs))
        ):
            number += 1
            chosen = replace(
                job,
                destination=_with_number(job.destination, number),
                removed_to=job.removed_to and _with_number(job.removed_to, number),
            )
        taken.update(map(_spelling, chosen.outputs))
        yield chosen


def _with_number(path: Place, number: int) -> Place:
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def _spelling(place: Place) -> str:
    return os.path.normcase(place) if isinstance(place, Path) else str(place)


def _exists(place: Place) -> bool:
    return os.path.exists(place) if isinstance(place, Path) else state_of(place) is not None


def _is_taken(place: Place) -> bool:
    return os.path.lexists(place) if isinstance(place, Path) else state_of(place) is not None


def _refuse_files_as_folders(jobs: Sequence[FileJob]) -> None:
    """Refuse 'x.wav' beside 'x.wav/y.wav', and folders that are files already."""
    outputs = {output: job.source for job in jobs for output in job.outputs}
    folders: set[Place] = {folder for output in outputs for folder in output.parents}
    for folder in folders:
        if folder in outputs or (isinstance(folder, Path) and os.path.isfile(folder)):
            raise AudioFileError(
                f"Cannot write into '{folder}': it is a file, or the output of "
                f"'{outputs.get(folder, folder)}'. Choose another name or folder."
            )


def _means_folder(place: str | os.PathLike[str], several: bool) -> bool:
    """True for a folder, for a name with a slash at its end, and for several files' common place.

    The last only if it is not a file's: not there already, and not ending like one.
    """
    name = os.fspath(place)
    if os.path.isdir(name) or name.endswith(("/", os.sep)):
        return True
    return several and not os.path.exists(name) and Path(name).suffix.lower() not in CONTAINERS
