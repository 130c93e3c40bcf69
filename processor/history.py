"""What the journals of an output folder say of earlier runs: what is done, and what is ours."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from processor.delivery import Delivery
from processor.jobs import FileJob, FileResult, state_of
from processor.ledger import JOURNAL as JOURNAL
from processor.ledger import lines_in
from processor.model_files import model_file
from processor.model_spec import read_spec
from processor.recipe import Recipe
from processor.remote import Place, RemotePath, place_of


class History:
    """What the journals of an output folder say of earlier runs."""

    def __init__(self, folder: str | os.PathLike[str] | RemotePath) -> None:
        """Read all journals in a folder; without any, the history is empty."""
        self._folder: Place = place_of(folder)
        self._planned: dict[str, str] = {}  # output -> source
        self._last: dict[str, Mapping[str, Any]] = {}  # output -> what became of it last
        for event in events_in(self._folder):
            key = str(event.get("output"))
            if event.get("event") == "planned":
                self._planned[key] = str(event.get("source"))
            elif event.get("event") in ("done", "failed"):
                self._last[key] = event

    def __bool__(self) -> bool:
        return bool(self._planned)

    def follow(self, jobs: Sequence[FileJob]) -> list[FileJob]:
        """Return the jobs with the numbers that their outputs were given in an earlier run."""
        outputs_of: dict[str, list[str]] = {}
        for key, source in self._planned.items():
            outputs_of.setdefault(source, []).append(key)
        followed = []
        for job in jobs:
            outputs = outputs_of.get(full_name(job.source), ())
            as_before = place_in(self._folder, job.destination) in outputs
            followed.append(job if as_before else self._numbered(job, outputs))
        return followed

    def ours(self, jobs: Iterable[FileJob]) -> set[Place]:
        """Return the destinations that an earlier run planned: what stands there is its work."""
        return {
            job.destination
            for job in jobs
            if place_in(self._folder, job.destination) in self._planned
        }

    def result_of(self, job: FileJob, recipe: Recipe, model: str) -> FileResult | None:
        """Return what became of a job if it is done and would come out the same, or None.

        It is done if the source has the size and time of change that it had, recipe, model, target,
        form and files to make are the same, and the outputs stand there with their sizes.

        Args:
            job: from a plan.
            recipe: what is asked for now.
            model: its stamp, from `stamp_of`.
        """
        event = self._last.get(place_in(self._folder, job.destination))
        if event is None or event["event"] != "done":
            return None
        try:
            result = _result_from(event, job)
            same = (
                (result.source_bytes, result.source_mtime_ns) == state_of(job.source)
                and event["source"].rpartition("/")[2] == job.source.name
                and (result.model, Recipe(**event["recipe"]))
                == (model, replace(recipe, model=None))
                and Delivery(**event.get("delivery", {})) == job.delivery
                and event.get("target_c50_db") == job.target_c50_db
                and event["output_bytes"] == [size_of(output) for output in job.outputs]
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # written by another version
        return result if same else None

    def _numbered(self, job: FileJob, outputs: Sequence[str]) -> FileJob:
        """Return a job with the number under which one of these outputs was planned, if any."""
        plain = job.destination
        pattern = re.compile(re.escape(plain.stem) + r"(-\d+)" + re.escape(plain.suffix))
        for key in outputs:
            match = pattern.fullmatch(PurePosixPath(key).name)
            if match and key == place_in(self._folder, plain.with_name(match[0])):
                room = job.removed_to
                if room is not None:
                    room = room.with_name(f"{room.stem}{match[1]}{room.suffix}")
                return replace(job, destination=plain.with_name(match[0]), removed_to=room)
        return job


def stamp_of(recipe: Recipe) -> str:
    """Return the name and the beginning of the checksum of a recipe's model, without torch.

    Raises:
        ModelError: there is no such model.
    """
    _, path = model_file(recipe.model)
    spec = read_spec(path)
    return replace(spec, sha256=hashlib.sha256(path.read_bytes()).hexdigest()).stamp


def events_in(folder: Place) -> list[dict[str, Any]]:
    """Return the events of all journals in a folder, in the order of time."""
    events = []
    for line in lines_in(folder):
        with suppress(ValueError):  # torn
            event = json.loads(line)
            if isinstance(event, dict) and isinstance(event.get("time"), float):
                events.append(event)
    return sorted(events, key=lambda event: event["time"])


def _result_from(event: Mapping[str, Any], job: FileJob) -> FileResult:
    names = set(FileResult.__dataclass_fields__) - {"job"}
    return FileResult(job, **{name: event[name] for name in names if name in event})


def full_name(place: Place) -> str:
    """What a file is called from wherever one looks."""
    return Path(os.path.abspath(place)).as_posix() if isinstance(place, Path) else str(place)


def place_in(folder: Place, place: Place) -> str:
    """Where an output lies, seen from the output folder, which may be moved as a whole."""
    if isinstance(place, Path) and isinstance(folder, Path):
        return Path(os.path.relpath(place, folder)).as_posix()
    if isinstance(place, RemotePath) and isinstance(folder, RemotePath):
        with suppress(ValueError):
            return place.relative_to(folder).as_posix()
    return full_name(place)


def size_of(place: Place, *, fresh: bool = False) -> int | None:
    """Return how many bytes a file has; None without a file. `fresh` as for `state_of`."""
    state = state_of(place, fresh=fresh)
    return None if state is None else state[0]
