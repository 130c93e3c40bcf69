"""Published figures of how good an estimate is.

All take float32 arrays (samples,), aligned to the sample, at `sample_rate`. `dry` is the speech
that the estimate should have been. Figures defined by this project are in `training.levels`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import soxr

from training.acoustics import Samples
from training.networks_at_hand import onnx_session

DNSMOS_RATE = 16_000
DNSMOS_SAMPLES = int(9.01 * DNSMOS_RATE)
# From the network's raw marks to the scale of its listeners, highest power first (its authors').
DNSMOS_SCALES = {
    "sig": (-0.08397278, 1.22083953, 0.0052439),
    "bak": (-0.13166888, 1.60915514, -0.39604546),
    "ovrl": (-0.06766283, 1.11546468, 0.04602535),
}


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


def dnsmos(estimate: Samples, sample_rate: int) -> dict[str, float]:
    """DNSMOS P.835 (Reddy et al. 2022): what listeners would give, 1 ... 5, without a reference.

    "sig" for the speech, "bak" for the background, "ovrl" for both. As its authors do, of windows
    of 9.01 s every second, a shorter estimate doubled until it fills one, clipped to [-1, 1].
    """
    network = _dnsmos_network()
    speech = np.clip(_at(estimate, sample_rate), -1, 1)
    while 0 < len(speech) < DNSMOS_SAMPLES:
        speech = np.concatenate([speech, speech])
    starts = range(0, len(speech) - DNSMOS_SAMPLES + 1, DNSMOS_RATE)
    windows = [speech[None, start : start + DNSMOS_SAMPLES] for start in starts]
    marks = [network.run(None, {"input_1": window})[0][0] for window in windows]
    return {
        name: float(np.mean([np.polyval(scale, mark[index]) for mark in marks]))
        for index, (name, scale) in enumerate(DNSMOS_SCALES.items())
    }


@lru_cache(maxsize=1)
def _dnsmos_network() -> Any:
    return onnx_session("speechmos", "dnsmos_models/sig_bak_ovr.onnx")


def _at(samples: Samples, sample_rate: int) -> Samples:
    return np.asarray(soxr.resample(samples, sample_rate, 16_000), dtype=np.float32)
