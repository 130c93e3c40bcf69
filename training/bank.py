"""Examples made beforehand: `python -m training.bank --data DIR --out DIR --hours H`.

A bank is a folder of shards (`training.shards`) that appear whole and one by one. A training run
reads those that are there and looks for new ones, and the same command goes on where it stopped.
Example i is the one that training would have made itself.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Subset

from training.acoustics import Samples
from training.config import Config
from training.errors import TrainingError, reason_of, told_plainly
from training.examples import Examples, training_examples, validation_examples
from training.shards import INDEX, as_stored, example_type, index_of, packed, shard_path

HEADER_BYTES = 1024  # of a shard, at most


def main() -> None:
    """Parse the command line and build the bank."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="as for training.train")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bank")
    parser.add_argument("--config", type=Path, help="TOML file (default: training/config.py)")
    parser.add_argument("--hours", type=float, required=True, help="of examples, in all")
    parser.add_argument(
        "--shard-mib", type=float, default=64.0, help="a file's size at most (%(default)g)"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes (%(default)s)")
    arguments = parser.parse_args()
    sizes = (arguments.hours, arguments.shard_mib, arguments.workers)
    if not all(0 < size < math.inf for size in sizes):
        parser.error("--hours, --shard-mib and --workers must be more than 0, and not infinite")
    torch.set_num_threads(1)
    with told_plainly():
        config = Config.load(arguments.config) if arguments.config else Config()
        build(
            config,
            arguments.data,
            arguments.out,
            arguments.hours,
            shard_mib=arguments.shard_mib,
            workers=arguments.workers,
        )


def build(
    config: Config,
    data: Path,
    out: Path,
    hours: float,
    *,
    shard_mib: float = 64.0,
    workers: int = 1,
) -> Path:
    """Fill the folder of a bank up to `hours` of training examples; return it.

    The validation examples come first, `config.validation_pairs` of them.

    Raises:
        TrainingError: the data cannot be used, `out` is another bank or no bank, or it cannot be
            written.
    """
    rate = config.network.sample_rate
    kind = example_type(round(config.data.clip_s * rate))
    try:
        cache = out.parent / "cache"
        valid = validation_examples(data, config, cache)
        train = training_examples(data, config, cache)
        per_shard = max(1, int((shard_mib * 2**20 - HEADER_BYTES) / kind.itemsize))
        per_shard = _begin(out, config, data, per_shard)
        count = math.ceil(hours * 3600 / config.data.clip_s / per_shard) * per_shard
        _write_shards(out, "valid", valid, config.validation_pairs, per_shard, kind, workers)
        _write_shards(out, "train", train, count, per_shard, kind, workers)
    except OSError as error:
        raise TrainingError(
            f"Cannot write '{out}': {reason_of(error)}. What is done is kept: mend that and give "
            "the same command again."
        ) from error
    return out


def _write_shards(
    out: Path,
    split: str,
    examples: Examples,
    count: int,
    per_shard: int,
    kind: np.dtype[Any],
    workers: int,
) -> None:
    for left in out.glob(f"{split}-*.part"):  # of a build that was killed
        left.unlink()
    for first in range(0, count, per_shard):
        path = shard_path(out, split, first // per_shard)
        if path.exists():
            continue
        began = time.monotonic()
        last = min(first + per_shard, count)
        shard = np.empty(last - first, kind)
        for place, (reverberant, target) in enumerate(_read_on(examples, first, last, workers)):
            shard["samples"][place], shard["scale"][place] = packed(reverberant, target)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, shard)
        part.replace(path)
        rate = len(shard) / (time.monotonic() - began)
        print(f"{path.name}: {last} of {count} examples, {rate:.1f} a second", flush=True)


def _read_on(
    examples: Examples, first: int, last: int, workers: int
) -> Iterator[tuple[Samples, Samples]]:
    loader = DataLoader(
        Subset(examples, range(first, last)),
        batch_size=None,
        num_workers=workers if workers > 1 else 0,
        worker_init_fn=_single_thread,
    )
    for reverberant, target in loader:
        yield reverberant.numpy(), target.numpy()


def _single_thread(_worker: int) -> None:
    torch.set_num_threads(1)


def _begin(out: Path, config: Config, data: Path, per_shard: int) -> int:
    """Write the index of a new bank or check the one that is there; return examples per shard."""
    out.mkdir(parents=True, exist_ok=True)
    made_with = as_stored(config.data, config.network.sample_rate)
    said = {"made_with": made_with, "seed": config.seed, "data": data.resolve().as_posix()}
    path = out / INDEX
    if not path.exists():
        if any(out.iterdir()):
            raise TrainingError(f"'{out}' is no bank and not empty. Choose another --out.")
        path.write_text(json.dumps({**said, "examples_per_shard": per_shard}, indent=2))
    index = index_of(out)
    if any(index.get(name) != value for name, value in said.items()):
        raise TrainingError(
            f"'{out}' was begun with another configuration, seed or data. Give the same, or choose "
            "another --out."
        )
    return int(index["examples_per_shard"])


if __name__ == "__main__":
    main()
