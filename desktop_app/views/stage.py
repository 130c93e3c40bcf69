"""What everything drawn along time shares: the stretch, the selection, the look, the pointer."""

from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from ..detail import Tiler
from ..look import Display
from ..selection import Selection
from ..time_window import TimeWindow


@dataclass(frozen=True)
class Pointer:
    """What the pixel under the mouse stands for.

    Attributes:
        start_s: Left edge of the pixel.
        stop_s: Its right edge.
        band_hz: Its lower and upper edge in a spectrogram, else None.
        channel: The channel in a waveform.
    """

    start_s: float
    stop_s: float
    band_hz: tuple[float, float] | None = None
    channel: int = 0

    @property
    def time_s(self) -> float:
        return (self.start_s + self.stop_s) / 2


class Stage(QObject):
    """One for each window; panes, ruler and overview read it and change it."""

    seek_asked = pyqtSignal(float)
    pointer_moved = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.time_window = TimeWindow(self)
        self.selection = Selection(self)
        self.display = Display(self)
        self.tiler = Tiler(self)
        self.pointer: Pointer | None = None
        self.time_window.changed.connect(self._forget_pointer)

    def set_duration(self, duration_s: float) -> None:
        """Take on another recording: all of it is shown, nothing is selected."""
        self.time_window.set_duration(duration_s)
        self.selection.set_duration(duration_s)
        self.point(None)

    def point(self, pointer: Pointer | None) -> None:
        """The mouse is there now, or nowhere."""
        if pointer != self.pointer:
            self.pointer = pointer
            self.pointer_moved.emit()

    def _forget_pointer(self) -> None:
        """What it pointed at may have moved out of sight under the mouse."""
        window, pointer = self.time_window, self.pointer
        if pointer is not None and not window.start_s <= pointer.time_s <= window.end_s:
            self.point(None)
