"""Undo and redo: every change is one step with a name, and a drag is one step."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QObject, pyqtSignal

from desktop_app.history import MERGE_S, MOST_STEPS, History
from processor import Recipe


class Changing(QObject):
    """As much of a session as a history needs."""

    recipe_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.recipe = Recipe()
        self.recording = object()

    def set_recipe(self, **changes) -> None:
        recipe = Recipe(**{**vars(self.recipe), **changes})
        if recipe != self.recipe:
            self.recipe = recipe
            self.recipe_changed.emit()


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def changing(qapp):
    return Changing()


@pytest.fixture
def history(changing, clock):
    return History(changing, clock)


def later(clock) -> None:
    clock.now += 2 * MERGE_S


@pytest.mark.parametrize(
    "change, name",
    [
        ({"strength": 0.8}, "Strength 80 %"),
        ({"mix": 0.05}, "Wet / dry mix 5 %"),
        ({"floor_db": -12.0}, "Floor −12 dB"),
        ({"gain_db": 1.5}, "Output gain +1.5 dB"),
        ({"gain_db": -3}, "Output gain −3 dB"),
        ({"focus": (1, 1, 0.5)}, "Focus high 50 %"),
        ({"link": False}, "Unlink channels"),
        ({"model": "studio"}, "Model Studio"),
        ({"strength": 0.5, "mix": 0.5}, "Several settings"),
    ],
)
def test_a_change_has_a_name_and_can_be_undone_and_redone(changing, history, change, name):
    before = changing.recipe
    changing.set_recipe(**change)
    after = changing.recipe
    assert history.undo_name == name and history.redo_name == ""
    history.undo()
    assert changing.recipe == before and history.undo_name == "" and history.redo_name == name
    history.redo()
    assert changing.recipe == after and history.undo_name == name


def test_a_drag_is_one_step_however_long_it_lasts(changing, history, clock):
    history.hold()
    for share in (0.9, 0.7, 0.4, 0.6):
        changing.set_recipe(strength=share)
        later(clock)
    history.release()
    assert history.undo_name == "Strength 60 %"
    history.undo()
    assert changing.recipe == Recipe() and history.undo_name == ""


def test_two_drags_are_two_steps(changing, history):
    for share in (0.5, 0.2):
        history.hold()
        changing.set_recipe(strength=share)
        history.release()
    history.undo()
    assert changing.recipe.strength == 0.5


def test_quick_keys_are_one_step_and_slow_ones_are_many(changing, history, clock):
    for share in (0.9, 0.8, 0.7):
        changing.set_recipe(mix=share)
        clock.now += MERGE_S / 2
    later(clock)
    changing.set_recipe(mix=0.6)
    history.undo()
    assert changing.recipe.mix == 0.7
    history.undo()
    assert changing.recipe.mix == 1.0


def test_two_knobs_are_never_one_step(changing, history):
    changing.set_recipe(strength=0.5)
    changing.set_recipe(mix=0.5)
    changing.set_recipe(focus=(0.5, 1, 1))
    changing.set_recipe(focus=(0.5, 0.5, 1))
    names = []
    while history.undo_name:
        names.append(history.undo_name)
        history.undo()
    assert names == ["Focus mid 50 %", "Focus low 50 %", "Wet / dry mix 50 %", "Strength 50 %"]
    assert changing.recipe == Recipe()


def test_what_was_turned_all_the_way_back_is_no_step(changing, history):
    history.hold()
    changing.set_recipe(strength=0.5)
    changing.set_recipe(strength=1.0)
    history.release()
    assert history.undo_name == ""


def test_a_new_change_forgets_what_could_be_redone(changing, history, clock):
    changing.set_recipe(strength=0.5)
    history.undo()
    changing.set_recipe(mix=0.5)
    assert history.redo_name == ""
    history.undo()
    assert changing.recipe == Recipe()


def test_several_settings_may_have_one_name(changing, history):
    history.set_recipe("Preset Church", strength=0.9, floor_db=-40.0)
    assert history.undo_name == "Preset Church"
    changing.set_recipe(strength=0.8)
    assert history.undo_name == "Strength 80 %"


def test_without_a_recording_nothing_is_remembered(changing, history):
    changing.recording = None
    changing.set_recipe(strength=0.5)
    changing.recording = object()
    assert history.undo_name == ""
    changing.set_recipe(mix=0.5)
    history.undo()
    assert changing.recipe.strength == 0.5 and changing.recipe.mix == 1.0


def test_undoing_too_often_does_nothing(changing, history):
    history.undo()
    history.redo()
    assert changing.recipe == Recipe()


def test_the_oldest_steps_are_forgotten(changing, history, clock):
    for step in range(MOST_STEPS + 10):
        changing.set_recipe(gain_db=0.01 * (step + 1))
        later(clock)
    undone = 0
    while history.undo_name:
        history.undo()
        undone += 1
    assert undone == MOST_STEPS and np.isclose(changing.recipe.gain_db, 0.1)
