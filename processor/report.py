"""What the command line prints: a progress bar on stderr, results on stdout, as text or JSON."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from processor.audio_file import probe
from processor.errors import DereverbError
from processor.file_job import FileJob, FileResult, version
from processor.model import Model
from processor.model_files import DEFAULT_MODEL, installed_models
from processor.model_spec import ModelSpec, read_spec
from processor.recipe import Recipe


class Report:
    """Follows a run: shows how far it is, says what came of each file, and sums up.

    Text appears as it comes, JSON as one document at the end, whatever ends the run.
    """

    def __init__(
        self, jobs: Sequence[FileJob], recipe: Recipe, *, as_json: bool, quiet: bool
    ) -> None:
        self._planned = len(jobs)
        self._place = {job: number for number, job in enumerate(jobs)}
        self._recipe = recipe
        self._as_json = as_json
        self._quiet = quiet
        self._results: list[FileResult] = []
        self._begun: dict[FileJob, float] = {}
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", table_column=None),
            BarColumn(),
            TaskProgressColumn(),
            *([MofNCompleteColumn()] if self._planned > 1 else []),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            # On one terminal the lines stand above the bar; a file gets them as they are.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )
        self._shows_bar = console.is_terminal and not quiet
        self._task = self._bar.add_task("Starting", total=max(1, self._planned))

    def __enter__(self) -> Report:
        if self._shows_bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._shows_bar:
            self._bar.stop()
        if self._as_json and not isinstance(error, DereverbError):
            print_json(self._document())
        elif kind is None and not self._quiet:
            self._sum_up()

    @property
    def failed(self) -> int:
        """How many files failed so far."""
        return sum(not result.ok for result in self._results)

    def progress(self, job: FileJob, fraction: float) -> None:
        """Move the bar: `fraction` of this job is done, and all that was reported before."""
        self._begun[job] = fraction
        self._bar.update(
            self._task,
            completed=len(self._results) + sum(self._begun.values()),
            description=escape(job.source.name),
        )

    def add(self, result: FileResult) -> None:
        """Say what came of a file."""
        self._results.append(result)
        self._begun.pop(result.job, None)
        if not result.ok:
            print(result.error, file=sys.stderr, flush=True)
        elif not self._quiet and not self._as_json:
            print(_line(result), flush=True)

    def _sum_up(self) -> None:
        if not self._planned:
            print("Nothing to do: all outputs exist.")
        elif self._planned > 1:
            done = len(self._results) - self.failed
            print(f"{done} of {self._planned} files done.")

    def _document(self) -> dict[str, Any]:
        return {
            "dryspell": version(),
            "recipe": {**asdict(self._recipe), "model": self._recipe.model or DEFAULT_MODEL},
            "planned": self._planned,
            "done": len(self._results) - self.failed,
            "failed": self.failed,
            "results": [
                _entry(result)
                for result in sorted(self._results, key=lambda result: self._place[result.job])
            ],
        }


def tell_facts(paths: Sequence[str], *, as_json: bool) -> bool:
    """Print what is known of some files, or of this program; return False if one cannot be read."""
    facts, all_well = [], True
    for path in paths:
        try:
            facts.append(_facts_of(Path(path)))
        except DereverbError as error:
            print(error, file=sys.stderr)
            facts.append({"path": path, "error": str(error)})
            all_well = False
    if not paths:
        facts.append(_about(whole_card=as_json))
    if as_json:
        print_json({"files": facts} if paths else facts[0])
    else:
        print("\n\n".join(_table(entry) for entry in facts if "error" not in entry), flush=True)
    return all_well


def tell_models(*, as_json: bool) -> None:
    """Print which models are installed, the default one first.

    Raises:
        ModelError: the file of one is damaged.
    """
    facts = [
        {**_facts_of_spec(path, read_spec(path)), "name": name}
        for name, path in installed_models().items()
    ]
    if as_json:
        print_json({"models": facts})
    else:
        print("\n".join(_columns(facts)), flush=True)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one document, in ASCII: any console takes it, and any file name fits in."""
    print(json.dumps(document, indent=2), flush=True)


def _line(result: FileResult) -> str:
    job = result.job
    text = (
        f"{job.source} -> {' + '.join(map(str, job.outputs))}  "
        f"({result.seconds_audio:.1f} s in {result.seconds_wall:.1f} s, {result.speed:.0f} x)"
    )
    if result.clipped_samples:
        text += f"  {result.clipped_samples} samples beyond full scale were clipped"
    return text


def _entry(result: FileResult) -> dict[str, Any]:
    job = result.job
    return {
        "source": str(job.source),
        "destination": str(job.destination),
        "removed_to": None if job.removed_to is None else str(job.removed_to),
        "ok": result.ok,
        "error": result.error,
        "model": result.model or None,
        "seconds_audio": round(result.seconds_audio, 3),
        "seconds_wall": round(result.seconds_wall, 3),
        "speed": round(result.speed, 2),
        "clipped_samples": result.clipped_samples,
    }


def _facts_of(path: Path) -> dict[str, Any]:
    if path.suffix.lower() == ".pt" or str(path) in installed_models():
        return _facts_of_model(Model.load(str(path)))
    audio = probe(path)
    return {**asdict(audio), "path": str(path), "duration_s": round(audio.duration_s, 3)}


def _about(*, whole_card: bool) -> dict[str, Any]:
    model = Model.load()
    about = {
        "dryspell": version(),
        "licence": "GPL-3.0-or-later",
        "python": platform.python_version(),
        "model": _facts_of_model(model),
    }
    path = model.path.with_suffix(".json")
    if path.is_file():
        card = json.loads(path.read_text(encoding="utf-8"))
        about["model_card"] = card if whole_card else _summary(card, path)
    return about


def _summary(card: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What of a model card fits on a screen."""
    before, after = card["validation"]["input"], card["validation"]["output"]
    return {
        "heard_hours": card["training"]["heard_hours"],
        "validation": {
            name: f"{before[name]:g} -> {after[name]:g}"
            for name in ("pesq_wb", "estoi", "si_sdr_db", "tail_db")
        },
        "sources": {
            kind: ", ".join(sorted({row["source"] for row in rows}))
            for kind, rows in card["sources"].items()
        },
        "all": str(path),
    }


def _facts_of_model(model: Model) -> dict[str, Any]:
    return {**_facts_of_spec(model.path, model.spec), "sha256": model.spec.sha256}


def _facts_of_spec(path: Path, spec: ModelSpec) -> dict[str, Any]:
    return {
        "path": str(path),
        "name": spec.name,
        "for": spec.purpose,
        "sample_rate": spec.sample_rate,
        "latency_ms": round(1000 * spec.latency_samples / spec.sample_rate, 2),
        "hop_ms": round(1000 * spec.hop_length / spec.sample_rate, 2),
        "parameters": spec.parameters,
    }


def _columns(models: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [("NAME", "FOR", "LATENCY", "HOP", "RATE", "PARAMETERS")]
    for facts in models:
        rows.append(
            (
                facts["name"],
                facts["for"],
                f"{facts['latency_ms']:g} ms",
                f"{facts['hop_ms']:g} ms",
                f"{facts['sample_rate'] / 1000:g} kHz",
                f"{facts['parameters']:,}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _table(facts: Mapping[str, Any], indent: str = "") -> str:
    width = max(map(len, facts), default=0)
    lines = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", _table(value, indent + "  ")]
        else:
            lines.append(f"{indent}{name:<{width}}  {value}")
    return "\n".join(lines)
