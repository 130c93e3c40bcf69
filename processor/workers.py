"""Processes that work through file jobs (crew.py), and what one of them does with one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path

from processor.crew import Tell, Trade, work_in_crew
from processor.errors import AudioFileError, Cancelled, ModelError
from processor.file_job import FileJob, FileResult, process_file
from processor.part_files import remove_parts_of
from processor.recipe import Recipe

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
        return process_file(
            job.source,
            job.destination,
            recipe,
            removed_to=job.removed_to,
            delivery=job.delivery,
            progress=progress,
            overwrite=overwrite,
        )
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
