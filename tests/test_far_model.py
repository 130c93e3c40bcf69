"""A model of long hops that hears far ahead: nothing else changes, to the sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
import soundfile
from conftest import FAR, tiny_gain
from signals import noise, sine

from processor.board import Board
from processor.dereverb import Dereverb
from processor.file_job import process_file
from processor.model import Model, ModelState
from processor.recipe import Recipe
from processor.stream import DereverbStream
from processor.waveform import Waveform

RATE = 48_000
HALF = Recipe(strength=0.5, mix=0.75)


def whole(stream: DereverbStream, waveform: Waveform) -> Waveform:
    return np.concatenate([stream.feed(waveform), stream.flush()], axis=1)


def in_blocks(stream: DereverbStream, waveform: Waveform, size: int) -> Waveform:
    starts = range(0, waveform.shape[1], size)
    parts = [stream.feed(waveform[:, start : start + size]) for start in starts]
    return np.concatenate([*parts, stream.flush()], axis=1)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("size", [997, 23_999, 24_001, 100_000])
def test_any_blocks_give_what_one_call_gives(far_model: Model, rate: int, size: int) -> None:
    x = noise(2, 3 * rate + 7)
    stream = DereverbStream(far_model, rate, 2, HALF)
    np.testing.assert_array_equal(in_blocks(stream, x, size), whole(stream, x))


@pytest.mark.parametrize("samples", [0, 1, 23_999, 24_000, 24_001, 46_999, 47_001, 71_000, 71_001])
def test_any_length_comes_back_as_the_known_answer(far_model: Model, samples: int) -> None:
    x = noise(2, samples)
    y = whole(DereverbStream(far_model, RATE, 2), x)
    np.testing.assert_allclose(y, tiny_gain(1.0) * x, atol=1e-7)


@pytest.mark.parametrize("samples", [1, 100, 22_049, 44_101])
def test_short_recordings_at_another_rate_keep_their_length(far_model: Model, samples: int) -> None:
    x = noise(1, samples)
    assert whole(DereverbStream(far_model, 44_100, 1), x).shape == x.shape


def test_another_rate_stays_aligned(far_model: Model) -> None:
    x = sine(1, 3 * 44_100, 44_100, 700.0)
    y = whole(DereverbStream(far_model, 44_100, 1), x)
    middle = slice(11_000, -11_000)  # the ends are hard edges, which no band holds
    np.testing.assert_allclose(y[:, middle], tiny_gain(1.0) * x[:, middle], atol=1e-5)


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("recipe", [Recipe(strength=0.0), Recipe(mix=0.0)])
def test_strength_or_mix_zero_returns_the_input_bit_for_bit(
    far_model: Model, rate: int, recipe: Recipe
) -> None:
    x = noise(2, rate + 1)
    np.testing.assert_array_equal(whole(DereverbStream(far_model, rate, 2, recipe), x), x)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_never_holds_more_than_its_latency(far_model: Model, rate: int) -> None:
    stream = DereverbStream(far_model, rate, 1)
    x = noise(1, 4 * rate)
    came_out = 0
    for start in range(0, x.shape[1], 4_999):
        block = x[:, start : start + 4_999]
        came_out += stream.feed(block).shape[1]
        assert start + block.shape[1] - came_out <= stream.latency_samples


class Steps(Model):
    """Notes the lengths of its steps."""

    def __init__(self, model: Model) -> None:
        super().__init__(model._module, model.spec, model.path)
        self.hops: list[int] = []

    def step(
        self, waveform: Waveform, state: ModelState, *settings: Any
    ) -> tuple[Waveform, ModelState]:
        self.hops.append(waveform.shape[1] // self.spec.hop_length)
        return super().step(waveform, state, *settings)


@pytest.mark.parametrize(("channels", "most_hops"), [(1, 5), (2, 2), (6, 1)])
def test_a_step_is_no_longer_than_a_few_seconds(
    far_model: Model, channels: int, most_hops: int
) -> None:
    steps = Steps(far_model)
    stream = DereverbStream(steps, RATE, channels)
    whole(stream, noise(channels, 10 * RATE))
    assert max(steps.hops) == most_hops
    assert stream.step_samples == most_hops * FAR.hop_length


def test_nothing_is_worked_for_an_empty_stream(far_model: Model) -> None:
    steps = Steps(far_model)
    assert DereverbStream(steps, RATE, 1).flush().shape == (1, 0)
    assert steps.hops == []


@pytest.mark.parametrize("size", [1_000, 30_000])
def test_native_plugins_after_it_do_not_notice(far_model: Model, size: int) -> None:
    x = noise(2, 3 * RATE + 11)
    board = Board([pedalboard.Gain(6), Dereverb(far_model), pedalboard.HighpassFilter(300)])
    at_once = board(x, RATE)
    blocks = [board(x[:, at : at + size], RATE, reset=False) for at in range(0, x.shape[1], size)]
    np.testing.assert_allclose(np.concatenate([*blocks, board.flush()], axis=1), at_once, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 30_000, 48_000 * 7 + 3])
def test_a_file_comes_back_as_long_as_it_was(
    tmp_path: Path, far_model_path: Path, frames: int
) -> None:
    x = noise(2, frames)
    soundfile.write(tmp_path / "a.wav", x.T, RATE, "FLOAT")
    told: list[float] = []
    process_file(
        tmp_path / "a.wav", tmp_path / "b.wav", Recipe(str(far_model_path)), progress=told.append
    )
    y = soundfile.read(tmp_path / "b.wav", dtype="float32", always_2d=True)[0].T
    np.testing.assert_allclose(y, tiny_gain(1.0) * x, atol=1e-6)
    assert told == sorted(told) and (told[0], told[-1]) == (0.0, 1.0)
    # Two channels take twice the time: each second is told of.
    assert max(np.diff(told)) <= max(1.0, RATE / frames) + 1e-9
