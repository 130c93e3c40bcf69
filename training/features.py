"""What estimators are shown of a spectrum: bands with their neighbours, levels, and what decays.

Spectra are complex, (frames, channels, bins). Everything below is a few wide operations: in a
stream each is paid for with every frame.
"""

import torch
from torch import Tensor, nn


def level(power: Tensor) -> Tensor:
    """Power on a logarithmic scale, 10 dB to 0.23, bounded below."""
    return 0.1 * torch.log(power + 1e-8)


def banded(bins: Tensor, bands: int, width: int) -> Tensor:
    """The first bins in bands of equal width: (frames, channels, bands, width)."""
    return bins[:, :, : bands * width].reshape(bins.shape[0], bins.shape[1], bands, width)


def band_features(
    spectrum: Tensor,
    power: Tensor,
    bands: int,
    width: int,
    high_bands: int,
    more: list[Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Low bands with their neighbours, and the levels of all bands.

    A bin is its compressed spectrum and its level: (frames, channels, bands, 9 * width) in all.
    Each of `more`, (frames, channels, bands, width), is shown beside them, without neighbours.
    Levels, (frames, channels, bands + high_bands), are means over a band; what lies above the low
    bands is parted into `high_bands`.
    """
    low_bins = bands * width
    compressed = (power[:, :, :low_bins] + 1e-8) ** -0.35
    low = spectrum[:, :, :low_bins]
    parts = [low.real * compressed, low.imag * compressed, level(power[:, :, :low_bins])]
    features = torch.cat([banded(part, bands, width) for part in parts], dim=3)
    padded = nn.functional.pad(features, (0, 0, 1, 1))
    shown = [padded[:, :, :-2], features, padded[:, :, 2:]]
    if more is not None:
        shown = shown + more

    high_width = (power.shape[2] - low_bins) // high_bands
    high = banded(power[:, :, low_bins:], high_bands, high_width).mean(dim=3)
    low_level = features[:, :, :, 2 * width :].mean(dim=3)
    return torch.cat(shown, dim=3), torch.cat([low_level, level(high)], dim=2)


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
        fade = fades[:, None, None]
        return (fade * before + (1 - fade) * power)[None]
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
