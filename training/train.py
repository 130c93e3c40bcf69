"""Train a network: `python -m training.train --data DIR --out DIR [--config TOML] [--hours H]`.

Reads in the order in which things happen. Everything a later run needs to go on is in one file,
OUT/checkpoint.pt; starting the same command again continues from it. A new run may start from the
weights of another: `--start-from training/checkpoints/live.pt`.
"""

from __future__ import annotations

import argparse
import copy
import csv
import ctypes
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from training.adversarial import Adversary
from training.checkpoint import opened_checkpoint, save_checkpoint
from training.classification import class_loss
from training.config import Config
from training.errors import TrainingError, reason_of, told_plainly
from training.examples import UNBOUNDED, training_examples, validation_examples
from training.losses import level_loss, spectral_loss, transparency_loss
from training.network import Network
from training.optimiser import Optimiser
from training.snapshots import write_snapshots


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder: speech/ rir/ noise/, or pairs, or a bank"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--config", type=Path, help="TOML file (default: training/config.py)")
    parser.add_argument("--hours", type=float, help="time budget of the whole run, resumed or not")
    parser.add_argument("--steps", type=int, help="stop after so many in all, if the hours last")
    parser.add_argument("--start-from", type=Path, help="best.pt or checkpoint.pt of another run")
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    arguments = parser.parse_args()
    for name in ("hours", "steps", "threads"):
        value = getattr(arguments, name)
        if value is not None and not value > 0:
            parser.error(f"--{name} must be more than 0, got {value:g}")
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    with told_plainly():
        config = Config.load(arguments.config) if arguments.config else Config()
        hours = arguments.hours or config.hours
        train(
            config,
            arguments.data,
            arguments.out,
            hours,
            steps=arguments.steps,
            start_from=arguments.start_from,
        )


def keep_freed_memory() -> None:
    """Let glibc reuse large blocks instead of mapping them anew for every tensor.

    A step of the shipped configuration on one core: 1.2-1.4 s without, 0.79 s with.
    """
    if sys.platform == "linux":
        no_trim, no_mmap = -1, -4
        libc = ctypes.CDLL(None)
        libc.mallopt(no_trim, 2**31 - 1)
        libc.mallopt(no_mmap, 0)


def train(
    config: Config,
    data: Path,
    out: Path,
    hours: float,
    *,
    steps: int | None = None,
    start_from: Path | None = None,
    until_hours: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Train for `hours` in all, earlier runs included; return the checkpoint's path.

    Stops early after `steps` or at `until_hours`, earlier runs included as well. Goes on from the
    checkpoint in `out`, or, where there is none yet, from the one in `start_from`, whose hours and
    steps then count. `clock` tells the time [s] that hours are made of.

    Raises:
        TrainingError: the data or the run in `out` cannot be used.
    """
    _make_folder(out)
    path = out / "checkpoint.pt"
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(config.seed)
    network = Network(config.network).to(device)
    average = copy.deepcopy(network).requires_grad_(False)
    optimiser = Optimiser(config, network)
    adversary = Adversary(config, device) if config.adversarial_weight > 0 else None
    step, trained_s, heard_h, best = 0, 0.0, 0.0, math.inf
    began_at = 0, 0.0
    history = [{"from_step": 0, "config": config.to_dict()}]
    source = path if path.exists() else start_from
    if source is not None:
        with opened_checkpoint(source, device) as saved:
            average.load_state_dict(saved["average"])
            network.load_state_dict(saved.get("network", saved["average"]))
            # best.pt has the weights alone, and another kind of optimiser another memory.
            if saved.get("optimiser", {}).keys() == optimiser.state_dict().keys():
                optimiser.load_state_dict(saved["optimiser"])
            if adversary is not None and saved.get("adversary"):
                adversary.load_state_dict(saved["adversary"])
            step, trained_s, heard_h = saved["step"], saved["trained_s"], saved["heard_h"]
            history = saved["history"]
            best_before = saved.get("best", saved["score"])
            config_before = Config.from_dict(history[-1]["config"])
        if config_before == config and source == path:
            best = best_before
        elif config_before != config:  # losses under another configuration cannot be compared
            history.append({"from_step": step, "config": config.to_dict()})
        began_at = saved.get("began_at", began_at) if source == path else (step, trained_s)
        print(f"continuing from step {step}, {trained_s / 3600:.2f} h")
        if source != path and (trained_s >= hours * 3600 or (steps is not None and step >= steps)):
            raise TrainingError(
                f"'{source}' was trained for {trained_s / 3600:.2f} hours and {step} steps, which "
                "count: there is nothing left to train. Give more --hours, or more --steps."
            )

    cache = out.parent / "cache"
    batches = iter(_training_batches(config, data, cache, first=step * config.batch_size))
    validation = _validation_batches(config, data, cache, device)
    log = _Log(out / "log.csv")
    began, saved_at = clock(), time.monotonic()
    earlier_s, running = trained_s, 0.0
    last_step = UNBOUNDED if steps is None else steps
    last_s = 3600 * min(hours, until_hours or hours)
    while trained_s < last_s and step < last_step:
        progress = (trained_s - began_at[1]) / (3600 * hours - began_at[1])
        rate = _learning_rate(config, step - began_at[0], progress)
        reverberant, target = (x.to(device) for x in next(batches))
        loss = batch_loss(network, reverberant, target, config, adversary)
        network.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(network.parameters(), config.gradient_clip)
        if math.isfinite(float(norm)):
            optimiser.step(rate)
        decay = min(config.ema_decay, (1 + step) / (10 + step))
        for mean, parameter in zip(average.parameters(), network.parameters(), strict=True):
            mean.lerp_(parameter.detach(), 1 - decay)
        step += 1
        heard_h += config.batch_size * config.data.clip_s / 3600
        running += (0.02 if step > 1 else 1.0) * (loss.item() - running)
        trained_s = earlier_s + clock() - began

        due = time.monotonic() - saved_at > config.checkpoint_every_s
        if due or trained_s >= last_s or step == last_step:
            score = _validate(average, validation, config)
            log.write(step, trained_s / 3600, heard_h, rate, running, score)
            state: dict[str, Any] = {
                "config": config.to_dict(),
                "history": history,
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimiser": optimiser.state_dict(),
                "adversary": adversary and adversary.state_dict(),
                "began_at": began_at,
                "step": step,
                "trained_s": trained_s,
                "best": min(best, score),
                "heard_h": heard_h,
                "score": score,
            }
            if score < best:  # before the checkpoint, which says that it is there
                best = score
                save_checkpoint({key: state[key] for key in _SHIPPED}, out / "best.pt")
            save_checkpoint(state, path)
            rate_hz = config.network.sample_rate
            write_snapshots(average, validation[0], rate_hz, out / "snapshots", step)
            saved_at = time.monotonic()
    return path


_SHIPPED = ("config", "history", "average", "step", "trained_s", "heard_h", "score")


def batch_loss(
    network: Network,
    reverberant: Tensor,
    target: Tensor,
    config: Config,
    adversary: Adversary | None = None,
) -> Tensor:
    """Loss of one batch, (clips, samples) each: the network at full strength from silence."""
    latency = network.latency_samples
    usable = reverberant.shape[1] // network.hop * network.hop
    reverberant, target = reverberant[:, :usable], target[:, :usable]
    state = network.initial_state(reverberant.shape[0])
    lower = config.precision == "bfloat16"
    with torch.autocast(reverberant.device.type, torch.bfloat16, enabled=lower):
        if config.network.formulation == "classification":
            rate, corner_hz = config.network.sample_rate, config.loss_corner_hz
            return class_loss(network, reverberant, target, rate, corner_hz)
        removed, _ = network(reverberant, state, 1.0, -80.0)
    estimate = reverberant[:, : usable - latency] - removed[:, latency:]
    target, recording = target[:, : usable - latency], reverberant[:, : usable - latency]
    loss = spectral_loss(
        estimate,
        target,
        config.network.sample_rate,
        complex_share=config.complex_share,
        over_attenuation=config.over_attenuation,
        corner_hz=config.loss_corner_hz,
    )
    if config.transparency_weight > 0:
        loss = loss + config.transparency_weight * transparency_loss(estimate, target, recording)
    if config.level_weight > 0:
        rate = config.network.sample_rate
        loss = loss + config.level_weight * level_loss(estimate, target, recording, rate)
    if adversary is not None:
        loss = loss + config.adversarial_weight * adversary.loss(estimate, target)
    return loss


def _training_batches(config: Config, data: Path, cache: Path, first: int) -> DataLoader:
    examples = training_examples(data, config, cache)
    return DataLoader(
        Subset(examples, range(first, UNBOUNDED)),  # type: ignore[arg-type]
        batch_size=config.batch_size,
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
        worker_init_fn=_single_thread,
        drop_last=True,
    )


def _single_thread(_worker: int) -> None:
    torch.set_num_threads(1)


def _validation_batches(
    config: Config, data: Path, cache: Path, device: torch.device
) -> list[tuple[Tensor, Tensor]]:
    examples = validation_examples(data, config, cache)
    loader = DataLoader(examples, batch_size=config.batch_size)
    return [(reverberant.to(device), target.to(device)) for reverberant, target in loader]


@torch.no_grad()
def _validate(network: Network, batches: list[tuple[Tensor, Tensor]], config: Config) -> float:
    losses = [batch_loss(network, *batch, config) for batch in batches]
    return float(torch.stack(losses).mean())


def _learning_rate(config: Config, step: int, progress: float) -> float:
    """Linear warm-up over the first steps, then a cosine over the time budget."""
    warm = min(1.0, (step + 1) / config.warm_up_steps)
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    floor = config.final_learning_rate
    return warm * (floor + (config.learning_rate - floor) * cosine)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(
            f"Cannot make the folder '{out}': {reason_of(error)}. Choose another --out."
        ) from error


class _Log:
    """Learning curve as CSV, one line a checkpoint, printed as well."""

    COLUMNS = ("step", "hours", "heard_h", "learning_rate", "loss", "validation_loss")

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            self._append(self.COLUMNS)

    def write(self, *values: float) -> None:
        row = [f"{value:.6g}" for value in values]
        self._append(row)
        print("  ".join(f"{k} {v}" for k, v in zip(self.COLUMNS, row, strict=True)), flush=True)

    def _append(self, row: Any) -> None:
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)


if __name__ == "__main__":
    main()
