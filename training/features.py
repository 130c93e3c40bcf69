"""What estimators are shown of a spectrum: bands with their neighbours, levels, and what decays.

Spectra are complex, (frames, channels, bins). Everything below is a few wide operations: in a
stream each is paid for with every frame. There `x[:, :, a:b]` is three of them, `narrow` is one.
"""

import torch
from torch import Tensor


def constant(value: float) -> Tensor:
    """A number as a tensor that an exported graph keeps: `x + 1.0` takes twice the time.

    It has no sides, so that it goes with tensors of any device; the export gives it one.
    """
    return torch.tensor(value)


def silent_spectra(frames: int, channels: int, bins: int, device: torch.device) -> Tensor:
    """Spectra of silence, (frames, channels, bins)."""
    return torch.zeros(frames, channels, bins, dtype=torch.complex64, device=device)


def delayed(frames: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """What came as many frames earlier as `memory` holds, and the memory after these frames."""
    if frames.shape[0] == memory.shape[0]:  # a stream
        return memory, frames
    every = torch.cat([memory, frames])
    return every[: frames.shape[0]], every[frames.shape[0] :]


def power(spectrum: Tensor) -> Tensor:
    """Squared magnitude."""
    return torch.real(spectrum * spectrum.conj())


def level(power: Tensor) -> Tensor:
    """Power on a logarithmic scale, 10 dB to 0.23, bounded below."""
    return constant(0.1) * torch.log(power + constant(1e-8))


def banded(bins: Tensor, bands: int, width: int) -> Tensor:
    """The first bins in bands of equal width: (frames, channels, bands, width)."""
    return bins.narrow(2, 0, bands * width).reshape(bins.shape[0], bins.shape[1], bands, width)


def band_features(
    spectrum: Tensor,
    power: Tensor,
    low_level: Tensor,
    bands: int,
    width: int,
    high_bands: int,
    more: list[Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Low bands with their neighbours, and the levels of all bands.

    A bin is its compressed spectrum and its level, of which `low_level` are those of the low bands:
    (frames, channels, bands, 9 * width) in all.
    `low_level` and each of `more` are (frames, channels, bands, width); the latter are shown beside
    them, without neighbours.
    Levels, (frames, channels, bands + high_bands), are means over a band; what lies above the low
    bands is parted into `high_bands`.
    """
    low_bins = bands * width
    compressed = torch.exp(low_level * constant(-3.5))  # power ** -0.35
    low = banded(spectrum, bands, width)
    parts = [torch.real(low) * compressed, torch.imag(low) * compressed, low_level]
    features = torch.cat(parts, dim=3)
    edge = torch.zeros_like(features.narrow(2, 0, 1))
    padded = torch.cat([edge, features, edge], dim=2)
    shown = [padded.narrow(2, 0, bands), features, padded.narrow(2, 2, bands)]
    if more is not None:
        shown = shown + more

    high_width = (power.shape[2] - low_bins) // high_bands
    high_power = power.narrow(2, low_bins, high_bands * high_width)
    high = banded(high_power, high_bands, high_width).mean(dim=3)
    return torch.cat(shown, dim=3), torch.cat([low_level.mean(dim=3), level(high)], dim=2)


def decaying_means(power: Tensor, before: Tensor, fades: Tensor, block: int = 32) -> Tensor:
    """Means of the past and present of each bin, weighted as tails of several lengths decay.

    mean[t] = fade * mean[t - 1] + (1 - fade) * power[t], and mean[-1] is `before`; a product with a
    triangular matrix does a block of frames at once.

    Shape:
        - power: (frames, channels, bins)
        - before: (fades, channels, bins)
        - result: (frames, fades, channels, bins); its last frame is the next `before`
    """
    if power.shape[0] == 1:  # a stream
        return torch.lerp(power, before, fades[:, None, None])[None]
    done: list[Tensor] = []
    for start in range(0, power.shape[0], block):
        part = power[start : start + block]
        frames = part.shape[0]
        frame = torch.arange(frames, device=power.device)
        lag = frame[:, None] - frame
        weight = torch.where(lag >= 0, fades[:, None, None] ** lag.clamp(min=0), 0.0)
        new = (1 - fades[:, None, None]) * (weight @ part.reshape(frames, -1))
        kept = (fades ** (frame[:, None] + 1))[:, :, None, None] * before
        means = new.view(-1, frames, part.shape[1], part.shape[2]).transpose(0, 1) + kept
        before = means[-1]
        done.append(means)
    return torch.cat(done)
