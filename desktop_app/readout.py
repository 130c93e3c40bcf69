"""What lies under the pointer: exact levels from the samples, not from the colours."""

import math

import numpy as np

from .plot_data import Picture

PADDING = 4  # bins are this much closer together than those drawn: a tone falls between them less


def level_at(
    picture: Picture, time_s: float, low_hz: float, high_hz: float, n_fft: int
) -> tuple[float, float] | None:
    """Frequency and level of the loudest component in a band, around one moment.

    Args:
        picture: What is looked at.
        time_s: The middle of the window.
        low_hz: Lower end of the band, normally that of a row of pixels.
        high_hz: Its upper end.
        n_fft: Length of the window in samples.

    Returns:
        Hz, and dB (a full-scale sine is 0); None where nothing is known, or sketched.
    """
    centre = round(time_s * picture.sample_rate)
    if not 0 <= centre < picture.ready_frames:
        return None
    begin, end = centre - n_fft // 2, centre - n_fft // 2 + n_fft
    if not picture.tells(begin, end):
        return None
    inner = picture.samples(max(0, begin), min(picture.ready_frames, end))
    window = np.hanning(n_fft + 1)[:-1]
    at = max(0, -begin)
    windowed = inner * window[at : at + inner.shape[1]]
    spectrum = np.abs(np.fft.rfft(windowed, PADDING * n_fft, axis=1)).max(axis=0)
    step = picture.sample_rate / (PADDING * n_fft)
    nearest = round((low_hz + high_hz) / 2 / step)
    first = min(nearest, math.ceil(low_hz / step))
    last = min(len(spectrum) - 1, max(nearest, math.floor(high_hz / step)))
    loudest = first + int(spectrum[first : last + 1].argmax())
    return loudest * step, 20 * math.log10(spectrum[loudest] * 2 / window.sum() + 1e-12)


def peak_at(picture: Picture, start_s: float, stop_s: float, channel: int) -> float | None:
    """Level in dB of full scale of the largest sample between two times; None as above."""
    rate = picture.sample_rate
    start = max(0, math.floor(start_s * rate))
    stop = max(start + 1, stop_s * rate)
    extremes = picture.waveform.columns(start, stop, 1)[channel, 0]
    if np.isnan(extremes).any() or not picture.tells(start, math.floor(stop)):
        return None
    return 20 * math.log10(float(np.abs(extremes).max()) + 1e-12)


def level_text(level_db: float | None) -> str:
    """A level as it is read: "−43.5 dB"."""
    if level_db is None:
        return "–"
    if level_db < -180:
        return "−∞ dB"
    rounded = round(level_db, 1) + 0.0  # never −0.0
    return f"{rounded:.1f} dB".replace("-", "−")


def pitch_text(frequency: float) -> str:
    """A frequency to read exactly: "1.243 kHz", "87.3 Hz"."""
    return f"{frequency / 1000:.3f} kHz" if frequency >= 1000 else f"{frequency:.1f} Hz"
