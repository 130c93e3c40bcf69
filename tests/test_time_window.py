"""The stretch of time on the screen never leaves the recording; times read as people write them."""

from __future__ import annotations

import pytest

from desktop_app.time_window import SHORTEST_S, TimeWindow, tick_step_s, time_text


@pytest.fixture
def window(qapp) -> TimeWindow:
    window = TimeWindow()
    window.set_duration(100.0)
    return window


def test_at_first_all_is_shown(window):
    assert (window.start_s, window.end_s) == (0.0, 100.0) and window.shows_all


@pytest.mark.parametrize("around_s", [0.0, 33.3, 100.0])
def test_zooming_keeps_a_time_where_it_is_on_the_screen(window, around_s):
    window.zoom(0.5, around_s)
    part = (around_s - window.start_s) / window.span_s
    assert window.span_s == pytest.approx(50.0)
    assert part == pytest.approx(around_s / 100.0)


def test_zooming_ends_at_the_whole_and_at_a_few_milliseconds(window):
    for _ in range(100):
        window.zoom(0.5)
    assert window.span_s == pytest.approx(SHORTEST_S)
    for _ in range(100):
        window.zoom(2.0, 7.0)
    assert window.shows_all


@pytest.mark.parametrize("start_s, expected_s", [(-5.0, 0.0), (30.0, 30.0), (99.0, 90.0)])
def test_scrolling_stays_inside(window, start_s, expected_s):
    window.zoom(0.1)
    window.scroll_to(start_s)
    assert window.start_s == pytest.approx(expected_s)
    assert window.span_s == pytest.approx(10.0)


def test_the_page_turns_when_the_playhead_leaves_it(window):
    window.zoom(0.1, 0.0)
    window.follow(9.9)
    assert window.start_s == 0.0
    window.follow(10.1)
    assert window.start_s < 10.1 < window.end_s


@pytest.mark.parametrize("span_s", [0.005, 0.3, 1.0, 59.0, 3600.0, 100_000.0])
def test_ticks_are_never_more_than_there_is_room_for(span_s):
    assert 1 <= span_s / tick_step_s(span_s, 9.0) <= 9.0


@pytest.mark.parametrize(
    "time_s, step_s, text",
    [
        (0.0, 1.0, "0:00"),
        (59.6, 1.0, "1:00"),
        (61.25, 0.1, "1:01.2"),
        (59.999, 0.01, "1:00.00"),
        (3600.0, 60.0, "1:00:00"),
        (0.0125, 0.0005, "0:00.0125"),
    ],
)
def test_times_read_as_people_write_them(time_s, step_s, text):
    assert time_text(time_s, step_s) == text
