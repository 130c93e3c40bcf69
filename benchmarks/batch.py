"""How fast batches are: more processes, long files against short ones, and what a file costs.

    python benchmarks/batch.py

Prints, for each number of processes, the pace and the CPU time per hour of audio, then the cost
of a file beside its length, and what that makes of a thousand hours. Run it on a quiet machine: the
load at the beginning is told.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.timing import Timing, in_rounds, middle, timed_child  # noqa: E402

SAMPLE = ROOT / "resources" / "samples" / "kitchen.flac"
LONG_S, SHORT_S = 300.0, 3.0


def main() -> None:
    """Measure and print tables."""
    options = _options()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{os.cpu_count()} cores, load {load:.1f} at the beginning\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = {
            "long": _make(folder / "long", options.files, LONG_S),
            "short": _make(folder / "short", options.files * 20, SHORT_S),
            "one": _make(folder / "one", 1, SHORT_S),
        }
        cases = [("one", 1), *((kind, jobs) for kind in ("long", "short") for jobs in options.jobs)]
        timings = in_rounds(
            {case: lambda case=case: _timed_batch(folder, *case) for case in cases}, options.rounds
        )
    took = {case: middle(rounds) for case, rounds in timings.items()}
    start = took["one", 1]
    print(f"One file of {SHORT_S:g} s: {start.wall_s:.1f} s, of CPU {start.cpu_s:.1f} s.", end=" ")
    print("This start is taken off below.\n")
    print("| files of | processes | x real time | CPU s per hour | 1000 hours take |")
    print("|---|---|---|---|---|")
    for kind, jobs in cases[1:]:
        print(_row(kind, jobs, _less(took[kind, jobs], start), seconds[kind]))
    first = options.jobs[0]
    net = {kind: _less(took[kind, first], start).cpu_s for kind in ("long", "short")}
    _tell_cost_of_a_file(net, seconds, options.files)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=6, help=f"of {LONG_S:g} s; 20 times as short")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _make(folder: Path, files: int, length_s: float) -> float:
    """Make files out of a sample, one after the other in a loop; return how many seconds in all."""
    folder.mkdir()
    waveform, sample_rate = soundfile.read(SAMPLE, dtype="float32")
    frames = int(length_s * sample_rate)
    for number in range(files):
        at = np.arange(number * 1000, number * 1000 + frames) % len(waveform)
        soundfile.write(folder / f"{number:04}.wav", waveform[at], sample_rate, "PCM_24")
    return files * length_s


def _timed_batch(folder: Path, kind: str, jobs: int) -> Timing:
    call = ["batch", str(folder / kind), str(folder / f"{kind}_dry"), "--existing", "overwrite"]
    return timed_child([sys.executable, str(ROOT / "main.py"), *call, "--jobs", str(jobs)])


def _row(kind: str, jobs: int, took: Timing, seconds: float) -> str:
    length = LONG_S if kind == "long" else SHORT_S
    pace = seconds / took.wall_s
    cpu = 3600 * took.cpu_s / seconds
    return f"| {length:g} s | {jobs} | {pace:.1f} | {cpu:.0f} | {1000 / pace:.1f} h |"


def _less(took: Timing, start: Timing) -> Timing:
    return Timing(took.wall_s - start.wall_s, took.cpu_s - start.cpu_s)


def _tell_cost_of_a_file(cpu_s: dict[str, float], seconds: dict[str, float], files: int) -> None:
    """Solve CPU time = a * seconds + b * files, from the long files and the short ones."""
    rate = cpu_s["long"] / seconds["long"]
    each = (cpu_s["short"] - rate * seconds["short"]) / (20 * files)
    print(
        f"\nA file costs {1000 * each:.0f} ms of CPU beside {rate:.4f} s for each of its seconds."
    )


if __name__ == "__main__":
    main()
