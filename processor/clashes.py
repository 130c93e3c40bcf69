"""Outputs that must not be written: over a source, over each other, over what stands there."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from processor.audio_format import container_for
from processor.errors import AudioFileError
from processor.jobs import FileJob
from processor.remote import Place, RemotePath, remote_state


def check_outputs(jobs: Sequence[FileJob], *, overwrite: bool = False) -> None:
    """Refuse jobs that would overwrite a source, each other, or what stands there already.

    And names whose ending stands for no format that is read or written here.

    Sources are recognised through symbolic and hard links, relative paths, and the spellings
    that a file system without upper and lower case takes for the same.

    Raises:
        AudioFileError: names the first clash. Nothing was touched.
    """
    sources = {key: job.source for job in jobs if (key := _identity(job.source)) is not None}
    claimed: dict[str, Place] = {}
    existing: list[Place] = []
    for job in jobs:
        container_for(job.source, verb="read")  # its name is often the output's, too
        for output in job.outputs:
            container_for(output, verb="write")
            identity, place = _identity(output), _place(output)
            if identity in sources:
                raise AudioFileError(
                    f"Cannot write '{output}': it is the source '{sources[identity]}'. "
                    "Choose another name or folder."
                )
            if place in claimed:
                raise AudioFileError(
                    f"Cannot write '{output}' twice: it would come from '{claimed[place]}' and "
                    f"from '{job.source}'. Choose another name or folder for one of them."
                )
            claimed[place] = job.source
            if isinstance(output, Path):
                _refuse_no_file(output, is_there=identity is not None)
            if identity is not None:
                existing.append(output)
    if existing and not overwrite:
        others = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
        raise AudioFileError(
            f"Cannot write '{existing[0]}'{others}: it exists already. "
            "Choose another name or folder, or allow overwriting (--overwrite)."
        )


def _refuse_no_file(output: Path, *, is_there: bool) -> None:
    # os.path, not Path: a name that is too long is the writer's to tell.
    if os.path.isdir(output):
        raise AudioFileError(f"Cannot write '{output}': it is a folder. Name a file in it.")
    if is_there and not os.path.isfile(output):
        raise AudioFileError(
            f"Cannot write '{output}': it is a pipe or a device. Name a file instead."
        )


def _identity(place: Place) -> tuple[int, int] | str | None:
    """What tells a file from every other, however it is spelt or linked; None without a file."""
    if isinstance(place, RemotePath):
        return None if remote_state(place) is None else str(place)
    try:
        status = place.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _place(output: Place) -> str:
    """Where an output that may not exist yet will lie: equal for two spellings of one place."""
    if isinstance(output, RemotePath):
        return str(output)
    place = os.path.realpath(output)
    if _ignores_case(os.path.dirname(place)):
        return unicodedata.normalize("NFC", place).casefold()
    return place


@lru_cache(maxsize=256)
def _ignores_case(folder: str) -> bool:
    """Ask the nearest existing folder whether its name in the other case is the same folder."""
    parent, name = os.path.split(folder)
    other = os.path.join(parent, name.swapcase())
    if parent == folder:
        return False
    if other == folder or not os.path.exists(folder):
        return _ignores_case(parent)
    try:
        return os.path.samefile(folder, other)
    except OSError:
        return False
