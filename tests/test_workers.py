"""Processes that work through file jobs, where a batch's own tests do not reach."""

from __future__ import annotations

import itertools

import pytest
import soundfile
from signals import noise

from processor import Cancelled, FileJob, Recipe
from processor.workers import work_in_processes

RATE = 16_000


@pytest.fixture
def jobs(tmp_path):
    made = []
    for number in range(3):
        source = tmp_path / f"take {number}.wav"
        soundfile.write(source, noise(1, RATE).T, RATE)
        made.append(FileJob(source, tmp_path / "out" / source.name))
    return made


def test_a_run_that_is_held_back_begins_nothing_and_goes_on_later(jobs, tiny_model_path):
    asked = itertools.count()
    answers = []

    def may_begin():
        answers.append(next(asked) >= 5)
        return answers[-1]

    recipe = Recipe(model=str(tiny_model_path))
    results = list(work_in_processes(jobs, recipe, False, 1, None, may_begin))
    assert [result.job for result in results] == jobs and all(result.ok for result in results)
    assert answers == [False] * 5 + [True] * 3


def test_a_run_that_is_held_back_can_be_ended(jobs, tiny_model_path):
    asked = itertools.count()

    def may_begin():
        if next(asked) == 3:
            raise Cancelled
        return False

    recipe = Recipe(model=str(tiny_model_path))
    with pytest.raises(Cancelled):
        list(work_in_processes(jobs, recipe, False, 1, None, may_begin))
    assert not jobs[0].destination.parent.exists()
