"""Measure models, and others beside them: `python -m training.evaluate MODEL... --data DIR`.

Sixty fixed pairs of unseen speakers in unseen rooms, half of them with recorded noise, and twelve
dry clips, which should come back as they are. Prints Markdown tables and the floors that a model
must hold; `--card` writes the figures of the (only) model, with what it was made from, as its model
card, and `--readme` its table into the README. docs/training.md says what each figure means.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processor.model import Model
from training import tables
from training.acoustics import Samples
from training.card import model_card, write_readme
from training.errors import TrainingError, told_plainly
from training.items import Item, evaluation_sources, fingerprint, validation_items
from training.measure import (
    METRICS,
    QUICK,
    Program,
    Row,
    Yardstick,
    measure,
    process,
    tails_by_strength,
    worst_items,
)
from training.peers import PEERS, peer_programs
from training.pictures import draw_comparison


@dataclass(frozen=True)
class Outputs:
    """What is written beside the tables; None: not."""

    json: Path | None = None
    card: Path | None = None
    readme: Path | None = None
    pictures: Path | None = None


def main() -> None:
    """Parse the command line, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, required=True, help="folder: speech/ rir/ noise/")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument(
        "--peers", default="", help=f"'all', or some of: {', '.join(PEERS)}; needs '.[bench]'"
    )
    parser.add_argument(
        "--full", action="store_true", help="SRMR, DNSMOS and word errors too; needs '.[bench]'"
    )
    parser.add_argument("--json", type=Path, help="write all figures, of every item")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the worst ten")
    parser.add_argument("--card", type=Path, help="write a model card (one model only)")
    parser.add_argument("--readme", type=Path, help="rewrite its table of sound (one model only)")
    arguments = parser.parse_args()
    if (arguments.card or arguments.readme) and len(arguments.models) > 1:
        parser.error("--card and --readme take one model")
    for option in ("json", "card"):
        path = getattr(arguments, option)
        if path and not path.parent.is_dir():
            parser.error(f"--{option}: there is no folder '{path.parent}'")
    if arguments.readme and not arguments.readme.is_file():
        parser.error(f"--readme: there is no file '{arguments.readme}'")
    outputs = Outputs(arguments.json, arguments.card, arguments.readme, arguments.pictures)
    with told_plainly():
        evaluate(
            arguments.models,
            arguments.data,
            arguments.cache,
            outputs,
            peers=_peers_named(arguments.peers),
            names=tuple(METRICS) if arguments.full else QUICK,
        )


def evaluate(
    paths: list[Path],
    data: Path,
    cache: Path,
    outputs: Outputs,
    *,
    peers: tuple[str, ...] = (),
    names: tuple[str, ...] = QUICK,
) -> None:
    """Measure models on the fixed pairs of a data folder, print the tables, write the files.

    Raises:
        ModelError: a model cannot be loaded.
        TrainingError: the data cannot be used, a peer's package is missing, or the models work at
            different rates.
    """
    models = dict(zip(model_names(paths), map(Model.load, paths), strict=True))
    sample_rate = _common_rate(list(models.values()))
    others = peer_programs(peers, sample_rate, cache / "peers")
    sources = evaluation_sources(data, sample_rate, cache)
    items = list(validation_items(sources, sample_rate))
    yardstick = Yardstick(sample_rate, names, cache / "figures")

    programs: dict[str, Program] = {"input": lambda recording: recording}
    programs |= {name: _program(model) for name, model in models.items()}
    programs |= others
    rows = {name: measure(program, items, yardstick) for name, program in programs.items()}
    print(tables.report(rows))
    findings: dict[str, Any] = {}
    for name, model in models.items():
        tails = tails_by_strength(model, items, sample_rate)
        findings[name] = {"tail_db_by_strength": tails}
        print(f"\n{tables.checks(name, rows['input'], rows[name], tails)}")
        print(f"\n{tables.worst_table(name, rows['input'], rows[name])}")
    print(f"\nItems {fingerprint(items)}. {tables.notes(yardstick, rows)}")

    if outputs.json:
        everything = {"items": fingerprint(items), "rows": rows, "models": findings}
        _write(outputs.json, everything)
    if outputs.card or outputs.readme:
        ((name, model),) = models.items()
        card = model_card(
            model,
            rows["input"],
            rows[name],
            data,
            peers={other: rows[other] for other in others},
            items=fingerprint(items),
        )
        if outputs.card:
            _write(outputs.card, card)
        if outputs.readme:
            write_readme(outputs.readme, card)
            print(f"Written: {outputs.readme}")
    if outputs.pictures:
        for name in models:
            draw_worst(name, programs[name], rows, items, sample_rate, outputs.pictures)


def draw_worst(
    name: str,
    program: Program,
    rows: dict[str, Row],
    items: list[Item],
    sample_rate: int,
    folder: Path,
) -> None:
    """Draw recording, output and direct sound of the items that gained least, worst first."""
    by_name = {item.name: item for item in items}
    for place, worst in enumerate(worst_items(rows["input"], rows[name]), start=1):
        item = by_name[worst["name"]]
        path = folder / f"{Path(name).stem} {place:02d} {item.name}.png".replace(" ", "_")
        draw_comparison(path, (item.recording, program(item.recording), item.dry), sample_rate)
    print(f"Drawn in '{folder}': recording, {name}, direct sound, from above")


def model_names(paths: list[Path]) -> list[str]:
    """What the tables call the models: short, unless two would be called the same."""
    stems = [path.stem for path in paths]
    is_clear = len({"input", *PEERS, *stems}) == len(stems) + 1 + len(PEERS)
    return stems if is_clear else [str(path) for path in paths]


def _program(model: Model) -> Program:
    def run(recording: Samples) -> Samples:
        return process(model, recording)

    return run


def _common_rate(models: list[Model]) -> int:
    sample_rate = models[0].spec.sample_rate
    if any(model.spec.sample_rate != sample_rate for model in models):
        raise TrainingError("The models work at different sample rates. Measure them one by one.")
    return sample_rate


def _peers_named(text: str) -> tuple[str, ...]:
    if text == "all":
        return tuple(PEERS)
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _write(path: Path, values: Any) -> None:
    path.write_text(json.dumps(_plain(values), indent=2) + "\n", encoding="utf-8")
    print(f"Written: {path}")


def _plain(value: Any) -> Any:
    """The same without numbers that JSON does not have: what is unknown becomes null."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    main()
