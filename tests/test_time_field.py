"""The bounds of a selection, typed."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt

from desktop_app.time_window import time_from, time_text
from desktop_app.views.time_field import TimeField


@pytest.mark.parametrize(
    "text, time_s",
    [
        *(("0", 0.0), ("62.5", 62.5), ("62,5", 62.5), (" 1:02.5 ", 62.5), ("1:02:03.25", 3723.25)),
        *(("0:07.", 7.0), ("61:00", 3660.0), ("90", 90.0)),
    ],
)
def test_a_time_is_read_however_it_is_written(text, time_s):
    assert time_from(text) == pytest.approx(time_s)


@pytest.mark.parametrize("text", ["", "later", "-1", "1:60", "1:60:00", "1:2:3:4", "1e3", "nan"])
def test_what_is_no_time_is_none(text):
    assert time_from(text) is None


@pytest.mark.parametrize("time_s", [0.0, 0.001, 59.999, 60.0, 3599.9994, 3600.0, 12_345.678])
def test_what_is_shown_can_be_typed(time_s):
    assert time_from(time_text(time_s, 0.001)) == pytest.approx(time_s, abs=0.0006)


@pytest.fixture
def field(qtbot):
    field = TimeField("Start", "Where it begins")
    qtbot.addWidget(field)
    field.show()
    field.activateWindow()
    field.setFocus()
    field.set_time(1.5)
    return field


def write(qtbot, field, text, key=Qt.Key.Key_Return):
    field.selectAll()
    qtbot.keyClicks(field, text)
    if key is not None:
        qtbot.keyClick(field, key)


def test_return_takes_what_is_typed(field, qtbot):
    with qtbot.waitSignal(field.typed) as typed:
        write(qtbot, field, "0:02.25")
    assert typed.args == [2.25]


def test_leaving_takes_it_too(field, qtbot):
    with qtbot.waitSignal(field.typed):
        write(qtbot, field, "3", key=None)
        field.clearFocus()


@pytest.mark.parametrize("text, key", [("3", Qt.Key.Key_Escape), ("soon", Qt.Key.Key_Return)])
def test_escape_and_nonsense_leave_all_as_it_was(field, qtbot, text, key):
    with qtbot.assertNotEmitted(field.typed):
        write(qtbot, field, text, key)
    assert field.text() == "0:01.500"


def test_who_is_typing_is_not_interrupted(field, qtbot):
    write(qtbot, field, "2", key=None)
    field.set_time(7.0)
    assert field.text() == "2"


def test_the_bounds_of_the_selection_can_be_typed(ready, qtbot):
    selection, bar = ready.workspace.selection, ready.workspace.view_bar
    assert not bar.start.isVisible()
    selection.select(1.0, 2.0)
    assert bar.start.text() == "0:01.000" and bar.end.text() == "0:02.000"
    bar.start.setFocus()
    write(qtbot, bar.start, "1.25")
    bar.end.setFocus()
    write(qtbot, bar.end, "0:09.5")
    assert selection.bounds == (1.25, 9.5)
    write(qtbot, bar.end, "99")
    assert selection.bounds == (1.25, 10.0)  # the recording ends there
