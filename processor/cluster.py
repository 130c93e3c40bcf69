"""File jobs on a Dask cluster whose workers see the same files.

A worker that is lost costs nothing but time: its jobs go to another, three times at most. The
scheduler gets a few jobs per thread at a time, so that a run of a million files can be ended at
once. distributed is imported when a cluster is asked for.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from processor.clashes import check_outputs
from processor.errors import Cancelled, DereverbError, ModelError
from processor.history import stamp_of
from processor.jobs import FileJob, FileResult
from processor.recipe import Recipe
from processor.remote import Place
from processor.workers import process_job

# Enough that no worker waits for the next job, few enough that little is thrown away at the end.
_JOBS_PER_THREAD = 2
_CONNECT_SECONDS = 30.0
_BETWEEN_LOOKS_SECONDS = 1.0


def work_on_cluster(
    address: str,
    jobs: Sequence[FileJob],
    recipe: Recipe,
    overwrite: bool,
    progress: Callable[[FileJob, float], None] | None,
) -> Generator[FileResult, None, None]:
    """Have a cluster work through jobs; yield each result as it comes.

    Closing the generator cancels what waits, and ends what is in work within a few seconds.

    Args:
        address: of the scheduler, such as tcp://host:8786.
        jobs: from a plan.
        recipe: a model of its own must lie at the same path on the workers.
        overwrite: replace outputs that stand there before the run. What a lost worker has left in
            place is replaced in any case.
        progress: called in this process when a job is done, and every second with 0 of some job
            in work; may raise Cancelled.

    Raises:
        DereverbError: distributed is not installed, there is no scheduler, or it has no workers.
        ModelError: the recipe's model cannot be used, or is not the same on the workers.
    """
    distributed = _distributed()
    if not overwrite:
        # Asked once: a job that is done again after its worker was lost may find its output.
        check_outputs(jobs)
    with _connected(distributed, address) as client:
        _check_models(client, recipe)
        stop = distributed.Event(f"dryspell-stop-{time.time_ns()}", client=client)
        absolute = (_absolute(job) for job in jobs)
        as_given = {_absolute(job): job for job in jobs}
        in_work: dict[Any, FileJob] = {}
        news = threading.Event()
        try:
            while True:
                for job in _next_of(absolute, _room(client, len(in_work))):
                    future = client.submit(_work, job, recipe, stop.name, pure=False)
                    future.add_done_callback(lambda _: news.set())
                    in_work[future] = as_given[job]
                if not in_work:
                    return
                for future in _finished(in_work, news):
                    job = in_work.pop(future)
                    result = _result_of(future, job)
                    if progress is not None:
                        progress(job, 1.0)
                    yield result
                if progress is not None and in_work:
                    progress(next(iter(in_work.values())), 0.0)
        finally:
            if in_work:
                stop.set()
                client.cancel(list(in_work), force=True)


def _work(job: FileJob, recipe: Recipe, stop_name: str) -> FileResult:
    """Process one file on a worker, looking now and then whether the run was ended."""
    distributed = _distributed()
    stop = distributed.Event(stop_name)
    looked = 0.0

    def look(fraction: float) -> None:
        nonlocal looked
        if time.monotonic() - looked > _BETWEEN_LOOKS_SECONDS:
            looked = time.monotonic()
            if stop.is_set():
                raise Cancelled("The run was stopped.")

    return process_job(job, recipe, overwrite=True, progress=look)


def _result_of(future: Any, job: FileJob) -> FileResult:
    error = future.exception()
    if error is None:
        return replace(future.result(), job=job)
    if isinstance(error, (ModelError, Cancelled)):
        raise error
    return FileResult(
        job,
        f"Cannot process '{job.source}': its worker was lost again and again "
        f"({type(error).__name__}). Try it again alone, or give the workers more memory.",
    )


def _finished(in_work: dict[Any, FileJob], news: threading.Event) -> list[Any]:
    """Wait a while for some of the futures to end; return those that did."""
    news.wait(_BETWEEN_LOOKS_SECONDS)
    news.clear()
    return [future for future in in_work if future.done()]


def _room(client: Any, waiting: int) -> int:
    threads = sum(client.nthreads().values())
    return max(0, _JOBS_PER_THREAD * max(threads, 1) - waiting)


def _next_of(jobs: Iterator[FileJob], number: int) -> Iterator[FileJob]:
    for _, job in zip(range(number), jobs, strict=False):
        yield job


def _absolute(job: FileJob) -> FileJob:
    """Workers stand in folders of their own."""
    return replace(
        job,
        source=_in_full(job.source),
        destination=_in_full(job.destination),
        removed_to=job.removed_to and _in_full(job.removed_to),
    )


def _in_full(place: Place) -> Place:
    return place.absolute() if isinstance(place, Path) else place


@contextmanager
def _connected(distributed: Any, address: str) -> Iterator[Any]:
    try:
        client = distributed.Client(
            address, timeout=_CONNECT_SECONDS, set_as_default=False, name="dryspell"
        )
    except (OSError, ValueError) as error:
        raise DereverbError(
            f"No Dask scheduler answers at '{address}'. Start one with dask scheduler, or name "
            "another."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        except TimeoutError as error:
            raise DereverbError(
                f"The scheduler at '{address}' has no workers. Start some: dask worker {address}."
            ) from error
        yield client


def _check_models(client: Any, recipe: Recipe) -> None:
    """Refuse workers that would use another model than is meant here."""
    here = stamp_of(recipe)
    for worker, there in client.run(stamp_of, recipe, on_error="return").items():
        if isinstance(there, Exception):
            raise ModelError(f"The worker {worker} cannot use the model: {there}")
        if there != here:
            raise ModelError(
                f"The worker {worker} has the model {there}, not {here}. Install the same version "
                "of Dryspell on all machines, and copy the model to the same place."
            )


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise DereverbError(
            "Clusters need Dask, which is not here. Install it: pip install 'dryspell[cluster]'."
        ) from error
