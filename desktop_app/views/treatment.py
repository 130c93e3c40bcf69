"""The panel at the side: how much of the room is taken out, and the way to the finished file."""

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QCheckBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from processor import Recipe

from ..icons import icon
from ..presets import Presets
from ..session import Session, State
from ..settings import Settings
from ..theme import UNIT, Theme
from ..wording import BANDS
from .controls import button, label
from .fold import Fold
from .knob import Knob, Scale
from .model_chooser import ModelChooser
from .preset_bar import PresetBar
from .room_table import RoomTable

WIDTH = 33 * UNIT
LOW = 70 * UNIT
BAR = 10  # width of a scroll bar, as in the style sheet
DECIBELS = Scale(-60, 0, unit=" dB", per_value=1)
GAIN = Scale(-24, 24, 0.5, " dB", 1, is_signed=True)


class TreatmentPanel(QFrame):
    """Model, preset, how much is taken out, what became of the room, and export.

    Args:
        session: What is set and shown.
        presets: Those there are; the program's and the user's by default.
    """

    export_asked = pyqtSignal()

    def __init__(self, session: Session, presets: Presets | None = None) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setFixedWidth(WIDTH)
        self._session = session
        self.model = ModelChooser(session)
        self.preset = PresetBar(session, presets or Presets())
        self._make_knobs(Recipe())
        self.link = QCheckBox("Link channels")
        self.link.setToolTip("Change all channels alike, so that what stands left stays left.")
        self.link.clicked.connect(lambda on: session.set_recipe(link=on))
        self.advanced = Fold("Advanced", self._advanced())
        self.room = RoomTable(session)
        self.export = button("Export…", "primary", "Save the treated recording (Ctrl+E)")
        self.export.clicked.connect(self.export_asked)
        self._lay_out()
        session.recipe_changed.connect(self._show_recipe)
        session.recording_changed.connect(self._show_channels)
        session.state_changed.connect(self._enable)
        session.exporter.changed.connect(self._enable)
        self._show_recipe()
        self._enable()

    def _make_knobs(self, default: Recipe) -> None:
        self.strength = self._knob(
            "Strength",
            "How strongly reverberation is lowered, in decibels.",
            default.strength,
            ends=("Untouched", "Driest"),
        )
        self.mix = self._knob(
            "Wet / dry mix",
            "How much of the treated sound is heard, beside the original.",
            default.mix,
        )
        self.gain = self._knob(
            "Output gain", "How loud the result is; exported as it is heard.", 0.0, GAIN
        )
        self.floor = self._knob(
            "Floor", "Nothing is lowered by more than this: it keeps ambience.", -60.0, DECIBELS
        )
        self.focus = tuple(
            self._knob(f"Focus {band}", f"How much of the room is taken out {where}.", 1.0)
            for band, where in zip(
                BANDS, ("below 300 Hz", "from 300 Hz to 3 kHz", "above 3 kHz"), strict=True
            )
        )
        session = self._session
        self.strength.changed.connect(lambda share: session.set_recipe(strength=share))
        self.mix.changed.connect(lambda share: session.set_recipe(mix=share))
        self.gain.changed.connect(lambda level: session.set_recipe(gain_db=level))
        self.floor.changed.connect(lambda level: session.set_recipe(floor_db=level))
        for band, knob in enumerate(self.focus):
            knob.changed.connect(partial(self._set_focus, band))

    def _knob(self, *arguments: object, **more: object) -> Knob:
        knob = Knob(*arguments, **more)
        knob.held.connect(self._session.history.hold)
        knob.released.connect(self._session.history.release)
        return knob

    def _set_focus(self, band: int, share: float) -> None:
        shares = list(self._session.recipe.focus)
        shares[band] = share
        self._session.set_recipe(focus=shares)

    def _advanced(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        for part in (self.floor, *self.focus, self.link):
            column.addWidget(part)
        return content

    def recall(self, settings: Settings) -> None:
        """Open the advanced settings if they were open the last time, and remember it."""
        self.advanced.set_open(settings.advanced_open)
        self.advanced.toggled.connect(partial(setattr, settings, "advanced_open"))

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.export.setIcon(icon("export", theme.on_accent, theme.muted))

    def _lay_out(self) -> None:
        content = QWidget()
        content.setObjectName("knobs")
        self._column = top = QVBoxLayout(content)
        top.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT - BAR, UNIT)
        top.setSpacing(3 * UNIT // 2)
        for part in (self.model, self.preset, label("TREATMENT", "section")):
            top.addWidget(part)
        for part in (self.strength, self.mix, self.gain, self.advanced, self.room):
            top.addWidget(part)
        top.addStretch()
        self.knobs = QScrollArea()
        self.knobs.setWidget(content)
        self.knobs.setWidgetResizable(True)
        self.knobs.setFrameShape(QFrame.Shape.NoFrame)
        self.knobs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.knobs.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.knobs.verticalScrollBar()
        bar.setEnabled(False)  # and out of sight, while all of it is in sight
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(low < high))
        self.knobs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        exporting = QFrame()
        exporting.setObjectName("exporting")
        bottom = QVBoxLayout(exporting)
        bottom.setContentsMargins(2 * UNIT, 3 * UNIT // 2, 2 * UNIT, 3 * UNIT // 2)
        bottom.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)  # the panel's border
        column.setSpacing(0)
        column.addWidget(self.knobs, 1)
        column.addWidget(exporting)

    def _show_recipe(self) -> None:
        recipe = self._session.recipe
        self.strength.set_value(recipe.strength)
        self.mix.set_value(recipe.mix)
        self.gain.set_value(recipe.gain_db)
        self.floor.set_value(recipe.floor_db)
        for knob, share in zip(self.focus, recipe.focus, strict=True):
            knob.set_value(share)
        self.link.setChecked(recipe.link)

    def _show_channels(self) -> None:
        recording = self._session.recording
        self.link.setEnabled(recording is None or recording.info.channels > 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.height() < LOW  # then the table of the room fits in all the same
        self._column.setSpacing(UNIT // 2 if is_low else 3 * UNIT // 2)
        self.strength.show_ends(not is_low)

    def _enable(self) -> None:
        readable = self._session.state not in (State.EMPTY, State.READING, State.UNTREATED)
        self.export.setEnabled(readable and not self._session.exporter.is_busy)
