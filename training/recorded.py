"""Pairs that lie on disk, made by `training.pairs` or recorded by the user.

The folder has a manifest.csv: `file` (the recording), `target` (the same sound with less room) and
`split` are required, `speaker` is used if it is there. Both files of a pair have one length and
one rate, and their direct sound at the same sample. `python -m training.recorded DIR` tells
whether they do.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import scipy.fft
import soundfile
import soxr
import torch
from torch.utils.data import Dataset

from training.acoustics import Samples
from training.augment import levelled, random_equaliser, random_low_pass, random_speed, rms
from training.config import DataConfig
from training.corpus import SPLITS, Row, rows_of
from training.errors import TrainingError, told_plainly

TARGET = ("target",)
MISALIGNED_S = 1e-3
LAG_RANGE_S = 0.5
LAG_EXCERPT_S = 10.0
CHECKED = 16
SILENT = 0.03  # a target 30 dB below its recording
TRIES = 8
EXIT_MISALIGNED = 1


def main() -> None:
    """Check the folder that the command line names."""
    parser = argparse.ArgumentParser(description="Check pairs of recordings and targets.")
    parser.add_argument("folder", type=Path, help="holds manifest.csv with file, target, split")
    folder = parser.parse_args().folder
    with told_plainly():
        rows = [row for split in SPLITS for row in rows_of(folder / "manifest.csv", split, TARGET)]
        check_sizes(folder, rows)
        late = misaligned(folder, rows)
        for name, lag_s in late.items():
            print(f"{name}: {abs(lag_s) * 1e3:.1f} ms {'late' if lag_s > 0 else 'early'}")
        print(f"{len(late)} of {len(rows)} recordings seem to be off their targets")
    if late:
        sys.exit(EXIT_MISALIGNED)


class RecordedPairs(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Excerpts of stored pairs, `self[index]` -> (reverberant, target), each (samples,) float32.

    An excerpt is a pure function of (seed, index). Speed, equaliser, low-pass and level vary as in
    simulated pairs, the same for both; `config.dry_share` of the excerpts have the target as input.

    Args:
        folder: holds the files and manifest.csv.
        split: "train" or "valid".
        config: shares and ranges; those of rooms and noise are not used.
        sample_rate: of the excerpts [Hz].
        seed: of what is drawn.
        size: how many excerpts there are.

    Raises:
        TrainingError: the manifest or a pair cannot be used.
    """

    def __init__(
        self, folder: Path, split: str, config: DataConfig, sample_rate: int, seed: int, size: int
    ) -> None:
        manifest = folder / "manifest.csv"
        self.rows = rows_of(manifest, split, TARGET, apart="target")
        if "speaker" in self.rows[0]:
            self.rows = rows_of(manifest, split, TARGET, apart="speaker")
        self.frames = check_sizes(folder, self.rows)
        warn_if_misaligned(folder, self.rows)
        self.folder = folder
        self.config = config
        self.sample_rate = sample_rate
        self.seed = seed
        self.size = size
        self.speakers = _by_speaker(self.rows)
        weight = np.sqrt([len(group) for group in self.speakers])
        self.speaker_share = weight / weight.sum()

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        reverberant, target = self.example(index)
        return torch.from_numpy(reverberant), torch.from_numpy(target)

    def example(self, index: int) -> tuple[Samples, Samples]:
        """Recording and target of `index`, aligned as they are on disk."""
        config = self.config
        rng = np.random.default_rng((self.seed, index))
        length = round(config.clip_s * self.sample_rate)
        speaker = self.speakers[rng.choice(len(self.speakers), p=self.speaker_share)]
        both = self._excerpt(rng, int(rng.choice(speaker)), length)
        if rng.random() < config.dry_share:
            both[0] = both[1]
        n = scipy.fft.next_fast_len(length + self.sample_rate // 4, real=True)
        frequency = scipy.fft.rfftfreq(n, 1 / self.sample_rate).astype(np.float32)
        gain = random_equaliser(rng, frequency, 6.0)
        gain = gain * random_low_pass(rng, frequency, config.low_pass_share)
        both = scipy.fft.irfft(scipy.fft.rfft(both, n) * gain, n)[:, :length]
        return levelled(rng, both[0], both[1], config.level_db)

    def _excerpt(self, rng: np.random.Generator, index: int, length: int) -> Samples:
        """Recording and target from a random place on, (2, length); what is missing is silence.

        Places where the voice is silent, such as the last of a tail, are drawn anew.
        """
        row = self.rows[index]
        frames, rate = self.frames[index]
        ratio = random_speed(rng, self.config.speed_share) * self.sample_rate / rate
        needed = min(math.ceil(length / ratio) + 1, frames)
        for _ in range(TRIES):
            start = int(rng.integers(frames - needed + 1))
            recording = _read(self.folder / row["file"], start, needed)
            target = _read(self.folder / row["target"], start, needed)
            if rms(target) > SILENT * rms(recording):
                break
        both = np.stack([recording, target])
        if ratio != 1.0:
            both = soxr.resample(both.T, 1.0, ratio, "MQ").T
        both = both[:, :length]
        return np.pad(both, ((0, 0), (0, length - both.shape[1])))


def check_sizes(folder: Path, rows: list[Row]) -> list[tuple[int, int]]:
    """Return length and rate of each pair, (frames, Hz).

    Raises:
        TrainingError: a file cannot be read, or a recording and its target differ in length or
            rate.
    """
    sizes = []
    for row in rows:
        file, target = (_size(folder / (row[key] or "")) for key in ("file", "target"))
        if file != target:
            raise TrainingError(
                f"'{folder / row['file']}' has {file[0]} samples at {file[1]} Hz, its target "
                f"'{row['target']}' has {target[0]} at {target[1]} Hz. Cut both to the same length "
                "and rate, aligned to the sample."
            )
        sizes.append(file)
    return sizes


def misaligned(folder: Path, rows: list[Row]) -> dict[str, float]:
    """Return the lag [s] of those recordings that seem to come early or late, by their `file`."""
    found = {}
    for row in rows:
        rate = _size(folder / row["file"])[1]
        excerpt = round(LAG_EXCERPT_S * rate)
        file, target = (_read(folder / row[key], 0, excerpt) for key in ("file", "target"))
        lag = lag_s(file, target, rate)
        if abs(lag) > MISALIGNED_S:
            found[row["file"]] = lag
    return found


def warn_if_misaligned(folder: Path, rows: list[Row]) -> None:
    """Print a warning if some of the pairs, spread over the manifest, seem to be misaligned."""
    some = rows[:: max(1, len(rows) // CHECKED)]
    if late := misaligned(folder, some):
        name = max(late, key=lambda name: abs(late[name]))
        print(
            f"Warning: {len(late)} of {len(some)} recordings that were looked at seem to be off "
            f"their targets, '{name}' by {late[name] * 1e3:.1f} ms. To see all: python -m "
            f"training.recorded '{folder}'",
            file=sys.stderr,
        )


def lag_s(recording: Samples, target: Samples, sample_rate: int) -> float:
    """How much later than the target the recording is [s], from their cross-correlation.

    Every frequency counts the same (PHAT), so that the direct path is a peak even in a room; the
    earliest peak of at least half the largest is taken, since reflections only come later.
    """
    n = scipy.fft.next_fast_len(max(2 * len(target), 16), real=True)
    cross = scipy.fft.rfft(recording, n) * np.conj(scipy.fft.rfft(target, n))
    magnitude = np.abs(cross)
    if not magnitude.any():
        return 0.0
    # What is 80 dB below the strongest bin is no sound of both.
    cross = np.where(magnitude > 1e-4 * magnitude.max(), cross, 0)
    correlation = np.abs(scipy.fft.irfft(cross / np.maximum(magnitude, 1e-30), n))
    reach = min(round(LAG_RANGE_S * sample_rate), n // 2 - 1)
    near = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    return float(np.argmax(near >= 0.5 * near.max()) - reach) / sample_rate


def _by_speaker(rows: list[Row]) -> list[list[int]]:
    """Indices of the rows of each speaker; without that column, of each target."""
    found: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        found.setdefault(row.get("speaker") or row["target"], []).append(index)
    return list(found.values())


def _size(path: Path) -> tuple[int, int]:
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise _unreadable(path) from error
    return info.frames, info.samplerate


def _read(path: Path, start: int, frames: int) -> Samples:
    try:
        samples, _ = soundfile.read(path, frames, start, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise _unreadable(path) from error
    return samples.mean(axis=1)


def _unreadable(path: Path) -> TrainingError:
    reason = "no audio data, or damaged" if path.is_file() else "there is no such file"
    return TrainingError(
        f"Cannot read '{path}': {reason}. Mend its line in the manifest, or take it out."
    )


if __name__ == "__main__":
    main()
