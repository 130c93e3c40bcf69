"""What exporting one recording, or the whole list, would make: names, forms, what is in the way."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PyQt6.QtCore import QStandardPaths

from processor import FileJob
from processor.audio_format import CONTAINERS, writable_suffix
from processor.clashes import check_outputs
from processor.delivery import AS_SOURCE, Delivery, check_delivery, depths_of, rates_of
from processor.finding import Found
from processor.naming import check_template, name_from
from processor.plan import Existing, plan_found, settle_existing

from .batch_items import Item, item_of
from .file_list import FileEntry

DEFAULT_TEMPLATE = "{stem}_dry{suffix}"
_FIELD = re.compile(r"\{(stem|suffix|parent|root|index)\b")


@dataclass(frozen=True)
class ExportWish:
    """How recordings are to be exported.

    Attributes:
        folder: Where to; None for beside each recording.
        template: What the results are called; see `processor.naming.name_from`.
        suffix: The ending that {suffix} stands for, or None for each recording's own.
        delivery: Bit depth and rate, as the recording by default.
        with_removed: Also write what is removed, as NAME_room.
        existing: What to do about results that exist already.
    """

    folder: Path | None = None
    template: str = DEFAULT_TEMPLATE
    suffix: str | None = None
    delivery: Delivery = AS_SOURCE
    with_removed: bool = False
    existing: Existing = "refuse"


def export_items(entries: Sequence[FileEntry], wish: ExportWish) -> list[Item]:
    """One item of a batch for every entry that is to be exported, each with its own recipe.

    Raises:
        AudioFileError: Two results are one file, a result is a source, its format does not hold
            what is wanted, or, with "refuse", it exists.
    """
    check_template(wish.template)
    by_path = {entry.path: entry for entry in entries}
    jobs = []
    for folder, paths in _by_folder(entries, wish.folder):
        found = [Found(path, Path(path.name), path.parent.name) for path in paths]
        planned = plan_found(
            found,
            folder,
            name=wish.template,
            suffix=wish.suffix,
            numbered=wish.existing == "number",
        )
        jobs += [_as_wished(job, wish) for job in planned]
    check_outputs(jobs, overwrite=True)
    for job in jobs:
        check_delivery(job.destination, wish.delivery, by_path[job.source].sample_rate)
    settled = settle_existing(jobs, wish.existing)
    return [item_of(job, by_path[job.source].recipe) for job in settled]


def _as_wished(job: FileJob, wish: ExportWish) -> FileJob:
    room = room_beside(job.destination) if wish.with_removed else None
    return replace(job, removed_to=room, delivery=wish.delivery)


def room_beside(destination: Path) -> Path:
    """Where the removed part goes: NAME_room.EXT beside NAME_dry.EXT, whatever its number."""
    name, number = re.fullmatch(r"(.*?)(?:_dry)?(-\d+)?", destination.stem, re.DOTALL).groups()
    return destination.with_name(f"{name}_room{number or ''}{destination.suffix}")


def outputs_that_exist(items: Sequence[Item]) -> list[Path]:
    """Which results stand there already."""
    return [path for item in items for path in item.job.outputs if os.path.lexists(path)]


def _by_folder(entries: Sequence[FileEntry], folder: Path | None) -> list[tuple[Path, list[Path]]]:
    """The recordings, grouped by where their results go."""
    places: dict[Path, list[Path]] = {}
    for entry in entries:
        places.setdefault(folder or entry.path.parent, []).append(entry.path)
    return list(places.items())


def filled_in(entry: FileEntry, wish: ExportWish) -> str:
    """What the result of one recording is called."""
    suffix = wish.suffix or writable_suffix(entry.path)
    return name_from(wish.template, entry.path, suffix, root=entry.path.parent.name, index=1)


def template_of(typed: str) -> str:
    """A name that was typed, as a template: one that has fields is one already."""
    return typed if is_template(typed) else typed.replace("{", "{{").replace("}", "}}")


def is_template(typed: str) -> bool:
    """Whether a name has fields that are filled in for each recording."""
    return _FIELD.search(typed) is not None


def endings_of(entries: Sequence[FileEntry], suffix: str | None) -> list[str]:
    """The endings that the results of these entries get."""
    if suffix:
        return [suffix]
    endings = {writable_suffix(entry.path).lower() for entry in entries}
    return sorted(endings & set(CONTAINERS))


def depths_for(endings: Sequence[str]) -> list[str]:
    """The bit depths that all of these formats have that count bits at all; none if none does."""
    offered = [depths for depths in map(depths_of, endings) if depths]
    return [depth for depth in (offered or [[]])[0] if all(depth in each for each in offered)]


def rates_for(endings: Sequence[str]) -> list[int]:
    """The sample rates that all of these formats have."""
    offered = [rates_of(ending) for ending in endings]
    return [rate for rate in (offered or [[]])[0] if all(rate in each for each in offered)]


def folder_for(entry: FileEntry) -> Path | None:
    """Where one may write, if not beside the recording: among the user's documents."""
    if os.access(entry.path.resolve().parent, os.W_OK):
        return None
    documents = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(documents))
