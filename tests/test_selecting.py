"""Selecting a stretch of time, and what follows from it."""

from __future__ import annotations

import pytest
from mouse import LEFT, SHIFT, drag
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication

RATE = 16_000


def panes(work):
    return [pane for lane in work.lanes for pane in lane.panes if pane.isVisible()]


def test_a_drag_selects_and_is_shown_everywhere(work):
    pane = work.before.spectrogram
    drag(pane, pane.x_of(2.0), pane.x_of(4.0), pane.x_of(5.0))
    assert work.selection.bounds == pytest.approx((2.0, 5.0), abs=0.02)
    for each in panes(work):
        assert each.region.isVisible()
        assert each.region.getRegion() == pytest.approx(work.selection.bounds)
    assert "0:02" in work.view_bar.start.text() and work.view_bar.loop.isVisible()


def test_a_drag_to_the_left_selects_as_well(work):
    pane = work.after.waveform
    drag(pane, pane.x_of(5.0), pane.x_of(2.0))
    assert work.selection.bounds == pytest.approx((2.0, 5.0), abs=0.02)


def test_a_click_that_trembles_seeks_and_selects_nothing(work, ready):
    pane = work.after.waveform
    drag(pane, pane.x_of(5.0), pane.x_of(5.0) + 1)
    assert not work.selection
    assert ready.session.player.position_s == pytest.approx(5.0, abs=0.03)


def test_an_edge_is_dragged(work):
    for widget in (*work.after.panes, work.ruler):
        for edge_s, to_s, expected in ((2.0, 1.0, (1, 5)), (5.0, 8.0, (2, 8))):
            work.selection.select(2.0, 5.0)
            drag(widget, widget.x_of(edge_s) + 2, widget.x_of(to_s))
            assert work.selection.bounds == pytest.approx(expected, abs=0.02)


def test_shift_and_a_click_move_the_nearer_edge(work):
    work.selection.select(2.0, 5.0)
    pane = work.before.waveform
    drag(pane, pane.x_of(7.0), keys=SHIFT)
    assert work.selection.bounds == pytest.approx((2.0, 7.0), abs=0.02)


def test_a_drag_beyond_the_edge_scrolls_along(work):
    work.time_window.show_stretch(2.0, 4.0)
    pane = work.before.waveform
    QApplication.processEvents()
    drag(pane, pane.x_of(3.0), pane.x_of(4.5))
    assert work.time_window.end_s == pytest.approx(4.5, abs=0.02)
    assert work.selection.bounds == pytest.approx((3.0, 4.5), abs=0.02)


def test_dragging_in_the_ruler_scrubs(work, ready):
    drag(work.ruler, work.ruler.x_of(2.0), work.ruler.x_of(6.0))
    assert not work.selection
    assert ready.session.player.position_s == pytest.approx(6.0, abs=0.02)


def test_the_selection_is_cleared(work, ready, qtbot):
    pane = work.before.waveform
    for clear in (
        lambda: qtbot.mouseDClick(pane.viewport(), LEFT, pos=QPoint(300, 10)),
        lambda: qtbot.keyClick(ready, Qt.Key.Key_Escape),
        work.view_bar.clear.click,
    ):
        work.selection.select(2.0, 5.0)
        assert pane.region.isVisible()
        clear()
        assert not work.selection and not pane.region.isVisible()


def test_escape_still_closes_a_message(work, ready, qtbot):
    with qtbot.waitSignal(ready.session.noticed):
        ready.open_file(ready.session.recording.path.with_name("missing.wav"))
    qtbot.keyClick(ready, Qt.Key.Key_Escape)
    assert not ready.notice.isVisible()


def test_keys_select_at_the_playhead(work, ready, qtbot):
    ready.session.player.seek(2.0)
    qtbot.keyClick(ready, Qt.Key.Key_BracketLeft)
    assert work.selection.bounds == pytest.approx((2.0, 10.0))
    ready.session.player.seek(3.0)
    qtbot.keyClick(ready, Qt.Key.Key_BracketRight)
    assert work.selection.bounds == pytest.approx((2.0, 3.0))
    qtbot.keyClick(ready, Qt.Key.Key_Z)
    window = work.time_window
    assert (window.start_s, window.end_s) == pytest.approx((2.0, 3.0))


def test_what_is_selected_is_looped_if_that_is_wanted(work, ready, qtbot):
    player = ready.session.player
    work.selection.select(2.0, 5.0)
    assert player.loop_s is None
    qtbot.keyClick(ready, Qt.Key.Key_L)
    assert player.loop_s == pytest.approx((2.0, 5.0))
    work.selection.select(3.0, 4.0)
    assert player.loop_s == pytest.approx((3.0, 4.0))
    work.selection.clear()
    assert player.loop_s is None


def test_after_selecting_one_is_ready_to_play_from_its_start(work, ready):
    work.selection.select(2.0, 5.0)
    assert ready.session.player.position_s == pytest.approx(2.0)
