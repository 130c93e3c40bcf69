"""The recipe: what is asked of the processor, as one value that every door passes around."""

from __future__ import annotations

import os
from dataclasses import dataclass
from numbers import Real


@dataclass(frozen=True)
class Recipe:
    """Which model is used, and how much of the room it takes out.

    Attributes:
        model: name of an installed model, path of a model file, or None for the default.
        strength: 0 ... 1, scales the change in decibels: at 0.5 a component that full strength
            lowers by 20 dB is lowered by 10 dB. 0 gives the input back, bit for bit.
        mix: 0 ... 1, the share of the removed part that is taken away. 0 gives the input back.
        floor_db: -120 ... 0 [dB], no component is lowered by more than this.

    Raises:
        ValueError: a number lies outside its range.
        TypeError: a value is not of the kind that is named above.
    """

    model: str | None = None
    strength: float = 1.0
    mix: float = 1.0
    floor_db: float = -60.0

    def __post_init__(self) -> None:
        # Plain str and float, whatever came in (Path, int, numpy scalar): a recipe is compared,
        # hashed, and written into presets and file tags.
        if self.model is not None:
            object.__setattr__(self, "model", os.fsdecode(self.model))
        for name, low, high in (
            ("strength", 0.0, 1.0),
            ("mix", 0.0, 1.0),
            ("floor_db", -120.0, 0.0),
        ):
            object.__setattr__(self, name, _number_within(name, getattr(self, name), low, high))


def _number_within(name: str, value: object, low: float, high: float) -> float:
    """Return `value` as a float, or raise an error that names it and its range."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}.")
    number = float(value)
    if not low <= number <= high:  # also refuses nan
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, got {number:g}.")
    return number
