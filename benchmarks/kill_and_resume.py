"""How a batch bears `kill -9`: killed again and again at random moments, and gone on with.

    python benchmarks/kill_and_resume.py --kills 20

Makes recordings, works through them undisturbed once, then again with kills: of the first process,
of one worker, or of all at once. After each, every file under its final name must be equal to the
undisturbed one; at the end every file must be there, none made twice, and no part file left. Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_RATE = 16_000
VICTIMS = ("all processes", "the first process", "one worker")


def main() -> None:
    """Kill, resume, count, and print a table."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_recordings(folder / "in", options.files, options.seconds)
        _start(folder, "calm", options.jobs).wait()
        calm = _contents(folder / "calm")
        counts = _run_with_kills(folder, options.kills, options.jobs, calm, options.seed)
    print("| | |\n|---|---|")
    for what, number in counts.items():
        print(f"| {what} | {number} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each recording")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _make_recordings(folder: Path, files: int, seconds: float) -> None:
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number in range(files):
        waveform = 0.1 * generator.standard_normal(int(seconds * SAMPLE_RATE))
        ending = ("wav", "flac")[number % 2]
        soundfile.write(folder / f"{number:03}.{ending}", waveform, SAMPLE_RATE)


def _start(folder: Path, output: str, jobs: int) -> subprocess.Popen[bytes]:
    call = ["batch", str(folder / "in"), str(folder / output), "--resume", "--jobs", str(jobs)]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *call, "--report", str(folder / f"{output}.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _run_with_kills(
    folder: Path, kills: int, jobs: int, calm: dict[str, bytes], seed: int
) -> dict[str, int]:
    chance = random.Random(seed)
    output = folder / "killed"
    seen: Counter[str] = Counter()
    while seen["kills"] < kills:
        before = set(_parts(output))
        run = _start(folder, "killed", jobs)
        if _is_working(output, run, before):
            time.sleep(chance.uniform(0.0, 2.0))
            victim = VICTIMS[seen["kills"] % len(VICTIMS)]
            if _kill(run, victim):
                seen["kills"] += 1
                seen[f"kills of {victim}"] += 1
        run.wait()
        _wait_until_gone(run.pid)
        seen["part files that kills left"] += len(set(_parts(output)) - before)
        seen["not whole"] += _count_spoilt(output, calm)
        print(f"{time.strftime('%H:%M:%S')} {dict(seen)}", file=sys.stderr, flush=True)
        if len(_contents(output)) == len(calm):
            _finish(folder, jobs, calm, seen)
    _finish(folder, jobs, calm, seen)
    names = [*(f"kills of {victim}" for victim in VICTIMS), "part files that kills left"]
    names += ["not whole", "missing", "left over", "done twice", "folders finished", "bad exits"]
    return {name: seen[name] for name in names}


def _finish(folder: Path, jobs: int, calm: dict[str, bytes], seen: Counter[str]) -> None:
    """Go on undisturbed to the end, look at everything, and begin a new folder."""
    output = folder / "killed"
    seen["bad exits"] += _start(folder, "killed", jobs).wait() != 0
    seen["not whole"] += _count_spoilt(output, calm)
    seen["missing"] += len(calm) - len(_contents(output))
    seen["left over"] += len(_parts(output))
    lines = (output / ".dryspell-journal.jsonl").read_bytes().splitlines()
    done = Counter(event["output"] for event in map(_event, lines) if event.get("event") == "done")
    seen["done twice"] += sum(done.values()) - len(done)
    seen["folders finished"] += 1
    shutil.rmtree(output)


def _event(line: bytes) -> dict[str, str]:
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}


def _contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of the files under final names."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")}


def _parts(folder: Path) -> list[Path]:
    return list(folder.glob(".dryspell-*.part"))


def _count_spoilt(folder: Path, calm: dict[str, bytes]) -> int:
    return sum(content != calm[name] for name, content in _contents(folder).items())


def _is_working(folder: Path, run: subprocess.Popen[bytes], before: set[Path]) -> bool:
    """Wait until something is being written; False if the run ends before."""
    while run.poll() is None:
        if set(_parts(folder)) - before:
            return True
        time.sleep(0.01)
    return False


def _kill(run: subprocess.Popen[bytes], victim: str) -> bool:
    """Kill -9; return whether there was somebody to kill. After one worker, the run goes on."""
    with suppress(ProcessLookupError):
        if victim == "all processes":
            os.killpg(run.pid, signal.SIGKILL)
        elif victim == "the first process":
            os.kill(run.pid, signal.SIGKILL)
        else:
            workers = _workers_of(run.pid)
            if not workers:
                return False
            os.kill(workers[-1], signal.SIGKILL)
        return True
    return False


def _workers_of(process: int) -> list[int]:
    """Return the processes that work for another (Linux); one of them only tracks resources."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in found}
    return [child for child, command in commands.items() if b"spawn_main" in command]


def _wait_until_gone(group: int) -> None:
    """Return when no process of a group is left that could write."""
    while any(_is_alive_in(group, entry) for entry in Path("/proc").glob("[0-9]*")):
        time.sleep(0.05)


def _is_alive_in(group: int, entry: Path) -> bool:
    with suppress(OSError):
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        return fields[0] not in "ZX" and int(fields[2]) == group
    return False


if __name__ == "__main__":
    main()
