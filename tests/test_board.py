"""Board: a list of native plugins and ours, that runs as one."""

from __future__ import annotations

import copy
import doctest
import pickle
import re

import numpy as np
import pedalboard
import pytest
from conftest import tiny_gain
from pedalboard import (
    Chain,
    Chorus,
    Compressor,
    Delay,
    Gain,
    HighpassFilter,
    Limiter,
    Mix,
    MP3Compressor,
    Pedalboard,
    PitchShift,
    Resample,
    Reverb,
)
from signals import Waveform, lag_between, noise, speech_like

import processor.board
import processor.dereverb
import processor.effect
from processor import Board, Dereverb
from processor.model import Model

CHAINS = {
    "voice chain": lambda model: [HighpassFilter(80), Dereverb(model, strength=0.8), Limiter()],
    "native first": lambda model: [Compressor(-30, 4), Chorus(), Reverb(), Dereverb(model)],
    "ours alone": lambda model: [Dereverb(model)],
    "ours twice": lambda model: [Dereverb(model), Gain(6), Dereverb(model, mix=0.5)],
    "native alone": lambda model: [HighpassFilter(80), Delay(0.01), Limiter()],
    "native latency": lambda model: [Resample(8000), Dereverb(model), MP3Compressor()],
    "containers": lambda model: [Mix([Gain(-6), Chain([Delay(0.01), Gain(-6)])]), Dereverb(model)],
    "nested": lambda model: [Gain(1), Board([Limiter(), Board([Dereverb(model)])]), Gain(-1)],
    "empty": lambda model: [],
}


def in_blocks(board: Board, x: Waveform, rate: int, cuts: list[int]) -> Waveform:
    blocks = np.split(x, cuts, axis=-1)
    parts = [board(block, rate, reset=False) for block in blocks]
    return np.concatenate([*parts, board.flush()], axis=-1)


@pytest.mark.parametrize("make", CHAINS.values(), ids=CHAINS.keys())
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_and_a_flush_equal_one_call(tiny_model: Model, make, channels: int) -> None:
    x = noise(channels, 20000)
    board = Board(make(tiny_model))
    awkward = [50, 51, 52, 54, 57, 217, 217, 1217, 9409, 9410]
    blocks = in_blocks(board, x, 44100, awkward)
    # The native filters repeat themselves to the bit, and so do soxr and the tiny model.
    np.testing.assert_array_equal(blocks, board(x, 44100))


def test_blocks_longer_than_the_first_do_not_clear_native_filters() -> None:
    x = noise(2, 20000)
    plain = Pedalboard([HighpassFilter(800)])(x, 44100)
    np.testing.assert_array_equal(in_blocks(Board([HighpassFilter(800)]), x, 44100, [100]), plain)


def test_six_channels_stream_in_blocks_of_one_sample(tiny_model: Model) -> None:
    x = noise(6, 400)
    board = Board([HighpassFilter(800), Dereverb(tiny_model), Compressor(-30, 4)])
    cuts = list(range(20, 400))
    np.testing.assert_array_equal(in_blocks(board, x, 16000, cuts), board(x, 16000))


@pytest.mark.parametrize("make", CHAINS.values(), ids=CHAINS.keys())
@pytest.mark.parametrize("shape", [(2, 3000), (3000, 2), (3000,), (1, 3000), (0,), (2, 1), (1,)])
def test_result_has_the_shape_of_the_input(tiny_model: Model, make, shape: tuple[int, ...]) -> None:
    x = noise(1, int(np.prod(shape))).reshape(shape)
    y = Board(make(tiny_model))(x, 44100)
    assert y.shape == x.shape
    assert y.dtype == np.float32


def test_native_neighbours_sound_as_in_a_pedalboard() -> None:
    x = noise(2, 20000)
    ours = Board([HighpassFilter(80), Reverb(), PitchShift(2), Limiter()])
    theirs = Pedalboard([HighpassFilter(80), Reverb(), PitchShift(2), Limiter()])
    np.testing.assert_array_equal(ours(x, 44100), theirs(x, 44100))


def test_plugins_run_in_their_order(tiny_model: Model) -> None:
    x = np.full((1, 2000), 0.5, np.float32)
    clip = pedalboard.Clipping(-6.0206)  # at 0.5
    before = Board([Gain(12), clip, Dereverb(tiny_model)])(x, 16000)
    after = Board([Dereverb(tiny_model), Gain(12), pedalboard.Clipping(-6.0206)])(x, 16000)
    np.testing.assert_allclose(before, 0.5 * tiny_gain(1.0), atol=1e-5)
    np.testing.assert_allclose(after, 0.5 * 10 ** (12 / 20) * tiny_gain(1.0), atol=1e-5)


def test_example_of_the_documentation_runs(bundled_model: Model) -> None:
    audio = speech_like(2, 44100, 44100)
    board = Board([pedalboard.HighpassFilter(80), Dereverb(strength=0.8), pedalboard.Limiter()])
    result = board(audio, 44100)
    assert result.shape == audio.shape
    assert np.isfinite(result).all()
    assert abs(lag_between(audio, result)) <= 2  # the high-pass filter turns the phase
    blocks = in_blocks(board, audio, 44100, [441, 442, 5000, 30011])
    # The bundled model sums float32 in another grouping, behind it a limiter's gain.
    np.testing.assert_allclose(blocks, result, atol=1e-5)


@pytest.mark.parametrize(
    "module",
    [processor.board, processor.dereverb, processor.effect],
    ids=lambda module: module.__name__,
)
def test_examples_in_the_docstrings_run(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_settings_of_a_plugin_act_on_the_next_block(tiny_model: Model) -> None:
    x = np.ones((1, 1600), np.float32)
    dereverb, gain = Dereverb(tiny_model), Gain(0)
    board = Board([dereverb, gain])
    board(x, 16000, reset=False)
    dereverb.mix, gain.gain_db = 0.0, 20.0
    after_the_ramp = board(x, 16000, reset=False)[:, 160:]
    np.testing.assert_allclose(after_the_ramp, 10.0, rtol=1e-5)


def test_dereverb_in_a_board_does_not_disturb_its_own_stream(tiny_model: Model) -> None:
    x = noise(1, 1000)
    dereverb = Dereverb(tiny_model)
    parts = [dereverb(x[:, :500], 16000, reset=False)]
    in_blocks(Board([dereverb]), noise(1, 1000, seed=1), 16000, [333])
    parts += [dereverb(x[:, 500:], 16000, reset=False)]
    assert sum(part.shape[1] for part in parts) == 640


@pytest.mark.parametrize("end", [Board.flush, Board.reset])
def test_nothing_of_one_stream_is_heard_in_the_next(tiny_model: Model, end) -> None:
    x = noise(2, 9000)
    board = Board([Reverb(), Dereverb(tiny_model), Delay(0.01)])
    expected = board(x, 44100)
    board(noise(2, 9000, seed=1), 44100, reset=False)
    end(board)
    np.testing.assert_array_equal(in_blocks(board, x, 44100, [4000]), expected)


def test_change_of_the_list_during_a_stream_is_refused(tiny_model: Model) -> None:
    board = Board([Gain(1), Dereverb(tiny_model)])
    board(noise(2, 1000), 44100, reset=False)
    board.append(Limiter())
    with pytest.raises(ValueError, match=r"plugins changed.*flush\(\).*reset\(\)"):
        board(noise(2, 1000), 44100, reset=False)
    board.reset()
    board(noise(2, 1000), 44100, reset=False)


@pytest.mark.parametrize("rate, size", [(0, 8192), (float("nan"), 8192), (44100, 0)])
def test_numbers_out_of_range_are_refused(rate: float, size: int) -> None:
    with pytest.raises(ValueError, match=r"sample_rate|buffer_size"):
        Board([Gain(1)])(noise(1, 100), rate, size)


def test_nan_is_refused_before_a_native_plugin_keeps_it() -> None:
    with pytest.raises(ValueError, match="NaN or inf"):
        Board([Reverb()])(np.full(100, np.nan), 44100)


def test_repr_is_in_pedalboards_style(tiny_model: Model) -> None:
    shown = repr(Board([Gain(3), Dereverb(tiny_model)]))
    assert re.fullmatch(
        r"<processor\.Board with 2 plugins: \[<pedalboard\.Gain gain_db=3 at 0x[0-9a-f]+>, "
        r"<processor\.Dereverb .*>\] at 0x[0-9a-f]+>",
        shown,
    )


def test_it_is_an_effect_and_no_instrument() -> None:
    assert Board().is_effect is True
    assert Board().is_instrument is False


def test_board_of_ours_travels_and_copies(tiny_model: Model) -> None:
    board = Board([Dereverb(tiny_model, strength=0.3)])
    for twin in (pickle.loads(pickle.dumps(board)), copy.deepcopy(board)):
        assert twin[0] is not board[0]
        assert twin[0].strength == 0.3


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps], ids=["deepcopy", "pickle"])
def test_board_with_native_plugins_says_why_it_cannot_travel(tiny_model: Model, copied) -> None:
    for board in (Board([Dereverb(tiny_model), Gain(3)]), Board([Board([Gain(3)])])):
        with pytest.raises(TypeError, match=r"Gain gain_db=3 .* is native.*with a function"):
            copied(board)


def test_shallow_copy_has_a_list_of_its_own(tiny_model: Model) -> None:
    board = Board([Gain(3), Dereverb(tiny_model)])
    board(noise(2, 500), 16000, reset=False)
    twin = copy.copy(board)
    assert list(twin) == list(board)
    assert twin.flush().size == 0
    twin.append(Limiter())
    assert len(board) == 2


def test_native_containers_sound_in_a_board_as_alone(tiny_model: Model) -> None:
    x = noise(2, 20000)
    make = lambda: [Mix([Gain(-6), Chain([Delay(0.01), Gain(-6)])]), Pedalboard([Gain(3)])]  # noqa: E731
    theirs = Pedalboard(make())(x, 44100)
    np.testing.assert_array_equal(Board(make())(x, 44100), theirs)
    nothing_removed = Dereverb(tiny_model, mix=0.0)
    np.testing.assert_array_equal(Board([*make(), nothing_removed])(x, 44100), theirs)
