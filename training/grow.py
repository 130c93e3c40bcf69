"""Enlarge a trained network: `python -m training.grow CHECKPOINT --config TOML --out FILE`.

The larger network does at first exactly what the smaller one did: what it has more is wired so that
nothing of it reaches the output yet. Training goes on from it with `--start-from FILE`. Two things
change at once: with the step from the formulation "filter" to "prediction" the trained part gets to
hear what linear prediction leaves, and `release_s` has no weights.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import torch
from torch import Tensor

from training.checkpoint import opened_checkpoint, refuse_same_file, save_checkpoint
from training.config import Config, NetworkConfig
from training.errors import TrainingError, told_plainly
from training.network import Network

GROWS = ("narrow_hidden", "wide_hidden", "decays_s", "taps", "prediction_ahead")
STEPS = [("filter", "prediction")]  # of formulation
_FREE = (
    "formulation",
    "prediction_taps",
    "prediction_delay",
    "prediction_half_life_s",
    "release_s",
)
_SAME = [
    field.name for field in dataclasses.fields(NetworkConfig) if field.name not in GROWS + _FREE
]
GATES = 4


def main() -> None:
    """Parse the command line and enlarge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="best.pt or checkpoint.pt of a run")
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the larger one")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with told_plainly():
        before, after = grow(arguments.checkpoint, Config.load(arguments.config), arguments.out)
    print(f"{arguments.out}: {before:,} parameters grown to {after:,}")


def grow(checkpoint: Path, config: Config, out: Path) -> tuple[int, int]:
    """Write the averaged weights of a checkpoint as those of a larger network; both their numbers.

    Raises:
        TrainingError: the configuration differs in more than what can grow, or is smaller.
    """
    refuse_same_file(checkpoint, out)
    with opened_checkpoint(checkpoint) as saved:
        small = Config.from_dict(saved["config"]).network
        _check(small, config.network)
        torch.manual_seed(config.seed)
        network = Network(config.network)
        old = saved["average"]
        saved["average"] = {
            name: _grown(name, old[name], fresh, small, config.network)
            for name, fresh in network.state_dict().items()
        }
        network.load_state_dict(saved["average"])
        saved["config"] = config.to_dict()
        saved["history"] = [
            *saved["history"],
            {"from_step": saved["step"], "config": config.to_dict()},
        ]
        for name in ("network", "optimiser", "adversary"):
            saved.pop(name, None)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(saved, out)
    except (OSError, RuntimeError) as error:  # torch says RuntimeError where a file cannot be made
        raise TrainingError(f"Cannot write '{out}': {error}. Choose another --out.") from error
    names = [name for name, _ in network.named_parameters()]
    return sum(old[n].numel() for n in names), sum(saved["average"][n].numel() for n in names)


def _check(small: NetworkConfig, large: NetworkConfig) -> None:
    for name in _SAME:
        if getattr(small, name) != getattr(large, name):
            raise TrainingError(
                f"Cannot grow {name} from {getattr(small, name)!r} to {getattr(large, name)!r}. "
                f"What can grow: {', '.join(GROWS)}."
            )
    if small.formulation not in ("prediction", "filter", "classification"):
        raise TrainingError(f"A network of the formulation '{small.formulation}' cannot grow.")
    step = (small.formulation, large.formulation)
    if step[0] != step[1] and step not in STEPS:
        raise TrainingError(f"A network cannot grow from '{step[0]}' to '{step[1]}'.")
    for name in ("narrow_hidden", "wide_hidden"):
        if getattr(large, name) < getattr(small, name):
            raise TrainingError(f"{name} = {getattr(large, name)} is less than it was. Raise it.")
    if small.prediction_ahead not in (0, large.prediction_ahead):
        raise TrainingError("prediction_ahead can only grow from 0, once.")
    for name in ("decays_s", "taps"):
        if getattr(large, name)[: len(getattr(small, name))] != getattr(small, name):
            raise TrainingError(f"{name} must begin with those that the smaller network has.")


def _grown(
    name: str, old: Tensor, fresh: Tensor, small: NetworkConfig, large: NetworkConfig
) -> Tensor:
    """One weight, with the old values in their place and zeros from new units to old ones."""
    if old.shape == fresh.shape:
        return old.clone()
    layer, kind = name.split(".")[-2:]
    gates = GATES if kind.endswith("_l0") else 1
    parts = fresh.reshape(gates, -1, *fresh.shape[1:]).clone()
    if layer in ("to_filter", "to_high_gain"):  # what was not there before
        parts = torch.zeros_like(parts)
    kept = old.reshape(gates, -1, *old.shape[1:])
    rows = torch.arange(kept.shape[1])
    if layer == "to_filter" and small.formulation == "prediction":  # the recording comes last
        numbers = 2 * small.bins_per_band
        rows[-numbers:] += numbers * (len(large.taps) - len(small.taps))
    if kept.dim() == 2:  # biases
        parts[:, rows] = kept
        return parts.reshape(fresh.shape)
    columns = torch.arange(kept.shape[2])
    if layer == "narrow_out" and kind == "weight_ih_l0":  # its context comes after the hidden units
        columns[small.narrow_hidden :] += large.narrow_hidden - small.narrow_hidden
    if layer in ("to_gain", "to_filter"):  # a frame's hidden units, then those of a later one
        columns[small.narrow_hidden :] += large.narrow_hidden - small.narrow_hidden
    parts[:, rows] = 0.0
    parts[:, rows[:, None], columns] = kept
    return parts.reshape(fresh.shape)


if __name__ == "__main__":
    main()
