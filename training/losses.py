"""Training loss: how far apart two waveforms sound, on compressed spectra at two resolutions."""

from __future__ import annotations

import torch
from torch import Tensor

RESOLUTIONS = ((512, 256), (1536, 512))
COMPRESSION = 0.3


def spectral_loss(
    estimate: Tensor,
    target: Tensor,
    sample_rate: int,
    *,
    complex_share: float,
    over_attenuation: float,
    corner_hz: float,
) -> Tensor:
    """Mean distance of compressed magnitudes and complex spectra, a scalar.

    Both waveforms (clips, samples) are divided by the target's level first, so that quiet
    recordings count as much as loud ones. Magnitudes below the target's cost `over_attenuation`
    times more on top: a cut consonant is worse than a little reverberation left.

    `complex_share` has a price. Where the phase cannot be told, the best complex estimate is
    zero: the compressed magnitude settles at (1 - complex_share) of the target's, which for a
    share of 0.3 is 10 dB too quiet, for 0.1 is 3 dB.

    Frequencies weigh as the ear's bands do, evenly below `corner_hz` and by octave above it.
    """
    level = target.square().mean(dim=1, keepdim=True).sqrt() + 1e-5
    estimate, target = estimate / level, target / level
    total = torch.zeros((), device=estimate.device)
    for n_fft, hop in RESOLUTIONS:
        window = torch.hann_window(n_fft, device=estimate.device)
        scale = 1.0 / window.square().sum().sqrt()
        spectra = [
            torch.stft(x, n_fft, hop, window=window, return_complex=True) * scale
            for x in (estimate, target)
        ]
        frequency = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, device=estimate.device)
        weight = 1.0 / (frequency + corner_hz)
        weight = (weight / weight.mean())[None, :, None]
        total = total + _compressed_distance(
            spectra[0], spectra[1], weight, complex_share, over_attenuation
        )
    return total / len(RESOLUTIONS)


def transparency_loss(estimate: Tensor, target: Tensor, recording: Tensor) -> Tensor:
    """What is lost of recordings that are dry already, a scalar; 0 if the batch holds none.

    Mean over the clips of log10 of the relative error energy where recording and target are equal:
    -2.5 is an SI-SDR of about 25 dB. Compressed spectra hardly see an error so small, ears do
    when nothing needed to change. It stops counting below -40 dB. All (clips, samples).
    """
    is_dry = (recording == target).all(dim=1)
    error = (estimate - target).square().mean(dim=1)
    relative = error / (target.square().mean(dim=1) + 1e-12)
    return (is_dry * torch.log10(relative + 1e-4)).mean()


def _compressed_distance(
    a: Tensor, b: Tensor, weight: Tensor, complex_share: float, over_attenuation: float
) -> Tensor:
    power_a = a.real.square() + a.imag.square() + 1e-6
    power_b = b.real.square() + b.imag.square() + 1e-6
    squeeze_a = power_a ** ((COMPRESSION - 1) / 2)
    squeeze_b = power_b ** ((COMPRESSION - 1) / 2)
    difference = squeeze_a * power_a.sqrt() - squeeze_b * power_b.sqrt()
    magnitude = difference.square() + over_attenuation * difference.clamp(max=0).square()
    spectrum = (a.real * squeeze_a - b.real * squeeze_b).square()
    spectrum = spectrum + (a.imag * squeeze_a - b.imag * squeeze_b).square()
    return (weight * ((1 - complex_share) * magnitude + complex_share * spectrum)).mean()
