"""Figures of energy, on signals whose figure is known."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise

from training.levels import (
    MOST_ONSET_LOSS_DB,
    MOST_REDUCTION_DB,
    OCTAVES_HZ,
    late_reduction_db,
    level_error_db,
    onset_loss_db,
    tail_db,
)

RATE = 48_000
# Of a level that noise has by chance in the frames that are counted.
CHANCE_DB = 0.3


def bursts(seed: int = 0) -> np.ndarray:
    """Noise for half a second, then half a second of silence, three times; silent to begin with."""
    waveform = noise(1, 3 * RATE, seed=seed)[0]
    second = np.arange(len(waveform)) / RATE
    return np.where(second % 1 >= 0.5, waveform, 0).astype(np.float32)


def pauses(level: float, seed: int = 1) -> np.ndarray:
    """Noise where `bursts` is silent."""
    second = np.arange(3 * RATE) / RATE
    return np.where(second % 1 < 0.5, level * noise(1, 3 * RATE, seed=seed)[0], 0).astype(
        np.float32
    )


@pytest.mark.parametrize("level_db", [-20.0, -40.0])
def test_tail_is_the_level_in_the_pause_relative_to_speech(level_db: float) -> None:
    heard = bursts() + pauses(10 ** (level_db / 20))
    assert tail_db(heard, bursts(), RATE) == pytest.approx(level_db, abs=CHANCE_DB)


def test_tail_is_unknown_where_there_is_no_pause() -> None:
    steady = noise(1, RATE)[0]
    assert np.isnan(tail_db(steady, steady, RATE))


@pytest.mark.parametrize("gain_db", [0.0, -6.0, 2.5])
def test_the_level_error_of_a_gain_is_the_gain(gain_db: float) -> None:
    dry = bursts()
    recording = dry + pauses(1.0)
    estimate = (10 ** (gain_db / 20) * dry).astype(np.float32)
    assert level_error_db(estimate, dry, RATE, recording) == pytest.approx(gain_db, abs=1e-3)


def test_reverberation_that_is_left_or_taken_is_no_level_error() -> None:
    dry = bursts()
    recording = dry + 0.1 * noise(1, 3 * RATE, seed=2)[0]
    for estimate in (dry, recording):
        # What rules by 10 dB is at most 0.4 dB louder for what it rules.
        assert level_error_db(estimate, dry, RATE, recording) == pytest.approx(0, abs=0.4)


def test_the_level_is_unknown_where_the_direct_sound_never_rules() -> None:
    dry = bursts()
    assert np.isnan(level_error_db(dry, dry, RATE, dry + 100 * noise(1, 3 * RATE, seed=2)[0]))


def test_nothing_done_reduces_no_reverberation() -> None:
    recording = bursts() + pauses(0.1)
    assert set(late_reduction_db(recording, bursts(), RATE, recording).values()) == {0.0}


def test_what_pauses_lose_is_the_reduction_in_every_octave() -> None:
    dry = bursts()
    found = late_reduction_db(dry + pauses(0.01), dry, RATE, dry + pauses(0.1))
    assert list(found) == list(OCTAVES_HZ)
    assert list(found.values()) == pytest.approx([20.0] * len(found), abs=CHANCE_DB)


def test_turning_everything_down_reduces_no_reverberation() -> None:
    dry = bursts()
    recording = dry + pauses(0.1)
    found = late_reduction_db((0.25 * recording).astype(np.float32), dry, RATE, recording)
    assert list(found.values()) == pytest.approx([0.0] * len(found), abs=1e-3)


def test_silent_pauses_are_reduced_by_the_most_there_is() -> None:
    dry = bursts()
    found = late_reduction_db(dry, dry, RATE, dry + pauses(0.1))
    assert set(found.values()) == {MOST_REDUCTION_DB}


def test_the_reduction_is_unknown_where_there_is_no_speech() -> None:
    tone = np.sin(2 * np.pi * 500 * np.arange(3 * RATE) / RATE).astype(np.float32)
    dry = np.where(bursts() != 0, tone, 0)
    smooth = np.hanning(RATE // 50)  # without clicks, which would have all octaves
    dry = np.convolve(dry, smooth / smooth.sum(), "same").astype(np.float32)
    found = late_reduction_db(dry + pauses(0.01), dry, RATE, dry + pauses(0.1))
    assert found[500] == pytest.approx(20, abs=1)
    assert np.isnan(found[8000])


def test_speech_that_comes_back_whole_loses_no_onset() -> None:
    assert onset_loss_db(bursts(), bursts(), RATE) == pytest.approx(0, abs=1e-6)


def test_reverberation_does_not_make_up_for_an_onset() -> None:
    heard = bursts() + noise(1, 3 * RATE, seed=3, level=1.0)[0]
    low = np.fft.rfft(bursts())
    low[np.fft.rfftfreq(3 * RATE, 1 / RATE) > 1_000] = 0
    muffled = np.fft.irfft(low).astype(np.float32)
    loud = muffled + np.sin(2 * np.pi * 200 * np.arange(3 * RATE) / RATE).astype(np.float32)
    assert onset_loss_db(heard, bursts(), RATE) < 0.5
    assert onset_loss_db(loud, bursts(), RATE) > 10


def test_half_the_amplitude_loses_6_db_of_each_onset() -> None:
    assert onset_loss_db(0.5 * bursts(), bursts(), RATE) == pytest.approx(6.02, abs=0.01)


def test_deleted_onsets_are_lost_and_what_follows_does_not_count() -> None:
    dry = bursts()
    without = dry.copy()
    late = dry.copy()
    for second in range(3):
        start = second * RATE + RATE // 2
        without[start : start + RATE // 20] = 0
        late[start + RATE // 20 : start + RATE // 2] = 0
    assert onset_loss_db(without, dry, RATE) == MOST_ONSET_LOSS_DB
    assert onset_loss_db(late, dry, RATE) == pytest.approx(0, abs=1e-6)


def test_the_onset_loss_is_unknown_without_an_onset() -> None:
    steady = noise(1, RATE)[0]
    assert np.isnan(onset_loss_db(steady, steady, RATE))
