"""Ctrl-C and `kill`: a run ends once, and cleans up undisturbed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from processor.jobs import FileJob

EXIT_CANCELLED = 130

_asked_to_end = threading.Event()


def heeding(progress: Callable[[FileJob, float], None]) -> Callable[[FileJob, float], None]:
    """Return `progress`, but ending the run if a signal asked for it.

    The KeyboardInterrupt itself can get lost: where native code calls back into Python, it may take
    any exception for a "no".
    """

    def checked(job: FileJob, fraction: float) -> None:
        if _asked_to_end.is_set():
            raise KeyboardInterrupt
        progress(job, fraction)

    return checked


@contextmanager
def signals_end_the_run() -> Iterator[None]:
    """Let Ctrl-C and `kill` end a run once, and then let it clean up undisturbed.

    A second KeyboardInterrupt in the middle of the cleaning could leave processes behind. Who
    asks a third time means it.
    """
    asked = 0
    _asked_to_end.clear()

    def interrupt(*_: Any) -> None:
        nonlocal asked
        asked += 1
        _asked_to_end.set()
        if asked == 1:
            raise KeyboardInterrupt
        if asked > 2:
            os._exit(EXIT_CANCELLED)

    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
