"""Dereverb: takes the room out of a voice, called as Pedalboard's plugins are."""

from __future__ import annotations

import os
import threading
from dataclasses import fields, replace
from typing import Any

from processor.effect import Effect
from processor.model import Model
from processor.recipe import FLAT, Recipe
from processor.stream import DereverbStream, latency_samples_at
from processor.waveform import Waveform


class Dereverb(Effect):
    """Takes the room out of recorded speech.

    >>> import numpy, processor
    >>> dry = processor.Dereverb(strength=0.8)(numpy.zeros((2, 44100), numpy.float32), 44100)
    >>> dry.shape
    (2, 44100)

    A Dereverb cannot sit in a native `pedalboard.Pedalboard`, `Chain` or `Mix`, which call no
    Python and refuse it with a TypeError; `processor.Board` holds both. Its copies, and what
    arrives in another process, share the settings but not the audio of a stream under way.

    Settings may be changed at any time, from any thread, and act on the next block. Within a stream
    mix, output and gain turn within 10 ms, sample by sample, and the others with the overlapping
    frames of the model; nothing clicks.
    """

    __slots__ = ("_model", "_recipe", "_settings_lock")

    def __init__(
        self,
        model: Model | str | os.PathLike[str] | None = None,
        *,
        strength: float = 1.0,
        mix: float = 1.0,
        floor_db: float = -60.0,
        focus: tuple[float, float, float] = FLAT,
        link: bool = True,
        output: str = "dry",
        gain_db: float = 0.0,
    ) -> None:
        """Load the model (the first one takes seconds: torch comes with it).

        Args:
            model: a loaded model, the name of an installed one, the path of a model file, or None
                for the default.
            strength: 0 ... 1, scales the change in decibels. 0 returns the input, bit for bit.
            mix: 0 ... 1, the share of the removed part that is taken away. 0 returns the input.
            floor_db: -120 ... 0, nothing is lowered by more than this [dB].
            focus: 0 ... 1 each, the share of the removed part that is taken away below 300 Hz,
                between, and above 3 kHz.
            link: whether all channels are changed by the same amount, so that what stands left
                stays left. Models of format 1 treat each channel alone.
            output: "dry" returns the input without what is removed, "removed" what is removed; with
                the same settings the two sum to the input.
            gain_db: -24 ... 24, a plain factor on what is returned [dB].

        Raises:
            ModelError: the model cannot be loaded, or has no focus and is asked for one.
            ValueError: a number lies outside its range, or `output` is another word.
            TypeError: a setting is of the wrong kind.
        """
        super().__init__()
        recipe = Recipe(None, strength, mix, floor_db, focus, link, output, gain_db)
        self._model = model if isinstance(model, Model) else Model.load(model)
        self._settings_lock = threading.Lock()  # never held while audio is processed
        self._recipe = replace(recipe, model=self._model.source)
        self._model.check_focus(self._recipe.focus)

    @property
    def model(self) -> Model:
        """The loaded model."""
        return self._model

    @property
    def recipe(self) -> Recipe:
        """The settings of this moment as one value."""
        return self._recipe

    @property
    def strength(self) -> float:
        """0 ... 1: scales the change in decibels."""
        return self._recipe.strength

    @strength.setter
    def strength(self, value: float) -> None:
        self._change(strength=value)

    @property
    def mix(self) -> float:
        """0 ... 1: the share of the removed part that is taken away."""
        return self._recipe.mix

    @mix.setter
    def mix(self, value: float) -> None:
        self._change(mix=value)

    @property
    def floor_db(self) -> float:
        """-120 ... 0 [dB]: nothing is lowered by more than this."""
        return self._recipe.floor_db

    @floor_db.setter
    def floor_db(self, value: float) -> None:
        self._change(floor_db=value)

    @property
    def focus(self) -> tuple[float, float, float]:
        """0 ... 1 each: the share that is taken away below 300 Hz, between, above 3 kHz."""
        return self._recipe.focus

    @focus.setter
    def focus(self, value: tuple[float, float, float]) -> None:
        self._change(focus=value)

    @property
    def link(self) -> bool:
        """Whether all channels are changed by the same amount."""
        return self._recipe.link

    @link.setter
    def link(self, value: bool) -> None:
        self._change(link=value)

    @property
    def output(self) -> str:
        """What is returned: "dry", or "removed", which is what is taken away."""
        return self._recipe.output

    @output.setter
    def output(self, value: str) -> None:
        self._change(output=value)

    @property
    def gain_db(self) -> float:
        """-24 ... 24 [dB]: a plain factor on what is returned."""
        return self._recipe.gain_db

    @gain_db.setter
    def gain_db(self, value: float) -> None:
        self._change(gain_db=value)

    def _change(self, **settings: Any) -> None:
        """Take over new settings, all or none."""
        with self._settings_lock:
            recipe = replace(self._recipe, **settings)
            self._model.check_focus(recipe.focus)
            self._recipe = recipe

    @property
    def latency_samples(self) -> int:
        """The most samples that a stream keeps back, at the rate of the stream under way.

        Without one, at the model's rate. A whole recording (reset=True) is aligned: no latency.
        """
        held = self._held
        spec = self._model.spec
        rate = held.sample_rate if held else float(spec.sample_rate)
        return latency_samples_at(rate, spec)

    def _open_stream(self, sample_rate: float, channels: int, block: int) -> SettingsFollower:
        return SettingsFollower(self, sample_rate, channels)

    def __getstate__(self) -> dict[str, Any]:
        settings = {field.name: getattr(self._recipe, field.name) for field in fields(Recipe)}
        return {**settings, "model": self._model}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Dereverb.__init__(self, **state)

    def __repr__(self) -> str:
        low, mid, high = self.focus
        return (
            f"<processor.Dereverb strength={self.strength:g} mix={self.mix:g} "
            f"floor_db={self.floor_db:g} focus=({low:g}, {mid:g}, {high:g}) link={self.link} "
            f"output={self.output!r} gain_db={self.gain_db:g} at {id(self):#x}>"
        )


class SettingsFollower:
    """A stream with the settings that a Dereverb has at each block."""

    def __init__(self, dereverb: Dereverb, sample_rate: float, channels: int) -> None:
        self._dereverb = dereverb
        self._stream = DereverbStream(dereverb.model, sample_rate, channels, dereverb.recipe)

    def feed(self, waveform: Waveform) -> Waveform:
        """Return what is ready, (channels, samples)."""
        self._take_over()
        return self._stream.feed(waveform)

    def flush(self) -> Waveform:
        """Return the rest."""
        self._take_over()
        return self._stream.flush()

    def _take_over(self) -> None:
        recipe = self._dereverb.recipe
        if recipe is not self._stream.recipe:
            self._stream.recipe = recipe
