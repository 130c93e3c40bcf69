"""Recordings at the network's rate, decoded once and kept in a cache beside the runs.

A corpus is a folder with a `manifest.csv`: `file` (relative to the folder) and `split` ("train" or
"valid") are required; speech also reads `speaker`, room responses `room` and `t60_s`. A room
response has its direct path `training.acoustics.DIRECT_S` after its start.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.acoustics import Samples


@dataclass(frozen=True)
class Clip:
    """One row of a manifest and where its samples lie in the cache."""

    start: int
    end: int
    row: dict[str, str]


class Corpus:
    """Clips of one folder and split, read by index from one memory-mapped file."""

    def __init__(self, samples: np.ndarray, clips: list[Clip]) -> None:
        self._samples = samples
        self.clips = clips

    def __len__(self) -> int:
        return len(self.clips)

    def read(self, index: int) -> Samples:
        """Samples of clip `index`, (samples,) float32."""
        clip = self.clips[index]
        return np.asarray(self._samples[clip.start : clip.end], dtype=np.float32)

    def groups(self, key: str) -> list[list[int]]:
        """Indices of the clips that share a manifest value, such as a speaker or a room."""
        found: dict[str, list[int]] = {}
        for index, clip in enumerate(self.clips):
            found.setdefault(f"{clip.row.get('source', '')}/{clip.row[key]}", []).append(index)
        return list(found.values())

    @classmethod
    def load(cls, folder: str | Path, split: str, sample_rate: int, cache: str | Path) -> Corpus:
        """Return the clips of `split`, resampled to `sample_rate`; the first call fills the cache.

        Rows whose `commercial_use` is "no" are left out: the model is free to use for any purpose.

        Raises:
            FileNotFoundError: there is no manifest.csv in the folder.
            ValueError: the split holds no clip.
        """
        folder = Path(folder)
        manifest = folder / "manifest.csv"
        if not manifest.is_file():
            raise FileNotFoundError(f"'{folder}' has no manifest.csv: see docs/training.md.")
        text = manifest.read_text(encoding="utf-8")
        rows = [
            row
            for row in csv.DictReader(text.splitlines())
            if row["split"] == split and row.get("commercial_use") != "no"
        ]
        if not rows:
            raise ValueError(f"'{manifest}' lists no clip whose split is '{split}'.")
        key = hashlib.sha256(f"{folder.resolve()} {split} {sample_rate} {text}".encode())
        stem = Path(cache) / f"{folder.name}-{split}-{key.hexdigest()[:12]}"
        if not stem.with_suffix(".json").is_file():
            _fill(stem, folder, rows, sample_rate)
        ends = json.loads(stem.with_suffix(".json").read_text())
        starts = [0, *ends[:-1]]
        clips = [Clip(*span) for span in zip(starts, ends, rows, strict=True)]
        return cls(np.load(stem.with_suffix(".npy"), mmap_mode="r"), clips)


def _fill(stem: Path, folder: Path, rows: list[dict[str, str]], sample_rate: int) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    parts: list[Samples] = []
    for row in rows:
        samples, rate = soundfile.read(folder / row["file"], dtype="float32", always_2d=True)
        parts.append(soxr.resample(samples.mean(axis=1), rate, sample_rate))
    np.save(stem.with_suffix(".npy"), np.concatenate(parts))
    ends = np.cumsum([len(part) for part in parts]).tolist()
    stem.with_suffix(".json").write_text(json.dumps(ends))
