"""Mixing what is dry with what is removed, and turning to another mixture without a click."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from processor.recipe import Recipe
from processor.waveform import Waveform, joined

TURN_S = 0.01
"""How long a change of `mix`, `output` or `gain_db` takes: short for the hand, long for a click."""

Gains = npt.NDArray[np.float64]


def mixed(dry: Waveform, removed: Waveform, recipe: Recipe) -> Waveform:
    """Return what is heard of an aligned pair from `DereverbStream.separate`.

    That is g · dry − g · mix · removed, or for the output "removed" g · mix · removed; the two sum
    to g · dry, where g is 1 unless the recipe has a gain. Where mix or removed is 0 the first is
    dry, bit for bit at 0 dB, and the second is 0.
    """
    return _mixed(dry, removed, *recipe.gains)


def _mixed(dry: Waveform, removed: Waveform, of_dry: float, of_removed: float) -> Waveform:
    if of_dry and of_dry != 1.0:
        dry = np.float32(of_dry) * dry
    if of_dry and not of_removed:
        return dry
    taken = removed if abs(of_removed) == 1.0 else np.float32(abs(of_removed)) * removed
    # Turns -0.0 into 0.0: x - 0.0 is x for every x, -0.0 included; x - -0.0 is not.
    taken = taken + np.float32(0.0)
    return np.subtract(dry, taken, out=taken) if of_dry else taken


@dataclass
class _Turn:
    """A change under way: how far the gains lay from the new ones, and samples since then."""

    distance: Gains
    age: int = 0


class Mixer:
    """Mixes a stream of pairs; a change is over after `TURN_S`, faded sample by sample.

    A mixture is two gains, of dry and of removed: (1, −mix) or (0, mix), times the gain. Each
    change fades from the old to the new ones along a half cosine, and changes that follow fast add
    up: as if the gains asked for ran through a filter of that length, so they never lag behind or
    overshoot. Time is counted in samples that came out, so blocks make no difference.
    """

    def __init__(self, sample_rate: float) -> None:
        length = max(1, int(TURN_S * sample_rate))
        self._fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(1, length + 1) / length)  # ... to 0
        self._goal: tuple[float, float] | None = None  # nothing has come out yet
        self._turns: list[_Turn] = []

    def mix(self, dry: Waveform, removed: Waveform, recipe: Recipe) -> Waveform:
        """Return the mixture that the recipe asks for, or the way to it."""
        if not dry.shape[1]:
            return dry
        goal = recipe.gains
        if self._goal is not None and goal != self._goal:
            self._turns.append(_Turn(np.subtract(self._goal, goal)))
        self._goal = goal
        if not self._turns:
            return _mixed(dry, removed, *goal)
        count = self._samples_of_turns(dry.shape[1])
        rest = _mixed(dry[:, count:], removed[:, count:], *goal)
        if not count:
            return rest
        of_dry, of_removed = self._way_to(goal, count).astype(np.float32)
        return joined([of_dry * dry[:, :count] + of_removed * removed[:, :count], rest])

    def _samples_of_turns(self, most: int) -> int:
        left = [len(self._fade) - turn.age for turn in self._turns]
        return min(max(left, default=0), most)

    def _way_to(self, goal: tuple[float, float], count: int) -> Gains:
        """Return the gains of the next samples, (2, count), and count them as gone."""
        gains = np.repeat(np.array(goal)[:, np.newaxis], count, axis=1)
        for turn in self._turns:
            fade = self._fade[turn.age : turn.age + count]
            gains[:, : len(fade)] += np.multiply.outer(turn.distance, fade)
            turn.age += count
        self._turns = [turn for turn in self._turns if turn.age < len(self._fade)]
        return gains
