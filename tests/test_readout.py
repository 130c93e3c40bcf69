"""What is read under the pointer is what is there: known tones, clicks and silence."""

from __future__ import annotations

import numpy as np
import pytest
from signals import impulse, noise

from desktop_app.plot_data import Picture
from desktop_app.readout import level_at, level_text, peak_at, pitch_text

RATE = 48_000
N_FFT = 1024
BIN_HZ = RATE / N_FFT


def picture(waveform: np.ndarray) -> Picture:
    result = Picture(lambda a, b: waveform[:, a:b], *waveform.shape, RATE)
    result.advance(waveform.shape[1])
    return result


def tone(frequency: float, level_db: float) -> Picture:
    time = np.arange(RATE) / RATE
    waveform = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency * time)
    return picture(waveform[None].astype(np.float32))


@pytest.mark.parametrize("frequency", [100.0, 440.0, 1000.0, 1023.4375, 9_999.0, 20_000.0])
@pytest.mark.parametrize("level_db", [-3.0, -43.5, -90.0])
@pytest.mark.parametrize("row_hz", [1.0, 200.0])
def test_a_tone_is_read_to_a_bin_and_half_a_decibel(frequency, level_db, row_hz):
    low, high = frequency - 0.4 * row_hz, frequency + 0.6 * row_hz
    found_hz, found_db = level_at(tone(frequency, level_db), 0.5, low, high, N_FFT)
    assert found_hz == pytest.approx(frequency, abs=BIN_HZ / 2)
    assert found_db == pytest.approx(level_db, abs=0.5)


def test_beside_a_tone_its_level_is_not_read():
    found_hz, found_db = level_at(tone(1000.0, 0.0), 0.5, 3000.0, 3001.0, N_FFT)
    assert found_hz == pytest.approx(3000.0, abs=BIN_HZ) and found_db < -60.0


@pytest.mark.parametrize("time_s", [0.0, 0.999])
def test_the_ends_can_be_read(time_s):
    found_hz, _ = level_at(tone(1000.0, -6.0), time_s, 900.0, 1100.0, N_FFT)
    assert found_hz == pytest.approx(1000.0, abs=2 * BIN_HZ)


@pytest.mark.parametrize("time_s", [-0.1, 1.0, 7.0])
def test_outside_nothing_is_read(time_s):
    assert level_at(tone(1000.0, -6.0), time_s, 900.0, 1100.0, N_FFT) is None


def test_a_click_is_read_at_its_peak_and_in_its_channel():
    click = picture(np.concatenate([impulse(1, RATE, 1234), np.zeros((1, RATE), np.float32)]))
    at_s = 1234 / RATE
    assert peak_at(click, at_s, at_s + 1 / RATE, 0) == pytest.approx(20 * np.log10(0.5), abs=0.01)
    assert peak_at(click, at_s, at_s + 1 / RATE, 1) < -200
    assert peak_at(click, 0.5, 0.6, 0) < -200
    assert peak_at(click, 0.0, 1.0, 0) == pytest.approx(20 * np.log10(0.5), abs=0.01)


def test_before_anything_is_read_there_is_no_level():
    waveform = noise(1, RATE)
    empty = Picture(lambda a, b: waveform[:, a:b], 1, RATE, RATE)
    assert peak_at(empty, 0.1, 0.2, 0) is None
    assert level_at(empty, 0.1, 100.0, 200.0, N_FFT) is None


def test_levels_and_frequencies_read_as_people_write_them():
    assert level_text(-43.52) == "−43.5 dB" and level_text(3.0) == "3.0 dB"
    assert level_text(-0.04) == "0.0 dB" and level_text(-3.0) == "−3.0 dB"
    assert level_text(None) == "–" and level_text(-240.0) == "−∞ dB"
    assert pitch_text(87.31) == "87.3 Hz" and pitch_text(1243.2) == "1.243 kHz"
