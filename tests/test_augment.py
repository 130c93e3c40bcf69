"""What is varied in a pair, property by property."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise, speech_like

from training.acoustics import direct_index, reverberation_time_s
from training.augment import (
    CEILING,
    coloured_noise,
    excerpt,
    levelled,
    low_pass,
    random_equaliser,
    random_low_pass,
    random_speed,
    rms,
    vary_room,
)
from training.rooms import simulate_rir

RATE = 48_000
FREQUENCY = np.linspace(0, RATE / 2, 4801, dtype=np.float32)


def generators(count: int) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(count)]


def test_the_equaliser_stays_within_its_range() -> None:
    for rng in generators(50):
        gain_db = 20 * np.log10(random_equaliser(rng, FREQUENCY, 6.0))
        assert np.abs(gain_db).max() <= 6.001


def test_the_low_pass_leaves_what_is_below_and_takes_what_is_above() -> None:
    gain = low_pass(FREQUENCY, 4000.0)
    np.testing.assert_array_equal(gain[FREQUENCY <= 4000], 1.0)
    np.testing.assert_allclose(gain[FREQUENCY >= 4000 * 2 ** (1 / 6)], 0.0, atol=1e-6)


def test_low_passes_come_in_their_share_between_telephone_and_16_khz() -> None:
    gains = [random_low_pass(rng, FREQUENCY, 0.4) for rng in generators(400)]
    cutoffs = [FREQUENCY[np.argmax(gain < 1)] for gain in gains if len(gain) > 1]
    assert 0.3 < len(cutoffs) / len(gains) < 0.5  # three standard deviations are 0.073
    assert 3400 <= min(cutoffs) < 4500 and 13_000 < max(cutoffs) <= 16_010


def test_speed_stays_within_three_semitones() -> None:
    speeds = [random_speed(rng, 0.5) for rng in generators(400)]
    assert 2 ** (-3 / 12) <= min(speeds) < 0.87 and 1.15 < max(speeds) <= 2 ** (3 / 12)
    assert 0.4 < np.mean(np.array(speeds) == 1.0) < 0.6


@pytest.mark.parametrize("level_db", [-45.0, -30.0, -15.0])
def test_levels_are_those_asked_for(level_db: float) -> None:
    signal = noise(1, RATE, seed=1)[0]
    recording, target = levelled(generators(1)[0], signal, 0.5 * signal, (level_db, level_db))
    assert 20 * np.log10(rms(recording)) == pytest.approx(level_db, abs=0.01)
    np.testing.assert_allclose(target, 0.5 * recording, rtol=1e-5)


@pytest.mark.parametrize("louder", ["recording", "target"])
def test_neither_signal_goes_beyond_full_scale(louder: str) -> None:
    peaky = np.zeros(RATE, np.float32)
    peaky[7] = 1.0
    quiet = 0.1 * noise(1, RATE, seed=2)[0]
    pair = (peaky, quiet) if louder == "recording" else (quiet, 50 * peaky)
    for signal in levelled(generators(1)[0], *pair, (-15.0, -15.0)):
        assert np.abs(signal).max() <= CEILING + 1e-6


def test_silence_stays_silence() -> None:
    silence = np.zeros(100, np.float32)
    for signal in levelled(generators(1)[0], silence, silence, (-45.0, -15.0)):
        np.testing.assert_array_equal(signal, silence)


def test_a_varied_room_keeps_its_direct_path_and_decays_as_it_says() -> None:
    told, heard = [], []
    for rng in generators(40):
        rir, t60_s = simulate_rir(rng, RATE, (0.6, 0.6))
        varied, varied_s = vary_room(rng, rir, RATE, t60_s)
        direct = direct_index(RATE)
        # Resampling spreads the direct path over its neighbours.
        assert abs(int(np.argmax(np.abs(varied[: direct + 20]))) - direct) <= 1
        assert 0.6 * 0.8 * 0.3 <= varied_s <= 0.6 * 1.2
        varied[: direct + 40] = 0  # what is moved nearer would hide the decay
        told.append(varied_s)
        heard.append(reverberation_time_s(varied, RATE))
    assert min(told) < 0.3 and max(told) > 0.65
    # High frequencies decay faster, so broadband is somewhat below what the room says.
    assert 0.6 < np.median(np.array(heard) / told) < 1.15


@pytest.mark.parametrize("length", [1, 99, 100, 101, 997])
def test_an_excerpt_has_the_length_asked_for(length: int) -> None:
    recording = speech_like(1, 100, RATE)[0]
    assert excerpt(generators(1)[0], recording, length).shape == (length,)
    assert coloured_noise(generators(1)[0], length, RATE).shape == (length,)
