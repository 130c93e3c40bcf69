"""What can be opened: by ending for the dialogs, by kind for what is dropped, folder by folder."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from processor.audio_format import READABLE

from .job import Progress

MODEL_ENDING = ".pt"
MODEL_FILTER = f"Dryspell model (*{MODEL_ENDING});;All files (*)"
_READABLE = " ".join(f"*{ending}" for ending in sorted(READABLE))
FILE_FILTER = f"Recordings ({_READABLE});;All files (*)"
OUTPUT_FORMATS = {
    "": "As the recording",
    ".wav": "WAV",
    ".flac": "FLAC",
    ".aiff": "AIFF",
    ".caf": "CAF",
    ".ogg": "Ogg Vorbis",
    ".opus": "Opus",
    ".mp3": "MP3",
}
"""Endings of outputs as the window names them; the first stands for the recording's own."""
_WRITTEN = " ".join(f"*{ending}" for ending in OUTPUT_FORMATS if ending)
OUTPUT_FILTER = f"Sound ({_WRITTEN});;All files (*)"


@dataclass(frozen=True)
class Given:
    """Paths by what becomes of them; what is missing counts as a file, which then says so."""

    files: list[Path]
    folders: list[Path]
    models: list[Path]


def sort_out(paths: Sequence[Path]) -> Given:
    """Tell recordings, folders and models apart."""
    # os.path and not Path: a name that no system would take is no folder, and no error.
    folders = [path for path in paths if os.path.isdir(path)]
    models = [path for path in paths if path.suffix.lower() == MODEL_ENDING and path not in folders]
    files = [path for path in paths if path not in folders and path not in models]
    return Given(files, folders, models)


def recordings_in(folders: Iterable[Path], progress: Progress) -> list[Path]:
    """All recordings in these folders and below them, in the order of their names.

    Hidden files and folders are passed over, and linked folders are not followed.

    Raises:
        Cancelled: Out of `progress`.
    """
    found = []
    for folder in folders:
        for parent, below, names in os.walk(folder):
            progress(0.0)
            below[:] = sorted(name for name in below if not name.startswith("."))
            found += [
                Path(parent, name)
                for name in sorted(names)
                if not name.startswith(".") and Path(name).suffix.lower() in READABLE
            ]
    return found
