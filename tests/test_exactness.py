"""What holds of every stream, to the bit or within a bound that is derived here.

Hypothesis draws the rate, the channels, the recipe and where the audio is cut. `test_stream` has
the cases that one can name; here is what lies between them.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_gain
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from signals import Waveform, impulse, noise, sine, speech_like

from processor import Dereverb, DereverbStream, Model, Recipe
from processor.resampler import Resampler

ROOT = Path(__file__).resolve().parent.parent
RATES = [8000, 11025, 16000, 22050, 44100, 48000, 88200, 96000, 192000]
ULP = float(np.finfo(np.float32).eps)  # of values from 1 to 2; half of it is the most of a rounding

MODEL_ERROR = 1e-6
"""How far the network may differ when its hops are grouped differently, at signals within ±1: its
matrix products sum in another order. Measured: 2e-7."""

rates = st.sampled_from(RATES)
channel_counts = st.sampled_from([1, 2, 6])
shares = st.floats(0.0, 1.0, width=32)
cuts = st.lists(st.integers(0, 3000) | st.sampled_from([1, 159, 160, 161, 479, 480, 481]))


def drawn(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let hypothesis call a test so many times, the same in every run: a failure stays one."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],  # shrinking would take minutes
        suppress_health_check=[HealthCheck.too_slow],
    )


def whole(stream: DereverbStream, waveform: Waveform) -> Waveform:
    return np.concatenate([stream.feed(waveform), stream.flush()], axis=1)


def cut(stream: DereverbStream, waveform: Waveform, sizes: list[int]) -> Waveform:
    """Return the output of blocks of these sizes, of the rest in one block, and of the flush."""
    places = np.minimum(np.cumsum(sizes, dtype=int), waveform.shape[1])
    blocks = np.split(waveform, places, axis=1)
    return np.concatenate([*map(stream.feed, blocks), stream.flush()], axis=1)


def samples_of_any_bits(channels: int, samples: int, seed: int) -> Waveform:
    """Return every kind of finite float32: both zeros, denormals, 1e-30 beside 1e30."""
    bits = np.random.default_rng(seed).integers(0, 2**32, (channels, samples), np.uint32)
    values = bits.view(np.float32)
    values[~np.isfinite(values)] = -0.0
    return values


@functools.cache
def most_gain(from_rate: int, to_rate: int) -> float:
    """Return how much a resampler may enlarge an error: no output sample grows by more.

    An error of e at every input sample, with the worst signs, makes e · sum |h| of one output
    sample, h being the weights that it is made of. Column i of the identity gives everything
    that input sample i does; what outputs in the middle are made of lies inside entirely.
    """
    inputs = 1200
    to_identity = Resampler(from_rate, to_rate, inputs)
    response = to_identity.process(np.eye(inputs, dtype=np.float32), last=True)
    sums = np.abs(response).sum(axis=0)
    return float(sums[len(sums) // 3 : 2 * len(sums) // 3].max())


# Any chunking is one call


@drawn(20)
@given(rate=rates, channels=channel_counts, sizes=cuts, mix=shares, strength=shares)
def test_shipped_model_gives_the_same_however_audio_is_cut(
    bundled_model: Model,
    rate: int,
    channels: int,
    sizes: list[int],
    mix: float,
    strength: float,
) -> None:
    x = speech_like(channels, rate // 10 + 11, rate)
    stream = DereverbStream(bundled_model, rate, channels, Recipe(strength=strength, mix=mix))
    # soxr repeats itself to the bit, so the network hears the same, and what it removes differs by
    # MODEL_ERROR at most. On its way to the host's rate that grows by `most_gain` at most, and the
    # way's own sums, of values below 1, round in the same order whatever the blocks. Then dry −
    # mix · removed is rounded twice.
    model_rate = bundled_model.spec.sample_rate
    gain = 1.0 if rate == model_rate else most_gain(model_rate, rate)
    bound = mix * MODEL_ERROR * gain + ULP
    np.testing.assert_allclose(cut(stream, x, sizes), whole(stream, x), rtol=0, atol=bound)


@pytest.mark.parametrize("rate", RATES)
def test_an_error_hardly_grows_on_its_way_to_another_rate(rate: int) -> None:
    # The sum of |h| of a windowed sinc grows with the logarithm of its length: 2 to 4 for soxr's.
    assert 1.0 <= most_gain(48000, rate) < 4.0


# Where and how much


@drawn(40)
@given(rate=rates, channels=channel_counts, place=st.floats(0.2, 0.8), sizes=cuts)
def test_what_is_removed_lies_where_it_was_to_the_sample(
    tiny_model: Model, rate: int, channels: int, place: float, sizes: list[int]
) -> None:
    samples = rate // 10
    at = int(place * samples)
    x = impulse(channels, samples, at)
    stream = DereverbStream(tiny_model, rate, channels)
    removed = x - cut(stream, x, sizes)
    assert removed.argmax(axis=1).tolist() == [at] * channels
    # And no fraction beside it: a linear phase is symmetric about its peak, and a hundredth of a
    # sample would tilt it by 0.45 · pi / 2 / 100, 7e-3.
    reach = 20
    around = removed[:, at - reach : at + reach + 1]
    np.testing.assert_allclose(around, around[:, ::-1], atol=2e-4)


@drawn(25)
@given(rate=rates, channels=channel_counts, mix=shares, strength=shares, seed=st.integers(0, 99))
def test_output_and_mix_times_removed_sum_to_the_input(
    bundled_model: Model, rate: int, channels: int, mix: float, strength: float, seed: int
) -> None:
    x = noise(channels, rate // 20, seed=seed, level=0.3)
    stream = DereverbStream(bundled_model, rate, channels, Recipe(strength=strength, mix=mix))
    y = whole(stream, x)
    dry, removed = stream.separate(x, last=True)
    taken = np.float64(np.float32(mix)) * removed  # exact: 24 + 24 bits fit into 53
    # The product and the difference are each rounded once, by half an ulp of themselves.
    bound = ULP / 2 * (np.abs(taken) + np.abs(y)) * (1 + ULP) + 1e-45
    assert dry.tobytes() == x.tobytes()
    assert (np.abs(x - (y + taken)) <= bound).all()


@drawn(30)
@given(
    rate=rates,
    channels=channel_counts,
    sizes=cuts,
    recipe=st.sampled_from([Recipe(strength=0.0), Recipe(mix=0.0)]),
    seed=st.integers(0, 999),
)
def test_samples_of_any_bits_come_back_where_nothing_is_removed(
    bundled_model: Model, rate: int, channels: int, sizes: list[int], recipe: Recipe, seed: int
) -> None:
    x = samples_of_any_bits(channels, rate // 20, seed)
    stream = DereverbStream(bundled_model, rate, channels, recipe)
    assert cut(stream, x, sizes).tobytes() == x.tobytes()


# Repeatable


def digest_of_a_stream() -> str:
    """Return the checksum of what the shipped model makes of a voice at 44.1 kHz in blocks."""
    stream = DereverbStream(Model.load(), 44100, 2)
    x = speech_like(2, 22050, 44100)
    return hashlib.sha256(cut(stream, x, [441] * 40).tobytes()).hexdigest()


def test_output_is_the_same_in_every_run_and_process() -> None:
    code = "import test_exactness; print(test_exactness.digest_of_a_stream())"
    other = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = ['tests', '.']; {code}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    here = digest_of_a_stream()
    assert digest_of_a_stream() == here
    assert other.stdout.strip() == here


@drawn(15)
@given(
    before=st.tuples(rates, channel_counts, st.integers(0, 4000)),
    after=st.tuples(rates, channel_counts, st.integers(1, 4000)),
    end=st.sampled_from([Dereverb.reset, Dereverb.flush]),
)
def test_nothing_of_a_stream_is_heard_after_its_end(
    bundled_model: Model,
    before: tuple[int, int, int],
    after: tuple[int, int, int],
    end: Callable[[Dereverb], object],
) -> None:
    used, fresh = Dereverb(bundled_model), Dereverb(bundled_model)
    rate, channels, samples = before
    used(noise(channels, 8000 + samples, level=1.0), rate, reset=False)
    end(used)
    rate, channels, samples = after
    x = noise(channels, 100 + samples, seed=1)
    parts = [
        [dereverb(x, rate, reset=False), dereverb.flush()] for dereverb in (used, fresh)
    ]  # both in the same blocks: to the bit
    for one, other in zip(*parts, strict=True):
        np.testing.assert_array_equal(one, other)


# Awkward signals


@drawn(20)
@given(rate=rates, channels=channel_counts, sizes=cuts)
def test_silence_is_answered_by_silence(
    bundled_model: Model, rate: int, channels: int, sizes: list[int]
) -> None:
    x = np.zeros((channels, rate // 20), np.float32)
    assert not cut(DereverbStream(bundled_model, rate, channels), x, sizes).any()


AWKWARD: dict[str, Callable[[int, int], Waveform]] = {
    "dc": lambda channels, samples: np.ones((channels, samples), np.float32),
    "square": lambda channels, samples: np.sign(sine(channels, samples, 8000, 170.3)),
    "alternating": lambda channels, samples: np.tile(
        np.where(np.arange(samples) % 2, np.float32(-1), np.float32(1)), (channels, 1)
    ),
    "denormal": lambda channels, samples: np.full((channels, samples), 1e-42, np.float32),
    "impulse": lambda channels, samples: 2 * impulse(channels, samples, samples // 2),
    "any bits": lambda channels, samples: samples_of_any_bits(channels, samples, samples),
}


@drawn(40)
@given(rate=rates, channels=channel_counts, sizes=cuts, kind=st.sampled_from(sorted(AWKWARD)))
def test_output_is_finite_and_no_louder_than_the_network_may_make_it(
    bundled_model: Model, rate: int, channels: int, sizes: list[int], kind: str
) -> None:
    x = AWKWARD[kind](channels, rate // 20)
    y = cut(DereverbStream(bundled_model, rate, channels), x, sizes)
    assert np.isfinite(y).all()
    # No bin grows by more than 4, the network's ceiling, so what is removed is at most 5 times the
    # input; the frames' windows are a tight frame, which keeps energy, and soxr's passband is flat.
    energy, energy_in = (np.square(each, dtype=np.float64).sum() for each in (y, x))
    assert kind == "any bits" or energy <= (1 + 5) ** 2 * energy_in * 1.01


@drawn(30)
@given(
    rate=rates,
    channels=channel_counts,
    place=st.integers(0, 599),
    bad=st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_a_sample_that_is_no_number_is_refused_wherever_it_is(
    tiny_model: Model, rate: int, channels: int, place: int, bad: float
) -> None:
    x = noise(channels, 600)
    stream = DereverbStream(tiny_model, rate, channels)
    expected = whole(stream, x)
    spoilt = x.copy()
    spoilt[place % channels, place] = bad
    with pytest.raises(ValueError, match="NaN or inf"):
        stream.feed(spoilt)
    np.testing.assert_array_equal(whole(stream, x), expected)  # it took nothing of it


# Long streams


@pytest.mark.parametrize("rate", [11025, 44100])
def test_a_long_stream_does_not_drift(tiny_model: Model, rate: int) -> None:
    # In these two and ten minutes a ratio that is off by a millionth would be late by 5 samples.
    second = sine(1, rate, rate, 700.0)  # whole periods: seconds join seamlessly
    stream = DereverbStream(tiny_model, rate, 1, Recipe(strength=0.5))
    block = np.tile(second, 10)
    went_in = came_out = 0
    for _ in range(60 if rate < 20000 else 12):
        y = stream.feed(block)
        went_in += block.shape[1]
        came_out += y.shape[1]
        assert went_in - came_out <= stream.latency_samples
    first = came_out - y.shape[1]
    expected = tiny_gain(0.5) * np.roll(second, -first % rate, axis=1)
    # Late by a hundredth of a sample would leave 0.34 · 2 pi · 700 / rate / 100: 3e-4 at 44.1 kHz.
    np.testing.assert_allclose(y[:, :rate], expected, atol=1e-5)


def test_memory_does_not_grow_with_the_stream(bundled_model: Model) -> None:
    resource = pytest.importorskip("resource")
    stream = DereverbStream(bundled_model, 44100, 2)
    block = speech_like(2, 441, 44100)

    def feed(blocks: int) -> None:
        for _ in range(blocks):
            stream.feed(block)

    feed(300)  # buffers reach their size, torch optimises
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        feed(300)  # and whatever is allocated anew now and then, was while it was watched
        before, _ = tracemalloc.get_traced_memory()
        feed(300)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    feed(300)
    # Were each block kept, it would be 300 · 441 · 2 · 4 bytes = 1 MB. A queue that is copied to
    # its buffer's front may hold a few blocks more or less.
    assert after - before < 20_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    if sys.platform != "darwin":
        grown *= 1024  # kilobytes on Linux
    assert grown < 16e6  # 700 blocks in float32 at both rates: 5 MB for each place that kept them
