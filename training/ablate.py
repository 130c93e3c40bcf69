"""Change one thing at a time and see what it does: `python -m training.ablate --data DIR`.

A TOML file holds a configuration, and variants of it as tables of what each changes. All are
trained from nothing for the same number of steps with the same seed, so on the same examples unless
that is what they change, and measured on the same validation pairs. Prints a Markdown table of
differences from the first. The same command started again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import itertools
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from processor.model import Model
from training.compare import macs_per_s, program_of
from training.config import Config, tomllib
from training.errors import TrainingError, reason_of, told_plainly
from training.export import export
from training.items import Item, evaluation_sources, validation_items
from training.measure import Yardstick, measure
from training.network import Network
from training.train import keep_freed_memory, train

BASE = "as it is"
CONFIG = Path(__file__).parent / "configs" / "ablations.toml"
METRICS = ("pesq", "estoi", "tail", "dnsmos")
COLUMNS = {  # heading, and decimals
    "pesq_wb": ("PESQ-WB", 3),
    "estoi": ("ESTOI", 3),
    "tail_db": ("tail dB", 1),
    "dnsmos_ovrl": ("DNSMOS", 2),
    "dry_db": ("dry in-out dB", 1),
    "macs_per_s": ("10⁶ MAC/s", 0),
}


def main() -> None:
    """Parse the command line, train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder: speech/ rir/ noise/")
    parser.add_argument("--config", type=Path, default=CONFIG, help="TOML file (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("runs/ablate"))
    parser.add_argument("--steps", type=int, default=400, help="of training, for each variant")
    parser.add_argument("--every", type=int, default=3, help="measure on every N-th item")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    for name in ("steps", "every", "threads"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} must be 1 or more")
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    with told_plainly():
        configs = variants(arguments.config)
        rate = configs[BASE].network.sample_rate
        cache = arguments.out / "cache"
        sources = evaluation_sources(arguments.data, rate, cache)
        items = list(validation_items(sources, rate))[:: arguments.every]
        rows: dict[str, dict[str, float]] = {}
        for name, config in configs.items():
            began = time.monotonic()
            checkpoint = trained(name, config, arguments.data, arguments.out, arguments.steps)
            rows[name] = figures(config, checkpoint, items, cache)
            print(f"{name}: {(time.monotonic() - began) / 60:.1f} minutes", flush=True)
            print(markdown(rows), flush=True)


def variants(path: Path) -> dict[str, Config]:
    """The configuration in a TOML file as it is, and with what each table of `variants` changes.

    Raises:
        TrainingError: it cannot be read, or has no variants, or one is no configuration.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"Cannot read '{path}': {reason_of(error)}.") from error
    except ValueError as error:
        raise TrainingError(f"Cannot use '{path}': {error}.") from error
    changes = table.pop("variants", None)
    if not isinstance(changes, dict) or not all(isinstance(v, dict) for v in changes.values()):
        raise TrainingError(f"'{path}' has no tables [variants.NAME]. Add what is to be changed.")
    configs = {}
    for name, change in {BASE: {}, **changes}.items():
        try:
            configs[name] = Config.from_dict(merged(table, change))
        except (TypeError, ValueError) as error:
            raise TrainingError(f"Cannot use '{path}', variant '{name}': {error}.") from error
    return configs


def merged(table: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A nested table with the values of another in place of its own."""
    result = dict(table)
    for key, value in change.items():
        inner = result.get(key)
        if isinstance(value, dict) and isinstance(inner, dict):
            value = merged(inner, value)
        result[key] = value
    return result


def trained(name: str, config: Config, data: Path, out: Path, steps: int) -> Path:
    """Train a variant for so many steps in all, or what is left of them; its checkpoint.

    The schedule's clock ticks once a step, so the machine's load makes no difference.
    """
    path = out / "-".join(re.findall(r"\w+", name)) / "checkpoint.pt"
    done = torch.load(path, weights_only=True)["step"] if path.exists() else 0
    if done >= steps:
        return path
    ticks = itertools.count()
    hours = steps / 3600
    return train(config, data, path.parent, hours, steps=steps, clock=lambda: float(next(ticks)))


def figures(
    config: Config, checkpoint: Path, items: Sequence[Item], cache: Path
) -> dict[str, float]:
    """How a checkpoint sounds, and what it takes to run, by the names of COLUMNS."""
    exported = checkpoint.with_name("model.pt")
    export(checkpoint, exported)
    yardstick = Yardstick(config.network.sample_rate, METRICS, cache / "figures")
    row: dict[str, Any] = measure(program_of(Model.load(exported)), items, yardstick)
    found = {key: row[key] for key in COLUMNS if key in row}
    found["dry_db"] = row["dry_si_sdr_db"]["mean"]
    rate = config.network.sample_rate
    return found | {"macs_per_s": macs_per_s(Network(config.network), rate) / 1e6}


def markdown(rows: Mapping[str, Mapping[str, float]]) -> str:
    """The table: figures of the first row, and how far the others are from them."""
    lines = [
        f"| | {' | '.join(heading for heading, _ in COLUMNS.values())} |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    base = rows[BASE]
    for name, row in rows.items():
        cells = []
        for key, (_, decimals) in COLUMNS.items():
            if key not in row:
                cells.append("")
            elif name == BASE:
                cells.append(f"{row[key]:.{decimals}f}")
            else:
                cells.append(f"{row[key] - base[key]:+.{decimals}f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
