"""Dereverb: takes the room out of a voice, called as Pedalboard's plugins are."""

from __future__ import annotations

import os
from typing import Any

from processor.effect import Effect
from processor.model import Model
from processor.recipe import Recipe
from processor.stream import DereverbStream, latency_samples_at
from processor.waveform import Waveform


class Dereverb(Effect):
    """Takes the room out of recorded speech.

    >>> import numpy, processor
    >>> dry = processor.Dereverb(strength=0.8)(numpy.zeros((2, 44100), numpy.float32), 44100)
    >>> dry.shape
    (2, 44100)

    A Dereverb cannot sit in a native `pedalboard.Pedalboard`; `processor.Board` holds both.
    Its copies, and what arrives in another process, share the settings but not the audio of a
    stream under way. Settings may be changed at any time and act on the next block.
    """

    def __init__(
        self,
        model: Model | str | os.PathLike[str] | None = None,
        *,
        strength: float = 1.0,
        mix: float = 1.0,
        floor_db: float = -60.0,
    ) -> None:
        """Load the model (the first one takes seconds: torch comes with it).

        Args:
            model: a loaded model, the name of an installed one, the path of a model file, or None
                for the default.
            strength: 0 ... 1, scales the change in decibels. 0 returns the input, bit for bit.
            mix: 0 ... 1, the share of the removed part that is taken away. 0 returns the input.
            floor_db: -120 ... 0, nothing is lowered by more than this [dB].

        Raises:
            ModelError: the model cannot be loaded.
            ValueError: a number lies outside its range.
        """
        super().__init__()
        self._strength = self._mix = self._floor_db = 0.0
        self.strength, self.mix, self.floor_db = strength, mix, floor_db
        self._model = model if isinstance(model, Model) else Model.load(model)

    @property
    def model(self) -> Model:
        """The loaded model."""
        return self._model

    @property
    def strength(self) -> float:
        """0 ... 1: scales the change in decibels."""
        return self._strength

    @strength.setter
    def strength(self, value: float) -> None:
        self._strength = Recipe(strength=value).strength

    @property
    def mix(self) -> float:
        """0 ... 1: the share of the removed part that is taken away."""
        return self._mix

    @mix.setter
    def mix(self, value: float) -> None:
        self._mix = Recipe(mix=value).mix

    @property
    def floor_db(self) -> float:
        """-120 ... 0 [dB]: nothing is lowered by more than this."""
        return self._floor_db

    @floor_db.setter
    def floor_db(self, value: float) -> None:
        self._floor_db = Recipe(floor_db=value).floor_db

    @property
    def recipe(self) -> Recipe:
        """The settings of this moment as one value."""
        return Recipe(self._model.source, self._strength, self._mix, self._floor_db)

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
        return {
            "model": self._model,
            "strength": self._strength,
            "mix": self._mix,
            "floor_db": self._floor_db,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        Dereverb.__init__(self, **state)

    def __repr__(self) -> str:
        return (
            f"<processor.Dereverb strength={self._strength:g} mix={self._mix:g} "
            f"floor_db={self._floor_db:g} at {id(self):#x}>"
        )


class SettingsFollower:
    """A stream with the settings that a Dereverb has at each block."""

    def __init__(self, dereverb: Dereverb, sample_rate: float, channels: int) -> None:
        self._dereverb = dereverb
        self._stream = DereverbStream(dereverb.model, sample_rate, channels, dereverb.recipe)

    def feed(self, waveform: Waveform) -> Waveform:
        """Return what is ready, (channels, samples)."""
        self._stream.recipe = self._dereverb.recipe
        return self._stream.feed(waveform)

    def flush(self) -> Waveform:
        """Return the rest."""
        self._stream.recipe = self._dereverb.recipe
        return self._stream.flush()
