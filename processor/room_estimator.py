"""The regression from the features of speech to the figures of its room.

A network of two small layers, fitted by `python -m training.fit_room_figures` and kept as plain
numbers in resources/room.json. For each figure it tells a Gaussian: what to expect, and how far off
that may be. What it was never shown, such as music, it is told to doubt.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from processor.errors import ModelError

ESTIMATOR = Path(__file__).parents[1] / "resources" / "room.json"

_FIGURES = 3

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """What one piece of speech tells of the room: log T60 [s], C50 [dB], DRR [dB].

    Attributes:
        expected: (3,).
        deviation: standard deviation of each, (3,).
        credibility: 0 ... 1, how far it is speech, and like what the regression was fitted on.
    """

    expected: Numbers
    deviation: Numbers
    credibility: float


@dataclass(frozen=True)
class RoomEstimator:
    """The fitted numbers; see `training.fit_room_figures` for how they come about."""

    mean: Numbers
    scale: Numbers
    weights: tuple[Numbers, ...]
    biases: tuple[Numbers, ...]
    offset: Numbers
    unit: Numbers
    familiar: float
    foreign: float

    @classmethod
    def load(cls, path: Path = ESTIMATOR) -> RoomEstimator:
        """Return the estimator that is installed, read once.

        Raises:
            ModelError: its file is missing or damaged.
        """
        return _loaded(path)

    def estimate(self, features: npt.NDArray[np.float32]) -> Estimate:
        """Return what the features, (features,), of one piece tell."""
        standard = (features - self.mean) / self.scale
        hidden = np.clip(standard, -4.0, 4.0)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.tanh(weight @ hidden + bias)
        told = self.weights[-1] @ hidden + self.biases[-1]
        expected, log_deviation, logit = np.split(told, [_FIGURES, 2 * _FIGURES])
        strangeness = float(np.mean(np.square(standard)))
        familiarity = (self.foreign - strangeness) / (self.foreign - self.familiar)
        return Estimate(
            expected * self.unit + self.offset,
            np.exp(np.clip(log_deviation, -4.0, 2.0)) * self.unit,
            float(np.clip(familiarity, 0.0, 1.0) / (1.0 + np.exp(-np.clip(logit[0], -30, 30)))),
        )


def combined(estimates: Sequence[Estimate]) -> Estimate:
    """Return what pieces of one recording tell together; the sure ones count for more.

    The deviation is their mean: what the voice and the room mislead by, they mislead by everywhere.
    """
    expected = np.stack([estimate.expected for estimate in estimates])
    deviation = np.stack([estimate.deviation for estimate in estimates])
    credibility = np.array([estimate.credibility for estimate in estimates]) + 1e-6
    weight = credibility[:, None] / np.square(deviation)
    weight /= weight.sum(axis=0)
    return Estimate(
        np.sum(weight * expected, axis=0),
        np.sum(weight * deviation, axis=0),
        float(np.average(credibility, weights=credibility)),
    )


@lru_cache(maxsize=2)
def _loaded(path: Path) -> RoomEstimator:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return RoomEstimator(
            mean=np.array(table["mean"]),
            scale=np.array(table["scale"]),
            weights=tuple(map(np.array, table["weights"])),
            biases=tuple(map(np.array, table["biases"])),
            offset=np.array(table["offset"]),
            unit=np.array(table["unit"]),
            familiar=float(table["familiar"]),
            foreign=float(table["foreign"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"Cannot use '{path}', by which the room is told: it is missing or damaged. "
            "Install Dryspell again."
        ) from error
