"""Recordings at the network's rate, decoded once and kept in a cache beside the runs.

A corpus is a folder with a `manifest.csv`: `file` (relative to the folder) and `split` ("train" or
"valid") are required; speech also reads `speaker`, room responses `room` and `t60_s`. A room
response has its direct path `training.acoustics.DIRECT_S` after its start.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.acoustics import Samples
from training.errors import TrainingError, reason_of

SPLITS = ("train", "valid")
Row = dict[str, str]

# What `commercial_use` says where nothing forbids to ship a network that heard the recording.
_FREE = ("yes", "unclear")
_BOUND = re.compile(r"non-?\s?commercial|\bby-nc|\bnc\b|\bresearch\b|\bacademic\b", re.IGNORECASE)


def may_be_used(row: Row) -> bool:
    """Whether a network that heard this recording may be shipped and sold.

    `commercial_use` decides: "yes" and "unclear" are used, anything else ("no", "research") is not.
    Where it is empty or missing, `licence` decides: terms that name non-commercial (NC), research
    or academic use are left out.
    """
    use = (row.get("commercial_use") or "").strip().lower()
    return use in _FREE if use else not _BOUND.search(row.get("licence") or "")


@dataclass(frozen=True)
class Clip:
    """One row of a manifest and where its samples lie in the cache."""

    start: int
    end: int
    row: Row


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
        return np.array(self._samples[clip.start : clip.end], dtype=np.float32)

    def groups(self, key: str) -> list[list[int]]:
        """Indices of the clips that share a manifest value, such as a speaker or a room."""
        found: dict[str, list[int]] = {}
        for index, clip in enumerate(self.clips):
            found.setdefault(_name(clip.row, key), []).append(index)
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

        Rows that `may_be_used` refuses are left out.

        Args:
            folder: holds the files and manifest.csv.
            split: "train" or "valid".
            sample_rate: of the clips [Hz].
            cache: folder of the decoded clips.
            columns: that the manifest must have beside `file` and `split`; the first of them is
                what the splits must not share.

        Raises:
            TrainingError: there is no manifest.csv in the folder, it lacks a column or a clip of
                the split, the splits share a speaker or a room, or a file cannot be read.
        """
        folder = Path(folder)
        apart = columns[0] if columns else None
        rows = rows_of(folder / "manifest.csv", split, columns, apart)
        key = hashlib.sha256(f"{folder.resolve()} {split} {sample_rate}".encode())
        for row in rows:
            key.update(_stamp(folder / row["file"]))
        stem = Path(cache) / f"{folder.name}-{split}-{key.hexdigest()[:12]}"
        if not stem.with_suffix(".json").is_file():
            _fill(stem, folder, rows, sample_rate)
        ends = json.loads(stem.with_suffix(".json").read_text())
        starts = [0, *ends[:-1]]
        clips = [Clip(*span) for span in zip(starts, ends, rows, strict=True)]
        return cls(np.load(stem.with_suffix(".npy"), mmap_mode="r"), clips)


def rows_of(
    manifest: Path, split: str, columns: Sequence[str] = (), apart: str | None = None
) -> list[Row]:
    """Return the usable rows of one split, which shares no value of the column `apart`.

    Raises:
        TrainingError: as `Corpus.load`, files aside.
    """
    rows = [row for row in all_rows(manifest, columns, apart) if row["split"] == split]
    if not rows:
        raise TrainingError(
            f"'{manifest}' lists no clip whose split is '{split}'. Add some, "
            "of speakers and rooms that the other split does not have."
        )
    return rows


def all_rows(manifest: Path, columns: Sequence[str] = (), apart: str | None = None) -> list[Row]:
    """Return the usable rows of a manifest, whatever their split.

    Raises:
        TrainingError: it cannot be read, lacks `file`, `split` or one of `columns`, or has a value
            of the column `apart` in both splits.
    """
    reader = csv.DictReader(_text_of(manifest).splitlines())
    header = reader.fieldnames or ()
    missing = [name for name in ("file", "split", *columns) if name not in header]
    if missing:
        raise TrainingError(
            f"'{manifest}' has no column '{missing[0]}'. Add it: see docs/training.md."
        )
    rows = [row for row in reader if may_be_used(row)]
    if apart is not None:
        _check_split(manifest, rows, apart)
    return rows


def read_samples(path: Path, sample_rate: int) -> Samples:
    """Return a sound file mixed to mono at `sample_rate`, (samples,) float32.

    Raises:
        TrainingError: there is no such file, or no audio in it.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        reason = "no audio data, or damaged" if path.is_file() else "there is no such file"
        raise TrainingError(
            f"Cannot read '{path}': {reason}. Mend its line in the manifest, or take it out."
        ) from error
    return soxr.resample(samples.mean(axis=1), rate, sample_rate).astype(np.float32)


def _name(row: Row, key: str) -> str:
    return f"{row.get('source') or ''}/{row[key]}"


def _check_split(manifest: Path, rows: list[Row], key: str) -> None:
    """Raise TrainingError if a speaker or a room is in both splits: its figures would flatter."""
    train, valid = ({_name(row, key) for row in rows if row["split"] == name} for name in SPLITS)
    if shared := sorted(train & valid):
        raise TrainingError(
            f"'{manifest}' has the {key} '{shared[0].lstrip('/')}' in both splits. Put all clips "
            "of it into one."
        )


def _text_of(manifest: Path) -> str:
    try:
        return manifest.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TrainingError(
            f"Cannot read '{manifest}': {reason_of(error)}. See docs/training.md for what a "
            "data folder holds."
        ) from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"Cannot read '{manifest}': not UTF-8. Save it as UTF-8.") from error


def _stamp(path: Path) -> bytes:
    """Name, size and time of a file: another recording under the old name is decoded anew."""
    try:
        found = path.stat()
    except OSError:  # `read_samples` will say so
        return f"{path}\n".encode()
    return f"{path} {found.st_size} {found.st_mtime_ns}\n".encode()


def _fill(stem: Path, folder: Path, rows: list[Row], sample_rate: int) -> None:
    """Decode all files into the cache; a second process that does the same does no harm."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    parts = [read_samples(folder / row["file"], sample_rate) for row in rows]
    part = stem.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.save(file, np.concatenate(parts))
    part.replace(stem.with_suffix(".npy"))
    part.write_text(json.dumps(np.cumsum([len(samples) for samples in parts]).tolist()))
    part.replace(stem.with_suffix(".json"))
