"""DereverbStream: equal counts, each sample in its place, whatever the blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import TINY, tiny_gain
from hypothesis import given, settings
from hypothesis import strategies as st
from signals import Waveform, impulse, lag_between, noise, sine, speech_like

from processor.model import Model, ModelState
from processor.recipe import Recipe
from processor.stream import DereverbStream

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 88200, 96000, 192000]
HALF = Recipe(strength=0.5, mix=0.75)


def whole(stream: DereverbStream, waveform: Waveform) -> Waveform:
    return np.concatenate([stream.feed(waveform), stream.flush()], axis=1)


def in_blocks(stream: DereverbStream, waveform: Waveform, sizes: list[int]) -> Waveform:
    """Return the output when the waveform comes in blocks of these sizes, then all that is left."""
    parts, start = [], 0
    for size in sizes:
        parts.append(stream.feed(waveform[:, start : start + size]))
        start = min(start + size, waveform.shape[1])
    parts.append(stream.feed(waveform[:, start:]))
    parts.append(stream.flush())
    return np.concatenate(parts, axis=1)


def same_bits(a: Waveform, b: Waveform) -> bool:
    return a.shape == b.shape and bool((a.view(np.uint32) == b.view(np.uint32)).all())


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_output_does_not_depend_on_block_sizes(tiny_model: Model, rate: int, channels: int) -> None:
    x = noise(channels, rate // 4 + 7)
    stream = DereverbStream(tiny_model, rate, channels, HALF)
    at_once = whole(stream, x)
    awkward = [0, 1, 1, 2, 159, 160, 161, 0, 997, 2003]
    # The tiny model sums nothing, and soxr repeats itself to the bit.
    np.testing.assert_array_equal(in_blocks(stream, x, awkward), at_once)


@given(
    sizes=st.lists(st.integers(0, 4000), max_size=12),
    samples=st.integers(0, 12000),
    rate=st.sampled_from(RATES),
)
@settings(max_examples=40, deadline=None)
def test_any_cutting_gives_what_one_call_gives(
    tiny_model: Model, sizes: list[int], samples: int, rate: int
) -> None:
    x = noise(2, samples, seed=samples)
    stream = DereverbStream(tiny_model, rate, 2, HALF)
    np.testing.assert_array_equal(in_blocks(stream, x, sizes), whole(stream, x))


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("size", [1, 480, 997])
def test_bundled_model_gives_the_same_in_any_blocks(
    bundled_model: Model, rate: int, size: int
) -> None:
    x = speech_like(2, rate // 5, rate)
    stream = DereverbStream(bundled_model, rate, 2)
    blocks = in_blocks(stream, x, [size] * (x.shape[1] // size))
    # Signals of 0.5, float32 sums that are grouped differently in a recurrent network.
    np.testing.assert_allclose(blocks, whole(stream, x), atol=2e-6)


@pytest.mark.parametrize("samples", [0, 1, 2, 159, 160, 161, 319, 320, 321, 7919])
@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
def test_as_many_samples_come_out_as_went_in(tiny_model: Model, rate: int, samples: int) -> None:
    x = noise(1, samples)
    assert whole(DereverbStream(tiny_model, rate, 1), x).shape == x.shape


@pytest.mark.parametrize("recipe", [Recipe(), HALF, Recipe(floor_db=-6.0), Recipe(mix=0.1)])
def test_output_at_the_models_rate_is_the_known_answer(tiny_model: Model, recipe: Recipe) -> None:
    x = noise(2, 5003)
    kept = 1 - recipe.mix * (1 - tiny_gain(recipe.strength, recipe.floor_db))
    np.testing.assert_allclose(
        whole(DereverbStream(tiny_model, 16000, 2, recipe), x), kept * x, atol=1e-7
    )


@pytest.mark.parametrize("rate", RATES)
def test_output_at_any_rate_is_the_known_answer(tiny_model: Model, rate: int) -> None:
    x = sine(1, rate, rate, 700.0)
    y = whole(DereverbStream(tiny_model, rate, 1, Recipe(strength=0.5)), x)
    middle = slice(rate // 4, 3 * rate // 4)  # the ends are hard edges, which no band holds
    # Being one sample late would leave 700 / rate * pi of it: 5e-3 at 192 kHz.
    np.testing.assert_allclose(y[:, middle], tiny_gain(0.5) * x[:, middle], atol=1e-5)


@pytest.mark.parametrize("rate", [11025, 16000, 44100, 48000, 96000])
def test_bundled_model_keeps_the_place_of_a_voice(bundled_model: Model, rate: int) -> None:
    x = speech_like(1, rate, rate)
    y = whole(DereverbStream(bundled_model, rate, 1, Recipe(strength=0.5)), x)
    assert lag_between(x, y) == 0


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("recipe", [Recipe(strength=0.0), Recipe(mix=0.0)])
def test_strength_or_mix_zero_returns_the_input_bit_for_bit(
    bundled_model: Model, rate: int, recipe: Recipe
) -> None:
    x = noise(2, rate // 10 + 1)
    x[0, :4] = [-0.0, 0.0, 1e-42, -1.0]
    assert same_bits(whole(DereverbStream(bundled_model, rate, 2, recipe), x), x)


@pytest.mark.parametrize("rate", [16000, 44100])
def test_dry_and_removed_add_up_to_the_output(tiny_model: Model, rate: int) -> None:
    x = noise(2, 9001)
    stream = DereverbStream(tiny_model, rate, 2, HALF)
    output = whole(stream, x)
    pairs = [stream.separate(x[:, :4000]), stream.separate(x[:, 4000:], last=True)]
    dry, removed = (np.concatenate(parts, axis=1) for parts in zip(*pairs, strict=True))
    assert same_bits(dry, x)
    np.testing.assert_array_equal(dry - np.float32(HALF.mix) * removed, output)


def test_separate_ends_the_stream_with_the_last_block(tiny_model: Model) -> None:
    x = noise(1, 1234)
    stream = DereverbStream(tiny_model, 16000, 1)
    first = stream.separate(x, last=True)
    again = stream.separate(x, last=True)
    np.testing.assert_array_equal(first[1], again[1])


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("end", ["flush", "reset"])
def test_nothing_of_one_stream_is_heard_in_the_next(tiny_model: Model, rate: int, end: str) -> None:
    x = noise(2, 3000)
    stream = DereverbStream(tiny_model, rate, 2)
    stream.feed(noise(2, 2777, seed=1, level=1.0))
    getattr(stream, end)()
    np.testing.assert_array_equal(whole(stream, x), whole(DereverbStream(tiny_model, rate, 2), x))


def test_two_streams_of_one_model_do_not_meet(tiny_model: Model) -> None:
    a, b = noise(1, 4000), noise(1, 4000, seed=1)
    one, other = (DereverbStream(tiny_model, 16000, 1) for _ in range(2))
    mixed = []
    for start in range(0, 4000, 250):
        mixed.append(one.feed(a[:, start : start + 250]))
        other.feed(b[:, start : start + 250])
    mixed.append(one.flush())
    np.testing.assert_array_equal(
        np.concatenate(mixed, axis=1), whole(DereverbStream(tiny_model, 16000, 1), a)
    )


def test_channels_keep_to_themselves(bundled_model: Model) -> None:
    x = impulse(3, 9600, at=2000)
    x[1] = 0.0
    y = whole(DereverbStream(bundled_model, 48000, 3), x)
    assert not y[1].any()


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
@pytest.mark.parametrize("size", [1, 163, 1024])
def test_never_holds_more_than_its_latency(tiny_model: Model, rate: int, size: int) -> None:
    stream = DereverbStream(tiny_model, rate, 1)
    x = noise(1, min(rate // 2, 3000 * size))
    came_out = 0
    for start in range(0, x.shape[1], size):
        block = x[:, start : start + size]
        came_out += stream.feed(block).shape[1]
        assert start + block.shape[1] - came_out <= stream.latency_samples


def test_latency_without_resampling_is_the_models_and_the_hop_in_progress(
    tiny_model: Model,
) -> None:
    stream = DereverbStream(tiny_model, 16000, 1)
    assert stream.latency_samples == TINY.latency_samples + TINY.hop_length - 1


def test_new_recipe_acts_on_what_follows(tiny_model: Model) -> None:
    x = np.ones((1, 3200), np.float32)
    stream = DereverbStream(tiny_model, 16000, 1, Recipe(strength=0.0))
    parts = [stream.feed(x[:, :1600])]
    stream.recipe = Recipe(strength=1.0)
    y = np.concatenate([*parts, stream.feed(x[:, 1600:]), stream.flush()], axis=1)
    # What the model still holds may already follow the new recipe.
    np.testing.assert_array_equal(y[:, : 1600 - TINY.latency_samples], 1.0)
    np.testing.assert_allclose(y[:, 1600:], tiny_gain(1.0), atol=1e-7)


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros((1, 9600)),
        np.ones((1, 9600)),
        np.sign(np.sin(np.arange(9600) / 50))[np.newaxis],
        np.full((1, 9600), 1e-40),
        impulse(1, 9600, at=4800),
        np.full((1, 9600), -32768.0),
        noise(1, 9600, level=1e30),
    ],
    ids=["silence", "dc", "square", "denormal", "impulse", "unscaled", "absurd"],
)
@pytest.mark.parametrize("rate", [44100, 48000])
def test_extreme_signals_survive(bundled_model: Model, signal: Waveform, rate: int) -> None:
    y = whole(DereverbStream(bundled_model, rate, 1), signal.astype(np.float32))
    assert np.isfinite(y).all()


class OverflowingModel(Model):
    """Answers infinity once, as a network does that has overflowed."""

    def __init__(self, model: Model) -> None:
        super().__init__(model._module, model.spec, model.path)
        self.overflows = 1

    def step(
        self, waveform: Waveform, state: ModelState, *settings: Any
    ) -> tuple[Waveform, ModelState]:
        removed, state = super().step(waveform, state, *settings)
        if self.overflows:
            self.overflows -= 1
            removed = np.full_like(removed, np.inf)
        return removed, state


def test_overflow_in_the_network_passes_that_block_and_heals(tiny_model: Model) -> None:
    x = noise(1, 3200)
    stream = DereverbStream(OverflowingModel(tiny_model), 16000, 1)
    parts = [stream.feed(x[:, :1600]), stream.feed(x[:, 1600:]), stream.flush()]
    y = np.concatenate(parts, axis=1)
    np.testing.assert_array_equal(y[:, :1280], x[:, :1280])
    np.testing.assert_allclose(y[:, 1600:], tiny_gain(1.0) * x[:, 1600:], atol=1e-7)


def test_long_input_goes_through_the_model_in_bounded_steps(tiny_model: Model) -> None:
    x = noise(1, 16000 * 25)  # more than two of the longest steps
    np.testing.assert_allclose(
        whole(DereverbStream(tiny_model, 16000, 1), x), tiny_gain(1.0) * x, atol=1e-7
    )


def test_the_model_is_called_with_few_lengths(
    tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: set[int] = set()
    step = Model.step

    def noting(self: Model, waveform: Waveform, *more: Any) -> Any:
        lengths.add(waveform.shape[1] // self.spec.hop_length)
        return step(self, waveform, *more)

    monkeypatch.setattr(Model, "step", noting)
    for samples in range(160, 16_000 * 5, 977):
        whole(DereverbStream(tiny_model, 16000, 1), noise(1, samples))
    assert len(lengths) < 50, lengths


def test_block_given_to_feed_stays_the_callers(tiny_model: Model) -> None:
    x = noise(1, 1600)
    kept = x.copy()
    stream = DereverbStream(tiny_model, 16000, 1)
    first = stream.feed(x)
    result = first.copy()
    np.testing.assert_array_equal(x, kept)
    x[:] = 9.0
    stream.feed(x)
    np.testing.assert_array_equal(first, result)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_block_is_refused_and_changes_nothing(tiny_model: Model, bad: float) -> None:
    x = noise(1, 4000)
    stream = DereverbStream(tiny_model, 16000, 1)
    parts = [stream.feed(x[:, :1000])]
    with pytest.raises(ValueError, match="NaN or inf"):
        stream.feed(np.full((1, 10), bad, np.float32))
    parts += [stream.feed(x[:, 1000:]), stream.flush()]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), tiny_gain(1.0) * x, atol=1e-7)


@pytest.mark.parametrize("shape", [(100,), (1, 100), (3, 100), (100, 2), (2, 1, 100)])
def test_block_of_another_shape_is_refused(tiny_model: Model, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(2, samples\)"):
        DereverbStream(tiny_model, 16000, 2).feed(np.zeros(shape, np.float32))


def test_whole_numbers_are_refused_with_a_remedy(tiny_model: Model) -> None:
    with pytest.raises(TypeError, match="full scale"):
        DereverbStream(tiny_model, 16000, 1).feed(np.zeros((1, 100), np.int16))


@pytest.mark.parametrize("rate", [0, -44100, 7999, 192001, float("nan"), float("inf")])
def test_rate_out_of_range_is_refused(tiny_model: Model, rate: float) -> None:
    with pytest.raises(ValueError, match="between 8000 and 192000 Hz"):
        DereverbStream(tiny_model, rate, 1)


@pytest.mark.parametrize("channels", [0, -1])
def test_no_channels_are_refused(tiny_model: Model, channels: int) -> None:
    with pytest.raises(ValueError, match="channels must be 1 or more"):
        DereverbStream(tiny_model, 48000, channels)


@pytest.mark.parametrize("rate, channels", [("48000", 1), (None, 1), (True, 1), (48000, 1.5)])
def test_numbers_of_the_wrong_kind_are_refused(tiny_model: Model, rate, channels) -> None:
    with pytest.raises(TypeError, match=r"must be a (whole )?number"):
        DereverbStream(tiny_model, rate, channels)


@pytest.mark.parametrize(
    "values", [{"strength": -0.1}, {"strength": 1.1}, {"mix": float("nan")}, {"floor_db": 1}]
)
def test_recipe_names_the_value_out_of_range(values: dict[str, float]) -> None:
    (name,) = values
    with pytest.raises(ValueError, match=f"{name} must lie between"):
        Recipe(**values)


def test_recipe_holds_plain_values() -> None:
    recipe = Recipe(strength=np.float32(0.5), mix=1, floor_db=np.int64(-40))
    assert recipe == Recipe(strength=0.5, mix=1.0, floor_db=-40.0)
    assert all(type(value) is float for value in (recipe.strength, recipe.mix, recipe.floor_db))
