"""SRMR: the slow modulations of speech over the fast ones that a room leaves.

Falk, Zheng and Chan 2010, as the authors' SRMRpy computes it (not normalised, without its fast
gammatonegram). Written out here, because the packages that have it need builds of torchaudio that
few releases of torch have; on the same signals it agrees with torchmetrics within 1e-4.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from training.acoustics import Samples

Floats = NDArray[np.float64]

SAMPLE_RATE = 16_000
LOWEST_HZ = 125.0
CHANNELS = 23
# Of the modulation filters, logarithmic from the first to the last.
MODULATION_HZ = np.geomspace(4.0, 128.0, 8)
MODULATION_Q = 2.0
WINDOW_S, HOP_S = 0.256, 0.064
# Glasberg and Moore's auditory filters: bandwidth = frequency / Q + least bandwidth.
EAR_Q, LEAST_BANDWIDTH_HZ = 9.26449, 24.7


def srmr(estimate: Samples, sample_rate: int) -> float:
    """Speech-to-reverberation modulation energy ratio; higher is drier. Needs no reference.

    Energy in the four modulation bands around 4 to 18 Hz over that in the higher ones, up to the
    one that the speech's own bandwidth reaches. nan for silence.
    """
    speech = np.asarray(soxr.resample(estimate, sample_rate, SAMPLE_RATE), dtype=np.float64)
    energy = _modulation_energy(speech)  # (channels, modulations)
    if not energy.sum() > 0:
        return float("nan")
    bandwidths = (_centres_hz() / EAR_Q + LEAST_BANDWIDTH_HZ)[::-1]  # from the narrowest
    share = energy.sum(axis=1)[::-1].cumsum() / energy.sum()
    bandwidth = bandwidths[int(np.argmax(share > 0.9))]
    half_width = np.tan(np.pi * MODULATION_HZ / SAMPLE_RATE) / MODULATION_Q
    lower_edges = MODULATION_HZ - half_width * SAMPLE_RATE / (2 * np.pi)
    reached = max(int(np.count_nonzero(lower_edges <= bandwidth)), 5)
    return float(energy[:, :4].sum() / energy[:, 4:reached].sum())


def _modulation_energy(speech: Floats) -> Floats:
    """Mean energy of the envelopes in each channel and modulation band, (channels, modulations)."""
    from scipy.signal import lfilter

    window = round(WINDOW_S * SAMPLE_RATE)
    hop = round(HOP_S * SAMPLE_RATE)
    weight = np.hamming(window + 1)[:-1]
    length = max(-(-len(speech) // hop) * hop, window)
    frames = max(1 + (len(speech) - window) // hop, 1)
    energy = np.zeros((CHANNELS, len(MODULATION_HZ)))
    for channel, (numerators, denominator, gain) in enumerate(_gammatone_filters()):
        band = speech
        for numerator in numerators:
            band = lfilter(numerator, denominator, band)
        envelope = _envelope(band / gain)
        for modulation, (b, a) in enumerate(_modulation_filters()):
            slow = np.pad(lfilter(b, a, envelope), (0, length - len(envelope)))
            cut = np.lib.stride_tricks.sliding_window_view(slow, window)[::hop][:frames]
            energy[channel, modulation] = np.mean((cut * weight) ** 2) * window
    return energy


def _envelope(band: Floats) -> Floats:
    """Magnitude of the analytic signal; padded to a multiple of 16, as the original is."""
    n = -(-len(band) // 16) * 16
    spectrum = np.fft.fft(band, n)
    spectrum[1 : n // 2] *= 2
    spectrum[n // 2 + 1 :] = 0
    return np.abs(np.fft.ifft(spectrum))[: len(band)]


def _centres_hz() -> Floats:
    """Centre frequencies of the auditory filters, from the highest down (Slaney 1993)."""
    corner = EAR_Q * LEAST_BANDWIDTH_HZ
    top = SAMPLE_RATE / 2 + corner
    step = np.arange(1, CHANNELS + 1) / CHANNELS
    return -corner + np.exp(step * np.log((LOWEST_HZ + corner) / top)) * top


@lru_cache(maxsize=1)
def _gammatone_filters() -> list[tuple[list[Floats], Floats, float]]:
    """Four sections of equal poles and a gain for each channel (Slaney 1993, Apple TR 35)."""
    filters = []
    step_s = 1.0 / SAMPLE_RATE
    for centre in _centres_hz():
        width = 1.019 * 2 * np.pi * (centre / EAR_Q + LEAST_BANDWIDTH_HZ)
        angle = 2 * np.pi * centre * step_s
        decay = np.exp(-width * step_s)
        denominator = np.array([1.0, -2 * np.cos(angle) * decay, decay**2])
        roots = [sign * np.sqrt(3 + inner * 2**1.5) for inner in (1, -1) for sign in (1, -1)]
        zeros = [-step_s * decay * (np.cos(angle) + root * np.sin(angle)) for root in roots]
        numerators = [np.array([step_s, zero, 0.0]) for zero in zeros]
        # Of the whole cascade at the centre frequency.
        z = np.exp(-1j * angle * np.arange(3))
        gain = np.prod([abs(b @ z) for b in numerators]) / abs(denominator @ z) ** 4
        filters.append((numerators, denominator, float(gain)))
    return filters


@lru_cache(maxsize=1)
def _modulation_filters() -> list[tuple[Floats, Floats]]:
    """Second-order band-passes, (numerator, denominator) for each modulation frequency."""
    filters = []
    for centre in MODULATION_HZ:
        w = np.tan(np.pi * centre / SAMPLE_RATE)
        b = w / MODULATION_Q
        filters.append(
            (np.array([b, 0.0, -b]), np.array([1 + b + w**2, 2 * w**2 - 2, 1 - b + w**2]))
        )
    return filters
