"""What exporting the whole list would make: names, formats, and what is in the way."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from processor.audio_format import writable_suffix
from processor.finding import Found
from processor.naming import check_template
from processor.plan import Existing, plan_found, settle_existing

from .batch_run import Item, item_of
from .file_list import FileEntry

DEFAULT_TEMPLATE = "{stem}_dry{suffix}"


@dataclass(frozen=True)
class ExportWish:
    """How the whole list is to be exported.

    Attributes:
        folder: Where to; None for beside each recording.
        template: What the results are called; see `processor.naming.name_from`.
        suffix: The ending of all results, or None for each recording's own.
        with_removed: Also write what is removed, as NAME_room.
        existing: What to do about results that exist already.
    """

    folder: Path | None = None
    template: str = DEFAULT_TEMPLATE
    suffix: str | None = None
    with_removed: bool = False
    existing: Existing = "refuse"


def export_items(entries: Sequence[FileEntry], wish: ExportWish) -> list[Item]:
    """One item of a batch for every entry that is to be exported, each with its own recipe.

    Raises:
        AudioFileError: Two results are one file, a result is a source, or, with "refuse", exists.
    """
    check_template(wish.template)
    recipes = {entry.path: entry.recipe for entry in entries}
    jobs = []
    for folder, paths in _by_folder(entries, wish.folder):
        found = [Found(path, Path(path.name), path.parent.name) for path in paths]
        jobs += plan_found(
            found,
            folder,
            removed_dir=folder if wish.with_removed else None,
            name=wish.template,
            suffix=wish.suffix,
            numbered=wish.existing == "number",
        )
    return [item_of(job, recipes[job.source]) for job in settle_existing(jobs, wish.existing)]


def outputs_that_exist(items: Sequence[Item]) -> list[Path]:
    """Which results stand there already."""
    return [path for item in items for path in item.job.outputs if os.path.lexists(path)]


def _by_folder(entries: Sequence[FileEntry], folder: Path | None) -> list[tuple[Path, list[Path]]]:
    """The recordings, grouped by where their results go."""
    places: dict[Path, list[Path]] = {}
    for entry in entries:
        places.setdefault(folder or entry.path.parent, []).append(entry.path)
    return list(places.items())


def example(entry: FileEntry, wish: ExportWish) -> str:
    """What the first result would be called."""
    suffix = wish.suffix or writable_suffix(entry.path)
    items = export_items([entry], ExportWish(wish.folder, wish.template, suffix, False, "number"))
    return items[0].job.destination.name
