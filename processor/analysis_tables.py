"""Analyses as rows: a table for the eye, CSV and JSON for programs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from processor.analysis import Analysis, verdict
from processor.room import RoomFigures

_STYLES = {"good": "green", "fair": "yellow", "bad": "red", "unclear": "dim"}
_WIDTH_OF_A_FILE = 160
_ABOUT = (
    *("path", "duration_s", "sample_rate", "channels", "verdict", "reverberation_removed_db"),
    *("strength", "error"),
)
_FIGURES = [figure.name for figure in fields(RoomFigures)]


def print_table(analyses: Sequence[Analysis]) -> None:
    """Print those that could be read as a table, in their order; a column for after, if told."""
    good = [analysis for analysis in analyses if analysis.ok]
    if not good:
        return
    with_after = any(analysis.after is not None for analysis in good)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", overflow="fold", ratio=1)
    for heading in ("length", "T60 s", "C50 dB", "sure", "late dB", "speech dB", "SNR dB", "clip"):
        table.add_column(heading, justify="right", no_wrap=True)
    if with_after:
        table.add_column("removed dB", justify="right", no_wrap=True)
    with_strength = any(analysis.strength is not None for analysis in good)
    if with_strength:
        table.add_column("strength", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for analysis in good:
        table.add_row(*_cells(analysis, with_after, with_strength))
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=_WIDTH_OF_A_FILE)
    console.print(table)


def document(analyses: Sequence[Analysis]) -> list[dict[str, Any]]:
    """Return the analyses as JSON has it, in their order."""
    return [
        {
            **_about(analysis),
            "before": asdict(analysis.before) if analysis.ok else None,
            "after": None if analysis.after is None else asdict(analysis.after),
        }
        for analysis in analyses
    ]


def write_csv(analyses: Sequence[Analysis], file: TextIO) -> None:
    """Write one line for each analysis, in their order, under a header."""
    sides = ("before", "after")
    columns = [f"{side}_{name}" for side in sides for name in _FIGURES]
    writer = csv.DictWriter(file, [*_ABOUT, *columns], lineterminator="\n")
    writer.writeheader()
    for analysis in analyses:
        row = _about(analysis)
        for side in sides:
            figures = getattr(analysis, side) if analysis.ok else None
            if figures is not None:
                row |= {f"{side}_{name}": getattr(figures, name) for name in _FIGURES}
        writer.writerow(row)


def _about(analysis: Analysis) -> dict[str, Any]:
    values = (
        str(analysis.path).encode("utf-8", "backslashreplace").decode("utf-8"),
        round(analysis.duration_s, 3),
        analysis.sample_rate,
        analysis.channels,
        verdict(analysis.before)[0] if analysis.ok else None,
        analysis.reverberation_removed_db,
        analysis.strength,
        analysis.error,
    )
    return dict(zip(_ABOUT, values, strict=True))


def _cells(analysis: Analysis, with_after: bool, with_strength: bool) -> list[Text | str]:
    before, after = analysis.before, analysis.after
    words, kind = verdict(before)

    def told(name: str, decimals: int) -> str:
        values = [getattr(before, name), *([getattr(after, name)] if after is not None else [])]
        return " → ".join("–" if value is None else f"{value:.{decimals}f}" for value in values)

    cells: list[Text | str] = [
        Text(str(analysis.path)),
        _clock(analysis.duration_s),
        told("t60_s", 2),
        told("c50_db", 1),
        f"{before.c50_confidence:.0%}",
        told("reverberation_db", 0),
        told("speech_level_db", 0),
        told("snr_db", 0),
        str(before.clipped_samples),
    ]
    if with_after:
        removed = analysis.reverberation_removed_db
        cells.append("–" if removed is None else f"{removed:.1f}")
    if with_strength:
        cells.append("–" if analysis.strength is None else f"{analysis.strength:.2f}")
    return [*cells, Text(words, style=_STYLES[kind])]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
