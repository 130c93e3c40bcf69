"""Processes that work through file jobs (crew.py), and what one of them does with one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from processor.audio_file import probe
from processor.crew import Tell, Trade, work_in_crew
from processor.errors import AudioFileError, Cancelled, ModelError
from processor.file_job import (
    FileJob,
    FileResult,
    check_outputs,
    process_file,
    refuse_changed,
    state_of,
)
from processor.part_files import remove_parts_of
from processor.recipe import Recipe
from processor.strengths import LOOKED_AT_S, strength_for_c50

_log = logging.getLogger(__name__)


def process_job(
    job: FileJob,
    recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
    *,
    overwrite: bool = False,
    progress: Callable[[float], None] | None = None,
) -> FileResult:
    """Process one file of a plan; what is wrong with it becomes part of the result.

    For schedulers of your own: `process_batch` does it for a whole plan.

    Args:
        job: from `plan_batch`.
        recipe: what to do.
        overwrite: replace outputs that exist.
        progress: called with 0 ... 1; may raise Cancelled.

    Raises:
        ModelError: the recipe's model cannot be used.
        Cancelled: from `progress`.
    """
    try:
        if job.target_c50_db is None:
            return _processed(job, recipe, overwrite, progress)
        return _brought_to_target(job, job.target_c50_db, recipe, overwrite, progress)
    except AudioFileError as error:
        return FileResult(job, str(error))
    except (Cancelled, ModelError):
        raise
    except Exception as error:  # a fault of ours must not cost the files after this one
        _log.exception("Unforeseen failure at '%s'", job.source)
        return FileResult(
            job,
            f"Cannot process '{job.source}': unforeseen {type(error).__name__}: {error}. "
            "Please report it, with the file if you may.",
        )


def _processed(
    job: FileJob, recipe: Recipe, overwrite: bool, progress: Callable[[float], None] | None
) -> FileResult:
    return process_file(
        job.source,
        job.destination,
        recipe,
        removed_to=job.removed_to,
        delivery=job.delivery,
        progress=progress,
        overwrite=overwrite,
    )


def _brought_to_target(
    job: FileJob,
    target_db: float,
    recipe: Recipe,
    overwrite: bool,
    progress: Callable[[float], None] | None,
) -> FileResult:
    """Find the strength that the recording needs, then use it, as if it had been asked for.

    The output is made by the model itself, and not of what the search has kept: frames that were
    overlapped and added cannot be scaled any more as exactly as the model does it.
    """
    check_outputs([job], overwrite=overwrite)  # the search takes time
    before = state_of(job.source)
    share = _share_of_the_search(probe(job.source).duration_s)

    def told(begin: float, length: float) -> Callable[[float], None] | None:
        return None if progress is None else lambda done: progress(begin + length * done)

    strength = strength_for_c50(job.source, recipe, target_db, progress=told(0.0, share))
    refuse_changed(job.source, before)
    found = replace(recipe, strength=strength)
    return replace(_processed(job, found, overwrite, told(share, 1.0 - share)), job=job)


def _share_of_the_search(duration_s: float) -> float:
    looked_at = min(duration_s, LOOKED_AT_S)
    return looked_at / (looked_at + duration_s) if duration_s else 0.0


def work_in_processes(
    jobs: Sequence[FileJob],
    recipe: Recipe,
    overwrite: bool,
    workers: int,
    progress: Callable[[FileJob, float], None] | None,
    may_begin: Callable[[], bool] | None = None,
) -> Generator[FileResult, None, None]:
    """Keep `workers` processes busy with a file each; yield each result as it comes.

    A process that dies (killed, out of memory) costs the file it was at, and is replaced. Closing
    the generator ends the processes and removes what is unfinished. While `may_begin` says no, the
    files in work are finished and no other is begun; it may raise Cancelled, as `progress` may.

    Raises:
        ModelError: the recipe's model cannot be used.
        DereverbError: no process gets as far as to its first file.
        Cancelled: from `progress`.
    """
    trade = Trade(partial(_work, recipe, overwrite), _lost, _clear_up)
    return work_in_crew(jobs, trade, workers, progress=progress, may_begin=may_begin)


def _work(recipe: Recipe, overwrite: bool, job: FileJob, tell: Tell) -> FileResult:
    return process_job(job, recipe, overwrite=overwrite, progress=tell)


def _lost(job: FileJob) -> FileResult:
    return FileResult(
        job,
        f"Cannot process '{job.source}': its process died, killed or out of memory. "
        "Try it again alone, or with fewer --jobs.",
    )


def _clear_up(job: FileJob, process: int) -> None:
    """Remove what a killed process has not finished; through links, as it was written."""
    remove_parts_of(process, {Path(os.path.realpath(path)).parent for path in job.outputs})
