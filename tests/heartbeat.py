"""How long the event loop of a window lets its user wait."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer

BEAT_MS = 5
BEATS_TO_LOOK = 20
TASKS = Path("/proc/self/task")


@dataclass(frozen=True)
class Gap:
    """From one beat to the next, in milliseconds.

    Attributes:
        wall: As a clock on the wall tells.
        cpu: What the window's thread worked in that time.
        starved: How long that thread could have worked, but the cores were busy with others.
        others_starved: The same of the process's other threads, together: one of them may hold the
            interpreter's lock meanwhile.
    """

    wall: float
    cpu: float
    starved: float
    others_starved: float

    @property
    def own(self) -> float:
        """What is left of it on a quiet machine: the window's work, and what it waited for."""
        idle = max(0.0, self.wall - self.cpu - self.starved)
        return self.cpu + max(0.0, idle - self.others_starved)


class Heartbeat(QObject):
    """A timer in the window's own thread that notes how late it is, every time."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[Gap] = []
        self._thread = threading.get_native_id()
        self._queue = QueueTimes()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._last = self._now()
        self._timer.start()

    def stop(self) -> list[Gap]:
        """End it; returns every gap, the longest first."""
        self._timer.stop()
        self._queue.close()
        return sorted(self.gaps, key=lambda gap: -gap.own)

    def _beat(self) -> None:
        (wall, cpu, starved), last = self._now(), self._last
        grown = starved - last[2]  # a counter keeps what is above nothing
        own = grown.pop(self._thread, 0.0)
        self.gaps.append(Gap(wall - last[0], cpu - last[1], own, sum(grown.values())))
        if not len(self.gaps) % BEATS_TO_LOOK:
            self._queue.look()
        self._last = self._now()  # what the looking took is not the window's

    def _now(self) -> tuple[float, float, Counter[int]]:
        return 1e3 * time.perf_counter(), 1e3 * time.thread_time(), self._queue.times()


class QueueTimes:
    """How long each thread of this process has stood in the queue for a core.

    Nothing where the system does not tell. The interpreter's lock is kept while that is read: to
    give it away and get it back, once for each thread, would take longer than what is measured.
    """

    def __init__(self) -> None:
        self._files: dict[int, int] = {}
        self._system = ctypes.PyDLL(None)
        self._text = ctypes.create_string_buffer(100)
        self.look()

    def look(self) -> None:
        """Take in threads that are new."""
        for thread in map(int, os.listdir(TASKS) if TASKS.is_dir() else ()):
            if thread not in self._files:
                with suppress(OSError):  # it has just ended
                    self._files[thread] = os.open(TASKS / f"{thread}" / "schedstat", os.O_RDONLY)

    def times(self) -> Counter[int]:
        """By thread, in milliseconds; those that have ended are left out."""
        found: Counter[int] = Counter()
        for thread, file in self._files.items():
            length = self._system.pread(file, self._text, len(self._text) - 1, ctypes.c_long(0))
            if length > 0:
                found[thread] = int(self._text.raw[:length].split()[1]) / 1e6
        return found

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def told(gaps: list[Gap], count: int = 5) -> str:
    """The longest gaps, for a message."""
    shown = (f"{gap.own:.0f} ms (clock {gap.wall:.0f}, work {gap.cpu:.0f})" for gap in gaps[:count])
    return f"{os.cpu_count()} cores, {len(gaps)} beats; the longest: {', '.join(shown)}"
