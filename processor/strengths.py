"""How much strength a recording needs to become as clear as is wanted."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator

import numpy as np

from processor.audio_file import AudioInfo, probe, read_blocks
from processor.file_job import refuse_unfit
from processor.model import Model
from processor.recipe import Recipe
from processor.resampler import Resampler
from processor.room import SEGMENT_SAMPLES, PowerMeter
from processor.room_features import SAMPLE_RATE, WINDOW_LENGTH, power_spectra
from processor.stream import DereverbStream
from processor.waveform import SampleQueue, Waveform, silence

_STRENGTHS = np.linspace(0.0, 1.0, 9)
# Of a long recording so many pieces are looked at, evenly spread: some may hold music, or nothing.
_PIECES = 5
LOOKED_AT_S = 300.0
"""How much of a recording is looked at, at most [s]."""


def strength_for_c50(
    path: str | os.PathLike[str],
    recipe: Recipe,
    target_db: float,
    *,
    most_s: float = LOOKED_AT_S,
    progress: Callable[[float], None] | None = None,
) -> float:
    """Return the least strength, 0 ... 1, at which the recording comes to a C50 of `target_db`.

    0 where it is as clear already; 1 where full strength does not reach it; the recipe's own where
    the C50 cannot be told. The model runs once, at full strength: between 0 and 1 each bin's gain
    is a power of that, as in the model itself (docs/architecture.md). The frames are others than
    the model's, so this is good enough to tell figures, and not to listen to.

    Args:
        path: a recording.
        recipe: its model, mix, floor and focus count; its strength and output do not.
        target_db: what to come to [dB].
        most_s: how much of the recording is looked at [s]; of a longer one evenly spread pieces.
        progress: called from this thread with 0 ... 1; may raise Cancelled to end the work.

    Raises:
        AudioFileError: the file cannot be read.
        ModelError: the recipe's model cannot be used.
        Cancelled: from `progress`.
    """
    info = probe(path)
    refuse_unfit(info)
    full = dataclasses.replace(recipe, strength=1.0)
    stream = DereverbStream(Model.load(recipe.model), info.sample_rate, info.channels, full)
    ladder = _Ladder(info, recipe.mix, recipe.floor_db)
    for block, is_last in _pieces(info, stream.step_samples, most_s, progress):
        ladder.feed(*stream.separate(block, last=is_last))
    return ladder.strength(target_db, otherwise=recipe.strength)


def _pieces(
    info: AudioInfo, block_frames: int, most_s: float, progress: Callable[[float], None] | None
) -> Iterator[tuple[Waveform, bool]]:
    """Yield what is looked at of a recording, block by block, and whether a piece ends with it."""
    stretches = _stretches(info.frames, max(1, round(most_s * info.sample_rate)))
    at = 0
    for block in read_blocks(info.path, block_frames):
        behind = at + block.shape[1]
        for start, stop in stretches:
            if start < behind and stop > at:
                yield block[:, max(0, start - at) : stop - at], stop <= behind
        at = behind
        if progress is not None:
            progress(min(1.0, at / info.frames))
        if at >= stretches[-1][1]:
            break


def _stretches(frames: int, most: int) -> list[tuple[int, int]]:
    """Return from where to where is looked, in samples."""
    if frames <= most:
        return [(0, frames)]
    length = max(1, most // _PIECES)
    starts = [(2 * number + 1) * frames // (2 * _PIECES) - length // 2 for number in range(_PIECES)]
    return [(start, start + length) for start in starts]


class _Ladder:
    """The figures at several strengths, from what full strength removes."""

    def __init__(self, info: AudioInfo, mix: float, floor_db: float) -> None:
        self._mix = mix
        self._lowest = 10 ** (floor_db / 20)
        self._channels = info.channels
        self._resampler = Resampler(info.sample_rate, SAMPLE_RATE, 2 * info.channels)
        self._pending = SampleQueue(2 * info.channels)
        self._meters = [PowerMeter() for _ in _STRENGTHS]

    def feed(self, dry: Waveform, removed: Waveform) -> None:
        both = np.concatenate([dry, dry - removed])
        self._pending.push(self._resampler.process(both))
        while len(self._pending) >= SEGMENT_SAMPLES:
            self._climb(SEGMENT_SAMPLES)

    def strength(self, target_db: float, *, otherwise: float) -> float:
        rest = self._resampler.process(silence(2 * self._channels, 0), last=True)
        self._pending.push(rest)
        if len(self._pending) >= WINDOW_LENGTH:
            self._climb(len(self._pending))
        c50_db = [meter.figures().c50_db for meter in self._meters]
        known = [(c50, at) for c50, at in zip(c50_db, _STRENGTHS, strict=True) if c50 is not None]
        if not known:
            return otherwise
        clarity, strengths = zip(*known, strict=True)
        # Blind figures waver: where they go back, the least strength that has come so far counts.
        rising = np.maximum.accumulate(clarity)
        if target_db <= rising[0]:
            return 0.0
        if target_db > rising[-1]:
            return 1.0
        above = int(np.argmax(rising >= target_db))
        return round(
            float(
                np.interp(
                    target_db, rising[above - 1 : above + 1], strengths[above - 1 : above + 1]
                )
            ),
            3,
        )

    def _climb(self, samples: int) -> None:
        both = self._pending.pop(samples)
        before = power_spectra(both[: self._channels])
        at_full = power_spectra(both[self._channels :])
        gain = np.sqrt(at_full / np.maximum(before, 1e-20))
        for meter, strength in zip(self._meters, _STRENGTHS, strict=True):
            mixed = 1 - self._mix * (1 - np.maximum(gain**strength, self._lowest))
            meter.add(np.asarray(before * np.square(mixed), np.float32))
