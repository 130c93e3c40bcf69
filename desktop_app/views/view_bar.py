"""The bar below the lanes: which of them are shown, what is selected, and how things look."""

from collections.abc import Callable

from PyQt6.QtCore import QPoint, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from ..icons import icon
from ..theme import UNIT, Theme
from ..time_window import time_text
from .controls import button, icon_button, label
from .look_panel import LookPanel
from .pane import AXIS_WIDTH
from .stage import Stage
from .time_field import TimeField

SELECTION_STEP_S = 0.001
LANE_NAMES = {
    "before": ("Before", "Show the recording as it came (Alt+1)"),
    "after": ("After", "Show the treated recording (Alt+2)"),
    "removed": ("Removed", "Show what is taken away (Alt+3)"),
    "difference": ("Difference", "Show by how much levels fall (blue) or rise (Alt+4)"),
}


class ViewBar(QFrame):
    """Chips for the lanes, the selection in numbers, and the button of the look.

    Args:
        stage: What is shown and changed.
        theme: The colours to start with.
    """

    def __init__(self, stage: Stage, theme: Theme) -> None:
        super().__init__()
        self._display = stage.display
        self._selection = stage.selection
        self.chips = {
            name: self._chip(text, tooltip, lambda on, name=name: self._display.show_lane(name, on))
            for name, (text, tooltip) in LANE_NAMES.items()
        }
        self.heard_only = self._chip(
            "Heard only",
            "Show one lane in place of three: the one that keys 1, 2 and 3 make heard (V)",
            lambda on: self._display.set(heard_only=on),
        )
        self.loop = self._chip("Loop", "Repeat what is selected while playing (L)", lambda on: None)
        self.start = TimeField("Selection, start", "Where the selection begins")
        self.end = TimeField("Selection, end", "Where the selection ends")
        self.start.typed.connect(self._selection.set_start)
        self.end.typed.connect(self._selection.set_end)
        self._dash = label("–", "muted")
        self.length = FittingLabel()
        self.clear = icon_button("Clear the selection", "Select nothing (Escape)", 16)
        self.clear.clicked.connect(self._selection.clear)
        self.look = icon_button("Look", "Frequency axis, colours, levels and window")
        self.panel = LookPanel(self._display, self)
        self.look.clicked.connect(self._open_panel)
        self._lay_out()
        self._display.changed.connect(self._show)
        self._selection.changed.connect(self._show_selection)
        self.use_theme(theme)
        self._show()
        self._show_selection()

    def _chip(self, text: str, tooltip: str, then: Callable[[bool], object]) -> QPushButton:
        chip = button(text, "chip", tooltip)
        chip.setCheckable(True)
        chip.setAccessibleName(f"Show {text.lower()}" if text != "Loop" else "Loop the selection")
        chip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        chip.clicked.connect(lambda on: (then(on), self._show()))
        return chip

    def _lay_out(self) -> None:
        self._lanes, self._selected = QWidget(), QWidget()
        chips = _row(self._lanes, *self.chips.values())
        chips.addSpacing(UNIT)
        chips.addWidget(self.heard_only)
        fields = (self.start, self._dash, self.end, self.clear, self.loop)
        _row(self._selected, self.length, *fields).setStretch(0, 1)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(AXIS_WIDTH, UNIT // 2, 0, UNIT // 2)
        self._grid.setSpacing(UNIT // 2)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._lanes, 0, 0)
        self._grid.addWidget(self.look, 0, 2)
        self._place_selection()

    def _place_selection(self) -> None:
        """Beside the chips where there is room, else below them."""
        parts = (self._lanes, self._selected, self.look)
        needed = AXIS_WIDTH + UNIT + sum(part.minimumSizeHint().width() for part in parts)
        if needed <= self.width():
            self._grid.addWidget(self._selected, 0, 1)
        else:
            self._grid.addWidget(self._selected, 1, 0, 1, 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_selection()

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.look.setIcon(icon("look", theme.text))
        self.clear.setIcon(icon("close", theme.muted))

    def _show(self) -> None:
        look = self._display.look
        for name, chip in self.chips.items():
            chip.setChecked(name in look.shown)
            chip.setEnabled(look.spectrogram if name == "difference" else not look.heard_only)
        self.heard_only.setChecked(look.heard_only)

    def _show_selection(self) -> None:
        selection = self._selection
        self._selected.setVisible(bool(selection))
        if selection:
            self.start.set_time(selection.start_s)
            self.end.set_time(selection.end_s)
            length = length_text(selection.length_s)
            self.length.show_texts(f"{length} selected", length, "")
            self._place_selection()

    def _open_panel(self) -> None:
        self.panel.adjustSize()
        above = self.look.mapToGlobal(QPoint(self.look.width(), 0))
        self.panel.move(above - QPoint(self.panel.width(), self.panel.height() + UNIT // 2))
        self.panel.show()


def _row(holder: QWidget, *widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(UNIT // 2)
    for widget in widgets:
        row.addWidget(widget)
    return row


def length_text(length_s: float) -> str:
    """A length of time to the millisecond: seconds, or from a minute on as a time."""
    return f"{length_s:.3f} s" if length_s < 60 else time_text(length_s, SELECTION_STEP_S)


class FittingLabel(QLabel):
    """Shows the first of several texts for which there is room, the last one in any case."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "muted")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._texts: tuple[str, ...] = ("",)

    def show_texts(self, *texts: str) -> None:
        """Choose among these, the best first."""
        self._texts = texts
        self._choose()

    def _choose(self) -> None:
        metrics = self.fontMetrics()
        fitting = [t for t in self._texts if metrics.horizontalAdvance(t) <= self.width()]
        self.setText((*fitting, self._texts[-1])[0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose()

    def minimumSizeHint(self) -> QSize:
        room = self.fontMetrics().horizontalAdvance(self._texts[-1])
        return QSize(room, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        room = self.fontMetrics().horizontalAdvance(self._texts[0])
        return QSize(room, super().sizeHint().height())
