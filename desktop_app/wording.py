"""How the window writes settings: names, numbers and units."""

import os

from processor import Recipe

from .models import title_of

BANDS = ("low", "mid", "high")


def percent_text(share: float) -> str:
    """A share as "80 %"."""
    return f"{100 * share:.0f} %"


def decibel_text(level_db: float, *, signed: bool = False) -> str:
    """A level as "−6 dB", with a plus sign where it is a change."""
    text = f"{level_db:+.1f}" if signed else f"{level_db:.1f}"
    text = text.removesuffix(".0").replace("-", "−")
    return f"{'0' if text in ('+0', '−0') else text} dB"


def change_text(before: Recipe, after: Recipe) -> str:
    """What was done between two recipes, like "Strength 80 %"."""
    parts = []
    if before.model != after.model:
        parts.append(f"Model {title_of(os.path.basename(after.model or 'live'))}")
    if before.strength != after.strength:
        parts.append(f"Strength {percent_text(after.strength)}")
    if before.mix != after.mix:
        parts.append(f"Wet / dry mix {percent_text(after.mix)}")
    if before.floor_db != after.floor_db:
        parts.append(f"Floor {decibel_text(after.floor_db)}")
    for band, old, new in zip(BANDS, before.focus, after.focus, strict=True):
        if old != new:
            parts.append(f"Focus {band} {percent_text(new)}")
    if before.gain_db != after.gain_db:
        parts.append(f"Output gain {decibel_text(after.gain_db, signed=True)}")
    if before.link != after.link:
        parts.append("Link channels" if after.link else "Unlink channels")
    return parts[0] if len(parts) == 1 else "Several settings"


def short_path(path: str | os.PathLike[str]) -> str:
    """A path as one writes it: from the home folder on, where it lies there.

    `os.path.expanduser` reads it again.
    """
    text, home = os.fspath(path), os.path.expanduser("~")
    is_inside = len(home) > 1 and (text == home or text.startswith(home + os.sep))
    return f"~{text[len(home) :]}" if is_inside else text


def counted(number: int, noun: str) -> str:
    """For example "1 file", "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# What the processor says of its command line, and where the window has the same.
_OPTIONS = {
    "or allow overwriting (--overwrite)": "or another answer to 'If it exists'",
    "To go on with the earlier run: --resume.": "Or go on with the earlier run.",
    "Add --recursive to look into": "Tick 'With the folders below' to look into",
    " Look at --include and --exclude.": "",
    "or leave it out with --exclude.": "or move it elsewhere.",
    "Choose a shorter one with --name.": "Choose a shorter one.",
    "or with fewer --jobs.": "or with fewer files at a time.",
    "or have less of them (--jobs; with 0 there are none).": "or have fewer files at a time.",
    "made again by --resume.": "made again when it is gone on with.",
}


def in_the_window(said: object) -> str:
    """An error or a sentence of the processor, without options of the command line."""
    text = str(said)
    for option, words in _OPTIONS.items():
        text = text.replace(option, words)
    return text
