"""The small spectrogram of a whole recording."""

from __future__ import annotations

import numpy as np
import pytest
from signals import noise, sine

from processor.overview import COLUMNS, ROWS, Overview


def picture(waveform: np.ndarray, rate: float, block: int = 4_096) -> np.ndarray:
    overview = Overview(rate, waveform.shape[1])
    for start in range(0, waveform.shape[1], block):
        overview.feed(waveform[:, start : start + block])
    return overview.picture()


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("seconds", [0.01, 1.0, 7.3])
def test_picture_has_one_size_for_every_recording(rate: int, seconds: float) -> None:
    drawn = picture(noise(2, round(seconds * rate)), rate)
    assert drawn.shape == (ROWS, COLUMNS)
    assert drawn.max() == 255


def test_a_higher_tone_stands_higher() -> None:
    rows = [
        int(np.argmax(picture(sine(1, 48_000, 48_000, hertz), 48_000).mean(axis=1)))
        for hertz in (100, 400, 1_600, 6_400)
    ]
    assert rows == sorted(set(rows))


def test_what_sounds_late_stands_at_the_right() -> None:
    waveform = noise(1, 48_000)
    waveform[:, : 3 * 12_000] *= 1e-4
    drawn = picture(waveform, 16_000).astype(float)
    assert drawn[:, : COLUMNS // 2].max() < drawn[:, -COLUMNS // 5 :].min()


@pytest.mark.parametrize("block", [1_000, 16_001, 100_000])
def test_picture_does_not_depend_on_the_blocks(block: int) -> None:
    waveform = noise(2, 100_000)
    np.testing.assert_array_equal(picture(waveform, 16_000, block), picture(waveform, 16_000, 77))


def test_silence_is_dark() -> None:
    assert not picture(np.zeros((1, 16_000), np.float32), 16_000).any()


def test_little_is_held_however_long_the_recording() -> None:
    overview = Overview(48_000, 3 * 3600 * 48_000)
    for _ in range(20):
        overview.feed(np.zeros((1, 1 << 16), np.float32))
    assert len(overview._held) <= 2 * overview._length
