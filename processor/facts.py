"""What the command line tells about recordings, models and itself, as text or JSON."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from processor.audio_file import probe
from processor.errors import DereverbError
from processor.file_job import version
from processor.model import Model
from processor.model_files import installed_models
from processor.model_spec import ModelSpec, read_spec
from processor.report import print_json


def tell_facts(paths: Sequence[str], *, as_json: bool) -> bool:
    """Print what is known of some files, or of this program; return False if one cannot be read."""
    facts, all_well = [], True
    for path in paths:
        try:
            facts.append(_facts_of(Path(path)))
        except DereverbError as error:
            print(error, file=sys.stderr)
            facts.append({"path": path, "error": str(error)})
            all_well = False
    if not paths:
        facts.append(_about(whole_card=as_json))
    if as_json:
        print_json({"files": facts} if paths else facts[0])
    else:
        print("\n\n".join(_table(entry) for entry in facts if "error" not in entry), flush=True)
    return all_well


def tell_models(*, as_json: bool) -> None:
    """Print which models are installed, the default one first.

    Raises:
        ModelError: the file of one is damaged.
    """
    facts = [
        {**_facts_of_spec(path, read_spec(path)), "name": name}
        for name, path in installed_models().items()
    ]
    if as_json:
        print_json({"models": facts})
    else:
        print("\n".join(_columns(facts)), flush=True)


def _facts_of(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".pt" or str(path) in installed_models():
        return _facts_of_model(Model.load(str(path)))
    audio = probe(path)
    return {**asdict(audio), "path": str(path), "duration_s": round(audio.duration_s, 3)}


def _about(*, whole_card: bool) -> dict[str, Any]:
    model = Model.load()
    about = {
        "dryspell": version(),
        "licence": "GPL-3.0-or-later",
        "python": platform.python_version(),
        "model": _facts_of_model(model),
    }
    path = model.path.with_suffix(".json")
    if path.is_file():
        card = json.loads(path.read_text(encoding="utf-8"))
        about["model_card"] = card if whole_card else _summary(card, path)
    return about


def _summary(card: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What of a model card fits on a screen."""
    before, after = card["validation"]["input"], card["validation"]["output"]
    return {
        "heard_hours": card["training"]["heard_hours"],
        "validation": {
            name: f"{before[name]:g} -> {after[name]:g}"
            for name in ("pesq_wb", "estoi", "si_sdr_db", "tail_db")
        },
        "sources": {
            kind: ", ".join(sorted({row["source"] for row in rows}))
            for kind, rows in card["sources"].items()
        },
        "all": str(path),
    }


def _facts_of_model(model: Model) -> dict[str, Any]:
    return {**_facts_of_spec(model.path, model.spec), "sha256": model.spec.sha256}


def _facts_of_spec(path: Path, spec: ModelSpec) -> dict[str, Any]:
    return {
        "path": str(path),
        "name": spec.name,
        "for": spec.purpose,
        "sample_rate": spec.sample_rate,
        "latency_ms": round(1000 * spec.latency_samples / spec.sample_rate, 2),
        "hop_ms": round(1000 * spec.hop_length / spec.sample_rate, 2),
        "parameters": spec.parameters,
    }


def _columns(models: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [("NAME", "FOR", "LATENCY", "HOP", "RATE", "PARAMETERS")]
    for facts in models:
        rows.append(
            (
                facts["name"],
                facts["for"],
                f"{facts['latency_ms']:g} ms",
                f"{facts['hop_ms']:g} ms",
                f"{facts['sample_rate'] / 1000:g} kHz",
                f"{facts['parameters']:,}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _table(facts: Mapping[str, Any], indent: str = "") -> str:
    width = max(map(len, facts), default=0)
    lines = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", _table(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<{width}}  {value}")
    return "\n".join(lines)
