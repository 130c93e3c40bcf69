"""Streaming sample-rate conversion over soxr, on (channels, samples)."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import soxr


class Resampler:
    """Converts a stream from one rate to another, with lag 0 and for any block sizes.

    soxr's linear-phase filters are compensated: output sample i lies at the time i / to_rate,
    and what comes out does not depend on the blocks it came in, to the bit.
    """

    def __init__(self, from_rate: float, to_rate: float, channels: int) -> None:
        self._stream = soxr.ResampleStream(from_rate, to_rate, channels, "float32", "HQ")

    def process(
        self, waveform: npt.NDArray[np.float32], *, last: bool = False
    ) -> npt.NDArray[np.float32]:
        """Return the samples that are ready; all that remain if this block is the last.

        The total may be off by a sample or two from samples * to_rate / from_rate.

        Shape:
            waveform: (channels, samples), samples >= 0; result: (channels, ready samples).
        """
        frames = np.ascontiguousarray(waveform.T, dtype=np.float32)
        return np.asarray(self._stream.resample_chunk(frames, last=last)).T


@functools.lru_cache(maxsize=64)
def most_samples_held(from_rate: float, to_rate: float) -> int:
    """Return how many input samples a `Resampler` keeps back at most before they come out.

    soxr works in blocks of its own, whose lengths it does not tell: measured on silence.
    """
    step = 32
    resampler = Resampler(from_rate, to_rate, 1)
    silence = np.zeros((1, step), np.float32)
    came_out = 0
    most = 0.0
    for went_in in range(step, int(from_rate / 2), step):
        came_out += resampler.process(silence).shape[1]
        most = max(most, went_in - came_out * from_rate / to_rate)
    return int(np.ceil(most)) + step
