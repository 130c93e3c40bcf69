"""What a call of `dryspell batch` asks for, and what is left to do of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from processor.analyses import analyze_files
from processor.errors import DereverbError
from processor.finding import Found, Patterns, find_recordings
from processor.history import History, stamp_of
from processor.jobs import FileJob, FileResult, state_of
from processor.manifest import Manifest
from processor.naming import DEFAULT_NAME, Shard
from processor.plan import Existing, plan_found, settle_existing, survey_stores
from processor.recipe import Recipe
from processor.remote import RemotePath, place_of
from processor.room import RoomFigures


@dataclass(frozen=True)
class Order:
    """What is asked for; see `plan_batch` for most of it.

    Attributes:
        inputs: files and folders, here or in stores (s3://bucket/folder).
        output_dir: where outputs go, and the journal.
        manifest: a list of recordings; they come before the inputs.
        resume: take what an earlier run has done as done.
        only_if: which room figures a recording must have, see `parse_condition`.
        target_c50_db: the clarity that each file is to come to, each with a strength of its own.
    """

    inputs: Sequence[str]
    output_dir: str
    recursive: bool = False
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    name: str = DEFAULT_NAME
    suffix: str | None = None
    removed_dir: str | None = None
    existing: Existing = "refuse"
    shard: Shard | None = None
    manifest: str | None = None
    resume: bool = False
    only_if: Callable[[RoomFigures], bool] | None = None
    target_c50_db: float | None = None


@dataclass(frozen=True)
class Settled:
    """What has become of an order before any work.

    Attributes:
        planned: all jobs, in their order.
        todo: those that are to be done.
        kept: what an earlier run has done of it.
        skipped: those whose outputs exist and are left alone.
        manifest: the rows that were read, if any.
        unwanted: how many recordings are passed over for their room figures.
    """

    planned: list[FileJob]
    todo: list[FileJob]
    kept: list[FileResult]
    skipped: list[FileJob]
    manifest: Manifest
    unwanted: int = 0

    def notices(self, output_dir: str) -> list[str]:
        """Return what one should know before a long run, and what does not forbid it."""
        needed = sum((state_of(job.source) or (0, 0))[0] * len(job.outputs) for job in self.todo)
        told = []
        if self.unwanted:
            told.append(f"Passed over for their room figures (--only-if): {self.unwanted}.")
        outside = place_of(output_dir)
        if isinstance(outside, RemotePath):
            return told
        place = Path(os.path.abspath(outside))
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        if needed > free:
            told.append(
                f"The disk may be too small: {_size_told(needed)} of recordings, and "
                f"{_size_told(free)} are free at '{place}'."
            )
        return told


def settle(
    order: Order,
    recipe: Recipe,
    *,
    workers: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Settled:
    """Find, plan and check everything that can be checked before any work.

    Args:
        order: what is asked for.
        recipe: what to do with each.
        workers: how many processes tell the room figures, if `only_if` asks for them; 0: this one.
        progress: called with how many recordings have told theirs, and of how many.

    Raises:
        DereverbError: an input is not there, nothing is found, outputs clash, or there is no such
            model.
    """
    _refuse_misplaced(order)
    model = stamp_of(recipe)
    manifest = Manifest(order.manifest)
    found = _found(order, manifest)
    survey_stores(order.output_dir, order.removed_dir)
    jobs = plan_found(
        found,
        order.output_dir,
        removed_dir=order.removed_dir,
        name=order.name,
        suffix=order.suffix,
        shard=order.shard,
        numbered=order.existing == "number",
    )
    jobs = [replace(job, target_c50_db=order.target_c50_db) for job in jobs]
    history = History(order.output_dir)
    kept: list[FileResult] = []
    if order.resume:
        if order.existing == "number":
            jobs = history.follow(jobs)
        earlier = (history.result_of(job, recipe, model) for job in jobs)
        kept = [result for result in earlier if result is not None]
    done = {result.job for result in kept}
    unwanted: set[FileJob] = set()
    if order.only_if is not None:
        undone = [job for job in jobs if job not in done]
        unwanted = _unwanted(undone, order.only_if, workers, progress)
    jobs = [job for job in jobs if job not in unwanted]
    rest = [job for job in jobs if job not in done]
    ours = history.ours(rest) if order.resume else set()
    try:
        todo = settle_existing(rest, order.existing, ours=ours)
    except DereverbError as error:
        if history and not order.resume:
            raise DereverbError(f"{error} To go on with the earlier run: --resume.") from error
        raise
    if order.existing == "number":
        new = dict(zip(rest, todo, strict=True))
        jobs = [new.get(job, job) for job in jobs]
    left = done.union(todo)
    return Settled(
        jobs, todo, kept, [job for job in jobs if job not in left], manifest, len(unwanted)
    )


def _unwanted(
    jobs: Sequence[FileJob],
    wanted: Callable[[RoomFigures], bool],
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> set[FileJob]:
    """Those whose recordings have other room figures than is asked for.

    One that cannot be read is not among them: who works on it will say why it fails.
    """
    passed_over = set()
    sources = dict.fromkeys(job.source for job in jobs)
    analyses = analyze_files(sources, workers=workers)
    with closing(analyses):
        for done, analysis in enumerate(analyses, 1):
            if analysis.ok and not wanted(analysis.before):
                passed_over.add(analysis.path)
            if progress is not None:
                progress(done, len(sources))
    return {job for job in jobs if job.source in passed_over}


def _found(order: Order, manifest: Manifest) -> list[Found]:
    patterns = Patterns(order.include, order.exclude)
    found = [recording for recording in manifest.found if patterns.want(recording.relative)]
    found += find_recordings(
        order.inputs,
        recursive=order.recursive,
        include=order.include,
        exclude=order.exclude,
        passed_over=[place_of(place) for place in (order.output_dir, order.removed_dir) if place],
    )
    if not found:
        where = ", ".join(f"'{place}'" for place in (*order.inputs, order.manifest) if place)
        remedy = "" if order.recursive else " Add --recursive to look into the folders below."
        if order.include or order.exclude:
            remedy += " Look at --include and --exclude."
        raise DereverbError(f"No recording in {where}.{remedy}")
    return found


def _refuse_misplaced(order: Order) -> None:
    if not order.inputs and order.manifest is None:
        raise DereverbError(
            f"There is nothing to work on: '{order.output_dir}' is the output folder. "
            "Name recordings or folders before it, or a --manifest."
        )
    for place in order.inputs:
        given = place_of(place)
        if isinstance(given, Path) and not os.path.lexists(given):
            raise DereverbError(f"'{place}' is not a folder, and no file. Check its name.")
    target = place_of(order.output_dir)
    if isinstance(target, Path) and os.path.lexists(target) and not os.path.isdir(target):
        raise DereverbError(
            f"'{order.output_dir}' is not a folder. The last name is that of the output folder."
        )


def _size_told(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"
