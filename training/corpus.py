"""Recordings at the network's rate, decoded once and kept in a cache beside the runs.

A corpus is a folder with a `manifest.csv`: `file` (relative to the folder) and `split` ("train" or
"valid") are required; speech also reads `speaker`, room responses `room` and `t60_s`. A room
response has its direct path `training.acoustics.DIRECT_S` after its start.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.acoustics import Samples
from training.errors import TrainingError, reason_of


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
    def load(
        cls,
        folder: str | Path,
        split: str,
        sample_rate: int,
        cache: str | Path,
        columns: Sequence[str] = (),
    ) -> Corpus:
        """Return the clips of `split`, resampled to `sample_rate`; the first call fills the cache.

        Rows whose `commercial_use` is "no" are left out.

        Args:
            folder: holds the files and manifest.csv.
            split: "train" or "valid".
            sample_rate: of the clips [Hz].
            cache: folder of the decoded clips.
            columns: that the manifest must have beside `file` and `split`.

        Raises:
            TrainingError: there is no manifest.csv in the folder, it lacks a column or a clip of
                the split, or a file that it names cannot be read.
        """
        folder = Path(folder)
        manifest = folder / "manifest.csv"
        text = _text_of(manifest)
        reader = csv.DictReader(text.splitlines())
        missing = [name for name in ("file", "split", *columns) if name not in _header(reader)]
        if missing:
            raise TrainingError(
                f"'{manifest}' has no column '{missing[0]}'. Add it: see docs/training.md."
            )
        rows = [
            row for row in reader if row["split"] == split and row.get("commercial_use") != "no"
        ]
        if not rows:
            raise TrainingError(
                f"'{manifest}' lists no clip whose split is '{split}'. Add some, "
                "of speakers and rooms that the other split does not have."
            )
        key = hashlib.sha256(f"{folder.resolve()} {split} {sample_rate} {text}".encode())
        stem = Path(cache) / f"{folder.name}-{split}-{key.hexdigest()[:12]}"
        if not stem.with_suffix(".json").is_file():
            _fill(stem, folder, rows, sample_rate)
        ends = json.loads(stem.with_suffix(".json").read_text())
        starts = [0, *ends[:-1]]
        clips = [Clip(*span) for span in zip(starts, ends, rows, strict=True)]
        return cls(np.load(stem.with_suffix(".npy"), mmap_mode="r"), clips)


def _text_of(manifest: Path) -> str:
    try:
        return manifest.read_text(encoding="utf-8")
    except OSError as error:
        raise TrainingError(
            f"Cannot read '{manifest}': {reason_of(error)}. See docs/training.md for what a "
            "data folder holds."
        ) from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"Cannot read '{manifest}': not UTF-8. Save it as UTF-8.") from error


def _header(reader: csv.DictReader[str]) -> Sequence[str]:
    return reader.fieldnames or ()


def _fill(stem: Path, folder: Path, rows: list[dict[str, str]], sample_rate: int) -> None:
    stem.parent.mkdir(parents=True, exist_ok=True)
    parts: list[Samples] = []
    for row in rows:
        path = folder / row["file"]
        try:
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as error:
            reason = "no audio data, or damaged" if path.is_file() else "there is no such file"
            raise TrainingError(
                f"Cannot read '{path}': {reason}. Mend its line in the manifest, or take it out."
            ) from error
        parts.append(soxr.resample(samples.mean(axis=1), rate, sample_rate))
    np.save(stem.with_suffix(".npy"), np.concatenate(parts))
    ends = np.cumsum([len(part) for part in parts]).tolist()
    stem.with_suffix(".json").write_text(json.dumps(ends))
