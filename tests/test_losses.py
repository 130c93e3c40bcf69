"""The loss is zero for equals, grows with the distance, and hates cuts more than leftovers."""

from __future__ import annotations

import pytest
import torch
from signals import speech_like

from training.losses import spectral_loss

RATE = 16_000


def target() -> torch.Tensor:
    return torch.from_numpy(speech_like(2, RATE, RATE))


def loss(estimate: torch.Tensor, over_attenuation: float = 0.5) -> float:
    return float(spectral_loss(estimate, target(), RATE, over_attenuation))


def test_equal_waveforms_cost_nothing() -> None:
    assert loss(target()) == 0.0


def test_more_noise_costs_more() -> None:
    noise = 0.01 * torch.randn(target().shape, generator=torch.Generator().manual_seed(0))
    assert 0 < loss(target() + noise) < loss(target() + 3 * noise)


def test_too_quiet_costs_more_than_too_loud() -> None:
    """By the same number of decibels of the compressed magnitude."""
    assert loss(0.5 * target(), over_attenuation=2.0) > 1.5 * loss(0.5 * target(), 0.0)
    assert loss(2 * target(), over_attenuation=2.0) == pytest.approx(loss(2 * target(), 0.0))


def test_the_level_of_a_pair_does_not_matter() -> None:
    noisy = target() + 0.01
    quiet = float(spectral_loss(0.05 * noisy, 0.05 * target(), RATE, 0.5))
    assert quiet == pytest.approx(loss(noisy), rel=0.02)


def test_the_gradient_is_finite_at_silence() -> None:
    estimate = torch.zeros(1, RATE, requires_grad=True)
    spectral_loss(estimate, torch.zeros(1, RATE), RATE, 0.5).backward()
    assert estimate.grad is not None and torch.isfinite(estimate.grad).all()
