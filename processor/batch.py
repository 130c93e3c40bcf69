"""Many recordings: work through a plan, here, in processes, or on other machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from functools import partial

from processor.cluster import work_on_cluster
from processor.jobs import FileJob, FileResult
from processor.plan import plan_batch, plan_files
from processor.recipe import Recipe
from processor.remote import refuse_unshared
from processor.workers import process_job, work_in_processes

__all__ = ["plan_batch", "plan_files", "process_batch", "usable_cores"]


def process_batch(
    jobs: Iterable[FileJob],
    recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
    *,
    executor: Executor | None = None,
    scheduler: str | None = None,
    workers: int = 1,
    isolated: bool = False,
    overwrite: bool = False,
    progress: Callable[[FileJob, float], None] | None = None,
) -> Generator[FileResult, None, None]:
    """Work through a plan; yield each result as it comes. A bad file does not stop the others.

    Args:
        jobs: from `plan_batch`.
        recipe: what to do with each.
        executor: runs the jobs instead of processes of our own: any concurrent.futures executor
            whose workers see the same files.
        scheduler: address of a Dask cluster that runs them instead; lost workers are made up for.
        workers: how many processes to start; 1 works in this one.
        isolated: start one also for one, so that a file that kills its process costs itself only.
        overwrite: replace outputs that exist.
        progress: called in this process with a job and 0 ... 1; with an executor or a cluster only
            when a job is done. May raise Cancelled, which ends the run; so does closing this
            generator.

    Raises:
        ModelError: the recipe's model cannot be used; no other file would fare better.
        DereverbError: the cluster cannot be used.
        Cancelled: from `progress`. No part of an unfinished output is left.
    """
    jobs = list(jobs)
    if scheduler is not None or isolated or workers > 1:
        refuse_unshared(place for job in jobs for place in (job.source, *job.outputs))
    if executor is not None:
        yield from _work_on(executor, jobs, recipe, overwrite, progress)
    elif scheduler is not None:
        yield from work_on_cluster(scheduler, jobs, recipe, overwrite, progress)
    elif isolated or (workers > 1 and len(jobs) > 1):
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
