"""Blind room figures: what a recording of speech tells of its room, without the room's response.

    channels ── 16 kHz ── pieces of 8 s ── power spectra ┬ features ── regression ── T60, C50, DRR
                                                         └ levels of 64 ms ── speech, noise

Memory does not grow with the recording but by three numbers per piece, and how the audio is cut
into blocks makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
import numpy.typing as npt

from processor.resampler import Resampler
from processor.room_estimator import Estimate, RoomEstimator, combined
from processor.room_features import (
    FRAME_RATE,
    HOP_LENGTH,
    SAMPLE_RATE,
    WINDOW_LENGTH,
    Powers,
    power_spectra,
    room_features,
)
from processor.stream import checked_sample_rate
from processor.waveform import SampleQueue, Waveform, checked_float32, silence

SEGMENT_FRAMES = 1000
SEGMENT_SAMPLES = (SEGMENT_FRAMES - 1) * HOP_LENGTH + WINDOW_LENGTH
_SHORT_FRAMES = SEGMENT_FRAMES // 2  # a piece at the end counts from here on
_SHORTEST_FRAMES = round(2 * FRAME_RATE)  # or from here on, where it is all there is

# C50 [dB] and T60 (relative) count as told when they are off by no more.
CLARITY_TOLERANCE_DB = 3.0
T60_TOLERANCE = 0.25
_LEAST_CONFIDENCE = 0.2  # below it nothing is told


@dataclass(frozen=True)
class RoomFigures:
    """What is told of a recording. Levels are mean squares in dB, 0 dB for full scale (±1).

    None stands where it cannot be told: in silence, without speech, in less than two seconds.

    Attributes:
        t60_s: reverberation time of mid frequencies [s].
        c50_db: clarity [dB]: what arrives within 50 ms of the direct sound over what comes later.
        drr_db: direct to reverberant ratio [dB]: what arrives within 2.5 ms over what comes later.
        reverberation_db: level of what comes later than 50 ms, while somebody speaks.
        speech_level_db: level while somebody speaks.
        noise_db: level while nobody does. In a long reverberation pauses hardly reach it.
        snr_db: speech over noise.
        clipped_samples: how many stand at full scale in a row of two or more, over all channels.
        t60_confidence: 0 ... 1, the chance that t60_s is off by less than 25 %.
        c50_confidence: 0 ... 1, the chance that c50_db is off by less than 3 dB.
    """

    t60_s: float | None = None
    c50_db: float | None = None
    drr_db: float | None = None
    reverberation_db: float | None = None
    speech_level_db: float | None = None
    noise_db: float | None = None
    snr_db: float | None = None
    clipped_samples: int = 0
    t60_confidence: float = 0.0
    c50_confidence: float = 0.0


NOTHING_TOLD = RoomFigures()


def room_figures(waveform: Waveform, sample_rate: float) -> RoomFigures:
    """Return what a recording tells of its room.

    Shape:
        waveform: (channels, samples) float32, finite.

    Raises:
        ValueError: the rate, the shape or a sample cannot be used.
    """
    meter = RoomMeter(sample_rate, np.shape(waveform)[0] if np.ndim(waveform) == 2 else 1)
    meter.feed(waveform)
    return meter.finish()


class RoomMeter:
    """Takes a recording block by block and tells its figures at the end."""

    def __init__(self, sample_rate: float, channels: int) -> None:
        """Prepare for a recording; 8000 to 192000 Hz, any number of channels."""
        rate = checked_sample_rate(sample_rate)
        self._channels = channels
        self._resampler = None if rate == SAMPLE_RATE else Resampler(rate, SAMPLE_RATE, channels)
        self._pending = SampleQueue(channels)
        self._clipping = _Clipping(channels)
        self._summary = PowerMeter()

    def feed(self, waveform: Waveform) -> None:
        """Take the next block, (channels, samples).

        Raises:
            ValueError: wrong shape, NaN or inf.
        """
        if np.ndim(waveform) != 2 or len(waveform) != self._channels:
            raise ValueError(
                f"This meter takes blocks of shape ({self._channels}, samples), "
                f"got {np.shape(waveform)}."
            )
        waveform = checked_float32(np.asarray(waveform))
        self._clipping.count(waveform)
        if self._resampler is not None:
            waveform = self._resampler.process(waveform)
        self._take(waveform)

    def finish(self) -> RoomFigures:
        """Return the figures; nothing can be fed after that."""
        if self._resampler is not None:
            self._take(self._resampler.process(silence(self._channels, 0), last=True))
        if len(self._pending) >= WINDOW_LENGTH:
            self._summary.add(power_spectra(self._pending.pop(len(self._pending))))
        return self._summary.figures(self._clipping.samples)

    def _take(self, waveform: Waveform) -> None:
        self._pending.push(waveform)
        while len(self._pending) >= SEGMENT_SAMPLES:
            self._summary.add(power_spectra(self._pending.pop(SEGMENT_SAMPLES)))


class PowerMeter:
    """Tells the figures from power spectra, piece by piece."""

    def __init__(self) -> None:
        self._levels = _Levels()
        self._estimates: list[Estimate] = []

    def add(self, powers: Powers) -> None:
        """Take the next piece, (frames, bins): SEGMENT_FRAMES of them, but for the last."""
        level_db = self._levels.add(powers)
        enough = _SHORTEST_FRAMES if not self._estimates else _SHORT_FRAMES
        if len(powers) >= enough and _may_be_speech(level_db):
            self._estimates.append(RoomEstimator.load().estimate(room_features(powers)))

    def figures(self, clipped_samples: int = 0) -> RoomFigures:
        """Return the figures of all pieces."""
        speech_db, noise_db = self._levels.speech_and_noise()
        snr_db = None if speech_db is None or noise_db is None else speech_db - noise_db
        told = _Told.of(self._estimates if speech_db is not None else ())
        late_db = None
        if told.c50_db is not None and speech_db is not None:
            late_db = speech_db - 10 * np.log10(1 + 10 ** (told.c50_db / 10))
        return RoomFigures(
            told.t60_s,
            told.c50_db,
            told.drr_db,
            _rounded(late_db),
            _rounded(speech_db),
            _rounded(noise_db),
            _rounded(snr_db),
            clipped_samples,
            told.t60_confidence,
            told.c50_confidence,
        )


@dataclass(frozen=True)
class _Told:
    """The blind estimates, as far as they can be told."""

    t60_s: float | None = None
    c50_db: float | None = None
    drr_db: float | None = None
    t60_confidence: float = 0.0
    c50_confidence: float = 0.0

    @classmethod
    def of(cls, estimates: Iterable[Estimate]) -> _Told:
        estimates = list(estimates)
        if not estimates:
            return cls()
        whole = combined(estimates)
        log_t60, c50_db, drr_db = map(float, whole.expected)
        tolerances = np.log(1 + T60_TOLERANCE), CLARITY_TOLERANCE_DB
        confidences = [
            round(whole.credibility * erf(tolerance / deviation / sqrt(2)), 3)
            for tolerance, deviation in zip(tolerances, whole.deviation[:2], strict=True)
        ]
        if max(confidences) < _LEAST_CONFIDENCE:
            return cls()
        return cls(
            round(float(np.exp(log_t60)), 3), _rounded(c50_db), _rounded(drr_db), *confidences
        )


class _Levels:
    """How often each level occurs, in blocks of 64 ms and steps of half a decibel."""

    _BLOCK = 8
    _LOWEST_DB, _HIGHEST_DB, _STEP_DB = -100.0, 30.0, 0.5
    _QUIET_SHARE = 0.05
    _SPEECH_MARGIN_DB = 15.9  # ITU-T P.56: what lies further below the level is a pause
    _LEAST_SPREAD_DB = 5.0

    def __init__(self) -> None:
        self._edges = np.arange(self._LOWEST_DB, self._HIGHEST_DB, self._STEP_DB)
        self._counts = np.zeros(len(self._edges), np.int64)
        self._energy = np.zeros(len(self._edges))

    def add(self, powers: Powers) -> npt.NDArray[np.floating]:
        """Count a piece, and return the levels [dB] of its blocks."""
        blocks = max(1, len(powers) // self._BLOCK)
        energy = np.array(
            [block.sum() / len(block) for block in np.array_split(powers.sum(axis=1), blocks)]
        )
        level_db = 10 * np.log10(energy + 1e-14)
        place = np.digitize(level_db, self._edges) - 1
        heard = place >= 0  # digital silence tells nothing
        self._counts += np.bincount(place[heard], minlength=len(self._edges))
        self._energy += np.bincount(place[heard], energy[heard], len(self._edges))
        return level_db

    def speech_and_noise(self) -> tuple[float | None, float | None]:
        """Return the level while somebody speaks, and while nobody does; None for no such time."""
        total = self._counts.sum()
        if not total:
            return None, None
        below = np.cumsum(self._counts) / total
        quiet = self._edges[np.searchsorted(below, self._QUIET_SHARE)] + self._STEP_DB / 2
        loud = self._edges[np.searchsorted(below, 0.95)]
        if loud - quiet < self._LEAST_SPREAD_DB:
            return None, float(10 * np.log10(self._energy.sum() / total))
        return self._active_level_db(10 ** (quiet / 10)), float(quiet)

    def _active_level_db(self, noise: float) -> float:
        """The level above the lowest threshold that lies less than the margin below that level."""
        energy = np.cumsum(self._energy[::-1])[::-1]
        count = np.maximum(np.cumsum(self._counts[::-1])[::-1], 1)
        level_db = 10 * np.log10(energy / count + 1e-14)
        enough = np.flatnonzero((level_db - self._edges < self._SPEECH_MARGIN_DB) & (energy > 0))
        active = energy[enough[0]] / count[enough[0]]
        return float(10 * np.log10(max(active - noise, 0.1 * active)))


class _Clipping:
    """Counts samples at full scale that have a neighbour there: what a limiter does not do."""

    _FULL_SCALE = 1.0 - 2.0**-14

    def __init__(self, channels: int) -> None:
        self.samples = 0
        # Whether the last sample stood at full scale, and whether it was counted.
        self._was_full = np.zeros((channels, 1), bool)
        self._was_counted = np.zeros((channels, 1), bool)

    def count(self, waveform: Waveform) -> None:
        if not waveform.shape[1]:
            return
        full = np.concatenate([self._was_full, np.abs(waveform) >= self._FULL_SCALE], axis=1)
        in_a_row = full[:, 1:] & full[:, :-1]
        counted = np.zeros_like(full)
        counted[:, 1:] |= in_a_row
        counted[:, :-1] |= in_a_row
        counted[:, :1] &= ~self._was_counted
        self.samples += int(np.count_nonzero(counted))
        self._was_counted = counted[:, -1:]
        self._was_full = full[:, -1:]


def _may_be_speech(level_db: npt.NDArray[np.floating]) -> bool:
    """Whether the level goes up and down, and is not that of a converter's noise."""
    low, high = np.quantile(level_db, (0.1, 0.95))
    return bool(high > -75.0 and high - low > 4.0)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), 2)
