"""process_stream: long recordings block by block, of any sizes, in constant memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile
from conftest import tiny_gain
from pedalboard.io import AudioFile
from signals import Waveform, noise

from processor import Board, Dereverb, Model


def cut(x: Waveform, size: int, axis: int = -1) -> Iterator[Waveform]:
    """Yield blocks of one size, the last one shorter."""
    for start in range(0, x.shape[axis], size):
        yield x.take(range(start, min(start + size, x.shape[axis])), axis)


EFFECTS = {
    "dereverb": lambda model: Dereverb(model, strength=0.5),
    "board": lambda model: Board([pedalboard.HighpassFilter(80), Dereverb(model)]),
    "native latency": lambda model: Board([pedalboard.Resample(8000), Dereverb(model)]),
    "empty board": lambda model: Board(),
}


@pytest.mark.parametrize("make", EFFECTS.values(), ids=EFFECTS.keys())
@pytest.mark.parametrize("size", [1, 2, 3, 997, 100_000])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_any_blocks_give_what_one_call_gives(tiny_model: Model, make, size: int, rate: int) -> None:
    x = noise(2, 1_500)
    effect = make(tiny_model)
    y = np.concatenate(list(effect.process_stream(cut(x, size), rate)), axis=1)
    np.testing.assert_array_equal(y, effect(x, rate))


@pytest.mark.parametrize(
    "shape, size",
    [
        ((1_500,), 1),
        ((1, 1_500), 1),
        ((6, 1_500), 1),
        ((6, 1_500), 6),
        ((1_500, 2), 3),
        ((1_500, 2), 300),
        ((1_500, 1), 300),
        ((2, 1), 5),
        ((3, 2), 5),
        ((2, 2), 5),
    ],
)
def test_layout_of_the_blocks_is_kept(tiny_model: Model, shape: tuple[int, ...], size: int) -> None:
    x = noise(1, int(np.prod(shape))).reshape(shape)
    axis = int(np.argmax(shape)) if max(shape) > 5 else len(shape) - 1
    blocks = list(Dereverb(tiny_model).process_stream(cut(x, size, axis), 16_000))
    y = np.concatenate(blocks, axis=axis)
    np.testing.assert_allclose(y, tiny_gain(1.0) * x, atol=1e-7)


def test_blocks_of_changing_sizes_and_empty_ones_are_understood(tiny_model: Model) -> None:
    x = noise(2, 1_500)
    for cuts in ([1, 700], [0, 1, 2, 2, 5], [2, 3], [0, 0, 2, 4]):
        blocks = np.split(x, cuts, axis=1)
        y = np.concatenate(list(Dereverb(tiny_model).process_stream(blocks, 16_000)), axis=1)
        np.testing.assert_allclose(y, tiny_gain(1.0) * x, atol=1e-7)


def test_nothing_in_is_nothing_out(tiny_model: Model) -> None:
    assert list(Dereverb(tiny_model).process_stream([], 16_000)) == []
    assert list(Dereverb(tiny_model).process_stream([noise(2, 0)], 16_000)) == []


def test_a_file_of_pedalboard_comes_back_as_long_as_it_was(
    tiny_model: Model, tmp_path: Path
) -> None:
    x = noise(2, 100_003)
    soundfile.write(tmp_path / "take.wav", x.T, 44_100, "FLOAT")
    dereverb = Dereverb(tiny_model)
    with (
        AudioFile(str(tmp_path / "take.wav")) as source,
        AudioFile(
            str(tmp_path / "dry.wav"), "w", source.samplerate, source.num_channels, bit_depth=32
        ) as target,
    ):
        blocks = (source.read(8_192) for _ in range(0, source.frames, 8_192))
        for block in dereverb.process_stream(blocks, source.samplerate):
            target.write(block)
    y = soundfile.read(tmp_path / "dry.wav", dtype="float32")[0].T
    np.testing.assert_array_equal(y, dereverb(x, 44_100))


def test_no_more_is_held_than_the_latency(tiny_model: Model) -> None:
    x = noise(2, 50_000)
    dereverb, went_in, came_out = Dereverb(tiny_model), 0, 0

    def counted() -> Iterator[Waveform]:
        nonlocal went_in
        for block in cut(x, 100):
            went_in += block.shape[1]
            yield block

    for block in dereverb.process_stream(counted(), 16_000):
        came_out += block.shape[1]
        assert went_in - came_out <= dereverb.latency_samples + 100
    assert came_out == x.shape[1]


def test_settings_act_on_the_next_block(tiny_model: Model) -> None:
    dereverb = Dereverb(tiny_model)
    out = []
    for number, block in enumerate(dereverb.process_stream(cut(noise(1, 9_600), 960), 16_000)):
        out.append(block)
        dereverb.mix = 0.0 if number == 4 else dereverb.mix
    y = np.concatenate(out, axis=1)
    np.testing.assert_array_equal(y[:, -3_000:], noise(1, 9_600)[:, -3_000:])


def test_a_stream_left_early_leaves_nothing_behind(tiny_model: Model) -> None:
    dereverb = Dereverb(tiny_model)
    stream = dereverb.process_stream(cut(noise(2, 5_000), 500), 16_000)
    next(stream)
    assert dereverb.flush().size
    stream = dereverb.process_stream(cut(noise(2, 5_000), 500), 16_000)
    next(stream)
    stream.close()
    assert dereverb.flush().shape == (0,)


def test_a_bad_block_ends_the_stream(tiny_model: Model) -> None:
    dereverb = Dereverb(tiny_model)
    blocks = [noise(2, 1_000), np.full((2, 10), np.nan, np.float32)]
    with pytest.raises(ValueError, match="NaN or inf"):
        list(dereverb.process_stream(blocks, 16_000))
    assert dereverb.flush().shape == (0,)


@pytest.mark.parametrize("meddle", [lambda d: d(noise(1, 9), 16_000), Dereverb.reset])
def test_another_call_in_between_is_told(tiny_model: Model, meddle) -> None:
    dereverb = Dereverb(tiny_model)
    stream = dereverb.process_stream(cut(noise(2, 5_000), 500), 16_000)
    next(stream)
    meddle(dereverb)
    with pytest.raises(ValueError, match=r"Another call ended the stream.*copy"):
        next(stream)


def test_copies_stream_side_by_side(tiny_model: Model) -> None:
    x = noise(2, 5_000)
    one = Dereverb(tiny_model)
    streams = [effect.process_stream(cut(x, 500), 16_000) for effect in (one, copy.copy(one))]
    pairs = list(zip(*streams, strict=True))
    for first, second in pairs:
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("whole", [noise(2, 100), 3, None])
def test_what_is_no_series_of_blocks_is_refused_at_once(tiny_model: Model, whole) -> None:
    with pytest.raises(TypeError, match=r"one after the other.*Pass a list or a generator"):
        Dereverb(tiny_model).process_stream(whole, 16_000)


def test_numbers_out_of_range_are_refused_at_once(tiny_model: Model) -> None:
    with pytest.raises(ValueError, match="sample_rate must lie"):
        Dereverb(tiny_model).process_stream([], 7_000)
    with pytest.raises(ValueError, match="buffer_size"):
        Dereverb(tiny_model).process_stream([], 16_000, 0)


def test_blocks_of_two_layouts_are_refused(tiny_model: Model) -> None:
    with pytest.raises(ValueError, match=r"blocks of shape \(2, samples\)"):
        list(Dereverb(tiny_model).process_stream([noise(2, 100), noise(3, 100)], 16_000))
