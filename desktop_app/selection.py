"""The selected stretch of time, shared by everything that shows or uses it."""

from PyQt6.QtCore import QObject, pyqtSignal


class Selection(QObject):
    """From `start_s` to `end_s`, inside the recording's 0 … `duration_s`; or nothing."""

    changed = pyqtSignal()  # also while an edge is dragged
    settled = pyqtSignal()  # it stays like this: time to loop it or to seek

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 0.0
        self.start_s = 0.0
        self.end_s = 0.0

    def __bool__(self) -> bool:
        """Whether anything is selected."""
        return self.end_s > self.start_s

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Start and end in seconds, or None."""
        return (self.start_s, self.end_s) if self else None

    def set_duration(self, duration_s: float) -> None:
        """Take on another recording, with nothing selected."""
        self.duration_s = duration_s
        self.clear()

    def select(self, one_s: float, other_s: float) -> None:
        """Select what lies between two times, in either order."""
        start_s, end_s = sorted((self._inside(one_s), self._inside(other_s)))
        self._set(start_s, end_s)
        self.settled.emit()

    def drag(self, anchor_s: float, to_s: float) -> None:
        """Select between an edge that stays and one that is being moved; `settle` ends this."""
        self._set(*sorted((self._inside(anchor_s), self._inside(to_s))))

    def settle(self) -> None:
        """Dragging has ended."""
        self.settled.emit()

    def set_start(self, start_s: float) -> None:
        """Move the start; where that leaves nothing, select to the end of the recording."""
        self.select(start_s, self.end_s if self.end_s > start_s else self.duration_s)

    def set_end(self, end_s: float) -> None:
        """Move the end; where that leaves nothing, select from the beginning."""
        self.select(self.start_s if self and self.start_s < end_s else 0.0, end_s)

    def select_all(self) -> None:
        self.select(0.0, self.duration_s)

    def clear(self) -> None:
        """Select nothing."""
        if self:
            self._set(0.0, 0.0)
            self.settled.emit()

    def _inside(self, time_s: float) -> float:
        return min(max(0.0, time_s), self.duration_s)

    def _set(self, start_s: float, end_s: float) -> None:
        if (start_s, end_s) != (self.start_s, self.end_s):
            self.start_s, self.end_s = start_s, end_s
            self.changed.emit()
