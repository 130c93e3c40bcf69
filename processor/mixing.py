"""Mixing what is dry with what is removed, and turning to another mixture without a click."""

from __future__ import annotations

import numpy as np

from processor.recipe import Recipe
from processor.waveform import Waveform, joined

RAMP_S = 0.01
"""How long a change of `mix` or `output` takes: short for the hand, long for a click."""


def mixed(dry: Waveform, removed: Waveform, mix: float, output: str = "dry") -> Waveform:
    """Return what is heard of an aligned pair from `DereverbStream.separate`.

    That is dry − mix · removed, or for the output "removed" mix · removed; the two sum to dry.
    Where mix or removed is 0 the first is dry, bit for bit, and the second is 0.
    """
    if output == "dry" and mix == 0.0:
        return dry
    taken = np.float32(mix) * removed
    # Turns -0.0 into 0.0: x - 0.0 is x for every x, -0.0 included; x - -0.0 is not.
    taken += np.float32(0.0)
    return taken if output == "removed" else np.subtract(dry, taken, out=taken)


class Mixer:
    """Mixes a stream of pairs; a new mixture is reached within `RAMP_S`, sample by sample.

    A mixture is a pair of gains, for dry and for removed: (1, −mix) or (0, mix). Between two they
    go in straight lines, counted in samples that came out, whatever the blocks.
    """

    def __init__(self, sample_rate: float) -> None:
        self._length = max(1, int(RAMP_S * sample_rate))
        self._from = self._to = np.zeros(2)
        self._done = -1  # samples of the ramp that are out; before the first sample: none at all

    def mix(self, dry: Waveform, removed: Waveform, recipe: Recipe) -> Waveform:
        """Return the mixture that the recipe asks for, or the way to it."""
        if not dry.shape[1]:
            return dry
        self._aim(_gains(recipe))
        count = min(self._length - self._done, dry.shape[1])
        rest = mixed(dry[:, count:], removed[:, count:], recipe.mix, recipe.output)
        if not count:
            return rest
        way = np.arange(self._done + 1, self._done + count + 1) / self._length
        self._done += count
        of_dry, of_removed = (
            self._from[:, np.newaxis] + np.multiply.outer(self._to - self._from, way)
        ).astype(np.float32)
        ramp = of_dry * dry[:, :count] + of_removed * removed[:, :count]
        return joined([ramp, rest])

    def _aim(self, gains: np.ndarray) -> None:
        if self._done < 0:
            self._from, self._to, self._done = gains, gains, self._length
        elif not np.array_equal(gains, self._to):
            reached = self._done / self._length
            self._from = self._from + (self._to - self._from) * reached
            self._to, self._done = gains, 0


def _gains(recipe: Recipe) -> np.ndarray:
    """Gains of dry and removed."""
    return np.array([1.0, -recipe.mix] if recipe.output == "dry" else [0.0, recipe.mix])
