"""The selection stays in order and inside, and tells when it changes."""

from __future__ import annotations

import pytest

from desktop_app.selection import Selection


@pytest.fixture
def selection(qapp) -> Selection:
    selection = Selection()
    selection.set_duration(10.0)
    return selection


def test_at_first_nothing_is_selected(selection):
    assert not selection and selection.bounds is None and selection.length_s == 0.0


@pytest.mark.parametrize("one_s, other_s", [(2.0, 5.0), (5.0, 2.0)])
def test_either_end_may_come_first(selection, one_s, other_s):
    selection.select(one_s, other_s)
    assert selection.bounds == (2.0, 5.0) and selection.length_s == 3.0


def test_it_stays_inside_the_recording(selection):
    selection.select(-3.0, 99.0)
    assert selection.bounds == (0.0, 10.0)


def test_an_edge_may_be_dragged_past_the_other(selection, qtbot):
    selection.select(2.0, 5.0)
    with qtbot.assertNotEmitted(selection.settled):
        selection.drag(2.0, 1.0)
    assert selection.bounds == (1.0, 2.0)
    with qtbot.waitSignal(selection.settled):
        selection.settle()


@pytest.mark.parametrize(
    "before, start_s, after",
    [((2.0, 5.0), 3.0, (3.0, 5.0)), ((2.0, 5.0), 7.0, (7.0, 10.0)), (None, 4.0, (4.0, 10.0))],
)
def test_the_start_can_be_set(selection, before, start_s, after):
    if before:
        selection.select(*before)
    selection.set_start(start_s)
    assert selection.bounds == after


@pytest.mark.parametrize(
    "before, end_s, after",
    [((2.0, 5.0), 3.0, (2.0, 3.0)), ((2.0, 5.0), 1.0, (0.0, 1.0)), (None, 4.0, (0.0, 4.0))],
)
def test_the_end_can_be_set(selection, before, end_s, after):
    if before:
        selection.select(*before)
    selection.set_end(end_s)
    assert selection.bounds == after


def test_it_is_cleared_once(selection, qtbot):
    selection.select_all()
    assert selection.bounds == (0.0, 10.0)
    with qtbot.waitSignals([selection.changed, selection.settled]):
        selection.clear()
    with qtbot.assertNotEmitted(selection.changed):
        selection.clear()


def test_another_recording_has_nothing_selected(selection):
    selection.select(2.0, 5.0)
    selection.set_duration(3.0)
    assert not selection and selection.duration_s == 3.0
