"""How time is measured on a machine that may be busy: CPU time beside wall time, in rounds.

CPU time is what a program costs; wall time is what one waits, and grows with whatever else runs.
Contenders take turns in rounds, so that a burst of load falls on all of them, and medians over the
rounds are told.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
PERCENTILES = {"mean": None, "p50": 50, "p99": 99, "max": 100}

Key = TypeVar("Key")


@dataclass(frozen=True)
class Timing:
    """How long something took.

    Attributes:
        wall_s: by the clock on the wall [s].
        cpu_s: of all threads of the process [s].
    """

    wall_s: float
    cpu_s: float

    def __truediv__(self, number: float) -> Timing:
        return Timing(self.wall_s / number, self.cpu_s / number)


def timed(call: Callable[[], object]) -> Timing:
    """Return how long a call takes in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def timed_child(command: Sequence[str]) -> Timing:
    """Return how long a process takes from its start to its end.

    Raises:
        CalledProcessError: it failed; its error output is shown.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(wall, cpu)


def in_rounds(
    calls: Mapping[Key, Callable[[], Timing]], rounds: int, *, warm_up: int = 0
) -> dict[Key, list[Timing]]:
    """Return the timings of all calls, which take turns; those of the first rounds are dropped."""
    timings: dict[Key, list[Timing]] = {key: [] for key in calls}
    for number in range(-warm_up, rounds):
        for key, call in calls.items():
            timing = call()
            if number >= 0:
                timings[key].append(timing)
    return timings


def middle(timings: Iterable[Timing]) -> Timing:
    """Return the median, of wall and CPU time each."""
    both = list(timings)
    return Timing(median(t.wall_s for t in both), median(t.cpu_s for t in both))


def use_one_thread() -> None:
    """Have every numeric library that is imported from now on, here or in a child, use one."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def load_average() -> float:
    """Return how many processes wanted to run in the last minute, nan where no one counts them."""
    with suppress(OSError, AttributeError):
        return os.getloadavg()[0]
    return float("nan")
