"""Simulated rooms behave like rooms."""

from __future__ import annotations

import numpy as np
import pytest

from training.acoustics import direct_index, direct_to_reverberant_db, reverberation_time_s
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


def test_reflections_are_coloured_by_the_walls() -> None:
    """An early reflection has lost high frequencies in one room and low ones in another."""
    tilts_db = []
    for seed in range(12):
        rir, _ = simulate_rir(np.random.default_rng(seed), RATE, (0.3, 0.3))
        reflections = rir[direct_index(RATE) + 1 : direct_index(RATE) + round(0.02 * RATE)]
        energy = np.square(np.abs(np.fft.rfft(reflections, RATE)))
        tilts_db.append(10 * np.log10(energy[6_000:12_000].mean() / energy[500:1_000].mean()))
    assert np.std(tilts_db) > 0.5


def test_a_talker_is_as_near_as_asked_for() -> None:
    """Direct over reverberant energy falls with the distance."""
    figures = []
    for distance_m in (0.3, 1.0, 3.0):
        rooms = [
            simulate_rir(np.random.default_rng(seed), RATE, (0.3, 0.3), (distance_m, distance_m))
            for seed in range(8)
        ]
        figures.append(np.median([direct_to_reverberant_db(rir, RATE) for rir, _ in rooms]))
    assert figures[0] > figures[1] + 6 > figures[2] + 12
