"""Simulated rooms behave like rooms."""

from __future__ import annotations

import numpy as np
import pytest

from training.acoustics import direct_index, reverberation_time_s
from training.rooms import simulate_rir

RATE = 48_000


@pytest.mark.parametrize("t60_s", [0.2, 0.6, 1.5])
def test_simulated_room_has_about_the_reverberation_time_asked_for(t60_s: float) -> None:
    measured = []
    for seed in range(8):
        rir, nominal = simulate_rir(np.random.default_rng(seed), RATE, (t60_s, t60_s))
        assert nominal == pytest.approx(t60_s)
        rir[direct_index(RATE)] = 0  # a near talker's direct path would hide the decay
        measured.append(reverberation_time_s(rir, RATE))
    # High frequencies decay faster on purpose, so broadband is somewhat below nominal.
    assert 0.6 * t60_s < np.median(measured) < 1.15 * t60_s


def test_nothing_arrives_before_the_direct_path() -> None:
    for seed in range(10):
        rir, _ = simulate_rir(np.random.default_rng(seed), RATE, (0.15, 1.8))
        assert not np.any(rir[: direct_index(RATE)])
        assert rir[direct_index(RATE)] == pytest.approx(1.0, abs=0.7)
        assert np.isfinite(rir).all()


def test_a_room_is_a_function_of_its_seed() -> None:
    first, _ = simulate_rir(np.random.default_rng(3), RATE, (0.15, 1.8))
    again, _ = simulate_rir(np.random.default_rng(3), RATE, (0.15, 1.8))
    np.testing.assert_array_equal(first, again)
