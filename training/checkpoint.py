"""Checkpoints: what a run writes, and resuming and exporting read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from training.errors import TrainingError, reason_of


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint; whoever reads at the same time gets the old one or the new one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


@contextmanager
def opened_checkpoint(
    path: str | Path, device: torch.device | str = "cpu"
) -> Iterator[dict[str, Any]]:
    """Give what `save_checkpoint` wrote, and tell plainly if it does not fit its reader.

    Raises:
        TrainingError: the file is missing or no checkpoint; or the block misses an entry, or loads
            it into a network of another shape.
    """
    try:
        saved = torch.load(path, map_location=device, weights_only=True)
    except OSError as error:
        raise TrainingError(
            f"Cannot read '{path}': {reason_of(error)}. Name a checkpoint of training.train."
        ) from error
    except Exception as error:  # torch raises whatever its zip and pickle readers raise
        raise TrainingError(
            f"'{path}' is not a checkpoint. Name best.pt or checkpoint.pt of a run."
        ) from error
    try:
        yield saved
    except KeyError as error:
        raise TrainingError(
            f"'{path}' has no entry {error}: another version wrote it. Begin a new run."
        ) from error
    except (RuntimeError, TypeError, ValueError) as error:
        # The first line of what torch says names the class only, the second what does not fit.
        reason = " ".join(line.strip() for line in str(error).splitlines()[:2])
        raise TrainingError(
            f"'{path}' does not fit this network: {reason} "
            "Take the configuration that it was made with, or another --out."
        ) from error


def refuse_same_file(checkpoint: str | Path, out: str | Path) -> None:
    """Raise TrainingError if writing `out` would destroy the checkpoint it is made from."""
    if Path(checkpoint).resolve() == Path(out).resolve():
        raise TrainingError(f"'{out}' is the checkpoint itself. Choose another --out.")
