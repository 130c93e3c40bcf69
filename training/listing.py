"""What a folder of recordings holds: by its manifest, or, where it has none, by its files.

In a bare folder a speaker (or a room) is the folder that a file lies in, or the file itself where
it lies at the top. One in ten of them is for validation, told by a hash of the name: the same
files give the same splits, and new ones move none of the old.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import soundfile

from training.acoustics import find_direct_s, place_direct, reverberation_time_s
from training.corpus import Row, all_rows, read_samples
from training.dataset import COLUMNS, check_t60
from training.errors import TrainingError

ENDINGS = (".aif", ".aiff", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav")
VALID_SHARE = 0.1


def listing(folder: Path, kind: str) -> list[Row]:
    """Return a row for each usable recording of a kind: "speech", "rir" or "noise".

    Rows have `file`, `split`, `source`, `licence` and the columns of their kind. Those of room
    responses have `direct_s` as well, where the direct path arrives, if no manifest vouches for it.

    Raises:
        TrainingError: there is nothing to use, or something that cannot be used.
    """
    manifest = folder / "manifest.csv"
    columns = COLUMNS[kind]
    key = columns[0] if columns else None
    if manifest.is_file():
        rows = all_rows(manifest, columns, key)
    else:
        rows = _bare(folder, key or "group")
        if kind == "rir":
            rows = [{**row, **_measured(folder / row["file"])} for row in rows]
    for row in rows if kind == "rir" else []:
        check_t60(row, folder)
    if not rows:
        raise TrainingError(f"'{manifest}' lists nothing that may be used. See docs/training.md.")
    return rows


def share_of(text: str) -> float:
    """A number in [0, 1) that depends on nothing but the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def _bare(folder: Path, key: str) -> list[Row]:
    if not folder.is_dir():
        raise TrainingError(f"There is no folder '{folder}'. Name one that holds recordings.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not files:
        raise TrainingError(
            f"'{folder}' holds neither a manifest.csv nor a recording ({', '.join(ENDINGS)})."
        )
    names = {path: _group(path.relative_to(folder)) for path in files}
    if len(files) > 1 == len(set(names.values())):  # one speaker: better apart by file than not
        names = {path: path.relative_to(folder).as_posix() for path in files}
    valid = _validation_groups(set(names.values()))
    return [
        {
            "file": path.relative_to(folder).as_posix(),
            "split": "valid" if names[path] in valid else "train",
            key: names[path],
            "source": folder.name,
            "licence": "",
        }
        for path in files
    ]


def _group(path: Path) -> str:
    return path.parent.as_posix() if len(path.parts) > 1 else path.stem


def _validation_groups(names: set[str]) -> set[str]:
    """Those names whose hash says so, but one at least and not all, if there are two or more."""
    ranked = sorted(names, key=share_of)
    count = sum(share_of(name) < VALID_SHARE for name in ranked)
    return set(ranked[: min(max(count, 1), len(ranked) - 1)])


def _measured(path: Path) -> Row:
    """Where the direct path of a room response arrives, and its reverberation time."""
    try:
        rate = soundfile.info(path).samplerate
    except (soundfile.LibsndfileError, OSError):
        rate = 48_000  # read_samples says what is wrong with it
    rir = read_samples(path, rate)
    direct_s = find_direct_s(rir, rate) if rir.any() else 0.0
    try:
        t60_s = reverberation_time_s(place_direct(rir, rate, direct_s), rate)
    except (ValueError, IndexError) as error:
        raise TrainingError(
            f"Cannot tell the reverberation time of '{path}': it does not decay by 25 dB. Take it "
            "out, or write a manifest.csv with its t60_s."
        ) from error
    return {"direct_s": f"{direct_s:.6f}", "t60_s": f"{t60_s:.3f}"}
