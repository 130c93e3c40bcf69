"""What a window leaves on the disk while it is open, so that a crash costs nobody their work.

A small file with the list, its recipes and the batch. It is removed when the window is closed as it
should be; what is found at the start was left by a window that was not. Each window has a file of
its own, with a lock beside it that ends with its process.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_state_path
from PyQt6.QtCore import QLockFile, QSaveFile

from processor import Recipe
from processor.order import Order

log = logging.getLogger(__name__)

VERSION = 1
MOST_WINDOWS = 16


@dataclass
class Work:
    """What there is to come back to.

    Attributes:
        recipes: The list, with what each recording is set to.
        current: The one that was open.
        unsaved: Those that were set by hand and not exported since.
        order: The batch that was not finished, if there was one.
        order_recipe: Its settings.
        attempts: How often it was tried to come back to it without success.
    """

    recipes: dict[Path, Recipe] = field(default_factory=dict)
    current: Path | None = None
    unsaved: list[Path] = field(default_factory=list)
    order: Order | None = None
    order_recipe: Recipe = field(default_factory=Recipe)
    attempts: int = 0

    def __bool__(self) -> bool:
        return bool(self.recipes) or self.order is not None


class Recovery:
    """This window's file among those of all windows.

    Args:
        folder: Where they are kept; the user's state folder by default.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or user_state_path("dryspell", appauthor=False)
        self._lock: QLockFile | None = None
        self._path: Path | None = None
        self._written = ""

    def begin(self) -> Work:
        """Take a place for this window, and return what crashed ones have left.

        Where nothing can be written there is no recovery, and no error either.
        """
        left: list[Work] = []
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(MOST_WINDOWS):
            path = self._folder / f"window-{number}.json"
            lock = QLockFile(str(path.with_suffix(".lock")))
            lock.setStaleLockTime(0)  # stale when its process is gone, however old it is
            if not lock.tryLock(0):
                continue
            left.append(read_work(path))
            if self._lock is None:
                self._lock, self._path = lock, path
            else:
                _remove(path)
                lock.unlock()
        return _together(left)

    def write(self, work: Work) -> None:
        """Put this on the disk in place of what was there; whole or not at all."""
        if self._path is None:
            return
        if not work:
            _remove(self._path)
            self._written = ""
            return
        text = json.dumps(_plain(work))
        if text == self._written:
            return
        file = QSaveFile(str(self._path))
        if file.open(QSaveFile.OpenModeFlag.WriteOnly):
            file.write(text.encode())
            if file.commit():
                self._written = text
                return
        log.warning("Cannot write '%s': %s", self._path, file.errorString())

    def end(self, work: Work | None = None) -> None:
        """Leave nothing behind but this, when the window is closed as it should be."""
        self.write(work or Work())
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def read_work(path: Path) -> Work:
    """What a file says; what makes no sense in it counts as not there."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["version"] != VERSION:
            return Work()
        order = stored["order"]
        return Work(
            {Path(each["path"]): recipe_from(each["recipe"]) for each in stored["files"]},
            Path(stored["current"]) if stored["current"] else None,
            [Path(name) for name in stored["unsaved"]],
            None if order is None else _order_from(order),
            recipe_from(stored["order_recipe"]),
            int(stored["attempts"]),
        )
    except FileNotFoundError:
        return Work()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("Cannot read '%s': %s", path, error)
        return Work()


def recipe_from(stored: Mapping[str, Any]) -> Recipe:
    """A recipe as it was written; what another version has put in is left out."""
    known = {each.name for each in fields(Recipe)}
    return Recipe(**{name: value for name, value in stored.items() if name in known})


def _order_from(stored: Mapping[str, Any]) -> Order:
    names = ("inputs", "output_dir", "recursive", "name", "suffix", "removed_dir", "existing")
    return Order(**{name: stored[name] for name in names})


def _plain(work: Work) -> dict[str, Any]:
    """As JSON has it."""
    return {
        "version": VERSION,
        "files": [
            {"path": str(path), "recipe": asdict(recipe)} for path, recipe in work.recipes.items()
        ],
        "current": work.current and str(work.current),
        "unsaved": [str(path) for path in work.unsaved],
        "order": work.order and asdict(work.order),
        "order_recipe": asdict(work.order_recipe),
        "attempts": work.attempts,
    }


def _together(left: Sequence[Work]) -> Work:
    """What several windows left, as one."""
    found = [work for work in left if work]
    if not found:
        return Work()
    result = found[0]
    for work in found[1:]:
        result.recipes = {**work.recipes, **result.recipes}
        result.unsaved += work.unsaved
        result.current = result.current or work.current
        if result.order is None:
            result.order, result.order_recipe = work.order, work.order_recipe
    return result


def _remove(path: Path) -> None:
    with suppress(OSError):
        os.unlink(path)
