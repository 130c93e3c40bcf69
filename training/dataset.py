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

from training.acoustics import Samples, convolve, direct_index, shorten
from training.config import DataConfig
from training.corpus import Corpus
from training.errors import TrainingError
from training.rooms import simulate_rir


@dataclass(frozen=True)
class Sources:
    """What pairs are made of: dry speech, measured room responses, noise."""

    speech: Corpus
    rir: Corpus
    noise: Corpus

    @classmethod
    def load(cls, data: Path, split: str, sample_rate: int, cache: Path) -> Sources:
        """Return one split ("train" or "valid") of a data folder: speech/ rir/ noise/."""
        kinds = {"speech": ("speaker",), "rir": ("room", "t60_s"), "noise": ()}
        sources = cls(
            *(
                Corpus.load(data / kind, split, sample_rate, cache, columns)
                for kind, columns in kinds.items()
            )
        )
        for clip in sources.rir.clips:
            _check_t60(clip.row, data / "rir")
        return sources


def _check_t60(row: dict[str, str], folder: Path) -> None:
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
        spectrum = scipy.fft.rfft(dry, n) * _random_equaliser(rng, frequency, 6.0)
        if rng.random() < config.low_pass_share:
            low_pass = _low_pass(frequency, np.exp(rng.uniform(*np.log((3400.0, 16000.0)))))
        else:
            low_pass = np.ones(1, np.float32)
        spectrum = spectrum * low_pass
        if is_dry:
            target = scipy.fft.irfft(spectrum, n)[:length].astype(np.float32)
            return self._levelled(rng, target, target)

        short = shorten(rir, self.sample_rate, t60_s, config.target_t60_s, config.hold_ms)
        reverberant = convolve(spectrum, rir, n, length)
        target = convolve(spectrum, short, n, length)
        if rng.random() < config.noise_share:
            noise = scipy.fft.rfft(self._noise(rng, length), n) * low_pass
            noise = scipy.fft.irfft(noise, n)[:length].astype(np.float32)
            snr_db = rng.uniform(*config.snr_db)
            noise *= _rms(reverberant) / max(_rms(noise), 1e-9) * 10 ** (-snr_db / 20)
            reverberant = reverberant + noise
        return self._levelled(rng, reverberant, target)

    def _speech(self, rng: np.random.Generator, length: int) -> Samples:
        """Clips of one speaker with pauses between them, from a random place on."""
        speaker = self.speakers[rng.choice(len(self.speakers), p=self.speaker_share)]
        ratio = 1.0
        if rng.random() < self.config.speed_share:
            ratio = 2.0 ** rng.uniform(-0.25, 0.25)
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
        if rng.random() >= self.config.measured_share:
            return simulate_rir(rng, self.sample_rate, self.config.t60_s)
        room = self.rooms[rng.integers(len(self.rooms))]
        index = int(rng.choice(room))
        rir = self.sources.rir.read(index)
        t60_s = float(self.sources.rir.clips[index].row["t60_s"])
        stretch = rng.uniform(0.8, 1.2)
        rir = soxr.resample(rir, self.sample_rate, self.sample_rate * stretch, "MQ")
        t60_s *= stretch
        early = direct_index(self.sample_rate * stretch) - direct_index(self.sample_rate)
        rir = rir[early:] if early >= 0 else np.pad(rir, (-early, 0))
        direct = direct_index(self.sample_rate)
        time_s = np.maximum(np.arange(len(rir)) - direct, 0) / self.sample_rate
        if rng.random() < 0.5:  # the same room with more absorption
            shorter_s = t60_s * rng.uniform(0.3, 1.0)
            rir = rir * np.exp(-np.log(1e3) * (1 / shorter_s - 1 / t60_s) * time_s)
            t60_s = shorter_s
        if rng.random() < 0.5:  # nearer or farther
            edge = direct + round(2e-3 * self.sample_rate)
            rir = np.concatenate([rir[:edge] * 10 ** (rng.uniform(-4, 8) / 20), rir[edge:]])
        return rir[: 3 * self.sample_rate].astype(np.float32), t60_s

    def _noise(self, rng: np.random.Generator, length: int) -> Samples:
        """Recorded noise from a random place, or coloured Gaussian noise."""
        if rng.random() < 0.5:
            noise = self.sources.noise.read(int(rng.integers(len(self.sources.noise))))
            repeats = 2 + length // len(noise)
            start = int(rng.integers(len(noise)))
            return np.tile(noise, repeats)[start : start + length]
        white = scipy.fft.rfft(rng.standard_normal(length, dtype=np.float32))
        frequency = scipy.fft.rfftfreq(length, 1 / self.sample_rate).astype(np.float32)
        slope = np.maximum(frequency, 40.0) ** -rng.uniform(0.0, 1.2)
        coloured = white * slope * _random_equaliser(rng, frequency, 6.0)
        return scipy.fft.irfft(coloured, length).astype(np.float32)

    def _levelled(
        self, rng: np.random.Generator, reverberant: Samples, target: Samples
    ) -> tuple[Samples, Samples]:
        """Both scaled by one factor to a random level, never clipping."""
        gain = 10 ** (rng.uniform(*self.config.level_db) / 20) / max(_rms(reverberant), 1e-9)
        gain = min(gain, 0.99 / max(float(np.abs(reverberant).max()), 1e-9))
        return (reverberant * gain).astype(np.float32), (target * gain).astype(np.float32)


def _rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _random_equaliser(rng: np.random.Generator, frequency: Samples, range_db: float) -> Samples:
    """Smooth random gain over frequency, zero phase, within ±range_db."""
    knots = np.log2(np.array([60.0, 250.0, 1000.0, 4000.0, 12000.0, 24000.0]))
    gain_db = rng.uniform(-range_db, range_db, len(knots)) * rng.random()
    position = np.log2(np.maximum(frequency, 30.0))
    return (10 ** (np.interp(position, knots, gain_db) / 20)).astype(np.float32)


def _low_pass(frequency: Samples, cutoff_hz: float) -> Samples:
    """Zero-phase low-pass that falls over a sixth of an octave."""
    octaves = np.log2(np.maximum(frequency, 1.0) / cutoff_hz)
    return (0.5 + 0.5 * np.cos(np.pi * np.clip(octaves * 6, 0, 1))).astype(np.float32)
