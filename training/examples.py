"""What `--data` names, told by what is in it: sources to simulate from, pairs, or a bank."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.utils.data import Dataset

from training.config import Config
from training.dataset import Pairs, Sources
from training.recorded import RecordedPairs
from training.shards import INDEX, Bank

# Validation hears the same pairs whatever the seed of the run.
VALIDATION_SEED = 0
UNBOUNDED = 1 << 40

Examples = Dataset[tuple[torch.Tensor, torch.Tensor]]


def training_examples(data: Path, config: Config, cache: Path) -> Examples:
    """Return unboundedly many examples, each a function of the seed and its index.

    Raises:
        TrainingError: the folder cannot be used.
    """
    return _examples(data, "train", config, cache, config.seed, UNBOUNDED)


def validation_examples(data: Path, config: Config, cache: Path) -> Examples:
    """Return the examples that choose the best checkpoint, `config.validation_pairs` of them.

    Raises:
        TrainingError: the folder cannot be used.
    """
    return _examples(data, "valid", config, cache, VALIDATION_SEED, config.validation_pairs)


def _examples(
    data: Path, split: str, config: Config, cache: Path, seed: int, size: int
) -> Examples:
    rate = config.network.sample_rate
    if (data / INDEX).is_file():
        return Bank(data, split, config.data, rate, size)
    if (data / "manifest.csv").is_file():
        return RecordedPairs(data, split, config.data, rate, seed, size)
    return Pairs(Sources.load(data, split, rate, cache), config.data, rate, seed, size)
