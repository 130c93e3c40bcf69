"""The recipe: what is asked of the processor, as one value that every door passes around."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real

FLAT = (1.0, 1.0, 1.0)
"""The focus that removes the same share everywhere."""
OUTPUTS = ("dry", "removed")


@dataclass(frozen=True)
class Recipe:
    """Which model is used, and how much of the room it takes out.

    Attributes:
        model: name of an installed model, path of a model file, or None for the default.
        strength: 0 ... 1, scales the change in decibels: at 0.5 a component that full strength
            lowers by 20 dB is lowered by 10 dB. 0 gives the input back, bit for bit.
        mix: 0 ... 1, the share of the removed part that is taken away. 0 gives the input back.
        floor_db: -120 ... 0 [dB], no component is lowered by more than this.
        focus: 0 ... 1 each, the share of the removed part that is taken away below 300 Hz, between,
            and above 3 kHz; the bands fade into each other over an octave.
        link: whether all channels of a recording are changed by the same amount, so that the level
            differences between them stay. No matter with one channel.
        output: "dry" for the recording without what is removed, "removed" for what is removed;
            the two sum to the recording.
        gain_db: -24 ... 24 [dB], a plain factor on what comes out. 0 changes no bit.

    Raises:
        ValueError: a number lies outside its range, or a name is not one of those above.
        TypeError: a value is not of the kind that is named above.
    """

    model: str | None = None
    strength: float = 1.0
    mix: float = 1.0
    floor_db: float = -60.0
    focus: tuple[float, float, float] = FLAT
    link: bool = True
    output: str = "dry"
    gain_db: float = 0.0

    def __post_init__(self) -> None:
        # Plain str, float and bool, whatever came in (Path, int, numpy scalar, list): a recipe is
        # compared, hashed, and written into file tags.
        if self.model is not None:
            self._set("model", os.fsdecode(self.model))
        for name, low, high in (
            ("strength", 0.0, 1.0),
            ("mix", 0.0, 1.0),
            ("floor_db", -120.0, 0.0),
            ("gain_db", -24.0, 24.0),
        ):
            self._set(name, _number_within(name, getattr(self, name), low, high))
        self._set("focus", _three_shares(self.focus))
        self._set("link", _truth("link", self.link))
        self._set("output", _one_of("output", self.output, OUTPUTS))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def gains(self) -> tuple[float, float]:
        """The factors of dry and of removed in what comes out: (g, -g * mix) or (0, g * mix)."""
        gain = 10.0 ** (self.gain_db / 20.0)
        return (gain, -gain * self.mix) if self.output == "dry" else (0.0, gain * self.mix)

    @property
    def settings(self) -> str:
        """All but the model in one line, as it is written into the tags of outputs."""
        return (
            f"strength={self.strength:g} mix={self.mix:g} floor_db={self.floor_db:g} "
            f"focus={','.join(f'{share:g}' for share in self.focus)} "
            f"link={self.link} output={self.output} gain_db={self.gain_db:g}"
        )


def _number_within(name: str, value: object, low: float, high: float) -> float:
    """Return `value` as a float, or raise an error that names it and its range."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}.")
    number = float(value)
    if not low <= number <= high:  # also refuses nan
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, got {number:g}.")
    return number


def _three_shares(value: object) -> tuple[float, float, float]:
    remedy = "Pass three shares from 0 to 1, for low, mid and high, like (1, 1, 0.5)."
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
        raise TypeError(f"focus must be three numbers, got {value!r}. {remedy}")
    shares = [_number_within("Each number of focus", share, 0.0, 1.0) for share in value]
    if len(shares) != 3:
        raise ValueError(f"focus must be three numbers, got {len(shares)}. {remedy}")
    low, mid, high = shares
    return low, mid, high


def _truth(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    # numpy's own, without importing numpy here: the command line shows its help at once.
    if type(value).__name__ in ("bool", "bool_") and type(value).__module__ == "numpy":
        return bool(value)
    raise TypeError(f"{name} must be True or False, got {value!r}.")


def _one_of(name: str, value: object, names: tuple[str, ...]) -> str:
    choices = " or ".join(map(repr, names))
    if not isinstance(value, str):
        raise TypeError(f"{name} must be {choices}, got {value!r}.")
    if value not in names:
        raise ValueError(f"{name} must be {choices}, got {value!r}.")
    return value
