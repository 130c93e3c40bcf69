"""How the outputs of a batch are called, and which part of a batch a file belongs to."""

from __future__ import annotations

import hashlib
import os
import re
import string
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from processor.errors import AudioFileError

DEFAULT_NAME = "{stem}{suffix}"
_FIELDS = ("stem", "suffix", "parent", "root", "index")
_LONGEST_NAME_BYTES = 255
_NEVER_IN_A_NAME = frozenset(filter(None, ("/", os.sep, os.altsep, "\0")))


def check_template(template: str) -> None:
    """Refuse a template of names that could not be filled in, before any work.

    Raises:
        AudioFileError: a field is unknown, a brace is open, or there is a slash.
    """
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise AudioFileError(
            f"Cannot read the name '{template}': {error}. Write it like '{{stem}}_dry{{suffix}}'."
        ) from error
    unknown = [field for _, field, _, _ in parsed if field is not None and field not in _FIELDS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _FIELDS)
        raise AudioFileError(
            f"Cannot read the name '{template}': there is no field {{{unknown[0]}}}, only {known}."
        )
    if _NEVER_IN_A_NAME & set(template):
        raise AudioFileError(
            f"The name '{template}' has a slash. Folders are kept as they are: name the file only."
        )
    name_from(template, PurePath("a.wav"), ".wav", root="", index=1)


def name_from(template: str, source: PurePath, suffix: str, *, root: str, index: int) -> str:
    """Return the name that a template makes for one file.

    Args:
        template: with the fields stem (name without ending), suffix (the output's ending with its
            dot), parent (name of the source's folder), root (name of the folder that was given) and
            index (1 for the first file of the plan; {index:05} pads it).
        source: the recording.
        suffix: the output's ending.
        root: see above.
        index: see above.

    Raises:
        AudioFileError: the name would be empty or too long.
    """
    try:
        name = template.format(
            stem=source.stem, suffix=suffix, parent=source.parent.name, root=root, index=index
        )
    except (ValueError, TypeError, LookupError) as error:
        raise AudioFileError(
            f"Cannot read the name '{template}': {error}. Write it like '{{stem}}_dry{{suffix}}'."
        ) from error
    if not name or name in (".", ".."):
        raise AudioFileError(f"The name '{template}' is empty for '{source}'. Add {{stem}}.")
    if len(os.fsencode(name)) > _LONGEST_NAME_BYTES:
        raise AudioFileError(
            f"Cannot write '{name[:40]}...', from '{source}': the name is longer than "
            f"{_LONGEST_NAME_BYTES} bytes. Choose a shorter one with --name."
        )
    return name


@dataclass(frozen=True)
class Shard:
    """One of several parts into which a plan is cut, the same on every machine.

    A file's part follows from its path below the folder that was given, and from nothing else:
    files that come or go later move no other file to another part.

    Attributes:
        number: 1 ... count.
        count: how many parts there are.
    """

    number: int
    count: int

    def holds(self, path: PurePath) -> bool:
        """Whether a file belongs to this part; `path` is relative."""
        text = unicodedata.normalize("NFC", path.as_posix()).encode("utf-8", "surrogateescape")
        hashed = hashlib.sha256(text).digest()
        return int.from_bytes(hashed[:8], "big") % self.count == self.number - 1

    @classmethod
    def from_text(cls, text: str) -> Shard:
        """Return the shard of "3/16".

        Raises:
            ValueError: it is no such thing.
        """
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f"a shard is a number of a count, like 3/16; got '{text}'.")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
