"""Processes that work through tasks, and end at once when they are told to, in the middle of one.

Not a ProcessPoolExecutor: there, one process that dies takes all the tasks in work with it, and
an interrupted shutdown can wait for ever. Here each process has a line of its own to this one. On
it come tasks one way, progress and results the other. Who ends the run kills the processes, since
a busy machine may take seconds until they listen, and clears up behind them. A line that closes is
the sign to stop where nobody is left who could: when this process itself is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from processor.errors import Cancelled, DereverbError

Task = TypeVar("Task")
Result = TypeVar("Result")
Tell = Callable[[float], None]

# After so many in a row that die before they are ready, more would do no better.
_MOST_STILLBORN = 3
# How often it is asked whether a run that is held back may go on.
_HELD_SECONDS = 0.05


@dataclass(frozen=True)
class Trade(Generic[Task, Result]):
    """What the processes of a crew do.

    Attributes:
        work: called in a process with a task and a function to tell progress to, which raises
            Cancelled when nobody listens any more. Can be pickled, as tasks and results. A
            DereverbError from it ends the run; all else is its own to catch.
        lost: the result of a task whose process died.
        clear_up: called here with the task and the number of a process that was killed or died.
    """

    work: Callable[[Task, Tell], Result]
    lost: Callable[[Task], Result]
    clear_up: Callable[[Task, int], None] = lambda task, process: None


def work_in_crew(
    tasks: Sequence[Task],
    trade: Trade[Task, Result],
    workers: int,
    *,
    progress: Callable[[Task, float], None] | None = None,
    may_begin: Callable[[], bool] | None = None,
) -> Generator[Result, None, None]:
    """Keep `workers` processes busy with a task each; yield each result as it comes.

    A process that dies (killed, out of memory) costs the task it was at, and is replaced. Closing
    the generator ends the processes. While `may_begin` says no, the tasks in work are finished and
    no other is begun; it may raise Cancelled, as `progress` may.

    Raises:
        DereverbError: from `work`; or no process gets as far as to its first task.
        Cancelled: from `progress`.
    """
    waiting = deque(tasks)
    crew: list[_Worker[Task, Result]] = []
    stillborn = 0
    try:
        while waiting or any(worker.task is not None for worker in crew):
            crew = [worker for worker in crew if not worker.is_dead]
            busy = sum(worker.task is not None for worker in crew)
            while len(crew) < min(workers, len(waiting) + busy):
                with _signals_held_back():
                    crew.append(_Worker(trade))
            for worker in crew:
                if worker.task is None and waiting and (may_begin is None or may_begin()):
                    worker.begin(waiting.popleft())
            for worker in _with_news(crew):
                task, news = worker.news()
                stillborn = stillborn + 1 if worker.is_dead and not worker.is_ready else 0
                if stillborn == _MOST_STILLBORN:
                    raise DereverbError(
                        "The processes that should do the work die when they start. Free some "
                        "memory, or have less of them (--jobs; with 0 there are none)."
                    )
                if isinstance(news, _Done):
                    yield news.result
                elif isinstance(news, Exception):
                    raise news
                elif progress is not None:
                    progress(task, news)
    finally:
        for worker in crew:
            worker.kill()
        for worker in crew:
            worker.clear_up()


class _Ready:
    """The first word of a process that has started."""


@dataclass(frozen=True)
class _Done(Generic[Result]):
    """The last word of a process on a task."""

    result: Result


class _Worker(Generic[Task, Result]):
    """A process, the line to it, and the task it is at."""

    def __init__(self, trade: Trade[Task, Result]) -> None:
        # Forking a process that has run torch can leave locks held for ever in the child.
        context = multiprocessing.get_context("spawn")
        self.line, far_end = context.Pipe()
        self._trade = trade
        self._process = context.Process(target=_serve, args=(far_end, trade.work))
        self._process.start()
        far_end.close()
        self.task: Task | None = None
        self.is_dead = False
        self.is_ready = False

    def begin(self, task: Task) -> None:
        """Hand over a task."""
        self.task = task
        with suppress(OSError):  # It has died; the line will tell.
            self.line.send(task)

    def news(self) -> tuple[Task, float | Exception | _Done[Result]]:
        """Return the task, and what comes next: progress, the result, or what ends the run."""
        task = self.task
        assert task is not None
        news: Any
        try:
            news = self.line.recv()
        except (EOFError, OSError):
            self.is_dead = True
            self.kill()
            self.clear_up()
            news = _Done(self._trade.lost(task))
        if isinstance(news, _Ready):
            self.is_ready = True
            return task, 0.0
        if isinstance(news, _Done):
            self.task = None
        return task, news

    def kill(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()

    def clear_up(self) -> None:
        """Wait until a process that was killed has gone, and remove what it leaves behind."""
        self._process.join()
        self.line.close()
        if self.task is not None and self._process.pid is not None:
            self._trade.clear_up(self.task, self._process.pid)


def _with_news(crew: Sequence[_Worker[Task, Result]]) -> list[_Worker[Task, Result]]:
    lines = [worker.line for worker in crew if worker.task is not None]
    if not lines:  # held back
        time.sleep(_HELD_SECONDS)
        return []
    ready = wait(lines)
    return [worker for worker in crew if worker.line in ready]


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Start processes that never hear Ctrl-C or a kill of the whole group, not even at first.

    The first process hears it, when it has them in its list, and ends them.
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


def _serve(line: Connection, work: Callable[[Any, Tell], Any]) -> None:
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
        line.send(_Ready())
        while True:
            task = line.recv()
            try:
                line.send(_Done(work(task, tell)))
            except DereverbError as error:
                line.send(error)
    os._exit(0)  # Nothing is left to save, and taking torch down costs half a second.
