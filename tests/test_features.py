"""What estimators are shown of a spectrum."""

from __future__ import annotations

import math

import pytest
import torch

from training.features import band_features, decaying_means, level, power
from training.layers import tanh
from training.network import scale_change


def test_numbers_go_with_tensors_of_any_device() -> None:
    """Where no GPU is, a device that only knows shapes stands for it."""
    spectrum = torch.zeros(2, 1, 9, dtype=torch.complex64, device="meta")
    for found in (
        level(power(spectrum)),
        tanh(spectrum.real),
        scale_change(spectrum, spectrum, 1.0, -60.0),
    ):
        assert found.device.type == "meta" and found.shape == spectrum.shape


@pytest.mark.parametrize("block", [1, 7, 64])
def test_decaying_means_follow_their_recursion_whatever_the_blocks(block: int) -> None:
    power = torch.rand(50, 2, 3, generator=torch.Generator().manual_seed(0))
    fades = torch.tensor([0.5, 0.9])
    before = mean = torch.full((2, 2, 3), 0.5)
    expected = []
    for frame in power:
        mean = fades[:, None, None] * mean + (1 - fades[:, None, None]) * frame
        expected.append(mean)
    torch.testing.assert_close(decaying_means(power, before, fades, block), torch.stack(expected))
    for frame, wanted in zip(power, expected, strict=True):  # a stream
        before = decaying_means(frame[None], before, fades)[-1]
        torch.testing.assert_close(before, wanted)


def test_a_bin_is_seen_by_its_band_and_both_neighbours() -> None:
    spectrum = torch.zeros(1, 1, 21, dtype=torch.complex64)
    spectrum[0, 0, 5] = 3j  # the second of the third band's two bins, below
    power = spectrum.abs().square()
    low_level = level(power[:, :, :12]).unflatten(2, (6, 2))
    seen, levels = band_features(spectrum, power, low_level, bands=6, width=2, high_bands=3)
    assert seen.shape == (1, 1, 6, 18) and levels.shape == (1, 1, 9)
    assert [band for band in range(6) if (seen[0, 0, band] > 0).any()] == [1, 2, 3]
    at_rest = level(torch.zeros(1))
    assert float(levels[0, 0, 2]) == pytest.approx((0.1 * math.log(9) + float(at_rest)) / 2)
    torch.testing.assert_close(levels[0, 0, 3:], at_rest.expand(6))
