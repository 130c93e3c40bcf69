"""Measure models: `python -m training.evaluate MODEL... --data DIR [--card JSON]`.

Sixty fixed pairs of unseen speakers in unseen rooms, half of them with recorded noise, and twelve
dry clips, which should come back as they are. Prints Markdown tables; `--card` writes the figures
of the (only) model, with what it was made from, as its model card.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from processor.model import Model
from training.acoustics import Samples, direct_index, direct_sound
from training.corpus import Corpus
from training.dataset import Sources
from training.errors import TrainingError, told_plainly
from training.metrics import METRICS, si_sdr_db

PAIRS = 60
DRY_CLIPS = 12
CLIP_S = 8.0
LONGEST_T60_S = 2.5
SNR_DB = (10.0, 30.0)
T60_CLASSES_S = ((0.0, 0.6), (0.6, 1.2), (1.2, LONGEST_T60_S))
SEED = 20


@dataclass(frozen=True)
class Item:
    """A recording and the direct sound it holds, aligned; t60_s is 0 for dry clips."""

    name: str
    recording: Samples
    dry: Samples
    t60_s: float
    noisy: bool


def main() -> None:
    """Parse the command line, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True, help="folder: speech/ rir/ noise/")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument("--card", type=Path, help="write a model card (one model only)")
    arguments = parser.parse_args()
    if arguments.card and len(arguments.models) > 1:
        parser.error("--card takes one model")
    if arguments.card and not arguments.card.parent.is_dir():
        parser.error(f"--card: there is no folder '{arguments.card.parent}'")
    with told_plainly():
        evaluate(arguments.models, arguments.data, arguments.cache, arguments.card)


def evaluate(paths: list[Path], data: Path, cache: Path, card_path: Path | None) -> None:
    """Measure models on the fixed pairs of a data folder, print the tables, write the card.

    Raises:
        ModelError: a model cannot be loaded.
        TrainingError: the data cannot be used, or the models work at different rates.
    """
    models = [Model.load(path) for path in paths]
    sample_rate = models[0].spec.sample_rate
    if any(model.spec.sample_rate != sample_rate for model in models):
        raise TrainingError("The models work at different sample rates. Measure them one by one.")
    sources = Sources.load(data, "valid", sample_rate, cache)
    items = list(validation_items(sources, sample_rate, PAIRS, DRY_CLIPS))
    rows = {"input": measure(None, items, sample_rate)}
    for model, name in zip(models, model_names(paths), strict=True):
        rows[name] = measure(model, items, sample_rate)
    print(markdown(rows))
    if card_path is not None:
        before, after = rows.values()
        card = model_card(models[0], before, after, data)
        card_path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        print(f"\nWritten: {card_path}")


def model_names(paths: list[Path]) -> list[str]:
    """What the tables call the models: short, unless two would be called the same."""
    stems = [path.stem for path in paths]
    return stems if len({"input", *stems}) == len(stems) + 1 else [str(path) for path in paths]


def validation_items(
    sources: Sources, sample_rate: int, pairs: int, dry_clips: int
) -> Iterator[Item]:
    """Yield the fixed pairs, then the dry clips: the same ones at every call."""
    speakers = sources.speech.groups("speaker")
    rooms = [
        room
        for room in sources.rir.groups("room")
        if float(sources.rir.clips[room[0]].row["t60_s"]) <= LONGEST_T60_S
    ]
    for index in range(pairs + dry_clips):
        rng = np.random.default_rng((SEED, index))
        dry = _speech(sources.speech, speakers[index % len(speakers)], rng, sample_rate)
        if index >= pairs:
            yield Item(f"dry {index - pairs}", dry, dry, 0.0, noisy=False)
            continue
        room = rooms[index % len(rooms)]
        chosen = int(rng.choice(room))
        noisy = index % 2 == 1
        recording, direct = _in_room(dry, sources.rir.read(chosen), sample_rate)
        if noisy:
            noise = sources.noise.read(int(rng.integers(len(sources.noise))))
            noise = np.resize(noise, len(dry))
            snr_db = rng.uniform(*SNR_DB)
            noise = noise * (np.std(recording) / max(np.std(noise), 1e-9) * 10 ** (-snr_db / 20))
            recording = (recording + noise).astype(np.float32)
        row = sources.rir.clips[chosen].row
        yield Item(f"{index} in {row['room']}", recording, direct, float(row["t60_s"]), noisy)


def _speech(
    corpus: Corpus, speaker: list[int], rng: np.random.Generator, sample_rate: int
) -> Samples:
    """CLIP_S of one speaker: clips in random order, 0.6 s apart, closed by a pause."""
    pause = np.zeros(round(0.6 * sample_rate), np.float32)
    parts: list[Samples] = []
    while sum(map(len, parts)) < (CLIP_S - 1) * sample_rate:
        parts += [corpus.read(int(rng.choice(speaker))), pause]
    speech = np.concatenate(parts)[: round((CLIP_S - 0.6) * sample_rate)]
    return np.concatenate([speech, pause])


def _in_room(dry: Samples, rir: Samples, sample_rate: int) -> tuple[Samples, Samples]:
    """Speech in a room, its peak at half of full scale, and its direct sound alone, aligned."""
    from scipy.signal import fftconvolve

    late = direct_index(sample_rate)
    both = [
        fftconvolve(dry, response)[late : late + len(dry)]
        for response in (rir, direct_sound(rir, sample_rate))
    ]
    gain = 0.5 / max(float(np.abs(both[0]).max()), 1e-9)
    return (gain * both[0]).astype(np.float32), (gain * both[1]).astype(np.float32)


def process(model: Model, recording: Samples) -> Samples:
    """What full strength leaves of a mono recording at the model's rate, aligned, same length."""
    spec = model.spec
    padding = spec.latency_samples + -(len(recording) + spec.latency_samples) % spec.hop_length
    padded = np.pad(recording, (0, padding))[None]
    removed, _ = model.step(padded, model.initial_state(1), 1.0, -60.0)
    return recording - removed[0, spec.latency_samples :][: len(recording)]


def measure(
    model: Model | None, items: list[Item], sample_rate: int, metrics: Iterable[str] = METRICS
) -> dict[str, Any]:
    """Means over the pairs, by T60 class as well, and SI-SDR of the dry clips; no model: input."""
    results: list[tuple[Item, dict[str, float]]] = []
    dry_db: list[float] = []
    for item in items:
        output = item.recording if model is None else process(model, item.recording)
        if item.t60_s == 0.0:
            dry_db.append(si_sdr_db(output, item.dry, sample_rate))
        else:
            figures = {name: METRICS[name](output, item.dry, sample_rate) for name in metrics}
            results.append((item, figures))
    classes = {
        f"t60 {low:g}-{high:g} s": [f for i, f in results if low < i.t60_s <= high]
        for low, high in T60_CLASSES_S
    }
    classes["noisy"] = [f for i, f in results if i.noisy]
    return {
        "pairs": len(results),
        **_means([figures for _, figures in results]),
        "dry_si_sdr_db": {"mean": float(np.mean(dry_db)), "worst": float(np.min(dry_db))},
        "classes": {name: {"pairs": len(f), **_means(f)} for name, f in classes.items()},
        "items": [{"name": i.name, "t60_s": i.t60_s, "noisy": i.noisy, **f} for i, f in results],
    }


def _means(figures: list[dict[str, float]]) -> dict[str, float]:
    if not figures:
        return {}
    return {
        name: float(np.mean([f[name] for f in figures if not math.isnan(f[name])]))
        for name in figures[0]
    }


def markdown(rows: dict[str, dict[str, Any]]) -> str:
    """Tables of means over all pairs and by class."""
    names = "PESQ-WB | ESTOI | SI-SDR dB | tail dB"
    rule = "|---|---|---|---|---|---|"
    lines = [f"| | {names} | dry in-out SI-SDR dB (worst) |", rule]
    for name, row in rows.items():
        dry = row["dry_si_sdr_db"]
        lines.append(f"| {name} | {_cells(row)} | {dry['mean']:.1f} ({dry['worst']:.1f}) |")
    lines += [
        "",
        "| class | | PESQ-WB | ESTOI | SI-SDR dB | tail dB |",
        "|---|---|---|---|---|---|",
    ]
    for group in next(iter(rows.values()))["classes"]:
        for name, row in rows.items():
            figures = row["classes"][group]
            if figures["pairs"]:
                lines.append(f"| {group} ({figures['pairs']}) | {name} | {_cells(figures)} |")
    return "\n".join(lines)


def _cells(row: dict[str, float]) -> str:
    decimals = {"pesq_wb": 2, "estoi": 3, "si_sdr_db": 1, "tail_db": 1}
    return " | ".join(f"{row[n]:.{decimals[n]}f}" if n in row else "" for n in METRICS)


def model_card(
    model: Model, before: dict[str, Any], after: dict[str, Any], data: Path
) -> dict[str, Any]:
    """Everything that a user should know of a model file, as plain JSON values."""
    spec = model.spec

    def summary(row: dict[str, Any]) -> dict[str, Any]:
        return _rounded({key: value for key, value in row.items() if key != "items"})

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
            "input": summary(before),
            "output": summary(after),
        },
    }


def source_summary(folder: Path) -> list[dict[str, Any]]:
    """Sources and licences of the training clips of one corpus, with clip counts."""
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    rows = [row for row in rows if row.get("commercial_use") != "no"]
    counts = Counter((row.get("source", ""), row.get("licence", "")) for row in rows)
    return [
        {"source": source, "licence": licence, "clips": count}
        for (source, licence), count in sorted(counts.items())
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
