"""What the command line says of a run: progress on stderr, results on stdout, as text or JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from processor.errors import DereverbError
from processor.file_job import version
from processor.jobs import FileJob, FileResult, state_of
from processor.model_files import DEFAULT_MODEL
from processor.recipe import Recipe
from processor.remote import Place

# Time left is told from the pace of the last minutes: files differ, and so does a machine's load.
_PACE_SECONDS = 300.0


class Report:
    """Follows a run: shows how far it is, says what came of each file, and sums up.

    Text appears as it comes, JSON as one document at the end, whatever ends the run. On a terminal
    there is a bar for each file in work, and one for the whole, which counts bytes of the sources.
    """

    def __init__(
        self,
        jobs: Sequence[FileJob],
        recipe: Recipe,
        *,
        as_json: bool,
        quiet: bool,
        kept: Sequence[FileResult] = (),
    ) -> None:
        """Prepare.

        Args:
            jobs: what this run is to do.
            recipe: with what.
            as_json: print a document instead of text.
            quiet: print only what failed.
            kept: what earlier runs have done of the same plan.
        """
        self.results: list[FileResult] = []
        self._place = {job: number for number, job in enumerate(jobs)}
        self._kept = len(kept)
        self._recipe = recipe
        self._as_json = as_json
        self._quiet = quiet
        self._weight = {job: _bytes_of(job.source) for job in jobs}
        self._weight_done = 0.0
        self._audio_seconds = 0.0
        self._in_work: dict[FileJob, tuple[TaskID | None, float]] = {}
        self._begun = time.monotonic()
        self._console = Console(stderr=True)
        self._shows_bars = self._console.is_terminal and not quiet
        self._bars = self._make_bars()
        self._whole = self._bars.add_task("Starting", total=sum(self._weight.values()) or 1)

    def __enter__(self) -> Report:
        self._begun = time.monotonic()
        if self._shows_bars:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._shows_bars:
            self._bars.stop()
        if self._as_json and not isinstance(error, DereverbError):
            print_json(self._document())
        elif kind is None and not self._quiet:
            self._sum_up()

    @property
    def failed(self) -> int:
        """How many files failed so far."""
        return sum(not result.ok for result in self.results)

    def progress(self, job: FileJob, fraction: float) -> None:
        """Move the bars: `fraction` of this job is done, and all that was reported before."""
        if not self._shows_bars:
            return
        task, _ = self._in_work.get(job, (None, 0.0))
        if len(self._place) > 1:
            if task is None:
                task = self._bars.add_task(escape(job.source.name), total=1.0)
            self._bars.update(task, completed=fraction)
        self._in_work[job] = task, fraction
        self._move_whole()

    def add(self, result: FileResult) -> None:
        """Say what came of a file."""
        self.results.append(result)
        task, _ = self._in_work.pop(result.job, (None, 0.0))
        if task is not None:
            self._bars.remove_task(task)
        self._weight_done += self._weight[result.job]
        self._audio_seconds += result.seconds_audio
        self._move_whole()
        if not result.ok:
            print(result.error, file=sys.stderr, flush=True)
        elif not self._quiet and not self._as_json:
            print(_line(result), flush=True)

    def in_order(self) -> list[FileResult]:
        """Return the results so far in the order of the plan."""
        return sorted(self.results, key=lambda result: self._place[result.job])

    def _make_bars(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            speed_estimate_period=_PACE_SECONDS,
            # On one terminal the lines stand above the bars; a file gets them as they are.
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )

    def _move_whole(self) -> None:
        weight = sum(self._weight[job] * done for job, (_, done) in self._in_work.items())
        if len(self._place) > 1:
            speed = self._audio_seconds / max(time.monotonic() - self._begun, 1e-3)
            text = f"{len(self.results)} of {len(self._place)} files, {speed:.0f} x real time"
        else:
            text = escape(next(iter(self._place)).source.name)
        self._bars.update(self._whole, completed=self._weight_done + weight, description=text)

    def _sum_up(self) -> None:
        if not self._place:
            print(f"Nothing to do: {'all is done' if self._kept else 'nothing is left'}.")
        elif len(self._place) > 1 or self._kept:
            kept = f" {self._kept} more were done before." if self._kept else ""
            done = len(self.results) - self.failed
            print(f"{done} of {len(self._place)} files done.{kept}")

    def _document(self) -> dict[str, Any]:
        return {
            "dryspell": version(),
            "recipe": {**asdict(self._recipe), "model": self._recipe.model or DEFAULT_MODEL},
            "planned": len(self._place),
            "done": len(self.results) - self.failed,
            "failed": self.failed,
            "kept": self._kept,
            "results": list(map(entry_of, self.in_order())),
        }


def print_json(document: Mapping[str, Any]) -> None:
    """Print one document, in ASCII: any console takes it, and any file name fits in."""
    print(json.dumps(document, indent=2), flush=True)


def _line(result: FileResult) -> str:
    job = result.job
    text = (
        f"{job.source} -> {' + '.join(map(str, job.outputs))}  "
        f"({result.seconds_audio:.1f} s in {result.seconds_wall:.1f} s, {result.speed:.0f} x)"
    )
    if job.target_c50_db is not None and result.strength is not None:
        text += f"  strength {result.strength:g} for a C50 of {job.target_c50_db:g} dB"
    if result.not_carried:
        text += f"  not carried over: {result.not_carried}"
    if result.clipped_samples:
        text += f"  {result.clipped_samples} samples beyond full scale were clipped"
    return text


def entry_of(result: FileResult) -> dict[str, Any]:
    """Return what is told of a result in JSON and in tables."""
    job = result.job
    return {
        "source": str(job.source),
        "destination": str(job.destination),
        "removed_to": None if job.removed_to is None else str(job.removed_to),
        "ok": result.ok,
        "error": result.error,
        "model": result.model or None,
        "strength": result.strength,
        "target_c50_db": job.target_c50_db,
        "seconds_audio": round(result.seconds_audio, 3),
        "seconds_wall": round(result.seconds_wall, 3),
        "speed": round(result.speed, 2),
        "clipped_samples": result.clipped_samples,
        "not_carried": result.not_carried or None,
        "sample_rate": result.sample_rate or None,
        "channels": result.channels or None,
        "frames": result.frames,
    }


def _bytes_of(place: Place) -> int:
    return max(1, (state_of(place) or (1, 0))[0])
