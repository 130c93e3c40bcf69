"""The loss is zero for equals, grows with the distance, and hates cuts more than leftovers."""

from __future__ import annotations

import math

import pytest
import torch
from signals import speech_like

from training.losses import level_loss, spectral_loss, transparency_loss

RATE = 16_000


def target() -> torch.Tensor:
    return torch.from_numpy(speech_like(2, RATE, RATE))


def loss(
    estimate: torch.Tensor,
    over_attenuation: float = 0.5,
    level: float = 1.0,
    corner_hz: float = 1000.0,
) -> float:
    return float(
        spectral_loss(
            estimate,
            level * target(),
            RATE,
            complex_share=0.1,
            over_attenuation=over_attenuation,
            corner_hz=corner_hz,
        )
    )


def test_equal_waveforms_cost_nothing() -> None:
    assert loss(target()) == 0.0


def test_more_noise_costs_more() -> None:
    noise = 0.01 * torch.randn(target().shape, generator=torch.Generator().manual_seed(0))
    assert 0 < loss(target() + noise) < loss(target() + 3 * noise)


def test_too_quiet_costs_more_than_too_loud() -> None:
    """By the same number of decibels of the compressed magnitude."""
    assert loss(0.5 * target(), over_attenuation=2.0) > 1.5 * loss(0.5 * target(), 0.0)
    assert loss(2 * target(), over_attenuation=2.0) == pytest.approx(loss(2 * target(), 0.0))


def test_a_lower_corner_makes_high_frequencies_count_less() -> None:
    tone = 0.01 * torch.sin(2 * torch.pi * 6000 / RATE * torch.arange(RATE))
    high = target() + tone
    assert loss(high, corner_hz=500.0) < 0.8 * loss(high, corner_hz=8000.0)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_an_unknown_phase_pulls_the_magnitude_down_by_the_complex_share(share: float) -> None:
    """Over both signs of the target, the best level is (1 - share) of it, compressed."""
    speech = torch.from_numpy(speech_like(1, RATE // 4, RATE))
    levels = torch.linspace(0.2, 0.9, 29)
    costs = [
        sum(
            float(
                spectral_loss(
                    level * speech,
                    sign * speech,
                    RATE,
                    complex_share=share,
                    over_attenuation=0,
                    corner_hz=1000.0,
                )
            )
            for sign in (1, -1)
        )
        for level in levels
    ]
    best = float(levels[int(torch.tensor(costs).argmin())])
    assert best**0.3 == pytest.approx(1 - share, abs=0.03)


def test_the_level_of_a_pair_does_not_matter() -> None:
    noisy = target() + 0.01
    assert loss(0.05 * noisy, level=0.05) == pytest.approx(loss(noisy), rel=0.02)


def test_the_gradient_is_finite_at_silence() -> None:
    estimate = torch.zeros(1, RATE, requires_grad=True)
    silence = torch.zeros(1, RATE)
    spectral_loss(
        estimate, silence, RATE, complex_share=0.1, over_attenuation=1.0, corner_hz=1000.0
    ).backward()
    assert estimate.grad is not None and torch.isfinite(estimate.grad).all()


def test_only_dry_clips_are_held_to_transparency() -> None:
    speech = target()
    louder = 1.1 * speech  # an error of -20 dB
    wet = speech + torch.tensor([[0.0], [0.1]])  # the first clip is dry, the second is not
    assert float(transparency_loss(louder, speech, wet)) == pytest.approx(-2.0 / 2, abs=0.01)
    assert float(transparency_loss(louder, speech, speech)) == pytest.approx(-2.0, abs=0.01)
    assert float(transparency_loss(speech, speech, speech)) == pytest.approx(-4.0)
    assert float(transparency_loss(louder, speech, speech + 0.1)) == 0.0


def test_the_level_counts_where_the_recording_is_clear() -> None:
    speech = target()
    gain = 10 ** (-2 / 20)
    wanted = math.log(gain) ** 2 / 2
    found = float(level_loss(gain * speech, speech, speech, RATE))
    # Octaves without speech count as right.
    assert 0.5 * wanted < found <= 1.001 * wanted
    assert float(level_loss(speech, speech, speech, RATE)) == 0.0
    noise = torch.randn(speech.shape, generator=torch.Generator().manual_seed(0))
    assert float(level_loss(gain * speech, speech, speech + 10 * noise, RATE)) < 0.2 * wanted
    assert math.isfinite(float(level_loss(0 * speech, 0 * speech, 0 * speech, RATE)))
