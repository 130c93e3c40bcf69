"""Processes that work through file jobs, and end when they are told to, in the middle of a file."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.synchronize import Event

from processor.errors import AudioFileError, Cancelled, ModelError
from processor.file_job import FileJob, FileResult, process_file
from processor.recipe import Recipe

_log = logging.getLogger(__name__)


def attempt(
    job: FileJob,
    recipe: Recipe,
    overwrite: bool,
    progress: Callable[[float], None] | None = None,
) -> FileResult:
    """Process one file; what is wrong with it becomes part of the result.

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
    jobs: Sequence[FileJob], recipe: Recipe, overwrite: bool, workers: int
) -> Generator[FileResult, None, None]:
    """Keep `workers` processes busy with one job each; yield each result as it comes.

    No more is handed out than is worked on, so when a process dies (killed, out of memory), it is
    clear which files it may have been: those fail, and a new set of processes does the rest.
    Closing the generator ends the processes and removes what is unfinished.

    Raises:
        ModelError: the recipe's model cannot be used.
    """
    waiting = deque(jobs)
    while waiting:
        with _Crew(workers, recipe, overwrite) as crew:
            while crew.busy or (waiting and not crew.is_broken):
                while waiting and len(crew.busy) < workers and not crew.is_broken:
                    crew.begin(waiting)
                yield from crew.finished()


class _Crew:
    """A set of processes, one job each."""

    def __init__(self, workers: int, recipe: Recipe, overwrite: bool) -> None:
        # Forking a process that has run torch can leave locks held for ever in the child.
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._executor = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_begin_work, initargs=(self._stop,)
        )
        self._recipe = recipe
        self._overwrite = overwrite
        self.busy: dict[Future[FileResult], FileJob] = {}
        self.is_broken = False

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def begin(self, waiting: deque[FileJob]) -> None:
        """Hand out the first job, unless a process has just died."""
        try:
            with _ctrl_c_held_back():
                future = self._executor.submit(_work, waiting[0], self._recipe, self._overwrite)
        except BrokenProcessPool:
            self.is_broken = True
        else:
            self.busy[future] = waiting.popleft()

    def finished(self) -> list[FileResult]:
        """Wait for the next results; after a process died, everything that was begun has failed."""
        results = []
        for future in wait(self.busy, return_when=FIRST_COMPLETED).done:
            job = self.busy.pop(future)
            try:
                results.append(future.result())
            except BrokenProcessPool:
                self.is_broken = True
                results.append(
                    FileResult(
                        job,
                        f"Cannot process '{job.source}': a worker process died, killed or out of "
                        "memory. Try it again alone, or with fewer --jobs.",
                    )
                )
        return results


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Start processes that never hear the keyboard's Ctrl-C, not even while they are starting.

    It is sent to all of them; the first process decides, and tells the others through an event.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# Set in a worker process: the run's wish to stop.
_stop_asked: Event | None = None


def _begin_work(stop: Event) -> None:
    global _stop_asked
    _stop_asked = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for Windows; see _ctrl_c_held_back
    threading.Thread(target=_leave_with_parent, args=(stop,), daemon=True).start()


def _leave_with_parent(stop: Event) -> None:
    """End this process soon after the one that started it, however that one ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        stop.set()  # ends a file at its next block, and removes what is unfinished
        threading.Event().wait(5.0)
        os._exit(1)


def _work(job: FileJob, recipe: Recipe, overwrite: bool) -> FileResult:
    return attempt(job, recipe, overwrite, _raise_if_stopped)


def _raise_if_stopped(fraction: float) -> None:
    if _stop_asked is not None and _stop_asked.is_set():
        raise Cancelled("The run was stopped.")
