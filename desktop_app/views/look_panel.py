"""How things are drawn, as a small panel that opens above its button."""

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup, QIcon, QImage, QPixmap
from PyQt6.QtWidgets import QCheckBox, QFrame, QGridLayout, QMenu, QPushButton, QSpinBox, QWidget

from ..colour_maps import MAPS, SAFE, lookup_table
from ..frequency_axis import KINDS
from ..look import SPAN_DB, TOP_DB, WINDOWS_MS, Display, Look
from ..theme import UNIT
from .controls import button, label
from .raster import packed

SWATCH = (8 * UNIT, 2 * UNIT)
FIELD_WIDTH = 22 * UNIT


class Chooser(QPushButton):
    """A button with the present choice that opens a menu of all.

    Args:
        name: What is chosen, for a screen reader.
        choices: Text of each value.
        choose: Takes the value that is chosen.
        icons: Picture of each value, where there are any.
    """

    def __init__(
        self,
        name: str,
        choices: dict[Any, str],
        choose: Callable[[Any], object],
        icons: dict[Any, QIcon] | None = None,
    ) -> None:
        super().__init__()
        self._name = name
        self._choices = choices
        self.setProperty("role", "chooser")
        self.setAutoDefault(True)
        self.setFixedWidth(FIELD_WIDTH)
        self.menu_ = QMenu(self)
        self.actions_: dict[Any, QAction] = {}
        group = QActionGroup(self.menu_)
        for value, text in choices.items():
            action = self.menu_.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(lambda _, value=value: choose(value))
            if icons:
                action.setIcon(icons[value])
            group.addAction(action)
            self.actions_[value] = action
        self.clicked.connect(lambda: self.menu_.popup(self.mapToGlobal(self.rect().bottomLeft())))

    def show_value(self, value: Any) -> None:
        """Show this choice."""
        text = self._choices[value].partition("\t")[0]
        self.setText(text)
        self.setAccessibleName(f"{self._name}: {text}")
        self.actions_[value].setChecked(True)


class LookPanel(QFrame):
    """Frequency axis, colours, levels, window, and which parts of a lane are shown.

    Args:
        display: What is changed.
        parent: Whose window it opens over.
    """

    def __init__(self, display: Display, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("panel")
        self.setAccessibleName("Look")
        self._display = display
        change = display.set
        self.axis = Chooser("Frequency axis", KINDS, lambda value: change(axis=value))
        self.colours = Chooser(
            "Colours",
            {name: _described(name) for name in MAPS},
            lambda value: change(colours=value),
            {name: _swatch(name) for name in MAPS},
        )
        self.window_ = Chooser(
            "Window",
            {length: f"{length} ms" for length in WINDOWS_MS},
            lambda value: change(window_ms=value),
        )
        self.auto_top = QCheckBox("As loud as the recording")
        self.auto_top.clicked.connect(lambda on: change(auto_top=on))
        self.top = self._number("Brightest level", TOP_DB, lambda value: change(top_db=value))
        self.span = self._number("Range of levels", SPAN_DB, lambda value: change(span_db=value))
        self.waveform = QCheckBox("Waveform")
        self.spectrogram = QCheckBox("Spectrogram")
        for box, part in ((self.waveform, "waveform"), (self.spectrogram, "spectrogram")):
            box.clicked.connect(lambda on, part=part: display.show_part(part, on))
        self.reset = button("Back to the defaults", "link")
        self.reset.clicked.connect(self._reset)
        self._lay_out()
        display.changed.connect(self._show)
        self._show()

    @staticmethod
    def _number(name: str, limits: tuple[int, int], then: Callable[[int], object]) -> QSpinBox:
        box = QSpinBox()
        box.setRange(*limits)
        box.setSuffix(" dB")
        box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        box.setSingleStep(5)
        box.setKeyboardTracking(False)
        box.setAccessibleName(name)
        box.setFixedWidth(FIELD_WIDTH)
        box.valueChanged.connect(then)
        return box

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, UNIT)
        grid.setHorizontalSpacing(2 * UNIT)
        grid.setVerticalSpacing(UNIT)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Show", self.waveform),
            ("", self.spectrogram),
            ("Frequency axis", self.axis),
            ("Colours", self.colours),
            ("Brightest level", self.auto_top),
            ("", self.top),
            ("Range", self.span),
            ("Window", self.window_),
            ("", self.reset),
        )
        for row, (name, widget) in enumerate(rows):
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(widget, row, 1)
        grid.setAlignment(self.reset, Qt.AlignmentFlag.AlignRight)

    def _show(self) -> None:
        look = self._display.look
        for chooser, value in (
            (self.axis, look.axis),
            (self.colours, look.colours),
            (self.window_, look.window_ms),
        ):
            chooser.show_value(value)
        for box, is_on in (
            (self.auto_top, look.auto_top),
            (self.waveform, look.waveform),
            (self.spectrogram, look.spectrogram),
        ):
            box.setChecked(is_on)
        for number, level_db in ((self.top, look.top_db), (self.span, look.span_db)):
            blocked = number.blockSignals(True)
            number.setValue(level_db)
            number.blockSignals(blocked)
        self.top.setEnabled(not look.auto_top)

    def _reset(self) -> None:
        fresh = Look()
        names = ("axis", "colours", "auto_top", "top_db", "span_db", "window_ms")
        self._display.set(**{name: getattr(fresh, name) for name in names})
        self._display.show_part("waveform", True)
        self._display.show_part("spectrogram", True)
        self._display.reset_vertical()


def _described(name: str) -> str:
    """A map's name, and whether it looks the same to the colour-blind."""
    return f"{MAPS[name]}\tcolour-blind safe" if name in SAFE else MAPS[name]


def _swatch(name: str) -> QIcon:
    width, height = SWATCH
    row = packed(lookup_table(name))[None, :].repeat(height, axis=0).copy()
    image = QImage(row.data, 256, height, 1024, QImage.Format.Format_RGB32).copy()
    return QIcon(QPixmap.fromImage(image.scaled(width, height)))
