"""Metrics against signals with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise, speech_like

from training.metrics import estoi, si_sdr_db, tail_db

RATE = 16_000


def test_si_sdr_of_orthogonal_noise_is_their_level_difference() -> None:
    time = np.arange(RATE) / RATE
    speech, other = np.sin(2 * np.pi * 200 * time), np.sin(2 * np.pi * 300 * time)
    mixture = (speech + 0.1 * other).astype(np.float32)
    assert si_sdr_db(mixture, speech.astype(np.float32), RATE) == pytest.approx(20.0, abs=0.01)


def test_si_sdr_does_not_depend_on_the_level() -> None:
    speech = speech_like(1, RATE, RATE)[0]
    mixture = speech + noise(1, RATE)[0]
    quiet = si_sdr_db(0.01 * mixture, speech, RATE)
    assert quiet == pytest.approx(si_sdr_db(mixture, speech, RATE), abs=1e-3)


def test_si_sdr_of_the_speech_itself_is_the_cap() -> None:
    speech = speech_like(1, RATE, RATE)[0]
    assert si_sdr_db(speech, speech, RATE) == 100.0


@pytest.mark.parametrize("level_db", [-20.0, -40.0])
def test_tail_is_the_level_in_the_pause_relative_to_speech(level_db: float) -> None:
    dry = noise(1, 2 * RATE)[0]
    dry[RATE:] = 0
    heard = dry.copy()
    heard[RATE:] = noise(1, RATE, seed=1)[0] * 10 ** (level_db / 20)
    assert tail_db(heard, dry, RATE) == pytest.approx(level_db, abs=0.3)


def test_tail_is_unknown_where_there_is_no_pause() -> None:
    steady = noise(1, RATE)[0]
    assert np.isnan(tail_db(steady, steady, RATE))


def test_estoi_is_one_for_the_speech_itself_and_falls_with_noise() -> None:
    speech = speech_like(1, 2 * RATE, RATE)[0]
    assert estoi(speech, speech, RATE) == pytest.approx(1.0, abs=1e-3)
    assert estoi(speech + noise(1, 2 * RATE)[0], speech, RATE) < 0.9
