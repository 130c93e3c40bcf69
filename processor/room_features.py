"""What a few seconds of speech tell of the room: numbers that a regression turns into figures.

Reverberation fills the pauses: the level in a band falls more slowly after each sound (quantiles of
level differences over five lags, and of the slopes of whole decays), stays higher between sounds
(quantiles of the level), and fluctuates less, the fast fluctuations first (modulation spectrum).
All of it is relative to the loudest parts of the band, so the recording's level does not matter.

Sources: decay rates, Wen et al., IWAENC 2008; free decays in bands, Prego et al., WASPAA 2012;
modulation energies, Falk et al., IEEE TASLP 18(7), 2010.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Powers = npt.NDArray[np.float32]
"""Short-time power spectra, (frames, BINS)."""

SAMPLE_RATE = 16_000
WINDOW_LENGTH = 256
HOP_LENGTH = 128
BINS = WINDOW_LENGTH // 2 + 1
FRAME_RATE = SAMPLE_RATE / HOP_LENGTH

# Third octaves and wider, in groups over which what the bands say is averaged.
_EDGES_HZ = np.geomspace(180.0, 7000.0, 17)
_GROUPS = 4
_LAGS = (2, 4, 8, 16, 32)  # frames of 8 ms
_FALLS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 0.9)
_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75)
_SLOPES = (0.1, 0.25, 0.5, 0.75, 0.9)
_MODULATIONS_HZ = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 62.0])

_LOUD_DB = 25.0  # a fall counts that begins less than this below the peak
_DEEPEST_DB = 60.0
_SMALLEST_FALL_DB = 8.0


def power_spectra(waveform: npt.NDArray[np.float32]) -> Powers:
    """Return the mean over the channels of the power in each frame and bin.

    The sum over the bins is the frame's mean square, but for what lies below 60 Hz.

    Shape:
        waveform: (channels, samples) at SAMPLE_RATE; result: (frames, BINS), as many whole windows
            as fit.
    """
    windows = np.lib.stride_tricks.sliding_window_view(waveform, WINDOW_LENGTH, axis=1)
    spectra = np.fft.rfft(windows[:, ::HOP_LENGTH] * _WINDOW, axis=2)
    powers = np.mean(np.square(spectra.real) + np.square(spectra.imag), axis=0)
    powers[:, 0] = 0.0
    return np.asarray(powers * _TO_MEAN_SQUARE, np.float32)


def room_features(powers: Powers) -> npt.NDArray[np.float32]:
    """Return the numbers, (features,), of one piece of speech.

    Shape:
        powers: (frames, BINS), a second at least.
    """
    level_db = 10 * np.log10(powers @ _BANDS + 1e-14)  # (frames, bands)
    peak_db = np.quantile(level_db, 0.98, axis=0)
    level_db = np.maximum(level_db - peak_db, -_DEEPEST_DB)
    grouped = powers @ _BAND_GROUPS
    parts = [
        _by_group(np.quantile(level_db, _LEVELS, axis=0)),
        *(_by_group(_falls(level_db, lag)) for lag in _LAGS),
        _by_group(_modulations(level_db)),
        *(_decays(power) for power in grouped.T),
    ]
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def _falls(level_db: npt.NDArray[np.float32], lag: int) -> npt.NDArray[np.float64]:
    """Quantiles, (quantiles, bands), of the change of level over a lag from loud frames on [dB]."""
    change = level_db[lag:] - level_db[:-lag]
    loud = level_db[:-lag] > -_LOUD_DB
    columns = [
        np.quantile(column[chosen], _FALLS) if chosen.any() else np.zeros(len(_FALLS))
        for column, chosen in zip(change.T, loud.T, strict=True)
    ]
    return np.stack(columns, axis=1)


def _modulations(level_db: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Share of each modulation band in the fluctuations of the amplitude, (bands, bands) [dB]."""
    envelope = 10 ** (level_db / 40)  # between amplitude and loudness
    envelope = (envelope - envelope.mean(axis=0)) * np.hanning(len(envelope))[:, None]
    energy = np.square(np.abs(np.fft.rfft(envelope, axis=0)))
    frequency = np.fft.rfftfreq(len(envelope), 1 / FRAME_RATE)
    edges = np.searchsorted(frequency, _MODULATIONS_HZ)
    sums = np.add.reduceat(energy, edges, axis=0)[:-1] + 1e-9
    return 10 * np.log10(sums / sums.sum(axis=0))


def _decays(power: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Quantiles of the slopes of whole decays [dB/s], as logarithms, and how many there are."""
    smooth = np.convolve(power, np.hanning(9)[1:-1], mode="valid")
    level_db = 10 * np.log10(smooth + 1e-14)
    level_db = np.maximum(level_db, level_db.max() - _DEEPEST_DB)
    falling = np.concatenate([[False], np.diff(level_db) < 0, [False]])
    turns = np.flatnonzero(np.diff(falling.astype(np.int8)))
    begins, ends = turns[::2], turns[1::2]
    fall_db = level_db[begins] - level_db[ends]
    deep = fall_db > _SMALLEST_FALL_DB
    seconds = len(power) / FRAME_RATE
    if not deep.any():
        return np.array([*([3.0] * len(_SLOPES)), 0.0])
    slope = fall_db[deep] * FRAME_RATE / (ends - begins)[deep]
    return np.array([*np.log(np.quantile(slope, _SLOPES)), np.count_nonzero(deep) / seconds])


def _by_group(numbers: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Average (numbers, bands) over the bands of each group: (numbers, groups)."""
    return numbers.reshape(len(numbers), _GROUPS, -1).mean(axis=2)


def _bands() -> npt.NDArray[np.float32]:
    frequency = np.fft.rfftfreq(WINDOW_LENGTH, 1 / SAMPLE_RATE)[:, None]
    width = SAMPLE_RATE / WINDOW_LENGTH
    low, high = _EDGES_HZ[:-1], _EDGES_HZ[1:]
    # The share of each bin, as wide as the distance to the next, that lies in the band.
    overlap = np.minimum(frequency + width / 2, high) - np.maximum(frequency - width / 2, low)
    return np.asarray(np.clip(overlap / width, 0, 1), np.float32)


_WINDOW = np.hanning(WINDOW_LENGTH + 1)[:-1].astype(np.float32)
_TO_MEAN_SQUARE = 2.0 / (WINDOW_LENGTH * float(np.sum(np.square(_WINDOW, dtype=np.float64))))
_BANDS = _bands()
_BAND_GROUPS = _BANDS.reshape(BINS, _GROUPS, -1).sum(axis=2)
