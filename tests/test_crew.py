"""Processes that work through tasks: what ends them, and what is left of what they were at."""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import closing

import pytest

from processor.crew import Trade, work_in_crew
from processor.errors import Cancelled, DereverbError


def double(task, tell):
    tell(0.5)
    return task, 2 * task


def sleep_for_ever(task, tell):
    tell(0.5)
    time.sleep(3600)


def die_at_three(task, tell):
    if task == 3:
        os._exit(1)
    return double(task, tell)


def refuse(task, tell):
    raise DereverbError(f"no {task}")


def lost(task):
    return task, None


def test_every_task_is_done_once_and_tells_its_progress():
    told = []
    trade = Trade(double, lost)
    results = work_in_crew(range(5), trade, 2, progress=lambda *news: told.append(news))
    assert sorted(results) == [(n, 2 * n) for n in range(5)]
    assert {(n, 0.5) for n in range(5)} <= set(told)
    assert multiprocessing.active_children() == []


def test_no_tasks_start_no_process():
    assert list(work_in_crew([], Trade(double, lost), 4)) == []


def test_tasks_that_never_listen_are_ended_at_once_and_cleared_up():
    cleared = []
    trade = Trade(sleep_for_ever, lost, lambda *left: cleared.append(left))

    def stop_when_both_sleep(task, fraction):
        asleep.update({task} if fraction else ())
        if len(asleep) == 2:
            raise Cancelled

    asleep: set[str] = set()
    with pytest.raises(Cancelled):
        list(work_in_crew(["a", "b", "c"], trade, 2, progress=stop_when_both_sleep))
    assert {task for task, _ in cleared} == {"a", "b"}
    assert os.getpid() not in {process for _, process in cleared}
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_costs_its_task_and_is_cleared_up_at_once():
    cleared = []
    trade = Trade(die_at_three, lost, lambda task, process: cleared.append(task))
    results = []
    with closing(work_in_crew(range(6), trade, 2)) as run:
        for result in run:
            results.append(result)
            assert (3 in cleared) == ((3, None) in results)
    assert sorted(results) == [(n, None if n == 3 else 2 * n) for n in range(6)]


def test_an_error_of_the_program_ends_the_run():
    with pytest.raises(DereverbError, match="no 0"):
        list(work_in_crew(range(3), Trade(refuse, lost), 1))
    assert multiprocessing.active_children() == []
