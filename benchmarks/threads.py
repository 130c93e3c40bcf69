"""Do two Dereverbs in two threads get in each other's way?

Each thread works through the clip. Were there a lock between the two, they would take turns: two
would take the wall time of one twice, and use one core. Where nothing else runs on two cores, they
take the wall time of one once, and use two.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from benchmarks.contenders import SAMPLE_RATE, Samples
from benchmarks.report import Section
from benchmarks.timing import Timing, in_rounds, middle, timed

BLOCK = 480
STREAMED_SHARE = 0.2  # of the clip: blocks one by one take many times longer


def two_threads(clip: Samples, rounds: int) -> Section:
    """Two threads beside one, on recordings and on streams of blocks."""
    from processor import Dereverb

    streamed = clip[: int(STREAMED_SHARE * len(clip))]

    def whole() -> None:
        Dereverb()(clip, SAMPLE_RATE)

    def in_blocks() -> None:
        dereverb = Dereverb()
        for start in range(0, len(streamed) - BLOCK + 1, BLOCK):
            dereverb(streamed[start : start + BLOCK], SAMPLE_RATE, reset=False)

    works = {"recordings": whole, "blocks of 10 ms": in_blocks}
    calls = {
        (name, threads): lambda work=work, threads=threads: timed(lambda: together(work, threads))
        for name, work in works.items()
        for threads in (1, 2)
    }
    took = {key: middle(each) for key, each in in_rounds(calls, rounds, warm_up=1).items()}
    rows, figures = [], {}
    for name in works:
        one, two = took[name, 1], took[name, 2]
        rows.append(
            [
                name,
                f"{2 * one.wall_s / two.wall_s:.2f}",
                f"{_cores(one):.2f}",
                f"{_cores(two):.2f}",
                f"{two.cpu_s / one.cpu_s / 2:.2f}",
            ]
        )
        figures[name] = {"one": vars(one), "two": vars(two)}
    return Section(
        "Threads: two Dereverbs in two threads, beside one in one",
        ["Work", "throughput of two", "cores used by one", "by two", "CPU time of each, two / one"],
        rows,
        figures,
    )


def together(work: Callable[[], object], threads: int) -> None:
    """Run the same work in so many threads at once."""
    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _cores(took: Timing) -> float:
    return took.cpu_s / took.wall_s
