"""Which recordings are meant by some files, folders and patterns."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from processor.audio_format import READABLE
from processor.errors import AudioFileError
from processor.remote import Place, RemotePath, place_of, remote_kind, survey


@dataclass(frozen=True)
class Patterns:
    """Which relative paths are wanted.

    A pattern without a slash is held against a file's name alone, one with a slash against the
    whole path below the folder that was given; there `**` stands for any number of folders.
    Capitals and the ways to spell an accent make no difference.

    Attributes:
        include: if there are any, one of them must match.
        exclude: none of them may match: neither the file, nor a folder on the way to it.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def want(self, path: PurePath) -> bool:
        """Whether a file is wanted; `path` is relative."""
        included = not self.include or any(_matches(each, path) for each in self.include)
        return included and not self.rule_out(path)

    def rule_out(self, path: PurePath) -> bool:
        """Whether a file or folder is excluded."""
        return any(_matches(each, path) for each in self.exclude)


@dataclass(frozen=True)
class Found:
    """A recording that is to be worked on.

    Attributes:
        source: the file.
        relative: its place below the folder that was given; what becomes of it keeps that place.
        root: the name of that folder.
        output: its place below the output folder, where somebody has written it down.
    """

    source: Place
    relative: PurePath
    root: str = ""
    output: PurePath | None = None


def find_recordings(
    inputs: Iterable[str | os.PathLike[str] | RemotePath],
    *,
    recursive: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    passed_over: Collection[Place] = (),
) -> list[Found]:
    """Return the recordings that are named, and those in the folders that are named.

    A folder gives its recordings in the order of their names. Hidden files are passed over, and
    linked folders are not followed.

    Args:
        inputs: files and folders, here or in stores (s3://bucket/folder).
        recursive: look into folders below a folder, too.
        include: patterns, see `Patterns`; without any, all are wanted.
        exclude: patterns.
        passed_over: folders that are not looked into, such as the outputs'.

    Raises:
        AudioFileError: a folder cannot be read.
    """
    patterns = Patterns(tuple(include), tuple(exclude))
    found = []
    for given in map(place_of, inputs):
        if isinstance(given, RemotePath):
            found += _in_store(given, recursive, patterns, passed_over)
        elif os.path.isdir(given):
            root = Path(os.path.abspath(given)).name
            # An output folder inside the input folder is no input, unless both are one.
            shut = {_real(path) for path in passed_over if isinstance(path, Path)} - {_real(given)}
            for path in _recordings_in(given, recursive, patterns, shut):
                found.append(Found(path, path.relative_to(given), root))
        elif patterns.want(PurePath(given.name)):
            found.append(Found(given, PurePath(given.name)))
    return found


def _in_store(
    given: RemotePath, recursive: bool, patterns: Patterns, passed_over: Collection[Place]
) -> list[Found]:
    """Return what a URL names: a recording, or those of a folder, in the order of their names."""
    if given.suffix.lower() in READABLE and remote_kind(given) == "file":
        wanted = patterns.want(PurePath(given.name))
        return [Found(given, PurePath(given.name))] if wanted else []
    shut = [path for path in passed_over if isinstance(path, RemotePath) and path != given]
    found = []
    for place in survey(given):
        relative = place.relative_to(given)
        folders = relative.parents[:-1]
        if (
            (recursive or not folders)
            and place.suffix.lower() in READABLE
            and not any(part.startswith(".") for part in relative.parts)
            and not any(map(patterns.rule_out, folders))
            and not any(place.is_relative_to(path) for path in shut)
            and patterns.want(relative)
        ):
            found.append(Found(place, relative, given.name))
    return sorted(found, key=lambda each: each.relative.parts)


def _recordings_in(
    folder: Path, recursive: bool, patterns: Patterns, shut: Collection[Path]
) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise AudioFileError(
            f"Cannot read the folder '{error.filename}': {error.strerror}. Check its permissions, "
            "or leave it out with --exclude."
        ) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        below = Path(parent).relative_to(folder)
        folders[:] = [
            name
            for name in sorted(folders)
            if recursive
            and not name.startswith(".")
            and not patterns.rule_out(below / name)
            and _real(Path(parent, name)) not in shut
        ]
        for name in sorted(names):
            is_audio = not name.startswith(".") and Path(name).suffix.lower() in READABLE
            if is_audio and patterns.want(below / name):
                yield Path(parent, name)


def _real(path: Path) -> Path:
    """Follow links; unlike Path.resolve, also where they lead in a circle."""
    return Path(os.path.realpath(path))


def _matches(pattern: str, path: PurePath) -> bool:
    wanted = tuple(_plain(pattern).strip("/").split("/"))
    parts = tuple(map(_plain, path.parts))
    return _parts_match(wanted, parts if "/" in pattern.strip("/") else parts[-1:])


def _parts_match(wanted: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not wanted:
        return not parts
    first, rest = wanted[0], wanted[1:]
    if first == "**":
        return any(_parts_match(rest, parts[skipped:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], first) and _parts_match(rest, parts[1:])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
