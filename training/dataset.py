"""Pairs of a reverberant recording and its drier target, simulated on the fly.

An example is a pure function of (seed, index): a resumed run sees what an unbroken one would have.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.fft
import soxr
import torch
from torch.utils.data import Dataset

from training.acoustics import Samples, convolve, shorten
from training.augment import (
    coloured_noise,
    excerpt,
    levelled,
    random_equaliser,
    random_low_pass,
    random_speed,
    rms,
    vary_room,
)
from training.config import DataConfig
from training.corpus import Corpus, Row
from training.errors import TrainingError
from training.rooms import simulate_rir

COLUMNS = {"speech": ("speaker",), "rir": ("room", "t60_s"), "noise": ()}


@dataclass(frozen=True)
class Sources:
    """What pairs are made of: dry speech, measured room responses, noise."""

    speech: Corpus
    rir: Corpus
    noise: Corpus

    @classmethod
    def load(cls, data: Path, split: str, sample_rate: int, cache: Path) -> Sources:
        """Return one split ("train" or "valid") of a data folder: speech/ rir/ noise/."""
        sources = cls(
            *(
                Corpus.load(data / kind, split, sample_rate, cache, columns)
                for kind, columns in COLUMNS.items()
            )
        )
        for clip in sources.rir.clips:
            check_t60(clip.row, data / "rir")
        return sources


def check_t60(row: Row, folder: Path) -> None:
    """Raise TrainingError if the reverberation time in a manifest's row is none."""
    try:
        is_time = 0.0 < float(row["t60_s"]) < np.inf
    except (TypeError, ValueError):
        is_time = False
    if not is_time:
        raise TrainingError(
            f"'{folder / 'manifest.csv'}' gives '{row['file']}' the t60_s '{row['t60_s']}'. "
            "Write the reverberation time in seconds, or take the line out."
        )


class Pairs(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Simulated pairs, `self[index]` -> (reverberant, target), each (samples,) float32."""

    def __init__(
        self, sources: Sources, config: DataConfig, sample_rate: int, seed: int, size: int
    ) -> None:
        self.sources = sources
        self.config = config
        self.sample_rate = sample_rate
        self.seed = seed
        self.size = size
        self.speakers = sources.speech.groups("speaker")
        # Between drawing by speaker (every voice counts the same) and by clip (every word does).
        weight = np.sqrt([len(group) for group in self.speakers])
        self.speaker_share = weight / weight.sum()
        self.rooms = sources.rir.groups("room")

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        reverberant, target = self.example(index)
        return torch.from_numpy(reverberant), torch.from_numpy(target)

    def example(self, index: int) -> tuple[Samples, Samples]:
        """Reverberant recording and target of `index`, aligned at the direct path."""
        config = self.config
        rng = np.random.default_rng((self.seed, index))
        length = round(config.clip_s * self.sample_rate)
        dry = self._speech(rng, length)
        is_dry = rng.random() < config.dry_share
        rir, t60_s = self._rir(rng)

        n = scipy.fft.next_fast_len(length + len(rir), real=True)
        frequency = scipy.fft.rfftfreq(n, 1 / self.sample_rate).astype(np.float32)
        spectrum = scipy.fft.rfft(dry, n) * random_equaliser(rng, frequency, 6.0)
        low_pass = random_low_pass(rng, frequency, config.low_pass_share)
        spectrum = spectrum * low_pass
        if is_dry:
            target = scipy.fft.irfft(spectrum, n)[:length].astype(np.float32)
            return levelled(rng, target, target, config.level_db)

        short = shorten(rir, self.sample_rate, t60_s, config.target_t60_s, config.hold_ms)
        reverberant = convolve(spectrum, rir, n, length)
        target = convolve(spectrum, short, n, length)
        if rng.random() < config.noise_share:
            noise = scipy.fft.rfft(self._noise(rng, length), n) * low_pass
            noise = scipy.fft.irfft(noise, n)[:length].astype(np.float32)
            snr_db = rng.uniform(*config.snr_db)
            noise *= rms(reverberant) / max(rms(noise), 1e-9) * 10 ** (-snr_db / 20)
            reverberant = reverberant + noise
        return levelled(rng, reverberant, target, config.level_db)

    def _speech(self, rng: np.random.Generator, length: int) -> Samples:
        """Clips of one speaker with pauses between them, from a random place on."""
        speaker = self.speakers[rng.choice(len(self.speakers), p=self.speaker_share)]
        ratio = random_speed(rng, self.config.speed_share)
        needed = int(1.2 * length)
        parts: list[Samples] = []
        total = 0
        while total < needed:
            clip = self.sources.speech.read(int(rng.choice(speaker)))
            if not parts and len(clip) > length // 2:
                clip = clip[rng.integers(0, len(clip) // 2) :]
            pause = np.zeros(int(rng.uniform(0.05, 0.7) * self.sample_rate), np.float32)
            parts += [clip, pause]
            total += len(clip) + len(pause)
        speech = np.concatenate(parts)[: needed + 1]
        if ratio != 1.0:
            speech = soxr.resample(speech, self.sample_rate, self.sample_rate * ratio, "MQ")
        if len(speech) < length:  # cannot happen for ratios above 0.84, kept exact all the same
            speech = np.pad(speech, (0, length - len(speech)))
        return speech[:length]

    def _rir(self, rng: np.random.Generator) -> tuple[Samples, float]:
        """A room response and its T60 [s]."""
        config = self.config
        if rng.random() >= config.measured_share:
            if rng.random() < config.near_share:
                near = config.near_t60_s, config.near_distance_m
                return simulate_rir(rng, self.sample_rate, *near)
            return simulate_rir(rng, self.sample_rate, config.t60_s)
        room = self.rooms[rng.integers(len(self.rooms))]
        index = int(rng.choice(room))
        t60_s = float(self.sources.rir.clips[index].row["t60_s"])
        return vary_room(rng, self.sources.rir.read(index), self.sample_rate, t60_s)

    def _noise(self, rng: np.random.Generator, length: int) -> Samples:
        """Recorded noise from a random place, or coloured Gaussian noise."""
        if rng.random() < 0.5:
            noise = self.sources.noise.read(int(rng.integers(len(self.sources.noise))))
            return excerpt(rng, noise, length)
        return coloured_noise(rng, length, self.sample_rate)
