"""Where a frequency lies from bottom (0) to top (1) of the picture: linear, log or mel."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Frequency = float | np.ndarray

KINDS = {"linear": "Linear", "log": "Logarithmic", "mel": "Mel"}
LOWEST_LOG_HZ = 20.0  # a log axis has no zero; below this nothing is heard
NARROWEST = 1 / 64  # of the whole axis
TICKS_HZ = tuple(m * 10**e for e in range(1, 6) for m in (1, 2, 5))
ROUNDNESS = {"1": 0, "5": 1, "2": 2}


def mel(frequency: Frequency) -> Frequency:
    """Frequency in Hz as mel, the axis on which a voice fills the picture."""
    return 2595.0 * np.log10(1.0 + np.asarray(frequency, np.float64) / 700.0)


def mel_to_hz(value: Frequency) -> Frequency:
    """The inverse of `mel`."""
    return 700.0 * (10.0 ** (np.asarray(value, np.float64) / 2595.0) - 1.0)


@dataclass(frozen=True)
class FrequencyAxis:
    """A part of the range from 0 Hz (or 20 Hz, if logarithmic) to half the sample rate.

    Attributes:
        kind: "linear", "log" or "mel".
        nyquist_hz: Half the sample rate.
        bottom: Where the part begins, as a share of the whole axis.
        top: Where it ends.
    """

    kind: str
    nyquist_hz: float
    bottom: float = 0.0
    top: float = 1.0

    def to_unit(self, frequency: Frequency) -> Frequency:
        """Height in the picture, 0 to 1, of a frequency in Hz; below 0 or above 1 outside."""
        lowest, highest = self._warped_ends()
        whole = (self._warp(frequency) - lowest) / (highest - lowest)
        return (whole - self.bottom) / (self.top - self.bottom)

    def to_hz(self, height: Frequency) -> Frequency:
        """The inverse of `to_unit`."""
        lowest, highest = self._warped_ends()
        whole = self.bottom + np.asarray(height, np.float64) * (self.top - self.bottom)
        return self._unwarp(lowest + whole * (highest - lowest))

    def zoom(self, factor: float, around: float = 0.5) -> "FrequencyAxis":
        """An axis with `factor` times the range; what lies at the height `around` stays there."""
        bottom, top = zoomed(self.bottom, self.top, factor, around)
        return FrequencyAxis(self.kind, self.nyquist_hz, bottom, top)

    @lru_cache(maxsize=64)  # noqa: B019 - an axis is a small value
    def ticks(self, most: float, margin: float = 0.0) -> list[tuple[float, str]]:
        """Height and text of round frequencies to label.

        Args:
            most: How many labels have room above each other.
            margin: How far they stay away from both ends, in heights.
        """
        found: list[tuple[float, str]] = []
        for frequency in self._candidates(most):
            height = float(self.to_unit(frequency))
            apart = all(abs(height - other) * most >= 1.0 - 1e-9 for other, _ in found)
            if margin <= height <= 1.0 - margin and apart:
                found.append((height, frequency_text(frequency)))
        return sorted(found)

    def _candidates(self, most: float) -> list[float]:
        """Round frequencies, the most welcome first."""
        low, high = float(self.to_hz(0.0)), float(self.to_hz(1.0))
        step = next((step for step in TICKS_HZ if (high - low) / step <= most), TICKS_HZ[-1])
        even = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if self.kind == "linear":
            return even
        welcome = sorted(TICKS_HZ, key=lambda frequency: ROUNDNESS[str(frequency)[0]])
        inside = [frequency for frequency in welcome if low <= frequency <= high]
        return inside if len(inside) > 2 else [*inside, *even]

    def _warped_ends(self) -> tuple[float, float]:
        lowest = LOWEST_LOG_HZ if self.kind == "log" else 0.0
        return float(self._warp(lowest)), float(self._warp(self.nyquist_hz))

    def _warp(self, frequency: Frequency) -> Frequency:
        if self.kind == "log":
            return np.log(np.maximum(frequency, 1e-9))
        return mel(frequency) if self.kind == "mel" else np.asarray(frequency, np.float64)

    def _unwarp(self, value: Frequency) -> Frequency:
        if self.kind == "log":
            return np.exp(value)
        return mel_to_hz(value) if self.kind == "mel" else value


def zoomed(bottom: float, top: float, factor: float, around: float) -> tuple[float, float]:
    """A part of 0 … 1 made `factor` times as large, inside 0 … 1."""
    span = min(1.0, max(NARROWEST, (top - bottom) * factor))
    start = bottom + around * (top - bottom) - around * span
    start = min(max(0.0, start), 1.0 - span)
    return start, start + span


def frequency_text(frequency: float) -> str:
    """A frequency as on an axis: "200 Hz", "2.5 kHz"."""
    return f"{frequency / 1000:g} kHz" if frequency >= 1000 else f"{frequency:g} Hz"
