"""The room in figures, before and after, and whether the result is too loud."""

from math import log10

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from processor.room import RoomFigures

from ..readout import level_text
from ..session import Session
from ..theme import UNIT
from .controls import label, set_property

UNKNOWN = "–"
ROWS = (
    ("T60", "Reverberation time: how long sound takes to fall by 60 dB."),
    ("C50", "Clarity: what arrives within 50 ms, over what comes later."),
    ("Peak", "The loudest sample, in decibels below full scale."),
)


class RoomTable(QWidget):
    """T60, C50 and peak before and after, and by how much the pauses became quieter.

    Args:
        session: What is told of.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * UNIT)
        grid.setVerticalSpacing(UNIT // 2)
        grid.setColumnStretch(0, 1)
        for column, text in enumerate(("", "Before", "After")):
            grid.addWidget(label(text, "muted"), 0, column, Qt.AlignmentFlag.AlignRight)
        self.cells = {}
        for row, (name, meaning) in enumerate(ROWS, 1):
            title = label(name)
            title.setToolTip(meaning)
            grid.addWidget(title, row, 0)
            self.cells[name] = tuple(label(UNKNOWN) for _ in range(2))
            for column, cell in enumerate(self.cells[name], 1):
                grid.addWidget(cell, row, column, Qt.AlignmentFlag.AlignRight)
        self.pauses = label("", "muted")
        self.pauses.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(label("ROOM", "section"))
        column.addLayout(grid)
        column.addWidget(self.pauses)
        session.room_change.changed.connect(self._show)
        session.state_changed.connect(self._show_peaks)
        session.rendering_changed.connect(self._show_peaks)
        self._show()

    def _show(self) -> None:
        figures = self._session.room_change.figures
        rooms = (None, None) if figures is None else (figures.before, figures.after)
        for which, room in enumerate(rooms):
            self.cells["T60"][which].setText(_t60_text(room))
            self.cells["C50"][which].setText(_c50_text(room))
        lowered = None if figures is None else figures.lowered_db
        self.pauses.setVisible(lowered is not None and lowered >= 0.05)
        if lowered is not None:
            self.pauses.setText(f"Between words {level_text(lowered)} quieter")

    def _show_peaks(self) -> None:
        shown = self._session.recording, self._session.rendering
        for cell, each in zip(self.cells["Peak"], shown, strict=True):
            peak = 0.0 if each is None else each.picture.waveform.peak()
            cell.setText(_peak_text(peak))
            set_property(cell, "role", "error" if peak > 1.0 else "")
            cell.setToolTip(
                "Beyond full scale: integer formats cannot hold it. Lower the output gain."
                if peak > 1.0
                else ""
            )


def _t60_text(room: RoomFigures | None) -> str:
    return UNKNOWN if room is None or room.t60_s is None else f"{room.t60_s:.2f} s"


def _c50_text(room: RoomFigures | None) -> str:
    return UNKNOWN if room is None or room.c50_db is None else level_text(room.c50_db)


def _peak_text(peak: float) -> str:
    return UNKNOWN if peak <= 0.0 else level_text(20 * log10(peak))
