"""Which arrays Dereverb takes, and in which layout they come back: as with Pedalboard."""

from __future__ import annotations

import re

import numpy as np
import pedalboard
import pytest
from signals import noise

from processor import Dereverb
from processor.layout import ArrayLayout
from processor.model import Model

SHAPES = [
    (100,),
    (1,),
    (0,),
    (1, 100),
    (100, 1),
    (2, 100),
    (100, 2),
    (1, 1),
    (6, 100),
    (2, 0),
    (0, 2),
]


@pytest.fixture
def dereverb(tiny_model: Model) -> Dereverb:
    """A Dereverb with a known answer: a tenth of the input."""
    return Dereverb(tiny_model)


@pytest.mark.parametrize("shape", SHAPES)
def test_result_looks_like_pedalboards(dereverb: Dereverb, shape: tuple[int, ...]) -> None:
    x = np.zeros(shape, np.float32)
    ours, theirs = dereverb(x, 44100), pedalboard.Gain(0)(x, 44100)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("shape", [(2, 2), (100, 100), (0, 0), (2, 3, 100), ()])
def test_shape_that_pedalboard_refuses_is_refused(
    dereverb: Dereverb, shape: tuple[int, ...]
) -> None:
    x = np.zeros(shape, np.float32)
    with pytest.raises(RuntimeError):
        pedalboard.Gain(0)(x, 44100)
    with pytest.raises(RuntimeError, match=re.escape(str(shape))):
        dereverb(x, 44100)
    with pytest.raises(ValueError, match="channels"):
        dereverb(x, 44100)


@pytest.mark.parametrize("dtype", ["int16", "int32", "uint8", "float16", "complex64", "bool", "O"])
def test_other_kinds_of_numbers_are_refused_with_a_remedy(dereverb: Dereverb, dtype: str) -> None:
    x = np.zeros(100, dtype)
    with pytest.raises(TypeError):
        pedalboard.Gain(0)(x, 44100)
    with pytest.raises(TypeError, match="astype"):
        dereverb(x, 44100)


@pytest.mark.parametrize("audio", [[0.0] * 100, None, "speech.wav", (0.0,)])
def test_what_is_no_array_is_refused_with_a_remedy(dereverb: Dereverb, audio) -> None:
    with pytest.raises(TypeError, match=r"numpy\.asarray"):
        dereverb(audio, 44100)


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", ">f8"])
def test_floats_of_any_size_and_byte_order_are_taken(dereverb: Dereverb, dtype: str) -> None:
    x = noise(2, 3000)
    np.testing.assert_array_equal(dereverb(x.astype(dtype), 16000), dereverb(x, 16000))


@pytest.mark.parametrize(
    "reorder",
    [np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[:, ::2], lambda x: x[::-1][::-1]],
)
def test_memory_order_makes_no_difference(dereverb: Dereverb, reorder) -> None:
    x = noise(2, 3000)
    np.testing.assert_array_equal(dereverb(reorder(x), 16000), dereverb(x, 16000))


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_layouts_give_the_same_audio(dereverb: Dereverb, channels: int) -> None:
    x = noise(channels, 3000)
    np.testing.assert_array_equal(dereverb(x.T, 44100).T, dereverb(x, 44100))


def test_mono_array_equals_a_single_channel(dereverb: Dereverb) -> None:
    x = noise(1, 3000)
    np.testing.assert_array_equal(dereverb(x[0], 44100), dereverb(x, 44100)[0])


@pytest.mark.parametrize(
    "shapes, read_as",
    [
        ([(2, 1), (2, 500)], "(2, samples)"),
        ([(2, 2), (2, 3)], "(2, samples)"),
        ([(2, 2), (3, 2)], "(samples, 2)"),
        ([(2, 2), (2, 2)], "(2, samples)"),
        ([(2, 1), (2, 1)], "(2, samples)"),
        ([(20, 2), (20, 2)], "(samples, 2)"),
        ([(20, 2), (7, 2)], "(samples, 2)"),
        ([(6, 1), (6, 4)], "(6, samples)"),
        ([(1, 1)], "(1, samples)"),
        ([(3, 500)], "(3, samples)"),
        ([(500, 3)], "(samples, 3)"),
        ([(500, 1)], "(samples, 1)"),
        ([(0, 3), (5, 3)], "(samples, 3)"),
        ([(5,)], "(samples,)"),
    ],
)
def test_two_short_blocks_tell_what_one_does_not(
    shapes: list[tuple[int, ...]], read_as: str
) -> None:
    blocks = [np.zeros(shape, np.float32) for shape in shapes]
    assert str(ArrayLayout.of_blocks(blocks)) == read_as
