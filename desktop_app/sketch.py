"""What another recipe would look like, told from two pictures, before anything is rendered.

`strength` scales the change of every component in decibels, and floor, focus and mix are known
functions of it. So levels before and after at one recipe tell what they come to at another, nearly:
a pixel is the loudest of many components, and a picture has steps of half a decibel.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from processor import Recipe

from .stft import STEP_DB

# As the network parts its bands: neighbours fade into each other over an octave around these.
FOCUS_EDGES_HZ = (300.0, 3_000.0)
LARGEST = 255  # difference between two levels, in steps
LEAST_KEPT = 1e-6  # what is lowered further than this says nothing any more
MOST_RAISED = 4.0  # nor does a network raise anything further
LEAST_SHARE = 0.2  # of what is removed must be seen to tell the rest
MOST_STRENGTHENED = 5.0

Ratios = npt.NDArray[np.float64]


def can_sketch(old: Recipe, new: Recipe) -> bool:
    """Whether what `old` made of a recording tells what `new` would make of it."""
    alike = replace(old, **{name: getattr(new, name) for name in _UNDERSTOOD}) == new
    enough = old.mix >= LEAST_SHARE and new.strength <= MOST_STRENGTHENED * old.strength
    # Where little was taken, a picture of half decibels does not tell what more would be.
    return (
        alike
        and enough
        and all(
            was >= min(LEAST_SHARE, share) for was, share in zip(old.focus, new.focus, strict=True)
        )
    )


_UNDERSTOOD = ("strength", "mix", "floor_db", "focus", "gain_db", "link")


def shares(focus: tuple[float, float, float], frequencies_hz: Ratios) -> Ratios:
    """The share of the removed part that a focus takes away at each frequency."""
    octaves = [np.log2(np.maximum(frequencies_hz, 1.0) / edge) for edge in FOCUS_EDGES_HZ]
    low, high = (0.5 + 0.5 * np.sin(np.pi * np.clip(each, -0.5, 0.5)) for each in octaves)
    return focus[0] * (1 - low) + focus[1] * (low - high) + focus[2] * high


def sketched(
    ratio: Ratios, old: Recipe, new: Recipe, old_share: Ratios, new_share: Ratios
) -> Ratios:
    """Amplitude after, relative to before, at `new` where it is `ratio` at `old`.

    Args:
        ratio: Of any shape.
        old: What the ratio was measured with.
        new: What is asked for.
        old_share: What the focus of `old` leaves of the removal there, see `shares`.
        new_share: The same of `new`.
    """
    taken = old.mix * old_share
    with np.errstate(divide="ignore", invalid="ignore"):  # where nothing was taken
        kept = 1 - (1 - ratio / _factor(old.gain_db)) / taken
    kept = np.where(taken > 0, np.clip(kept, LEAST_KEPT, MOST_RAISED**old.strength), 1.0)
    kept = np.maximum(kept ** (new.strength / old.strength), _factor(new.floor_db))
    return _factor(new.gain_db) * (1 - new.mix * new_share * (1 - kept))


def level_changes(old: Recipe, new: Recipe, frequencies_hz: Ratios) -> npt.NDArray[np.int16]:
    """How far levels fall from before to after at `new`, by frequency and by how far at `old`.

    Returns:
        Shape (frequencies, 2 * LARGEST + 1), in steps of STEP_DB; column c stands for a fall by
        c - LARGEST steps.
    """
    falls_db = STEP_DB * np.arange(-LARGEST, LARGEST + 1)
    old_share, new_share = (
        shares(recipe.focus, frequencies_hz)[:, np.newaxis] for recipe in (old, new)
    )
    ratio = sketched(10.0 ** (-falls_db / 20.0), old, new, old_share, new_share)
    fallen_db = -20.0 * np.log10(np.maximum(ratio, 1e-9))
    return np.rint(np.clip(fallen_db / STEP_DB, -LARGEST, LARGEST)).astype(np.int16)


def _factor(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))
