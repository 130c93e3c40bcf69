"""Figures as Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.levels import OCTAVES_HZ
from training.measure import ESTOI_FLOOR, Row, Yardstick, harmed_items, rising_tails, worst_items


@dataclass(frozen=True)
class Column:
    """A figure in a table: its key in a row, its heading, its decimals and a factor."""

    key: str
    title: str
    decimals: int
    factor: float = 1.0

    def cell(self, figures: Mapping[str, Any]) -> str:
        """The figure, or nothing where it was not measured."""
        value = figures.get(self.key)
        if value is None or math.isnan(value):
            return ""
        return f"{self.factor * value:.{self.decimals}f}"


COLUMNS = (
    Column("pesq_wb", "PESQ-WB", 2),
    Column("estoi", "ESTOI", 3),
    Column("si_sdr_db", "SI-SDR dB", 1),
    Column("tail_db", "tail dB", 1),
    Column("level_error_db", "level dB", 1),
    Column("onset_loss_db", "onset loss dB", 1),
    Column("srmr", "SRMR", 2),
    Column("dnsmos_ovrl", "DNSMOS OVRL", 2),
    Column("dnsmos_sig", "SIG", 2),
    Column("dnsmos_bak", "BAK", 2),
    Column("wer", "WER %", 1, 100.0),
)
OCTAVES = tuple(Column(f"late_{hz}_hz_db", f"{hz} Hz", 1) for hz in OCTAVES_HZ)


def report(rows: Mapping[str, Row]) -> str:
    """All tables: means, dry clips, late reverberation by octave, classes."""
    return "\n\n".join((markdown(rows), octaves_table(rows), classes_table(rows)))


def markdown(rows: Mapping[str, Row]) -> str:
    """Means over all pairs, and how much of dry clips is left alone."""
    body = []
    for name, row in rows.items():
        dry = row["dry_si_sdr_db"]
        cells = [column.cell(row) for column in COLUMNS]
        body.append([name, *cells, f"{dry['mean']:.1f} ({dry['worst']:.1f})"])
    return table(["", *(c.title for c in COLUMNS), "dry in-out SI-SDR dB (worst)"], body)


def octaves_table(rows: Mapping[str, Row]) -> str:
    """How far reverberation after speech fell in each octave."""
    body = [[name, *(column.cell(row) for column in OCTAVES)] for name, row in rows.items()]
    return table(["late reverberation falls by dB", *(c.title for c in OCTAVES)], body)


def classes_table(rows: Mapping[str, Row]) -> str:
    """Means by reverberation time, distance and noise."""
    body = []
    for group in next(iter(rows.values()))["classes"]:
        for name, row in rows.items():
            figures = row["classes"][group]
            if figures["pairs"]:
                cells = [column.cell(figures) for column in COLUMNS]
                body.append([f"{group} ({figures['pairs']})", name, *cells])
    return table(["class", "", *(c.title for c in COLUMNS)], body)


def checks(
    name: str, before: Row, after: Row, tails: Mapping[float, list[float]] | None = None
) -> str:
    """What a model must not do, and whether it does it."""
    lines = [f"Floors of {name}:", ""]
    harmed = harmed_items(before, after)
    verdict = "holds" if not harmed else f"BROKEN by {len(harmed)}: {', '.join(harmed)}"
    lines.append(f"- no item's ESTOI falls by more than {ESTOI_FLOOR}: {verdict}")
    dry = after["dry_si_sdr_db"]
    lines.append(f"- dry in, dry out: {dry['mean']:.1f} dB, worst {dry['worst']:.1f} dB")
    error_db = after.get("level_error_db", math.nan)
    verdict = "holds" if abs(error_db) <= 0.5 else "BROKEN"
    lines.append(f"- level of the direct sound within ±0.5 dB: {verdict}, {error_db:+.2f} dB")
    if tails:
        rising = rising_tails(dict(tails))
        of = len(next(iter(tails.values())))
        verdict = "holds" if not rising else f"BROKEN by {rising} of {of} items"
        steps = ", ".join(f"{s:g}: {np.nanmean(t):.1f}" for s, t in sorted(tails.items()))
        lines.append(f"- more strength, less tail: {verdict} ({steps} dB)")
    return "\n".join(lines)


def worst_table(name: str, before: Row, after: Row) -> str:
    """The ten items that gained least."""
    body = [
        [
            item["name"],
            f"{item['t60_s']:.2f}",
            "yes" if item["noisy"] else "",
            *(
                f"{item[key][0]:.{digits}f} → {item[key][1]:.{digits}f}" if key in item else ""
                for key, digits in (("estoi", 3), ("pesq_wb", 2))
            ),
        ]
        for item in worst_items(before, after)
    ]
    return table([f"least gained by {name}", "T60 s", "noisy", "ESTOI", "PESQ-WB"], body)


def notes(yardstick: Yardstick, rows: Mapping[str, Row]) -> str:
    """What could not be measured, what WER is of, and how long each metric took."""
    lines = [
        f"{name} was not measured: there is no module '{module}'. "
        "Install what it needs: pip install -e '.[bench]'"
        for name, module in yardstick.missing.items()
    ]
    heard = [int(row["wer_items"]) for row in rows.values() if "wer_items" in row]
    if heard:
        lines.append(
            f"WER is of the {heard[0]} pairs whose direct sound the recogniser follows (English); "
            "its transcript of that is the reference."
        )
    if yardstick.seconds:
        each = (f"{name} {s / n:.2f}" for name, (s, n) in yardstick.seconds.items())
        lines.append(f"Seconds an output: {', '.join(each)}.")
    return "\n".join(lines)


def table(heading: list[str], body: list[list[str]]) -> str:
    """A Markdown table."""
    rule = "|" + "---|" * len(heading)
    rows = ["| " + " | ".join(cells) + " |" for cells in (heading, *body)]
    return "\n".join([rows[0].replace("|  |", "| |"), rule, *rows[1:]])
