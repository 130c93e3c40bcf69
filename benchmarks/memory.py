"""The most memory that `process_file` takes: `python -m benchmarks.memory MINUTES` prints it.

A process remembers its highest mark for ever, hence one child for each length.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import Section, Target
from benchmarks.timing import ROOT


def of_files(lengths: Sequence[float]) -> Section:
    """The peak for files of so many minutes each, mono at 48 kHz, 16 bit."""
    taken, rows = [], []
    for minutes in sorted(lengths):
        needed_mb = 2 * minutes * 60 * 48_000 * 2 / 1e6
        if needed_mb > 0.9 * free_mb():
            rows.append([f"{minutes:.3g} min", f"left out: needs {needed_mb:.0f} MB of disk"])
            continue
        each = peak_of_child(minutes)
        taken.append(each)
        rows.append(
            [
                f"{minutes:.3g} min",
                f"{each['peak_mb']:.0f} MB",
                f"{each['cpu_s'] / minutes / 60:.4f}",
                f"{each['wall_s'] / minutes / 60:.4f}",
            ]
        )
    targets = []
    if len(taken) > 1:
        peaks = [each["peak_mb"] for each in taken]
        targets = [
            Target(f"Memory for {taken[-1]['minutes']:.3g} min", 600, "MB", peaks[-1]),
            Target(
                f"Memory for {taken[-1]['minutes']:.3g} min as against "
                f"{taken[-2]['minutes']:.3g} min",
                1.2,
                "times",
                peaks[-1] / peaks[-2],
            ),
        ]
    return Section(
        "Most memory of process_file: mono files at 48 kHz, 16 bit",
        ["File", "peak", "RTF, CPU", "RTF, wall"],
        rows,
        {"files": taken},
        targets,
    )


def peak_of_child(minutes: float) -> dict[str, float]:
    """Return what `measure` returns, of a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", str(minutes)]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)


def measure(minutes: float) -> dict[str, float]:
    """Return the peak of this process [MB] and its times [s] after a file of so many minutes."""
    from processor import process_file

    with tempfile.TemporaryDirectory(prefix="dryspell-benchmark-") as folder:
        source = Path(folder) / "long.wav"
        write_long(source, minutes)
        wall, cpu = time.perf_counter(), time.process_time()
        process_file(source, Path(folder) / "dry.wav")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"minutes": minutes, "peak_mb": peak_mb(), "wall_s": wall, "cpu_s": cpu}


def write_long(path: Path, minutes: float) -> None:
    """Write a mono file, 16 bit at 48 kHz, a minute at most at a time."""
    import soundfile

    from benchmarks.contenders import SAMPLE_RATE, clip

    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1, "PCM_16") as file:
        while minutes > 0:
            file.write(clip(min(minutes, 1)))
            minutes -= 1


def peak_mb() -> float:
    """Return the most memory that this process has had at any time [MB, 10^6 bytes]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def free_mb() -> float:
    """Return how much room there is for temporary files [MB]."""
    stat = os.statvfs(tempfile.gettempdir())
    return stat.f_bavail * stat.f_frsize / 1e6


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]))))
