"""A small spectrogram of a whole recording, made on the way in constant memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from processor.waveform import Waveform

COLUMNS = 360
ROWS = 96
_HIGHEST_HZ = 12_000.0
_LOWEST_HZ = 60.0
_WINDOW_S = 0.032
_LOOKS = 3  # windows per column, at most
_RANGE_DB = 75.0


class Overview:
    """Looks at a few moments of each column of the picture; the loudest moment is drawn."""

    def __init__(self, sample_rate: float, frames: int) -> None:
        """Prepare for a recording of so many samples per channel."""
        self._length = max(16, round(_WINDOW_S * sample_rate))
        self._window = np.hanning(self._length).astype(np.float32)
        self._bands = _bands(self._length, sample_rate)
        looks = max(1, min(_LOOKS, round(frames / COLUMNS / self._length * 2)))
        centres = (np.arange(COLUMNS * looks) + 0.5) * frames / (COLUMNS * looks)
        self._begins = np.rint(centres - self._length / 2).astype(np.int64)
        self._looks = looks
        self._power = np.zeros((ROWS, COLUMNS), np.float32)
        self._next = 0
        # Silence before the first sample, so that the first windows are whole.
        self._held = np.zeros(self._length, np.float32)
        self._held_from = -self._length

    def feed(self, waveform: Waveform) -> None:
        """Take the next block, (channels, samples)."""
        self._held = np.concatenate([self._held, waveform.mean(axis=0, dtype=np.float32)])
        end = self._held_from + len(self._held)
        while self._next < len(self._begins) and self._begins[self._next] + self._length <= end:
            self._look()
        keep = end - self._length
        if self._next < len(self._begins):
            keep = max(self._held_from, min(keep, int(self._begins[self._next])))
        self._held = self._held[keep - self._held_from :]
        self._held_from = keep

    def picture(self) -> npt.NDArray[np.uint8]:
        """Return the picture, (ROWS, COLUMNS), low frequencies first; 255 is the loudest."""
        if self._next < len(self._begins):  # the last windows reach over the end
            self.feed(np.zeros((1, self._length), np.float32))
        level_db = 10 * np.log10(self._power + 1e-12)
        loudest_db = max(float(level_db.max()), -45.0)  # silence stays dark
        share = np.clip((level_db - loudest_db) / _RANGE_DB + 1, 0, 1)
        return np.rint(255 * share).astype(np.uint8)

    def _look(self) -> None:
        start = int(self._begins[self._next]) - self._held_from
        spectrum = np.fft.rfft(self._held[start : start + self._length] * self._window)
        power = self._bands @ np.square(np.abs(spectrum)).astype(np.float32)
        column = self._next // self._looks
        self._power[:, column] = np.maximum(self._power[:, column], power)
        self._next += 1


def _bands(length: int, sample_rate: float) -> npt.NDArray[np.float32]:
    """Means over bands, (ROWS, bins), spaced as the ear hears (mel); each holds a bin at least."""
    frequency = np.fft.rfftfreq(length, 1 / sample_rate)
    top = min(_HIGHEST_HZ, 0.45 * sample_rate)
    centres = _hertz(np.linspace(_mel(_LOWEST_HZ), _mel(top), ROWS + 2))
    rising = (frequency - centres[:-2, None]) / (centres[1:-1] - centres[:-2])[:, None]
    falling = (centres[2:, None] - frequency) / (centres[2:] - centres[1:-1])[:, None]
    weight = np.clip(np.minimum(rising, falling), 0, None)
    nearest = np.argmin(np.abs(frequency - centres[1:-1, None]), axis=1)
    weight[np.arange(ROWS), nearest] += 1e-3
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), np.float32)


def _mel(hertz: float) -> float:
    return float(np.log1p(hertz / 700.0))


def _hertz(mel: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return 700.0 * np.expm1(mel)
