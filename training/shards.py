"""Examples in files: numpy arrays of 16-bit integers with a scale for every signal.

A scale of their own lets quiet signals lose nothing and loud ones not clip.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from training.acoustics import Samples
from training.config import DataConfig
from training.errors import TrainingError, reason_of

INDEX = "bank.json"
FULL_SCALE = 32_767
_SHARD = re.compile(r"(train|valid)-(\d+)\.npy")


def shard_path(folder: Path, split: str, number: int) -> Path:
    """Where shard `number` of a split lies."""
    return folder / f"{split}-{number:05d}.npy"


def example_type(samples: int) -> np.dtype[Any]:
    """One record of a shard: recording and target as integers, and what to multiply them with."""
    return np.dtype([("scale", "<f4", 2), ("samples", "<i2", (2, samples))])


def packed(reverberant: Samples, target: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Return a pair as int16, (2, samples), and the scale of each signal, (2,) float32."""
    both = np.stack([reverberant, target])
    scale = np.maximum(np.abs(both).max(axis=1), 1e-9).astype(np.float32) / FULL_SCALE
    return np.rint(both / scale[:, None]).astype(np.int16), scale


def as_stored(config: DataConfig, sample_rate: int) -> dict[str, Any]:
    """What examples depend on beside the data and the seed, as the index of a bank has it."""
    table = {"sample_rate": sample_rate, **dataclasses.asdict(config)}
    return json.loads(json.dumps(table))  # tuples become lists, as in the file


def index_of(folder: Path) -> dict[str, Any]:
    """Return how a bank was made.

    Raises:
        TrainingError: the folder is no bank.
    """
    path = folder / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        if {"made_with", "examples_per_shard"} <= index.keys():
            return index
    except OSError as error:
        raise TrainingError(f"Cannot read '{path}': {reason_of(error)}.") from error
    except (ValueError, AttributeError):
        pass
    raise TrainingError(f"'{path}' is not the index of a bank. Make the bank again.")


class Bank(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Stored examples, `self[index]` -> (reverberant, target), each (samples,) float32.

    Beyond the shards that are there, those are heard again in a new order. With all shards in
    place an example is a function of the index alone.

    Args:
        folder: of the bank.
        split: "train" or "valid".
        config: of the run, which must be what the bank was made with.
        sample_rate: of the run [Hz].
        size: how many examples there are, heard again or not.

    Raises:
        TrainingError: no bank, no shard of the split yet, a damaged one, or made with another
            configuration.
    """

    def __init__(
        self, folder: Path, split: str, config: DataConfig, sample_rate: int, size: int
    ) -> None:
        index = index_of(folder)
        wanted = as_stored(config, sample_rate)
        for name in (name for name in wanted if wanted[name] != index["made_with"].get(name)):
            raise TrainingError(
                f"'{folder}' was made with {name} = {index['made_with'].get(name)!r}, the "
                f"configuration says {wanted[name]!r}. Give the configuration that the bank was "
                "made with, or make another bank."
            )
        self.folder = folder
        self.split = split
        self.size = size
        self._kind = example_type(round(config.clip_s * sample_rate))
        self._shards: dict[Path, np.ndarray] = {}
        self._ends = np.zeros(0, int)
        self._order: tuple[tuple[int, int], np.ndarray] = ((-1, -1), np.zeros(0, int))
        self._look()
        if not self._shards:
            raise TrainingError(
                f"'{folder}' holds no shard '{split}-00000.npy' yet. Wait until training.bank has "
                "made one."
            )

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        reverberant, target = self.example(index)
        return torch.from_numpy(reverberant), torch.from_numpy(target)

    def example(self, index: int) -> tuple[Samples, Samples]:
        """Reverberant recording and target of `index`, to half a 16-bit step."""
        if index >= self._ends[-1]:
            self._look()
        if index >= self._ends[-1]:
            index = self._again(index)
        shard = int(np.searchsorted(self._ends, index, side="right"))
        place = index - self._ends[shard]  # from the end of the shard, as numpy counts back
        stored = list(self._shards.values())[shard][place]
        both = stored["samples"] * stored["scale"][:, None]
        return both[0], both[1]

    def _look(self) -> None:
        """Open the shards that were not there before; they come after those that were."""
        for path in sorted(self.folder.iterdir()):
            found = _SHARD.fullmatch(path.name)
            if found and found[1] == self.split and path not in self._shards:
                self._shards[path] = self._opened(path)
        self._ends = np.cumsum([len(shard) for shard in self._shards.values()])

    def _opened(self, path: Path) -> np.ndarray:
        try:
            shard = np.load(path, mmap_mode="r")
            if shard.ndim == 1 and len(shard) and shard.dtype == self._kind:
                return shard
        except (OSError, ValueError, EOFError):  # numpy raises each of them
            pass
        raise TrainingError(
            f"'{path}' is damaged. Delete it, and give the command that made the bank again."
        )

    def _again(self, index: int) -> int:
        """Where in the stored examples the one of an `index` beyond them lies."""
        stored = int(self._ends[-1])
        epoch, place = divmod(index, stored)
        if self._order[0] != (epoch, stored):
            order = np.random.default_rng((epoch, stored)).permutation(stored)
            self._order = (epoch, stored), order
        return int(self._order[1][place])
