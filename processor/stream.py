"""The stream: any blocks of audio at any rate in, the same number of drier samples out.

    host rate ──┬───────────────────────────────────── dry queue ──────┐
                └ resample ─ whole hops ─ model ─ resample ─ removed queue ┴ dry − mix · removed

Only what the model removes is resampled, so nothing else is touched: above the model's Nyquist,
at strength 0 and at mix 0 the input comes back bit for bit. Latencies are never added up or
converted: the model's is dropped from the front of what it removes, and then two queues give out
equal counts.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from numbers import Real
from typing import Any, Protocol

import numpy as np

from processor.mixing import Mixer
from processor.model_spec import ModelSpec
from processor.recipe import Recipe
from processor.resampler import Resampler, most_samples_held
from processor.waveform import SampleQueue, Waveform, all_finite, checked_float32, joined, silence

LOWEST_SAMPLE_RATE = 8_000
HIGHEST_SAMPLE_RATE = 192_000

# One step of the model takes at most so much audio, summed over the channels, but a hop at least.
# Offline, a hundred hops of 10 ms and more at once are several times faster than one by one.
# Measured with the live model: 200 to 300 are the quickest, 1000 are a fifth slower (they leave the
# cache) and take 120 MB more.
_MOST_SECONDS = 2.5

# Fewer than so many go in as they come, more by its multiples.
_FEW_HOPS = 32

_log = logging.getLogger(__name__)


class StreamModel(Protocol):
    """What a stream asks of a model, see `processor.model.Model`."""

    @property
    def spec(self) -> ModelSpec:
        """What must be known of the network."""

    def initial_state(self, channels: int) -> Any:
        """Return the state before the first sample."""

    def step(
        self,
        waveform: Waveform,
        state: Any,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float],
        link: bool,
    ) -> tuple[Waveform, Any]:
        """Return what is to be removed, and the state after it."""

    def check_focus(self, focus: tuple[float, float, float]) -> None:
        """Raise if the network has no focus and is asked for one."""


class DereverbStream:
    """Takes the room out of a stream of audio, block by block.

    `feed` takes any number of samples and returns as many as are ready; `flush` returns the
    rest, so that in total as many come out as went in, each at its place. How the stream is cut
    into blocks makes no difference. `recipe` may be replaced between blocks: mix and output act on
    what comes out from then on, and turn within 10 ms; the others act on what the model gives out
    from then on, and its overlapping frames make the turn.

    Not for use by several threads at once.
    """

    def __init__(
        self,
        model: StreamModel,
        sample_rate: float,
        channels: int,
        recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
    ) -> None:
        """Prepare a stream.

        Args:
            model: the network; shared, never changed.
            sample_rate: of the audio [Hz], 8000 ... 192000.
            channels: 1 or more.
            recipe: how much is taken out. Its `model` is not read here.

        Raises:
            ValueError: the rate or the number of channels cannot be processed.
            ModelError: the recipe has a focus, and the model has none.
        """
        self.model = model
        self.sample_rate = checked_sample_rate(sample_rate)
        self.channels = _checked_channels(channels)
        spec = model.spec
        at_once = int(_MOST_SECONDS * spec.sample_rate / spec.hop_length) // self.channels
        self._most_hops = max(1, at_once)
        per_hop = spec.hop_length * self.sample_rate / spec.sample_rate
        self._step_samples = max(1, int(self._most_hops * per_hop))
        self.recipe = recipe
        self.reset()

    @property
    def recipe(self) -> Recipe:
        """How much is taken out, from the next block on."""
        return self._recipe

    @recipe.setter
    def recipe(self, recipe: Recipe) -> None:
        self.model.check_focus(recipe.focus)
        self._recipe = recipe

    @property
    def latency_samples(self) -> int:
        """The most samples that are kept back at any time, at the stream's own rate."""
        return latency_samples_at(self.sample_rate, self.model.spec)

    @property
    def step_samples(self) -> int:
        """As many samples as go through the model in one step, 1 or more.

        What is fed in such blocks is processed quickly, and soon enough to cancel in between.
        """
        return self._step_samples

    def feed(self, waveform: Waveform) -> Waveform:
        """Return the processed samples that are ready, in their own memory.

        Shape:
            waveform: (channels, samples), samples >= 0; result: (channels, ready samples).

        Raises:
            ValueError: wrong shape, NaN or inf. The stream is then as it was before.
            TypeError: not an array of floating-point numbers.
            ModelError: the network fails.
        """
        return joined([self._mix(pair) for pair in self._pairs(waveform, last=False)])

    def flush(self) -> Waveform:
        """Return what is still held, (channels, samples), and reset."""
        nothing = silence(self.channels, 0)
        return joined([self._mix(pair) for pair in self._pairs(nothing, last=True)])

    def separate(self, waveform: Waveform, *, last: bool = False) -> tuple[Waveform, Waveform]:
        """Return the aligned pair (dry, removed) instead of mixing it; else like `feed`.

        dry is the untouched input, removed is what mix = 1 takes away from it, whatever the
        recipe's mix and output; both have the same shape. With `last` everything comes out and the
        stream is reset.
        """
        dry, removed = zip(*self._pairs(waveform, last=last), strict=True)
        return joined(dry), joined(removed)

    def reset(self) -> None:
        """Forget everything that was fed; what was held is lost."""
        self._memory = _Memory(self.model, self.sample_rate, self.channels)

    def _pairs(self, waveform: Waveform, last: bool) -> Iterator[tuple[Waveform, Waveform]]:
        """Yield the aligned (dry, removed) that become ready while `waveform` goes in."""
        waveform = self._checked(waveform)
        most, most_hops = self._step_samples, self._most_hops
        for start in range(0, max(1, waveform.shape[1]), most):
            self._memory.take(waveform[:, start : start + most], self.recipe, most_hops)
            yield self._memory.give()
        if last:
            self._memory.finish(self.recipe, most_hops)
            yield self._memory.give()
            self.reset()

    def _mix(self, pair: tuple[Waveform, Waveform]) -> Waveform:
        return self._memory.mixer.mix(*pair, self.recipe)

    def _checked(self, waveform: Waveform) -> Waveform:
        """Return the block as float32, or raise before anything has changed."""
        waveform = np.asarray(waveform)
        if waveform.dtype.kind != "f":
            raise TypeError(
                f"The stream takes floating-point samples, got {waveform.dtype}. "
                "Convert integers to float32 and divide them by their full scale."
            )
        if waveform.ndim != 2 or waveform.shape[0] != self.channels:
            raise ValueError(
                f"This stream takes blocks of shape ({self.channels}, samples), "
                f"got {waveform.shape}."
            )
        return checked_float32(waveform)


class _Memory:
    """Everything that a stream remembers. Resetting is a new one."""

    def __init__(self, model: StreamModel, sample_rate: float, channels: int) -> None:
        spec = model.spec
        self.mixer = Mixer(sample_rate)
        self._model = model
        self._state = model.initial_state(channels)
        self._channels = channels
        self._to_model: Resampler | None = None
        self._to_host: Resampler | None = None
        if sample_rate != spec.sample_rate:
            self._to_model = Resampler(sample_rate, spec.sample_rate, channels)
            self._to_host = Resampler(spec.sample_rate, sample_rate, channels)
        self._dry = SampleQueue(channels)  # host rate
        self._removed = SampleQueue(channels)  # host rate
        self._pending = SampleQueue(channels)  # model's rate, less than a hop between calls
        self._too_early = spec.latency_samples  # removed samples that belong before the first

    def take(self, waveform: Waveform, recipe: Recipe, most_hops: int) -> None:
        """Queue the block, and what the model removes from it as far as it can tell."""
        self._dry.push(waveform)
        if self._to_model is not None:
            waveform = self._to_model.process(waveform)
        self._pending.push(waveform)
        self._run_model(recipe, most_hops)

    def finish(self, recipe: Recipe, most_hops: int) -> None:
        """Follow the last sample with silence until its removed part is queued."""
        if not len(self._dry):
            return  # a model that hears far ahead would work for nothing
        nothing = silence(self._channels, 0)
        if self._to_model is not None:
            self._pending.push(self._to_model.process(nothing, last=True))
            self._run_model(recipe, most_hops)
        spec = self._model.spec
        short_of_a_hop = -(len(self._pending) + spec.latency_samples) % spec.hop_length
        self._pending.push(silence(self._channels, spec.latency_samples + short_of_a_hop))
        self._run_model(recipe, most_hops)
        if self._to_host is not None:
            self._removed.push(self._to_host.process(nothing, last=True))
        # Rounding of the two resamplers: they may end a sample or two before the input does.
        missing = max(0, len(self._dry) - len(self._removed))
        self._removed.push(silence(self._channels, missing))

    def give(self) -> tuple[Waveform, Waveform]:
        """Return as many samples of dry and removed as both queues hold."""
        count = min(len(self._dry), len(self._removed))
        return self._dry.pop(count), self._removed.pop(count)

    def _run_model(self, recipe: Recipe, most_hops: int) -> None:
        hop_length = self._model.spec.hop_length
        while hops := _hops_at_once(len(self._pending) // hop_length, most_hops):
            waveform = self._pending.pop(hops * hop_length)
            removed, state = self._model.step(
                waveform,
                self._state,
                recipe.strength,
                recipe.floor_db,
                recipe.focus,
                recipe.link,
            )
            if not all_finite(removed):
                # Absurdly loud input overflows float32 inside the network. Pass it untouched
                # and begin anew, or every later sample would be lost with it.
                _log.warning("The model overflowed; %d hops pass through untouched.", hops)
                removed = np.zeros_like(waveform)
                state = self._model.initial_state(self._channels)
            self._state = state
            self._queue_removed(removed)

    def _queue_removed(self, removed: Waveform) -> None:
        early = min(self._too_early, removed.shape[1])
        self._too_early -= early
        removed = removed[:, early:]
        if self._to_host is not None:
            removed = self._to_host.process(removed)
        self._removed.push(removed)


def _hops_at_once(hops: int, most: int) -> int:
    """As many as possible, of few lengths: oneDNN keeps what it prepares for each of them."""
    if hops >= most:
        return most
    return hops if hops < _FEW_HOPS else hops - hops % _FEW_HOPS


def latency_samples_at(sample_rate: float, spec: ModelSpec) -> int:
    """Return the most samples that a stream at this rate keeps back at any time."""
    held = spec.latency_samples + spec.hop_length - 1
    if sample_rate == spec.sample_rate:
        return held
    # A bound: the two resamplers and the model seldom all hold their most at once.
    held += most_samples_held(spec.sample_rate, sample_rate)
    at_stream_rate = math.ceil(held * sample_rate / spec.sample_rate)
    return at_stream_rate + most_samples_held(sample_rate, spec.sample_rate)


def checked_sample_rate(sample_rate: object) -> float:
    """Return the rate as a float.

    Raises:
        ValueError: outside 8000 ... 192000 Hz, nan included.
        TypeError: not a number.
    """
    if not isinstance(sample_rate, Real) or isinstance(sample_rate, bool):
        raise TypeError(f"sample_rate must be a number [Hz], got {sample_rate!r}.")
    rate = float(sample_rate)
    if not LOWEST_SAMPLE_RATE <= rate <= HIGHEST_SAMPLE_RATE:
        raise ValueError(
            f"sample_rate must lie between {LOWEST_SAMPLE_RATE} and {HIGHEST_SAMPLE_RATE} Hz, "
            f"got {rate:g}. Resample the audio, or pass the rate it really has."
        )
    return rate


def _checked_channels(channels: int) -> int:
    if isinstance(channels, bool) or not isinstance(channels, (int, np.integer)):
        raise TypeError(f"channels must be a whole number, got {channels!r}.")
    if channels < 1:
        raise ValueError(f"channels must be 1 or more, got {channels}.")
    return int(channels)
