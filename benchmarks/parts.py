"""What is measured of every program: recordings, streams, and how soon it is there."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.contenders import DEEPFILTERNET, OURS, SAMPLE_RATE, Program, Samples
from benchmarks.report import Section, Target, milliseconds, times
from benchmarks.timing import PERCENTILES, Timing, in_rounds, middle, timed, timed_child

BLOCK = 480
BLOCK_S = BLOCK / SAMPLE_RATE
WARM_UP_BLOCKS = 50  # torch optimises a graph in its first calls

Programs = Mapping[str, "Program | str"]


def offline(programs: Programs, clip: Samples, rounds: int) -> Section:
    """Whole recordings, one thread."""
    seconds = len(clip) / SAMPLE_RATE

    def call(program: Program) -> Callable[[], Timing]:
        def measured() -> Timing:
            process = program.open_whole()
            return timed(lambda: process(clip)) / seconds

        return measured

    ready, rows = _ready(programs)
    factors = _middles({name: call(program) for name, program in ready.items()}, rounds, warm_up=1)
    ours = factors[OURS]
    rows[:0] = [
        [
            name,
            f"{factor.cpu_s:.4f}",
            f"{factor.wall_s:.4f}",
            times(factor.cpu_s / ours.cpu_s),
            times(factor.wall_s / ours.wall_s),
        ]
        for name, factor in factors.items()
    ]
    header = ["Offline", "RTF, CPU", "RTF, wall", "of ours, CPU", "of ours, wall"]
    return Section(
        f"Offline: {seconds:.0f} s of mono at 48 kHz in one call, one thread",
        header,
        rows,
        {name: {"rtf_cpu": t.cpu_s, "rtf_wall": t.wall_s} for name, t in factors.items()},
        [_against_deepfilternet("Offline: a third of DeepFilterNet3's time", 1 / 3, factors)],
    )


def streaming(programs: Programs, clip: Samples, rounds: int) -> Section:
    """Blocks of 10 ms, one thread: every block's time."""
    ready, others = _ready(programs)
    streams = {name: program for name, program in ready.items() if program.open_stream}
    others += [[name, "hears whole recordings only"] for name in ready if name not in streams]
    blocks: dict[str, list[npt.NDArray[np.float64]]] = {name: [] for name in streams}
    for _ in range(rounds):
        for name, program in streams.items():
            assert program.open_stream is not None  # chosen above
            blocks[name].append(block_times(program.open_stream(), clip))

    figures = {name: _block_figures(np.concatenate(parts)) for name, parts in blocks.items()}
    factors = {
        name: Timing(each["wall"]["mean"] / BLOCK_S, each["cpu"]["mean"] / BLOCK_S)
        for name, each in figures.items()
    }
    ours, rows = factors[OURS], []
    for name, factor in factors.items():
        ratios = {"cpu": factor.cpu_s / ours.cpu_s, "wall": factor.wall_s / ours.wall_s}
        for clock, ratio in ratios.items():
            each = figures[name][clock]
            cells = [milliseconds(each[key]) for key in PERCENTILES]
            rtf = f"{each['mean'] / BLOCK_S:.3f}"
            rows.append([f"{name}, {clock}", rtf, times(ratio), *cells])
    p99 = {clock: figures[OURS][clock]["p99"] * 1000 for clock in ("cpu", "wall")}
    return Section(
        f"Streaming: {BLOCK} samples of mono at 48 kHz ({1000 * BLOCK_S:g} ms) at a time",
        ["Streaming", "RTF", "of ours", *PERCENTILES],
        rows + others,
        figures,
        [
            _against_deepfilternet("Streaming: DeepFilterNet3's time", 1.0, factors),
            Target(
                "Streaming: 99 % of the blocks take less than half a block",
                1000 * BLOCK_S / 2,
                "ms",
                p99["cpu"],
                p99["wall"],
            ),
        ],
    )


def starting(programs: Programs, rounds: int) -> Section:
    """From the start of a process to an import, and to the first second of audio."""
    ready, rows = _ready(programs)
    python = [sys.executable, "-c"]
    first_second = "from benchmarks.contenders import loaded; loaded({!r})"
    commands = {
        "python -c pass": [*python, "pass"],
        "import processor": [*python, "import processor"],
        "import torch": [*python, "import torch"],
        **{f"{name}: first second": [*python, first_second.format(name)] for name in ready},
    }
    took = _children(commands, rounds)
    rows[:0] = _rows_of(took)
    return Section(
        "Start: from a new process to an import, or to the first second of audio processed",
        ["Start", "CPU", "wall"],
        rows,
        _figures_of(took),
        [_seconds("import processor", 0.3, took["import processor"])],
    )


def command_line(rounds: int) -> Section:
    """`dryspell process` of a file of ten seconds, all in the cache."""
    from benchmarks.memory import write_long

    with tempfile.TemporaryDirectory(prefix="dryspell-benchmark-") as folder:
        source, destination = Path(folder) / "take.wav", Path(folder) / "dry.wav"
        write_long(source, 10 / 60)
        process = ["process", str(source), "-o", str(destination), "--overwrite"]
        commands = {
            "dryspell --help": [sys.executable, "main.py", "--help"],
            "dryspell process, 10 s": [sys.executable, "main.py", *process],
        }
        took = _children(commands, rounds)
    return Section(
        "Command line, from start to end, warm cache",
        ["Command", "CPU", "wall"],
        _rows_of(took),
        _figures_of(took),
        [_seconds("dryspell process of 10 s", 3.0, took["dryspell process, 10 s"])],
    )


def block_times(process: Callable[[Samples], Samples], clip: Samples) -> npt.NDArray[np.float64]:
    """Return the (wall, CPU) seconds of each block of a stream, (blocks, 2), without the first."""
    took = []
    for start in range(0, len(clip) - BLOCK + 1, BLOCK):
        block = clip[start : start + BLOCK]
        wall, cpu = time.perf_counter(), time.thread_time()
        process(block)
        took.append((time.perf_counter() - wall, time.thread_time() - cpu))
    return np.array(took[WARM_UP_BLOCKS:])


def _block_figures(took: npt.NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """Mean, percentiles and maximum of the blocks' times [s], by clock."""
    return {
        clock: {
            key: float(np.mean(values) if percent is None else np.percentile(values, percent))
            for key, percent in PERCENTILES.items()
        }
        for clock, values in zip(("wall", "cpu"), took.T, strict=True)
    }


def _ready(programs: Programs) -> tuple[dict[str, Program], list[list[str]]]:
    """The programs that are installed, and a row for each that is not."""
    ready = {name: each for name, each in programs.items() if isinstance(each, Program)}
    missing = [[name, each] for name, each in programs.items() if isinstance(each, str)]
    return ready, missing


def _middles(
    calls: Mapping[str, Callable[[], Timing]], rounds: int, *, warm_up: int
) -> dict[str, Timing]:
    every = in_rounds(calls, rounds, warm_up=warm_up)
    return {name: middle(timings) for name, timings in every.items()}


def _children(commands: Mapping[str, list[str]], rounds: int) -> dict[str, Timing]:
    calls = {name: lambda c=command: timed_child(c) for name, command in commands.items()}
    return _middles(calls, rounds, warm_up=1)


def _rows_of(took: Mapping[str, Timing]) -> list[list[str]]:
    return [[name, milliseconds(t.cpu_s), milliseconds(t.wall_s)] for name, t in took.items()]


def _figures_of(took: Mapping[str, Timing]) -> dict[str, dict[str, float]]:
    return {name: {"cpu_s": t.cpu_s, "wall_s": t.wall_s} for name, t in took.items()}


def _seconds(name: str, limit: float, took: Timing) -> Target:
    return Target(name, limit, "s", took.cpu_s, took.wall_s)


def _against_deepfilternet(name: str, limit: float, factors: Mapping[str, Timing]) -> Target:
    theirs, ours = factors.get(DEEPFILTERNET), factors[OURS]
    if theirs is None:
        return Target(name, limit, "of it", None)
    return Target(name, limit, "of it", ours.cpu_s / theirs.cpu_s, ours.wall_s / theirs.wall_s)
