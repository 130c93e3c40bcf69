"""Room acoustics against responses whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from training.acoustics import (
    DIRECT_S,
    clarity_db,
    direct_index,
    direct_to_reverberant_db,
    find_direct_s,
    place_direct,
    reverberation_time_s,
    shorten,
)

RATE = 48_000


def exponential_rir(t60_s: float, seed: int = 0) -> np.ndarray:
    """A direct path of one, then noise that decays by 60 dB in t60_s."""
    length = round(1.5 * t60_s * RATE)
    time_s = np.arange(length) / RATE
    rir = 0.1 * np.random.default_rng(seed).standard_normal(length) * 10 ** (-3 * time_s / t60_s)
    rir = np.concatenate([np.zeros(direct_index(RATE)), rir])
    rir[direct_index(RATE)] = 1.0
    return rir.astype(np.float32)


@pytest.mark.parametrize("t60_s", [0.2, 0.5, 1.3, 2.5])
def test_reverberation_time_of_an_exponential_is_found(t60_s: float) -> None:
    rir = exponential_rir(t60_s)
    rir[direct_index(RATE)] = 0.1  # the decay alone
    assert reverberation_time_s(rir, RATE) == pytest.approx(t60_s, rel=0.05)


@pytest.mark.parametrize("target_s", [0.1, 0.15, 0.25])
def test_shortened_response_decays_in_the_target_time(target_s: float) -> None:
    short = shorten(exponential_rir(0.8), RATE, 0.8, target_s, hold_ms=0)
    short[direct_index(RATE)] = 0.1
    assert reverberation_time_s(short, RATE) == pytest.approx(target_s, rel=0.08)


def test_shortening_leaves_the_direct_path_and_the_hold_untouched() -> None:
    rir = exponential_rir(0.8)
    short = shorten(rir, RATE, 0.8, 0.12, hold_ms=4)
    untouched = direct_index(RATE) + round(0.004 * RATE)
    np.testing.assert_array_equal(short[:untouched], rir[:untouched])
    assert len(short) == len(rir)


def test_a_room_drier_than_the_target_stays_as_it_is() -> None:
    rir = exponential_rir(0.1)
    np.testing.assert_array_equal(shorten(rir, RATE, 0.1, 0.12, hold_ms=4), rir)


def test_drr_and_c50_of_two_arrivals() -> None:
    rir = np.zeros(RATE, np.float32)
    rir[direct_index(RATE)] = 1.0
    rir[direct_index(RATE) + round(0.06 * RATE)] = 0.1
    assert direct_to_reverberant_db(rir, RATE) == pytest.approx(20.0, abs=1e-4)
    assert clarity_db(rir, RATE) == pytest.approx(20.0, abs=1e-4)


def test_a_response_that_does_not_decay_is_refused() -> None:
    with pytest.raises(ValueError, match="25 dB"):
        reverberation_time_s(np.ones(direct_index(RATE) + 20, np.float32), RATE)


@pytest.mark.parametrize("direct_s", [0.0, 0.0007, DIRECT_S, 0.1])
def test_a_direct_path_is_found_and_put_in_its_place(direct_s: float) -> None:
    decay = exponential_rir(0.4)[direct_index(RATE) :]
    rir = np.concatenate([np.full(round(direct_s * RATE), 1e-3, np.float32), decay])
    found_s = find_direct_s(rir, RATE)
    assert found_s == pytest.approx(direct_s, abs=1 / RATE)
    placed = place_direct(rir, RATE, found_s)
    np.testing.assert_array_equal(placed[direct_index(RATE) :], decay)
