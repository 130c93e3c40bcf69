"""Train the formulations on one budget and measure them: `python -m training.compare --data DIR`.

Each is trained for the same processor time, so that whatever else the machine does makes no
difference, with the same seed on the same examples. "adversarial" is the filter with an adversary
in the second half: both share their first half, down to the checkpoint. Prints a Markdown table.
The same command started again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from processor.model import Model
from training.acoustics import Samples
from training.adversarial import Adversary
from training.checkpoint import opened_checkpoint
from training.config import Config
from training.errors import told_plainly
from training.export import export
from training.ideal import IdealProgram, any_gain, class_gain
from training.items import Item, evaluation_sources, validation_items
from training.measure import Program, Yardstick, measure, process
from training.network import Network
from training.train import batch_loss, keep_freed_memory, train

ADVERSARIAL = "adversarial"
NAMES = ("filter", "autoencoder", "classification", ADVERSARIAL)
ADVERSARIAL_WEIGHT = 0.01
CONFIG = Path(__file__).parent / "configs" / "compare.toml"
METRICS = ("pesq", "estoi", "si_sdr", "tail")
COLUMNS = {  # heading, and decimals, of what `measure` and `run_figures` find
    "pesq_wb": ("PESQ-WB", 2),
    "estoi": ("ESTOI", 3),
    "si_sdr_db": ("SI-SDR dB", 1),
    "tail_db": ("tail dB", 1),
    "dry_db": ("dry in-out dB", 1),
    "parameters": ("parameters", 0),
    "macs_per_s": ("10⁶ MAC/s", 0),
    "cpu_s_per_step": ("CPU s per step", 2),
    "minutes": ("CPU minutes", 1),
    "steps": ("steps", 0),
    "examples": ("examples heard", 0),
}


def main() -> None:
    """Parse the command line, train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder: speech/ rir/ noise/")
    parser.add_argument("--out", type=Path, default=Path("runs/compare"))
    parser.add_argument("--minutes", type=float, default=10.0, help="of processor time for each")
    parser.add_argument("--formulations", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    parser.add_argument("--bank", type=Path, help="train on this bank of examples from DATA")
    parser.add_argument("--config", type=Path, default=CONFIG, help="TOML file (%(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if not arguments.minutes > 0 or arguments.threads < 1:
        parser.error("--minutes and --threads must be more than 0")
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    with told_plainly():
        config = Config.load(arguments.config)
        examples = arguments.bank or arguments.data
        hours = arguments.minutes / 60
        train_all(arguments.formulations, config, examples, arguments.out, hours)
        rows = measured(arguments.formulations, config, arguments.data, arguments.out)
    print(markdown(rows))


def config_of(name: str, config: Config) -> Config:
    """The common configuration, made that of one formulation."""
    formulation = "filter" if name == ADVERSARIAL else name
    return dataclasses.replace(
        config,
        network=dataclasses.replace(config.network, name=name, formulation=formulation),
        adversarial_weight=ADVERSARIAL_WEIGHT if name == ADVERSARIAL else 0.0,
    )


def train_all(
    names: Sequence[str], config: Config, examples: Path, out: Path, hours: float
) -> None:
    """Train each formulation for `hours` in all, earlier runs included, into a folder of its name.

    Raises:
        TrainingError: the examples or a run in `out` cannot be used.
    """
    half = out / "half.pt"
    if {"filter", ADVERSARIAL} & set(names) and not half.exists():
        _advance("filter", config, examples, out, hours, until_hours=hours / 2)
        shutil.copy(out / "filter" / "checkpoint.pt", half)
    for name in names:
        _advance(name, config, examples, out, hours, until_hours=hours)


def _advance(
    name: str, config: Config, examples: Path, out: Path, hours: float, until_hours: float
) -> None:
    """Train one formulation up to some part of its budget, if it is not there yet."""
    path = out / name / "checkpoint.pt"
    if path.exists():
        with opened_checkpoint(path) as saved:
            if saved["trained_s"] >= 3600 * until_hours:
                return
    print(f"{name}, up to {60 * until_hours:g} minutes", flush=True)
    train(
        config_of(name, config),
        examples,
        path.parent,
        hours,
        start_from=out / "half.pt" if name == ADVERSARIAL else None,
        until_hours=until_hours,
        clock=time.process_time,
    )


def measured(
    names: Sequence[str],
    config: Config,
    data: Path,
    out: Path,
    items: Sequence[Item] | None = None,
) -> dict[str, dict[str, float]]:
    """Figures of each formulation on `items` or the usual ones, after what to hold them against.

    That is the recordings as they are, and the ceilings of `training.ideal`.

    Raises:
        TrainingError: the data cannot be used, or there is no run of that name.
        ExportError: a network does not stream as it should.
    """
    rate = config.network.sample_rate
    cache = out / "cache"
    items = items or list(validation_items(evaluation_sources(data, rate, cache), rate))
    yardstick = Yardstick(rate, METRICS, cache / "figures")
    known: dict[str, Program] = {
        "input": lambda recording: recording,
        "ideal gain": IdealProgram(items, any_gain),
        "ideal class": IdealProgram(items, class_gain),
    }
    rows = {name: sound_figures(program, items, yardstick) for name, program in known.items()}
    for name in names:
        print(f"measuring {name}", flush=True)
        checkpoint = out / name / "checkpoint.pt"
        export(checkpoint, out / f"{name}.pt")
        program = program_of(Model.load(out / f"{name}.pt"))
        figures = sound_figures(program, items, yardstick)
        rows[name] = figures | run_figures(config_of(name, config), checkpoint)
    return rows


def program_of(model: Model) -> Program:
    """What a model at full strength makes of a recording."""

    def run(recording: Samples) -> Samples:
        return process(model, recording)

    return run


def sound_figures(
    program: Program, items: Sequence[Item], yardstick: Yardstick
) -> dict[str, float]:
    """How its outputs sound, by the names of COLUMNS."""
    row: dict[str, Any] = measure(program, items, yardstick)
    found = {key: row[key] for key in COLUMNS if key in row}
    return found | {"dry_db": row["dry_si_sdr_db"]["mean"]}


def run_figures(config: Config, checkpoint: Path) -> dict[str, float]:
    """What training it took, and what it takes to run, by the names of COLUMNS."""
    with opened_checkpoint(checkpoint) as saved:
        steps, minutes = saved["step"], saved["trained_s"] / 60
    network = Network(config.network)
    return {
        "parameters": sum(p.numel() for p in network.parameters()),
        "macs_per_s": macs_per_s(network, config.network.sample_rate) / 1e6,
        "cpu_s_per_step": cpu_s_per_step(network, config),
        "minutes": minutes,
        "steps": steps,
        "examples": steps * config.batch_size,
    }


def cpu_s_per_step(network: Network, config: Config, steps: int = 5) -> float:
    """Processor time of a training step, which other load hardly changes; the median of a few."""
    device = torch.device("cpu")
    adversary = Adversary(config, device) if config.adversarial_weight > 0 else None
    optimiser = torch.optim.AdamW(network.parameters(), config.learning_rate)
    samples = round(config.data.clip_s * config.network.sample_rate)
    target = 0.1 * torch.randn(config.batch_size, samples)
    spent = []
    for _ in range(steps):
        began = time.process_time()
        loss = batch_loss(network, 2 * target, target, config, adversary)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


@torch.no_grad()
def macs_per_s(network: Network, sample_rate: int) -> float:
    """Multiplications of the layers' weights in a second of sound; the few outside are left out."""
    blocks = sample_rate // network.hop
    with _Multiplications() as counted:
        network(torch.zeros(1, blocks * network.hop), network.initial_state(1), 1.0, -60.0)
    return counted.macs * sample_rate / (blocks * network.hop)


class _Multiplications(TorchFunctionMode):
    """Counts those of layers' weights while it is entered."""

    macs = 0

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), named: Any = None
    ) -> Any:
        result = function(*arguments, **(named or {}))
        match function.__name__:
            case "linear":  # each weight once for each row
                self.macs += arguments[1].numel() * arguments[0][..., 0].numel()
            case "lstm" | "gru":
                weights = sum(weight.numel() for weight in arguments[2] if weight.dim() > 1)
                self.macs += weights * arguments[0][..., 0].numel()
            case "conv2d":  # each weight once for each place of the output
                self.macs += arguments[1].numel() * result[:, 0].numel()
            case "conv_transpose2d":
                self.macs += arguments[1].numel() * arguments[0][:, 0].numel()
        return result


def markdown(rows: dict[str, dict[str, float]]) -> str:
    """The table: a row for whatever was measured, empty where a figure makes no sense."""
    lines = [
        f"| | {' | '.join(heading for heading, _ in COLUMNS.values())} |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for name, row in rows.items():
        cells = [
            f"{row[key]:,.{decimals}f}" if key in row else ""
            for key, (_, decimals) in COLUMNS.items()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
