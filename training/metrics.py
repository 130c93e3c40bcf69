"""How good an estimate is, measured against the dry speech it should have been.

All take float32 arrays (samples,), aligned to the sample, at `sample_rate`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soxr

from training.acoustics import Samples

FRAME_S = 0.02
# A frame of the dry speech this far below its active level holds no speech.
PAUSE_DB = -35.0
# Only pauses in which reverberation of the speech before can be heard.
TAIL_S = 1.0


def pesq_wb(estimate: Samples, dry: Samples, sample_rate: int) -> float:
    """Wide-band PESQ (ITU-T P.862.2), 1.04 ... 4.64, of what lies below 8 kHz."""
    import pesq

    return float(pesq.pesq(16_000, _at(dry, sample_rate), _at(estimate, sample_rate), "wb"))


def estoi(estimate: Samples, dry: Samples, sample_rate: int) -> float:
    """Extended short-time objective intelligibility, 0 ... 1 (Jensen and Taal 2016)."""
    import pystoi

    return float(pystoi.stoi(dry, estimate, sample_rate, extended=True))


def si_sdr_db(estimate: Samples, dry: Samples, sample_rate: int) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019), at most 100."""
    del sample_rate
    a, b = estimate.astype(np.float64), dry.astype(np.float64)
    scaled = b * (float(a @ b) / max(float(b @ b), 1e-20))
    noise = a - scaled
    ratio = max(float(scaled @ scaled), 1e-20) / max(float(noise @ noise), 1e-20)
    return min(10 * float(np.log10(ratio)), 100.0)


def tail_db(estimate: Samples, dry: Samples, sample_rate: int) -> float:
    """Level in the second after each speech offset relative to speech, in dB; lower is drier.

    Frames count in which the dry speech is silent and was not silent at some time in the second
    before. Returns nan if there are none.
    """
    frame = round(FRAME_S * sample_rate)
    dry_power, power = _frame_power(dry, frame), _frame_power(estimate, frame)
    active_power = np.percentile(dry_power, 95)
    active = dry_power > active_power * 10 ** (-15 / 10)
    silent = dry_power < active_power * 10 ** (PAUSE_DB / 10)
    last_active = np.maximum.accumulate(np.where(active, np.arange(len(active)), -(10**9)))
    tail = silent & (np.arange(len(active)) - last_active <= TAIL_S / FRAME_S)
    if not tail.any():
        return float("nan")
    return float(10 * np.log10(max(power[tail].mean(), 1e-20) / max(power[active].mean(), 1e-20)))


METRICS: dict[str, Callable[[Samples, Samples, int], float]] = {
    "pesq_wb": pesq_wb,
    "estoi": estoi,
    "si_sdr_db": si_sdr_db,
    "tail_db": tail_db,
}


def _at(samples: Samples, sample_rate: int) -> Samples:
    return np.asarray(soxr.resample(samples, sample_rate, 16_000), dtype=np.float32)


def _frame_power(samples: Samples, frame: int) -> np.ndarray:
    usable = len(samples) // frame * frame
    return np.square(samples[:usable], dtype=np.float64).reshape(-1, frame).mean(axis=1)
