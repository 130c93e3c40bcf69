"""Pedalboard's manners: how a processor is called, whatever it does to the audio."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from processor.layout import ArrayLayout
from processor.stream import checked_sample_rate
from processor.waveform import Waveform, joined


class Stream(Protocol):
    """A stream of audio under way: any blocks in, as many samples out as went in."""

    def feed(self, waveform: Waveform) -> Waveform:
        """Return what is ready, (channels, samples)."""

    def flush(self) -> Waveform:
        """Return the rest."""


@dataclass(frozen=True)
class _Held:
    """The stream between two calls with reset=False, and what it began with."""

    stream: Stream
    layout: ArrayLayout
    sample_rate: float


class Effect(ABC):
    """A processor that is called as Pedalboard's plugins are.

    One instance may be called from several threads: the calls wait for each other. Two instances
    share no lock.
    """

    # As with Pedalboard's own, a setting that is misspelt is an AttributeError.
    __slots__ = ("__weakref__", "_held", "_lock")

    is_effect = True
    is_instrument = False

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: _Held | None = None

    def process(
        self,
        input_array: npt.NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> npt.NDArray[np.float32]:
        """Return the processed audio, a new float32 array in the layout of the input.

        With `reset` (the default) the array is a whole recording: the result is as long and
        aligned with it to the sample, and nothing is kept. Without, it is the next block of a
        stream: the result holds what is ready, at first less than went in or nothing; `flush`
        returns the rest. The first block settles the stream's rate, channels and layout, so that
        later blocks may be as short as one sample.

        Args:
            input_array: float32 or float64 audio in [-1, 1].
            sample_rate: of the audio [Hz], 8000 ... 192000.
            buffer_size: samples that a native plugin is given at once, 1 or more. A stream keeps
                that of its first block. No other processor depends on it.
            reset: whether to forget earlier blocks and process the array as a whole.

        Shape:
            input_array: (samples,), (channels, samples) or (samples, channels); the smaller side
            is taken as channels.

        Raises:
            TypeError: no array of floating-point numbers, or a number of the wrong kind.
            ValueError: NaN or inf, an ambiguous shape, a rate or buffer size out of range, or a
                block whose rate or layout is not that of the stream.
        """
        rate = checked_sample_rate(sample_rate)
        block = _checked_buffer_size(buffer_size)
        with self._lock:
            if reset:
                self.reset()
                layout = ArrayLayout.of(input_array)
                whole = self._process_whole(layout.waveform(input_array), rate, block)
                return layout.array(whole)
            held = self._held
            if held is None:
                layout = ArrayLayout.of(input_array)
                waveform = layout.waveform(input_array)
                held = _Held(self._open_stream(rate, layout.channels, block), layout, rate)
                self._held = held
            else:
                waveform = held.layout.waveform(input_array)
                if rate != held.sample_rate:
                    raise ValueError(
                        f"This stream began at {held.sample_rate:g} Hz, got a block at {rate:g} "
                        "Hz. Call flush() or reset() before audio of another rate."
                    )
            return held.layout.array(held.stream.feed(waveform))

    def __call__(
        self,
        input_array: npt.NDArray[Any],
        sample_rate: float,
        buffer_size: int = 8192,
        reset: bool = True,
    ) -> npt.NDArray[np.float32]:
        """Return the processed audio; the same as `process`."""
        return self.process(input_array, sample_rate, buffer_size, reset)

    def process_stream(
        self,
        blocks: Iterable[npt.NDArray[Any]],
        sample_rate: float,
        buffer_size: int = 8192,
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Yield a long recording processed, block by block, in constant memory.

        What comes out is as long in total as what went in and aligned with it to the sample: the
        first blocks may give nothing, and the rest follows the last one. Nothing empty is yielded.

        >>> import numpy, processor
        >>> blocks = [numpy.zeros((2, 500), numpy.float32)] * 3
        >>> sum(block.shape[1] for block in processor.Dereverb().process_stream(blocks, 16_000))
        1500

        It is this processor's one stream: blocks fed before are forgotten, and a call of `process`
        or `reset` in between ends it. Take a copy of the processor for each of several streams.

        Args:
            blocks: arrays as `process` takes them, of any lengths and of one layout; such as
                ``(file.read(65_536) for _ in range(0, file.frames, 65_536))`` of a
                ``pedalboard.io.AudioFile``. Each is taken when the result of those before is out.
            sample_rate: of the audio [Hz], 8000 ... 192000.
            buffer_size: samples that a native plugin is given at once, 1 or more.

        Shape:
            each block: (samples,), (channels, samples) or (samples, channels), as the blocks that
            go in. Where the first two are so short that either side may be channels, they are read
            as an ``AudioFile`` gives them.

        Raises:
            TypeError: as `process`, or `blocks` is one array.
            ValueError: as `process`, or another call ended the stream.
        """
        if isinstance(blocks, np.ndarray) or not isinstance(blocks, Iterable):
            raise TypeError(
                f"process_stream takes arrays one after the other, got {type(blocks).__name__}. "
                "Pass a list or a generator of blocks; call process for one whole array."
            )
        rate = checked_sample_rate(sample_rate)
        return self._stream_of(iter(blocks), rate, _checked_buffer_size(buffer_size))

    def _stream_of(
        self, blocks: Iterator[npt.NDArray[Any]], rate: float, buffer_size: int
    ) -> Iterator[npt.NDArray[np.float32]]:
        first = list(islice(blocks, 1))
        if not first:
            return
        if ArrayLayout.is_doubtful(first[0]):
            first += islice(blocks, 1)
        layout = ArrayLayout.of_blocks(first)
        with self._lock:
            self.reset()
            held = _Held(self._open_stream(rate, layout.channels, buffer_size), layout, rate)
            self._held = held
        try:
            for block in chain(first, blocks):
                with self._lock:
                    self._refuse_ended(held)
                    ready = self.process(block, rate, reset=False)
                if ready.size:
                    yield ready
            with self._lock:
                self._refuse_ended(held)
                rest = self.flush()
            if rest.size:
                yield rest
        finally:
            with self._lock:
                if self._held is held:  # Ended early: by an error, or because nobody asks for more
                    self.reset()

    def _refuse_ended(self, held: _Held) -> None:
        if self._held is not held:
            raise ValueError(
                "Another call ended the stream of process_stream. Use a copy of the processor for "
                "each recording: copy.copy(dereverb), or another Board with plugins of its own."
            )

    def flush(self) -> npt.NDArray[np.float32]:
        """Return what the blocks fed with reset=False have left to give, and end the stream.

        In the layout of the stream; an empty array of shape (0,) if there is none. In total as
        many samples have then come out as went in.
        """
        with self._lock:
            held = self._held
            if held is None:
                return np.zeros(0, np.float32)
            rest = held.stream.flush()
            self.reset()
            return held.layout.array(rest)

    def reset(self) -> None:
        """Forget everything that was fed; what was held is lost."""
        with self._lock:
            self._held = None

    def _process_whole(self, waveform: Waveform, sample_rate: float, block: int) -> Waveform:
        """Return a whole recording processed: (channels, samples) in and out, aligned."""
        stream = self._open_stream(sample_rate, waveform.shape[0], block)
        return joined([stream.feed(waveform), stream.flush()])

    @abstractmethod
    def _open_stream(self, sample_rate: float, channels: int, block: int) -> Stream:
        """Return a new stream that remembers nothing."""


def _checked_buffer_size(buffer_size: int) -> int:
    if isinstance(buffer_size, bool) or not isinstance(buffer_size, (int, np.integer)):
        raise TypeError(f"buffer_size must be a whole number of samples, got {buffer_size!r}.")
    if buffer_size < 1:
        raise ValueError(f"buffer_size must be 1 or more samples, got {buffer_size}.")
    return int(buffer_size)
