"""Figures of one program over the items: each output, the means, the floors it must hold."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from processor.model import Model
from training import levels, metrics, recognition, srmr
from training.acoustics import Samples
from training.items import LONGEST_T60_S, Item

Program = Callable[[Samples], Samples]
Figures = dict[str, float]
Row = dict[str, Any]

T60_CLASSES_S = ((0.0, 0.6), (0.6, 1.2), (1.2, LONGEST_T60_S))
# A recording counts as near where the direct sound is not lost in the room.
NEAR_DRR_DB = -6.0
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
ESTOI_FLOOR = 0.02


class Yardstick:
    """Measures outputs, and remembers on disk what it measured: equal samples, equal figures.

    Attributes:
        missing: the module that a metric lacks, for each metric that could not be measured.
        seconds: spent on each metric, and on how many outputs.
    """

    def __init__(self, sample_rate: int, names: Iterable[str], memory: Path | None = None) -> None:
        """Measure the METRICS of these names; `memory` is a folder for the figures."""
        self.sample_rate = sample_rate
        self.names = tuple(names)
        self.missing: dict[str, str] = {}
        self.seconds: dict[str, tuple[float, int]] = {}
        self._memory = memory
        # A figure of other code is another figure.
        self._entries = {name: f"{name} {_code_digest(name)}" for name in self.names}

    def figures(self, output: Samples, item: Item) -> Figures:
        """All figures of one output; those of metrics whose package is missing are left out."""
        place = self._place(output, item)
        known: dict[str, Figures] = json.loads(place.read_text()) if place.is_file() else {}
        fresh = [n for n in self.names if self._entries[n] not in known and n not in self.missing]
        for name in fresh:
            began = time.perf_counter()
            try:
                known[self._entries[name]] = METRICS[name](output, item, self.sample_rate)
            except ModuleNotFoundError as error:
                self.missing[name] = error.name or str(error)
                continue
            spent, count = self.seconds.get(name, (0.0, 0))
            self.seconds[name] = (spent + time.perf_counter() - began, count + 1)
        if fresh and self._memory:
            place.parent.mkdir(parents=True, exist_ok=True)
            written = place.with_suffix(f".{os.getpid()}")  # whole, or not there
            written.write_text(json.dumps(known))
            written.replace(place)
        return {
            key: value for e in self._entries.values() for key, value in known.get(e, {}).items()
        }

    def _place(self, output: Samples, item: Item) -> Path:
        if self._memory is None:
            return Path()
        digest = hashlib.sha256()
        for samples in (output, item.dry, item.recording):
            digest.update(np.ascontiguousarray(samples).tobytes())
        digest.update(f"{self.sample_rate} {item.noisy}".encode())
        return self._memory / f"{digest.hexdigest()[:24]}.json"


def _dnsmos(output: Samples, item: Item, sample_rate: int) -> Figures:
    del item
    return {f"dnsmos_{k}": v for k, v in metrics.dnsmos(output, sample_rate).items()}


def _late(output: Samples, item: Item, sample_rate: int) -> Figures:
    if item.noisy:  # the pauses hold the noise
        return {}
    found = levels.late_reduction_db(output, item.dry, sample_rate, item.recording)
    return {f"late_{octave}_hz_db": value for octave, value in found.items()}


_heard_dry: dict[bytes, recognition.Heard] = {}


def _wer(output: Samples, item: Item, sample_rate: int) -> Figures:
    """Word errors and the words there are; nothing where the dry speech is not followed."""
    key = hashlib.sha256(item.dry.tobytes()).digest()
    if key not in _heard_dry:
        _heard_dry[key] = recognition.recognise(item.dry, sample_rate)
    reference = _heard_dry[key]
    if not recognition.plausible(reference):
        return {}
    heard = recognition.recognise(output, sample_rate)
    errors = recognition.word_errors(heard.words, reference.words)
    return {"word_errors": errors, "words": len(reference.words)}


METRICS: dict[str, Callable[[Samples, Item, int], Figures]] = {
    "pesq": lambda x, item, rate: {"pesq_wb": metrics.pesq_wb(x, item.dry, rate)},
    "estoi": lambda x, item, rate: {"estoi": metrics.estoi(x, item.dry, rate)},
    "si_sdr": lambda x, item, rate: {"si_sdr_db": metrics.si_sdr_db(x, item.dry, rate)},
    "tail": lambda x, item, rate: {"tail_db": levels.tail_db(x, item.dry, rate)},
    "level": lambda x, item, rate: {
        "level_error_db": levels.level_error_db(x, item.dry, rate, item.recording)
    },
    "onset": lambda x, item, rate: {"onset_loss_db": levels.onset_loss_db(x, item.dry, rate)},
    "late": _late,
    "srmr": lambda x, item, rate: {"srmr": srmr.srmr(x, rate)},
    "dnsmos": _dnsmos,
    "wer": _wer,
}
MODULES: dict[str, ModuleType] = {
    **dict.fromkeys(("tail", "level", "onset", "late"), levels),
    "srmr": srmr,
    "wer": recognition,
}
SLOW = ("srmr", "dnsmos", "wer")
QUICK = tuple(name for name in METRICS if name not in SLOW)


def _code_digest(name: str) -> str:
    source = inspect.getsource(MODULES.get(name, metrics)) + inspect.getsource(METRICS[name])
    return hashlib.sha256(source.encode()).hexdigest()[:8]


def process(model: Model, recording: Samples, strength: float = 1.0) -> Samples:
    """What a model leaves of a mono recording at its rate, aligned, same length."""
    spec = model.spec
    padding = spec.latency_samples + -(len(recording) + spec.latency_samples) % spec.hop_length
    padded = np.pad(recording, (0, padding))[None]
    removed, _ = model.step(padded, model.initial_state(1), strength, -60.0)
    return recording - removed[0, spec.latency_samples :][: len(recording)]


def measure(program: Program, items: Sequence[Item], yardstick: Yardstick) -> Row:
    """Means over the pairs, by class as well, each pair, and SI-SDR of the dry clips."""
    results: list[tuple[Item, Figures]] = []
    dry_db: list[float] = []
    for item in items:
        output = program(item.recording)
        if item.is_dry:
            dry_db.append(metrics.si_sdr_db(output, item.dry, yardstick.sample_rate))
        else:
            results.append((item, yardstick.figures(output, item)))
    return {
        "pairs": len(results),
        **means([figures for _, figures in results]),
        "dry_si_sdr_db": {"mean": float(np.mean(dry_db)), "worst": float(np.min(dry_db))},
        "classes": {
            name: {"pairs": len(chosen), **means(chosen)}
            for name, belongs in CLASSES.items()
            for chosen in [[figures for item, figures in results if belongs(item)]]
        },
        "items": [
            {"name": i.name, "t60_s": i.t60_s, "drr_db": i.drr_db, "noisy": i.noisy, **f}
            for i, f in results
        ],
    }


def _t60_class(low: float, high: float) -> Callable[[Item], bool]:
    return lambda item: low < item.t60_s <= high


CLASSES: dict[str, Callable[[Item], bool]] = {
    **{f"t60 {low:g}-{high:g} s": _t60_class(low, high) for low, high in T60_CLASSES_S},
    "near": lambda item: item.drr_db >= NEAR_DRR_DB,
    "far": lambda item: item.drr_db < NEAR_DRR_DB,
    "noisy": lambda item: item.noisy,
}


def means(figures: Sequence[Figures]) -> Figures:
    """Mean of each figure over those that have it; "wer" is of all words together."""
    found: Figures = {}
    for name in dict.fromkeys(key for entry in figures for key in entry):
        values = [f[name] for f in figures if name in f and not math.isnan(f[name])]
        if values and name not in ("word_errors", "words"):
            found[name] = float(np.mean(values))
    words = sum(entry.get("words", 0) for entry in figures)
    if words:
        found["wer"] = sum(entry.get("word_errors", 0) for entry in figures) / words
        found["wer_items"] = sum("words" in entry for entry in figures)
    return found


def worst_items(before: Row, after: Row, count: int = 10) -> list[dict[str, Any]]:
    """The items that gain least, by ESTOI, then by PESQ, with both before and after."""
    keys = ("estoi", "pesq_wb")
    pairs = [
        {
            "name": b["name"],
            "t60_s": b["t60_s"],
            "noisy": b["noisy"],
            **{k: (b[k], a[k]) for k in keys if k in a},
        }
        for b, a in zip(before["items"], after["items"], strict=True)
    ]
    return sorted(pairs, key=lambda pair: [pair[k][1] - pair[k][0] for k in keys if k in pair])[
        :count
    ]


def harmed_items(before: Row, after: Row) -> list[str]:
    """Names of the items whose ESTOI falls by more than ESTOI_FLOOR."""
    return [
        b["name"]
        for b, a in zip(before["items"], after["items"], strict=True)
        if "estoi" in a and a["estoi"] < b["estoi"] - ESTOI_FLOOR
    ]


def tails_by_strength(
    model: Model, items: Sequence[Item], sample_rate: int
) -> dict[float, list[float]]:
    """Tail [dB] of every tenth pair at each of STRENGTHS; it must fall from one to the next."""
    chosen = [item for item in items if not item.is_dry][::10]
    return {
        strength: [
            levels.tail_db(process(model, item.recording, strength), item.dry, sample_rate)
            for item in chosen
        ]
        for strength in STRENGTHS
    }


def rising_tails(tails: dict[float, list[float]]) -> int:
    """How many items have more reverberation left at some strength than at the one before."""
    by_item = zip(*(tails[strength] for strength in sorted(tails)), strict=True)
    return sum(any(after > before for before, after in pairwise(item)) for item in by_item)
