"""Undo and redo of what was set, step by step, each with a name."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from processor import Recipe

from .wording import change_text

if TYPE_CHECKING:
    from .session import Session

MERGE_S = 1.0  # keys and wheel turns that follow each other as fast as this are one step
MOST_STEPS = 200


@dataclass(frozen=True)
class Step:
    """One change of the recipe.

    Attributes:
        name: What was done, like "Strength 80 %".
        before: The recipe that undoing brings back.
        after: The recipe that redoing brings back.
    """

    name: str
    before: Recipe
    after: Recipe


@dataclass(frozen=True)
class Steps:
    """The steps of one recording, to be kept while another one is open.

    Attributes:
        all: Done and undone.
        done: So many of them are in force.
    """

    all: tuple[Step, ...] = ()
    done: int = 0

    def then(self, step: Step) -> Steps:
        """These steps with one more, in place of those that were undone."""
        return Steps((*self.all[: self.done], step)[-MOST_STEPS:], min(self.done + 1, MOST_STEPS))


NO_STEPS = Steps()


class History(QObject):
    """Remembers every change of a session's recipe while a recording is open.

    Args:
        session: What is watched, and what is set back.
        clock: Tells the time in seconds.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(session)
        self._session = session
        self._clock = clock
        self._steps: list[Step] = []
        self._done = 0  # so many of the steps are in force
        self._recipe = session.recipe
        self._last_at = -MERGE_S
        self._is_held = False
        self._is_closed = True
        self._name = ""
        session.recipe_changed.connect(self._record)

    @property
    def undo_name(self) -> str:
        """What `undo` would take back, or an empty string."""
        return self._steps[self._done - 1].name if self._done else ""

    @property
    def redo_name(self) -> str:
        """What `redo` would do again, or an empty string."""
        return self._steps[self._done].name if self._done < len(self._steps) else ""

    def undo(self) -> None:
        """Take the last step back."""
        if self._done:
            self._done -= 1
            self._go_to(self._steps[self._done].before)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._done < len(self._steps):
            self._done += 1
            self._go_to(self._steps[self._done - 1].after)

    def hold(self) -> None:
        """Take all changes until `release` for one step: a knob is being dragged."""
        self._is_held, self._is_closed = True, True

    def release(self) -> None:
        """End what `hold` began."""
        self._is_held, self._is_closed = False, True

    def set_recipe(self, name: str, **changes: object) -> None:
        """Change the recipe in one step of this name."""
        self._name, self._is_closed = name, True
        self._session.set_recipe(**changes)
        self._name, self._is_closed = "", True

    def swap(self, recipe: Recipe, steps: Steps = NO_STEPS) -> Steps:
        """Take another recording's steps, and return those of the one before.

        Args:
            recipe: What the session is set to next; that is no step.
            steps: What this returned when that recording was left.
        """
        kept = Steps(tuple(self._steps), self._done)
        self._steps, self._done = list(steps.all), steps.done
        self._recipe, self._is_closed = recipe, True
        self.changed.emit()
        return kept

    def _go_to(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._is_closed = True
        self._session.set_recipe(**vars(recipe))
        self.changed.emit()

    def _record(self) -> None:
        before, after = self._recipe, self._session.recipe
        self._recipe = after
        if self._session.recording is None or after == before:
            return  # nothing to see yet, or it was undone or redone
        del self._steps[self._done :]
        if self._goes_on(before, after):
            before = self._steps.pop().before
        self._last_at, self._is_closed = self._clock(), False
        if after != before:  # else it was turned all the way back
            name = self._name or change_text(before, after)
            self._steps = [*self._steps, Step(name, before, after)][-MOST_STEPS:]
        self._done = len(self._steps)
        self.changed.emit()

    def _goes_on(self, before: Recipe, after: Recipe) -> bool:
        """Whether this change and the last step are one."""
        if self._is_closed or not self._steps:
            return False
        last = self._steps[-1]
        soon = self._is_held or self._clock() - self._last_at < MERGE_S
        return soon and _differing(last.before, last.after) >= _differing(before, after)


def _differing(before: Recipe, after: Recipe) -> set[str]:
    """Names of the settings that differ; the bands of the focus count one by one."""
    names = {each.name for each in fields(Recipe)} - {"focus"}
    found = {name for name in names if getattr(before, name) != getattr(after, name)}
    bands = zip(("low", "mid", "high"), before.focus, after.focus, strict=True)
    return found | {band for band, old, new in bands if old != new}
