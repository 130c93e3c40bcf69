"""Speed and memory beside other programs': `python -m benchmarks.speed` prints Markdown.

All contenders run in one go on the same audio, take turns, and are told as ratios. Both CPU and
wall time are given, with the load, because the second means little on a busy machine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import Section, machine, targets_table
from benchmarks.timing import load_average, use_one_thread

PARTS = ("offline", "streaming", "import", "cli", "threads", "memory")
NEED_PROGRAMS = {"offline", "streaming", "import"}


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--parts", default=",".join(PARTS), help="some of %(default)s, separated by commas"
    )
    parser.add_argument(
        "--minutes", type=float, default=0.5, help="of audio for offline, streaming and threads"
    )
    parser.add_argument("--rounds", type=int, default=5, help="that the contenders take turns in")
    parser.add_argument(
        "--memory-minutes", default="0.1667,10,180", help="lengths of file, ascending"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    unknown = set(parts) - set(PARTS)
    if unknown or arguments.rounds < 1 or arguments.minutes * 60 < 2:
        parser.error("parts are " + ", ".join(PARTS) + "; a round and 2 s of audio at least")

    use_one_thread()  # before anything numeric is imported
    begun = load_average()
    sections = {}
    for part, section in measured(parts, arguments):
        sections[part] = section
        print(section.markdown(), flush=True)
    targets = [target for section in sections.values() for target in section.targets]
    if targets:
        print(targets_table(targets))
    surroundings = {**machine(), "load_at_start": begun, "load_at_end": load_average()}
    print(described(surroundings))
    if arguments.json:
        figures = {part: section.figures for part, section in sections.items()}
        text = json.dumps({"machine": surroundings, **figures}, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")


def measured(parts: list[str], arguments: argparse.Namespace) -> Iterator[tuple[str, Section]]:
    """Yield the chosen parts in the order of PARTS."""
    from benchmarks import contenders, memory, threads
    from benchmarks import parts as measure

    rounds, clip = arguments.rounds, contenders.clip(arguments.minutes)
    programs: dict[str, Any] = {}
    if NEED_PROGRAMS & set(parts):
        programs = {name: contenders.loaded(name) for name in contenders.LOADERS}
    lengths = [float(minutes) for minutes in arguments.memory_minutes.split(",")]
    calls = {
        "offline": lambda: measure.offline(programs, clip, rounds),
        "streaming": lambda: measure.streaming(programs, clip, rounds),
        "import": lambda: measure.starting(programs, rounds),
        "cli": lambda: measure.command_line(rounds),
        "threads": lambda: threads.two_threads(clip, rounds),
        "memory": lambda: memory.of_files(lengths),
    }
    for part in PARTS:
        if part in parts:
            yield part, calls[part]()


def described(surroundings: dict[str, Any]) -> str:
    """Return the machine and its load as sentences."""
    packages = ", ".join(f"{name} {version}" for name, version in surroundings["packages"].items())
    return (
        f"{surroundings['processor']}, {surroundings['cores']} cores, {surroundings['system']}, "
        f"Python {surroundings['python']}; {packages}. Load average "
        f"{surroundings['load_at_start']:.1f} at the start, {surroundings['load_at_end']:.1f} at "
        "the end. RTF: seconds of computing for a second of audio; CPU counts all threads."
    )


if __name__ == "__main__":
    main()
