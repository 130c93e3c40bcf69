"""Resampler: any blocks, lag 0."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from signals import lag_between, noise, sine

from processor.resampler import Resampler, most_samples_held

RATES = [8000, 11025, 16000, 22050, 44100, 88200, 96000, 192000]


@pytest.mark.parametrize("rate", RATES)
def test_output_does_not_depend_on_block_sizes(rate: int) -> None:
    x = noise(2, 5000)
    at_once = Resampler(rate, 48000, 2).process(x, last=True)
    resampler = Resampler(rate, 48000, 2)
    cuts = [0, 1, 1, 3, 100, 1097, 4999, 5000]
    parts = [resampler.process(x[:, a:b]) for a, b in pairwise(cuts)]
    parts.append(resampler.process(x[:, :0], last=True))
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), at_once)


@pytest.mark.parametrize("rate", RATES)
def test_there_and_back_is_the_same_tone_in_the_same_place(rate: int) -> None:
    x = sine(1, rate, rate, 1000.0)
    there = Resampler(rate, 48000, 1).process(x, last=True)
    back = Resampler(48000, rate, 1).process(there, last=True)
    assert abs(back.shape[1] - x.shape[1]) <= 2
    middle = slice(rate // 4, 3 * rate // 4)
    # soxr's HQ promises 20 bits (-120 dB); twice through it, and float32.
    assert np.abs(back[:, middle] - x[:, middle]).max() < 1e-5
    assert lag_between(x, back[:, : rate - 2]) == 0


@pytest.mark.parametrize("rate", RATES)
def test_never_holds_more_than_it_says(rate: int) -> None:
    resampler = Resampler(rate, 48000, 1)
    came_out = 0
    for went_in in range(97, rate, 97):
        came_out += resampler.process(np.zeros((1, 97), np.float32)).shape[1]
        assert went_in - came_out * rate / 48000 <= most_samples_held(rate, 48000)


def test_silence_stays_exactly_silent() -> None:
    assert not Resampler(44100, 48000, 2).process(np.zeros((2, 5000), np.float32), last=True).any()
