"""Training loss: how far apart two waveforms sound, on compressed spectra at two resolutions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

RESOLUTIONS = ((512, 256), (1536, 512))
COMPRESSION = 0.3
LEVEL_N_FFT = 1536
OCTAVE_EDGES_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


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


def level_loss(estimate: Tensor, target: Tensor, recording: Tensor, sample_rate: int) -> Tensor:
    """How far the level is off where the recording is clear already, a scalar.

    A bin is clear where the target is 10 dB above all else in the recording, and at most 40 dB
    below its own loudest bin. Nothing should change there, yet the best guess under the compressed
    distance is too quiet wherever it is unsure. Energies are compared clip by clip and octave by
    octave: half the error squared, in nepers, or linear from 2.6 dB on. All (clips, samples).
    """
    window = torch.hann_window(LEVEL_N_FFT, device=estimate.device)
    wanted, found, other = (
        torch.stft(x, LEVEL_N_FFT, LEVEL_N_FFT // 2, window=window, return_complex=True)
        for x in (target, estimate, recording - target)
    )
    power = wanted.real.square() + wanted.imag.square()
    clear = power >= 10 * (other.real.square() + other.imag.square())
    clear &= power > 1e-4 * power.amax(dim=(1, 2), keepdim=True)
    frequency = torch.linspace(0, sample_rate / 2, LEVEL_N_FFT // 2 + 1, device=estimate.device)
    octave = torch.bucketize(frequency, torch.tensor(OCTAVE_EDGES_HZ, device=estimate.device))
    octaves = nn.functional.one_hot(octave, len(OCTAVE_EDGES_HZ) + 1).to(power.dtype)
    kept = (found.real.square() + found.imag.square()) * clear
    # Octaves in which nothing is clear hold the same tiny energy twice: their ratio is 1.
    tiny = 1e-6 * power.sum(dim=(1, 2))[:, None] + 1e-12
    is_energy, was_energy = ((x.sum(dim=2) @ octaves) + tiny for x in (kept, power * clear))
    error = 0.5 * torch.log(is_energy / was_energy)
    return nn.functional.huber_loss(error, torch.zeros_like(error), delta=0.3)


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
