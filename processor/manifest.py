"""Lists of recordings, as people keep who make speech corpora: read as a plan, written as a result.

Rows keep their order and all their columns. Several rows may name one recording, as lists of
segments do: it is worked on once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from processor.errors import DereverbError
from processor.finding import Found
from processor.jobs import FileJob, FileResult
from processor.recipe import Recipe
from processor.remote import Place, place_of
from processor.tables import Row, read_table

FILE_COLUMNS = ("file", "source", "audio_filepath", "path")
"""Which columns name the recording; the first that is there does."""
OUTPUT_COLUMN = "output"
RESULT_COLUMNS = (
    *("source", "output", "removed", "status", "error", "seconds", "sample_rate", "channels"),
    *("frames", "clipped", "model", "strength", "recipe"),
)


class Manifest:
    """The rows of a manifest that was read, by recording."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """Read a manifest; without a path there are no rows, and results stand alone.

        Args:
            path: .csv, .jsonl or .json. A relative name in it is one below its own folder.

        Raises:
            DereverbError: it cannot be read, or a row names no file, or an output elsewhere.
        """
        self._rows: dict[Place, list[Row]] = {}
        self._found: dict[Place, Found] = {}
        if path is not None:
            for number, row in enumerate(read_table(Path(path)), 1):
                self._add(Path(path), number, row)

    @property
    def found(self) -> list[Found]:
        """The recordings, each once, in the order of the rows.

        One without an output of its own keeps its place below the manifest's folder; one from
        elsewhere gives its name only.
        """
        return list(self._found.values())

    def results(
        self,
        planned: Sequence[FileJob],
        results: Iterable[FileResult],
        recipe: Recipe,
        *,
        kept: Iterable[FileResult] = (),
        skipped: Iterable[FileJob] = (),
        beside: Path,
    ) -> list[dict[str, Any]]:
        """Return the rows of the manifest to write, in the order of the plan.

        Their columns are RESULT_COLUMNS, then those that were read; one of the same name is called
        given_NAME. The status is "done", "failed", "kept" (an earlier run did it), "skipped" (what
        existed was left alone), or "left" (the run ended before).

        Args:
            planned: all jobs.
            results: of this run.
            recipe: of this run.
            kept: results of earlier runs.
            skipped: jobs that were passed over because their outputs exist.
            beside: the manifest to write; files in its folder are named as seen from there.
        """
        outcome = {job: ("skipped", FileResult(job)) for job in skipped}
        outcome |= {result.job: ("done" if result.ok else "failed", result) for result in results}
        outcome |= {result.job: ("kept", result) for result in kept}
        written = []
        for job in planned:
            status, result = outcome.get(job, ("left", FileResult(job)))
            ours = _row(job, status, result, recipe, beside)
            for given in self._rows.get(job.source, [{}]):
                clash = {name: f"given_{name}" for name in given if name in ours}
                written.append({**ours, **{clash.get(name, name): given[name] for name in given}})
        return written

    def _add(self, path: Path, number: int, row: Row) -> None:
        name = next((name for name in FILE_COLUMNS if row.get(name)), None)
        if name is None or not isinstance(row[name], str):
            raise DereverbError(
                f"Cannot use '{path}', row {number}: it names no file. It needs a column "
                f"{' or '.join(FILE_COLUMNS)}."
            )
        source = place_of(row[name])
        if isinstance(source, Path):
            source = Path(os.path.normpath(path.parent / source))
        output = _output_of(path, number, row)
        if source in self._found and self._found[source].output != output:
            raise DereverbError(
                f"Cannot use '{path}', row {number}: '{row[name]}' has two outputs. Give it one."
            )
        relative = PurePath(source.name)
        if isinstance(source, Path):
            with suppress(ValueError):  # from elsewhere
                relative = source.relative_to(os.path.normpath(path.parent))
        self._found[source] = Found(source, relative, output=output)
        kept = {key: value for key, value in row.items() if key not in (name, OUTPUT_COLUMN)}
        self._rows.setdefault(source, []).append(kept)


def _output_of(path: Path, number: int, row: Row) -> PurePath | None:
    given = row.get(OUTPUT_COLUMN)
    if given in (None, ""):
        return None
    output = PurePath(os.path.normpath(str(given)))
    if output.is_absolute() or ".." in output.parts:
        raise DereverbError(
            f"Cannot use '{path}', row {number}: the output '{given}' does not lie below the "
            "output folder. Name it as seen from there."
        )
    return output


def _row(
    job: FileJob, status: str, result: FileResult, recipe: Recipe, beside: Path
) -> dict[str, Any]:
    known = bool(result.frames)
    used = recipe if result.strength is None else replace(recipe, strength=result.strength)
    values = (
        _seen_from(beside, job.source),
        _seen_from(beside, job.destination),
        None if job.removed_to is None else _seen_from(beside, job.removed_to),
        status,
        result.error,
        result.seconds_audio if known else None,
        result.sample_rate if known else None,
        result.channels if known else None,
        result.frames if known else None,
        result.clipped_samples if known else None,
        result.model or None,
        result.strength,
        used.settings,
    )
    return dict(zip(RESULT_COLUMNS, values, strict=True))


def _seen_from(manifest: Path, path: Place) -> str:
    """Name a file as seen from the manifest's folder if it lies below it, else in full."""
    if not isinstance(path, Path):
        return str(path)
    whole, folder = os.path.abspath(path), os.path.abspath(manifest.parent)
    inside = os.path.commonpath([whole, folder]) == folder if _same_drive(whole, folder) else False
    return Path(os.path.relpath(whole, folder) if inside else whole).as_posix()


def _same_drive(one: str, other: str) -> bool:
    return os.path.splitdrive(one)[0] == os.path.splitdrive(other)[0]
