"""The panel at the side: how much of the room is taken out, and the way to the finished file."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QVBoxLayout

from processor import AudioInfo, Recipe

from ..icons import icon
from ..session import Session, State
from ..theme import UNIT, Theme
from .controls import PercentSlider, button, label
from .describe import format_text
from .model_chooser import ModelChooser

WIDTH = 33 * UNIT


class TreatmentPanel(QFrame):
    """Model, strength, wet/dry mix and export.

    Args:
        session: What is set and shown.
    """

    export_asked = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setFixedWidth(WIDTH)
        self._session = session
        default = Recipe()
        self.model = ModelChooser(session)
        self.strength = PercentSlider(
            "Strength",
            ("Untouched", "Driest"),
            "How strongly reverberation is lowered, in decibels.",
            default.strength,
        )
        self.mix = PercentSlider(
            "Wet / dry mix",
            ("Original", "Treated"),
            "How much of the treated sound is heard, beside the original.",
            default.mix,
        )
        self.strength.changed.connect(lambda share: session.set_recipe(strength=share))
        self.mix.changed.connect(lambda share: session.set_recipe(mix=share))
        self.format = label(role="muted")
        self.format.setWordWrap(True)
        self.export = button("Export…", "primary", "Save the treated recording (Ctrl+E)")
        self.export.clicked.connect(self.export_asked)
        self._lay_out()
        session.recipe_changed.connect(self._show_recipe)
        session.recording_changed.connect(self._show_format)
        session.state_changed.connect(self._enable)
        session.exporter.changed.connect(self._enable)
        self._enable()

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.export.setIcon(icon("export", theme.on_accent, theme.muted))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addWidget(self.model)
        column.addWidget(label("TREATMENT", "section"))
        column.addWidget(self.strength)
        column.addSpacing(UNIT)
        column.addWidget(self.mix)
        column.addStretch()
        column.addWidget(label("EXPORT", "section"))
        column.addWidget(self.format)
        column.addWidget(self.export)

    def _show_recipe(self) -> None:
        self.strength.set_share(self._session.recipe.strength)
        self.mix.set_share(self._session.recipe.mix)

    def _show_format(self) -> None:
        recording = self._session.recording
        self.format.setText("" if recording is None else _as_the_source(recording.info))

    def _enable(self) -> None:
        readable = self._session.state not in (State.EMPTY, State.READING, State.UNTREATED)
        self.export.setEnabled(readable and not self._session.exporter.is_busy)


def _as_the_source(info: AudioInfo) -> str:
    return f"As the source: {format_text(info)}"
