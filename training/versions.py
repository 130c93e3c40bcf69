"""Reverberant versions of a voice that differ in degree and colour, each with its target.

A version is a pure function of the seed, the name of the voice and the number of the version, so
the order in which voices are worked through, and by how many processes, changes nothing.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.fft

from training.acoustics import (
    DIRECT_S,
    Samples,
    clarity_db,
    convolve,
    direct_to_reverberant_db,
    place_direct,
    shorten,
)
from training.augment import (
    LONGEST_RIR_S,
    coloured_noise,
    excerpt,
    peak,
    random_equaliser,
    rms,
    vary_room,
)
from training.config import DataConfig
from training.corpus import Row, read_samples
from training.listing import share_of
from training.rooms import simulate_rir

# Joint peak of a recording and its target on disk; training draws the level that it hears.
STORED_PEAK = 0.5
LONGEST_TAIL_S = 2.0


@dataclass(frozen=True)
class Version:
    """One recording, its target, both (samples,) float32, and what they were made with."""

    recording: Samples
    target: Samples
    room: Row
    noise: Row
    t60_s: float
    drr_db: float
    c50_db: float
    snr_db: float | None


class VersionMaker:
    """Makes versions of voices from the rooms and the noise of the voice's own split.

    Args:
        rirs: folder and rows of the measured rooms; where a split has none, all are simulated.
        noise: folder and rows of the recorded noise; where a split has none, noise is made up.
        config: shares, ranges and the target's decay, as for training.
        sample_rate: of the versions [Hz].
        versions: how many of each voice; they share the range of reverberation times evenly.
        seed: of all that is drawn.
    """

    def __init__(
        self,
        rirs: tuple[Path, list[Row]],
        noise: tuple[Path, list[Row]],
        config: DataConfig,
        sample_rate: int,
        versions: int,
        seed: int,
    ) -> None:
        self._rir_folder, self._noise_folder = rirs[0], noise[0]
        self._rooms = {split: _rooms(rirs[1], split) for split in ("train", "valid")}
        self._noise = {
            split: [row for row in noise[1] if row["split"] == split]
            for split in ("train", "valid")
        }
        self._config = config
        self._rate = sample_rate
        self._versions = versions
        self._seed = seed
        self._read = functools.lru_cache(maxsize=256)(read_samples)

    def versions(self, voice: Row, dry: Samples) -> list[Version]:
        """Return all versions of a dry voice, (samples,)."""
        n = scipy.fft.next_fast_len(len(dry) + round(LONGEST_RIR_S * self._rate), real=True)
        frequency = scipy.fft.rfftfreq(n, 1 / self._rate).astype(np.float32)
        spectrum = scipy.fft.rfft(dry, n)
        name = int(share_of(voice["file"]) * 2**48)
        made = []
        for number in range(self._versions):
            rng = np.random.default_rng((self._seed, name, number))
            coloured = spectrum * random_equaliser(rng, frequency, 6.0)
            degree = (number + rng.random()) / self._versions
            made.append(self._version(rng, voice["split"], coloured, n, len(dry), degree))
        return made

    def _version(
        self,
        rng: np.random.Generator,
        split: str,
        spectrum: np.ndarray,
        n: int,
        dry_length: int,
        degree: float,
    ) -> Version:
        config = self._config
        rir, t60_s, room = self._room(rng, split, degree)
        short = shorten(rir, self._rate, t60_s, config.target_t60_s, config.hold_ms)
        length = dry_length + round((DIRECT_S + min(t60_s, LONGEST_TAIL_S)) * self._rate)
        recording = convolve(spectrum, rir, n, length)
        target = convolve(spectrum, short, n, length)
        snr_db: float | None = None
        noise_row: Row = {}
        if rng.random() < config.noise_share:
            snr_db = float(rng.uniform(*config.snr_db))
            noise, noise_row = self._some_noise(rng, split, length)
            noise *= rms(recording) / max(rms(noise), 1e-9) * 10 ** (-snr_db / 20)
            recording = recording + noise
        gain = np.float32(STORED_PEAK / max(peak(recording), peak(target), 1e-9))
        return Version(
            recording * gain,
            target * gain,
            room,
            noise_row,
            t60_s,
            direct_to_reverberant_db(rir, self._rate),
            clarity_db(rir, self._rate),
            snr_db,
        )

    def _room(
        self, rng: np.random.Generator, split: str, degree: float
    ) -> tuple[Samples, float, Row]:
        """A room response, its T60 [s] and its row; `degree` in [0, 1) from the driest on."""
        rooms = self._rooms[split]
        config = self._config
        if not rooms or rng.random() >= config.measured_share:
            near = rng.random() < config.near_share
            low, high = config.near_t60_s if near else config.t60_s
            t60_s = low * (high / low) ** degree
            distance = (config.near_distance_m,) if near else ()
            rir, t60_s = simulate_rir(rng, self._rate, (t60_s, t60_s), *distance)
            return rir, t60_s, {"room": "simulated"}
        room = rooms[int(degree * len(rooms))]
        row = room[rng.integers(len(room))]
        rir = self._read(self._rir_folder / row["file"], self._rate)
        if "direct_s" in row:
            rir = place_direct(rir, self._rate, float(row["direct_s"]))
        rir, t60_s = vary_room(rng, rir, self._rate, float(row["t60_s"]))
        return rir, t60_s, row

    def _some_noise(self, rng: np.random.Generator, split: str, length: int) -> tuple[Samples, Row]:
        """Noise, (length,), and its row, which is empty where it was made up."""
        rows = self._noise[split]
        if rows and rng.random() < 0.5:
            row = rows[rng.integers(len(rows))]
            recorded = self._read(self._noise_folder / row["file"], self._rate)
            if recorded.any():
                return excerpt(rng, recorded, length), row
        return coloured_noise(rng, length, self._rate), {}


def _rooms(rows: list[Row], split: str) -> list[list[Row]]:
    """Responses of a split, room by room, from the driest room to the most reverberant."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["split"] == split:
            found.setdefault(f"{row.get('source') or ''}/{row['room']}", []).append(row)
    return sorted(found.values(), key=lambda room: min(float(row["t60_s"]) for row in room))
