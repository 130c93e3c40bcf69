"""The stretch of time on the screen, shared by everything drawn along it."""

import math
import re

from PyQt6.QtCore import QObject, pyqtSignal

SHORTEST_S = 0.0005  # samples far enough apart to be told, at any rate that is treated
_TIME = re.compile(r"(?:\d+:){0,2}\d+(?:\.\d*)?")
STEPS_S = (
    *(m * 10.0**e for e in (-5, -4, -3, -2, -1) for m in (1, 2, 5)),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0 * m for m in (1, 2, 5, 10, 15, 30, 60, 120)),
)


class TimeWindow(QObject):
    """From `start_s` to `end_s`, always inside the recording's 0 … `duration_s`."""

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 1.0
        self.start_s = 0.0
        self.end_s = 1.0

    @property
    def span_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def shows_all(self) -> bool:
        return self.span_s >= self.duration_s

    def set_duration(self, duration_s: float) -> None:
        """Take on another recording and show all of it."""
        self.duration_s = max(duration_s, 1e-4)
        self.show_all()

    def show_all(self) -> None:
        self._set(0.0, self.duration_s)

    def zoom(self, factor: float, around_s: float | None = None) -> None:
        """Show `factor` times as much time; what lies at `around_s` stays where it is."""
        shortest = min(SHORTEST_S, self.duration_s)
        span = min(max(self.span_s * factor, shortest), self.duration_s)
        if around_s is None:
            around_s = (self.start_s + self.end_s) / 2
        part = (around_s - self.start_s) / self.span_s
        self._set(around_s - part * span, span)

    def scroll_to(self, start_s: float) -> None:
        """Show as much as now, from `start_s` on."""
        self._set(start_s, self.span_s)

    def scroll_by(self, spans: float) -> None:
        """Move on by a part of what is shown."""
        self.scroll_to(self.start_s + spans * self.span_s)

    def follow(self, time_s: float) -> None:
        """Turn the page when `time_s` leaves the screen."""
        if not self.start_s <= time_s <= self.end_s:
            self.scroll_to(time_s - 0.05 * self.span_s)

    def reveal(self, time_s: float) -> None:
        """Scroll as little as needed to bring `time_s` into sight."""
        if time_s < self.start_s:
            self.scroll_to(time_s)
        elif time_s > self.end_s:
            self.scroll_to(time_s - self.span_s)

    def show_stretch(self, start_s: float, end_s: float) -> None:
        """Show what lies between two times, or the shortest stretch around their middle."""
        shortest = min(SHORTEST_S, self.duration_s)
        span = min(max(end_s - start_s, shortest), self.duration_s)
        self._set((start_s + end_s - span) / 2, span)

    def _set(self, start_s: float, span_s: float) -> None:
        start_s = min(max(0.0, start_s), self.duration_s - span_s)
        if (start_s, start_s + span_s) != (self.start_s, self.end_s):
            self.start_s, self.end_s = start_s, start_s + span_s
            self.changed.emit()


def tick_step_s(span_s: float, most_ticks: float) -> float:
    """The finest round step of time that puts at most so many ticks into `span_s`."""
    for step in STEPS_S:
        if span_s / step <= most_ticks:
            return step
    return 3600.0 * math.ceil(span_s / 3600.0 / most_ticks)


def time_text(time_s: float, step_s: float = 1.0) -> str:
    """`m:ss` or `h:mm:ss`, with the decimals that a step of `step_s` needs."""
    decimals = max(0, math.ceil(-math.log10(step_s) - 1e-9))
    units = round(time_s * 10**decimals)
    seconds, fraction = divmod(units, 10**decimals)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text


def time_from(text: str) -> float | None:
    """The seconds that `m:ss.mmm`, `h:mm:ss` or plain seconds stand for; None if it is no time.

    >>> time_from("1:02.5"), time_from(" 62,5 "), time_from("1:00:00"), time_from("1:75")
    (62.5, 62.5, 3600.0, None)
    """
    match = _TIME.fullmatch(text.strip().replace(",", "."))
    if match is None:
        return None
    *larger, seconds = match[0].split(":")
    if larger and (float(seconds) >= 60.0 or (len(larger) == 2 and int(larger[1]) >= 60)):
        return None
    return sum(60.0 ** (number + 1) * int(part) for number, part in enumerate(larger[::-1])) + (
        float(seconds)
    )
