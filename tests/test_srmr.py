"""SRMR against what torchmetrics gives for the same signals."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise

from training.srmr import srmr

RATE = 16_000


def modulated(hz: float) -> np.ndarray:
    """Noise whose loudness rises and falls at a frequency, two seconds."""
    time = np.arange(2 * RATE) / RATE
    return (noise(1, 2 * RATE)[0] * (1 + np.sin(2 * np.pi * hz * time))).astype(np.float32)


@pytest.mark.parametrize(("hz", "expected"), [(4.0, 2.683946), (16.0, 2.009043), (64.0, 0.102582)])
def test_it_agrees_with_torchmetrics(hz: float, expected: float) -> None:
    assert srmr(modulated(hz), RATE) == pytest.approx(expected, rel=2e-4)


def test_syllables_are_speech_and_fast_flutter_is_reverberation() -> None:
    assert srmr(modulated(4.0), RATE) > 10 * srmr(modulated(40.0), RATE)


def test_it_depends_on_neither_level_nor_rate() -> None:
    speech = modulated(4.0)
    twice = np.repeat(speech, 2)  # its images lie above 8 kHz
    assert srmr(0.1 * speech, RATE) == pytest.approx(srmr(speech, RATE), rel=1e-5)
    assert srmr(twice, 2 * RATE) == pytest.approx(srmr(speech, RATE), rel=0.1)


def test_it_is_unknown_for_silence() -> None:
    assert np.isnan(srmr(np.zeros(RATE, np.float32), RATE))


@pytest.mark.parametrize("samples", [1, 4_095, 4_096, 5_003])
def test_short_takes_have_a_figure(samples: int) -> None:
    assert np.isfinite(srmr(noise(1, samples)[0], RATE))
