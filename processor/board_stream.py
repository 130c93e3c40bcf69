"""What audio runs through in a Board: stages, one for each Dereverb and each native run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import cast

import numpy as np
import pedalboard

from processor.dereverb import Dereverb, SettingsFollower
from processor.waveform import SampleQueue, Waveform, joined, silence

Plugin = Dereverb | pedalboard.Plugin

# A native plugin that has given nothing for so long will never give the rest.
_PATIENCE_S = 20.0


def process_whole(
    plugins: Sequence[Plugin], waveform: Waveform, sample_rate: float, block: int
) -> Waveform:
    """Return a whole recording after all plugins: (channels, samples) in and out, aligned."""
    channels = waveform.shape[0]
    result = waveform.copy()
    for stage in _stages(plugins):
        if isinstance(stage, Dereverb):
            stream = SettingsFollower(stage, sample_rate, channels)
            result = joined([stream.feed(result), stream.flush()])
        else:
            result = _call(stage, result, sample_rate, block, reset=True)
    return result


class BoardStream:
    """A stream of audio through the plugins of a board."""

    def __init__(
        self,
        plugins: Callable[[], tuple[Plugin, ...]],
        sample_rate: float,
        channels: int,
        block: int,
    ) -> None:
        """Prepare a stage for each Dereverb and for each run of native neighbours.

        Args:
            plugins: returns the plugins that the board holds at the time of the call.
            sample_rate: of the audio [Hz].
            channels: 1 or more.
            block: the buffer size of native calls [samples].
        """
        self._current_plugins = plugins
        self._plugins = plugins()
        self._channels = channels
        self._stages: list[SettingsFollower | _NativeStage] = [
            SettingsFollower(stage, sample_rate, channels)
            if isinstance(stage, Dereverb)
            else _NativeStage(stage, sample_rate, channels, block)
            for stage in _stages(self._plugins)
        ]

    def feed(self, waveform: Waveform) -> Waveform:
        """Return the samples that have come through all stages.

        Raises:
            ValueError: the board holds other plugins than when the stream began.
        """
        now = self._current_plugins()
        if len(now) != len(self._plugins) or any(
            plugin is not before for plugin, before in zip(now, self._plugins, strict=True)
        ):
            raise ValueError(
                "The board's plugins changed while a stream was under way. "
                "Call flush() before the change, or reset() after it."
            )
        waveform = waveform.copy()
        for stage in self._stages:
            waveform = stage.feed(waveform)
        return waveform

    def flush(self) -> Waveform:
        """Return the samples that are still in the stages."""
        waveform = silence(self._channels, 0)
        for stage in self._stages:
            waveform = joined([stage.feed(waveform), stage.flush()])
        return waveform


class _NativeStage:
    """A run of native plugins, called in such a way that the cutting into blocks does not show.

    Three manners of Pedalboard are worked around. A block longer than any before makes plugins
    forget their state: so the first is as long as any can be, and is forgotten. A shape like
    (2, 1) or (2, 2) is misread: so short blocks wait until they are unmistakable. Plugins with a
    latency of their own leave gaps between blocks shorter than that: so they get whole ones.
    """

    def __init__(
        self, plugins: pedalboard.Pedalboard, sample_rate: float, channels: int, block: int
    ) -> None:
        self._plugins = plugins
        self._sample_rate = sample_rate
        self._channels = channels
        self._block = max(block, channels + 1)
        self._waiting = SampleQueue(channels)
        self._owed = 0  # samples that went in and have not come out
        plugins.reset()
        came_out = self._run(silence(channels, self._block)).shape[1]
        self._has_latency = came_out < self._block
        plugins.reset()

    def feed(self, waveform: Waveform) -> Waveform:
        self._waiting.push(waveform)
        self._owed += waveform.shape[1]
        ready = len(self._waiting)
        if self._has_latency:
            ready -= ready % self._block
        elif ready <= self._channels:
            ready = 0
        result = self._run(self._waiting.pop(ready))
        self._owed -= result.shape[1]
        return result

    def flush(self) -> Waveform:
        """Follow the last sample with silence until as many have come out as went in."""
        results = [silence(self._channels, 0)]
        patience = 1 + int(_PATIENCE_S * self._sample_rate / self._block)
        while self._owed > 0 and patience > 0:
            held = self._waiting.pop(len(self._waiting))
            padding = silence(self._channels, self._block - held.shape[1])
            result = self._run(joined([held, padding]))[:, : self._owed]
            self._owed -= result.shape[1]
            results.append(result)
            patience -= 1
        results.append(silence(self._channels, self._owed))
        return joined(results)

    def _run(self, waveform: Waveform) -> Waveform:
        return _call(self._plugins, waveform, self._sample_rate, self._block, reset=False)


def _stages(plugins: Sequence[Plugin]) -> Iterator[Dereverb | pedalboard.Pedalboard]:
    """Yield each Dereverb, and each run of native neighbours as one native board."""
    for ours, run in groupby(plugins, lambda plugin: isinstance(plugin, Dereverb)):
        if ours:
            yield from cast("Iterator[Dereverb]", run)
        else:
            yield pedalboard.Pedalboard(cast("list[pedalboard.Plugin]", list(run)))


def _call(
    plugins: pedalboard.Pedalboard,
    waveform: Waveform,
    sample_rate: float,
    block: int,
    *,
    reset: bool,
) -> Waveform:
    """Return what native plugins make of (channels, samples), without guesses at the layout."""
    channels, samples = waveform.shape
    if samples == 0:
        return waveform
    if channels == 1:
        return plugins(waveform[0], sample_rate, block, reset)[np.newaxis, :]
    if samples <= channels:  # would be read as (samples, channels), or refused
        waveform = joined([waveform, silence(channels, channels + 1 - samples)])
    return plugins(np.ascontiguousarray(waveform), sample_rate, block, reset)[:, :samples]
