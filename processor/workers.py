"""Processes that work through file jobs (crew.py), and what one of them does with one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from processor.audio_file import probe
from processor.clashes import check_outputs
from processor.crew import Tell, Trade, work_in_crew
from processor.errors import AudioFileError, Cancelled, ModelError
from processor.file_job import process_file
from processor.jobs import FileJob, FileResult, refuse_changed, state_of
from processor.part_files import remove_parts_of
from processor.recipe import Recipe
from processor.remote import Place
from processor.staging import is_remote, remove_stages_of, staged
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
        if is_remote(job):
            with staged(job, overwrite=overwrite) as stage:
                return stage.deliver(_processed(stage.local, recipe, overwrite, progress))
        return _processed(job, recipe, overwrite, progress)
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
    """Process files of this machine; find the strength before, if the job has a target.

    The output is made by the model itself, and not of what the search has kept: frames that were
    overlapped and added cannot be scaled any more as exactly as the model does it.
    """
    source, *outputs = (_here(place) for place in (job.source, *job.outputs))
    if job.target_c50_db is not None:
        check_outputs([job], overwrite=overwrite)  # the search takes time
        before = state_of(source)
        share = _share_of_the_search(probe(source).duration_s)
        strength = strength_for_c50(
            source, recipe, job.target_c50_db, progress=_part_of(progress, 0.0, share)
        )
        refuse_changed(source, before)
        recipe = replace(recipe, strength=strength)
        progress = _part_of(progress, share, 1.0 - share)
    result = process_file(
        source,
        outputs[0],
        recipe,
        removed_to=outputs[1] if len(outputs) > 1 else None,
        delivery=job.delivery,
        progress=progress,
        overwrite=overwrite,
    )
    return replace(result, job=job)


def _here(place: Place) -> Path:
    if not isinstance(place, Path):
        raise TypeError(f"'{place}' has to be fetched before.")
    return place


def _part_of(
    progress: Callable[[float], None] | None, begin: float, length: float
) -> Callable[[float], None] | None:
    return None if progress is None else lambda done: progress(begin + length * done)


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
    here = (os.path.realpath(place) for place in job.outputs if isinstance(place, Path))
    remove_parts_of(process, {Path(place).parent for place in here})
    if is_remote(job):
        remove_stages_of(process)
