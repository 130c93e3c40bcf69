"""The model card: what a user should know of a model file. And the README's table, made from it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processor.model import Model
from training.corpus import may_be_used
from training.errors import TrainingError, reason_of
from training.items import DRY_CLIPS, SNR_DB
from training.measure import Row, worst_items
from training.tables import Column, table

BEGIN = "<!-- sound table: written by python -m training.evaluate --readme -->"
END = "<!-- sound table ends -->"
README_COLUMNS = (
    (Column("pesq_wb", "PESQ-WB", 2), max),
    (Column("estoi", "ESTOI", 3), max),
    (Column("si_sdr_db", "SI-SDR", 1), max),
    (Column("tail_db", "tail", 1), min),
    (Column("dnsmos_ovrl", "DNSMOS", 2), max),
    (Column("wer", "word errors", 0, 100.0), min),
    (Column("mean", "dry in, dry out", 1), max),
)
UNITS = {"si_sdr_db": " dB", "tail_db": " dB", "wer": " %", "mean": " dB"}


def model_card(
    model: Model,
    before: Row,
    after: Row,
    data: Path,
    *,
    peers: Mapping[str, Row] | None = None,
    items: str = "",
) -> dict[str, Any]:
    """Everything that a user should know of a model file, as plain JSON values.

    Args:
        model: the model.
        before: figures of the recordings as they are.
        after: figures of what the model leaves of them.
        data: the data folder, whose manifests name sources and licences.
        peers: figures of other programs.
        items: fingerprint of the items.
    """
    spec = model.spec
    return {
        "name": spec.name,
        "file_sha256": spec.sha256,
        "sample_rate_hz": spec.sample_rate,
        "latency_ms": round(1e3 * spec.latency_samples / spec.sample_rate, 2),
        "parameters": spec.parameters,
        "training": dict(spec.provenance),
        "sources": {kind: source_summary(data / kind) for kind in ("speech", "rir", "noise")},
        "validation": {
            "what": f"{after['pairs']} pairs of unseen speakers and rooms, half with noise at "
            f"{SNR_DB[0]:g}-{SNR_DB[1]:g} dB SNR, {DRY_CLIPS} dry clips; "
            "the reference is the direct sound: the dry speech through the first 4 to 8 ms "
            "of the room response. None of it was trained on, but it is the split by which "
            "checkpoints are chosen: expect a little less elsewhere",
            "command": "python -m training.evaluate",
            "items": items,
            "input": _summary(before),
            "output": _summary(after),
            "peers": {name: _summary(row) for name, row in (peers or {}).items()},
            "known_failures": known_failures(before, after, peers or {}),
            "least_gained": [_rounded(item) for item in worst_items(before, after)],
        },
    }


def known_failures(before: Row, after: Row, peers: Mapping[str, Row]) -> list[str]:
    """Sentences: where the model leaves a recording worse than it was, or a peer does better.

    Of all pairs, then of each class in which it is worse than the recording.
    """
    found = []
    for column, best in README_COLUMNS:
        key = column.key
        if key not in after or key not in before:
            continue
        rivals = {"the recording": before, **peers}
        ahead = [
            f"{name} has {_cell(column, row)}"
            for name, row in rivals.items()
            if key in row and best(row[key], after[key]) != after[key]
        ]
        if ahead:
            found.append(f"{column.title} {_cell(column, after)}: {', '.join(ahead)}.")
        for name, row in after.get("classes", {}).items():
            was = before["classes"][name]
            if key in row and key in was and best(row[key], was[key]) != row[key]:
                shown = _cell(column, row), _cell(column, was)
                found.append(f"{name}: {column.title} {shown[0]}, the recording has {shown[1]}.")
    return found


def source_summary(folder: Path) -> list[dict[str, Any]]:
    """Sources and licences of the training clips of one corpus, with clip counts."""
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    rows = [row for row in rows if may_be_used(row)]
    counts = Counter((row.get("source", ""), row.get("licence", "")) for row in rows)
    return [
        {"source": source, "licence": licence, "clips": count}
        for (source, licence), count in sorted(counts.items())
    ]


def readme_table(card: Mapping[str, Any]) -> str:
    """The README's table of sound: recording, Dryspell and the peers; the best in bold."""
    measured = card["validation"]
    programs = {"Dryspell": measured["output"], **measured["peers"]}
    flat = {name: {**row, **row["dry_si_sdr_db"]} for name, row in programs.items()}
    columns = [entry for entry in README_COLUMNS if entry[0].key in flat["Dryspell"]]
    before = [_cell(column, measured["input"]) for column, _ in columns]
    body = [["recording", *before]]
    for name, row in flat.items():
        cells = [name]
        for column, best in columns:
            shown = column.cell(row)
            marks = [column.cell(other) for other in flat.values() if column.cell(other)]
            is_best = bool(shown) and float(shown) == best(map(float, marks))
            cells.append(f"**{_cell(column, row)}**" if is_best else _cell(column, row))
        body.append(cells)
    return table(["", *(column.title for column, _ in columns)], body)


def write_readme(path: Path, card: Mapping[str, Any]) -> None:
    """Put the table of a card between the marks of a README.

    Raises:
        TrainingError: the file cannot be read or written, or has no marks.
    """
    try:
        text = path.read_text(encoding="utf-8")
        before, begins, rest = text.partition(BEGIN)
        _, ends, after = rest.partition(END)
        if not begins or not ends:
            raise TrainingError(f"'{path}' has no lines '{BEGIN}' and '{END}'. Put them in.")
        path.write_text(f"{before}{BEGIN}\n{readme_table(card)}\n{END}{after}", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"Cannot rewrite '{path}': {reason_of(error)}.") from error


def _cell(column: Column, row: Mapping[str, Any]) -> str:
    shown = column.cell(row)
    return shown + UNITS.get(column.key, "") if shown else ""


def _summary(row: Row) -> dict[str, Any]:
    return _rounded({key: value for key, value in row.items() if key != "items"})


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return round(value, 3) if isinstance(value, float) else value
