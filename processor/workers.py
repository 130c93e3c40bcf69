"""Processes that work through file jobs, and end when they are told to, in the middle of a file.

Not a ProcessPoolExecutor: there, one process that dies takes all the files in work with it, and
an interrupted shutdown can wait for ever. Here each process has a line of its own to this one. On
it come jobs one way, progress and results the other; a line that closes is the sign to stop, and it
closes, too, when this process is killed.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import cast

from processor.errors import AudioFileError, Cancelled, DereverbError, ModelError
from processor.file_job import FileJob, FileResult, process_file
from processor.recipe import Recipe

# Time for a process to leave the block it is in and remove what it has not finished.
_GRACE_SECONDS = 10.0
# After so many in a row that die before they are ready, more would do no better.
_MOST_STILLBORN = 3
_READY = "ready"
# How often it is asked whether a run that is held back may go on.
_HELD_SECONDS = 0.05

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
    waiting = deque(jobs)
    crew: list[_Worker] = []
    stillborn = 0
    try:
        while waiting or any(worker.job for worker in crew):
            crew = [worker for worker in crew if not worker.is_dead]
            while len(crew) < min(workers, len(waiting) + sum(bool(w.job) for w in crew)):
                crew.append(_Worker(recipe, overwrite))
            for worker in crew:
                if worker.job is None and waiting and (may_begin is None or may_begin()):
                    worker.begin(waiting.popleft())
            for worker in _with_news(crew):
                job, news = worker.news()
                stillborn = stillborn + 1 if worker.is_dead and not worker.is_ready else 0
                if stillborn == _MOST_STILLBORN:
                    raise DereverbError(
                        "The processes that should do the work die when they start. Free some "
                        "memory, or have less of them (--jobs; with 0 there are none)."
                    )
                if isinstance(news, FileResult):
                    yield news
                elif isinstance(news, Exception):
                    raise news
                elif progress is not None:
                    progress(job, news)
    finally:
        for worker in crew:
            worker.stop()
        for worker in crew:
            worker.wait_until_gone()


class _Worker:
    """A process, the line to it, and the file it is at."""

    def __init__(self, recipe: Recipe, overwrite: bool) -> None:
        # Forking a process that has run torch can leave locks held for ever in the child.
        context = multiprocessing.get_context("spawn")
        self.line, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end, recipe, overwrite))
        with _signals_held_back():
            self._process.start()
        far_end.close()
        self.job: FileJob | None = None
        self.is_dead = False
        self.is_ready = False
        self._has_begun = False

    def begin(self, job: FileJob) -> None:
        """Hand over a job."""
        self.job = job
        self._has_begun = False
        with suppress(OSError):  # It has died; the line will tell.
            self.line.send(job)

    def news(self) -> tuple[FileJob, float | FileResult | Exception]:
        """Return the job, and what comes next: progress, the result, or what ends the run."""
        job = self.job
        assert job is not None
        try:
            news = self._received()
        except (EOFError, OSError):
            self.is_dead = True
            self.stop()
            self.wait_until_gone()
            news = FileResult(
                job,
                f"Cannot process '{job.source}': its process died, killed or out of memory. "
                "Try it again alone, or with fewer --jobs.",
            )
        if isinstance(news, FileResult):
            self.job = None
        return job, news

    def _received(self) -> float | FileResult | Exception:
        news = self.line.recv()
        if news == _READY:
            self.is_ready = True
            return 0.0
        self._has_begun = True
        return cast("float | FileResult | Exception", news)

    def stop(self) -> None:
        """Close the line. A process that is still loading has no files to remove: it is killed."""
        with suppress(EOFError, OSError):
            while self.line.poll():
                self._received()
        self.line.close()
        if self.job is not None and not self._has_begun:
            self._process.kill()

    def wait_until_gone(self) -> None:
        """Return when the process has ended."""
        self._process.join(_GRACE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _with_news(crew: Sequence[_Worker]) -> list[_Worker]:
    lines = [worker.line for worker in crew if worker.job is not None]
    if not lines:  # held back
        time.sleep(_HELD_SECONDS)
        return []
    ready = wait(lines)
    return [worker for worker in crew if worker.line in ready]


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Start processes that never hear Ctrl-C or a kill of the whole group, not even at first.

    The first process hears it, and closes the lines.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It would be started with the first process, and take these signals out of the mask again.
    resource_tracker.ensure_running()
    held_back = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held_back)  # what is started inherits it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(line: Connection, recipe: Recipe, overwrite: bool) -> None:
    """Work in a process of its own, until the line closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for Windows; see _signals_held_back

    def tell(fraction: float) -> None:
        try:
            line.send(fraction)
            stopped = line.poll()
        except OSError:
            stopped = True
        if stopped:
            raise Cancelled("The run was stopped.")

    with suppress(Cancelled, EOFError, OSError):
        line.send(_READY)
        while True:
            job = line.recv()
            try:
                line.send(process_job(job, recipe, overwrite=overwrite, progress=tell))
            except ModelError as error:
                line.send(error)
    os._exit(0)  # Nothing is left to save, and taking torch down costs half a second.
