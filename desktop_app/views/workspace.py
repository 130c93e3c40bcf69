"""The page for an open recording: file, overview, ruler, lanes, treatment and transport."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ..icons import icon
from ..session import Session, State
from ..theme import UNIT, Theme
from .controls import ElidedLabel, FactsLabel, button, label
from .describe import facts
from .lane_stack import LaneStack
from .overview import Overview
from .pane import AXIS_WIDTH
from .ruler import Ruler
from .stage import Stage
from .transport import Transport
from .treatment import TreatmentPanel
from .view_bar import ViewBar


class Workspace(QWidget):
    """Shows the session; everything along time shares one Stage.

    Args:
        session: What is shown.
        theme: The colours to start with.
    """

    open_asked = pyqtSignal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.stage = Stage(self)
        self.time_window = self.stage.time_window
        self.selection = self.stage.selection
        self.overview = Overview(self.stage, theme)
        self.ruler = Ruler(self.stage, theme)
        self.stack = LaneStack(session, self.stage, theme)
        self.lanes = self.stack.lanes
        self.before, self.after = self.stack.before, self.stack.after
        self.view_bar = ViewBar(self.stage, theme)
        self.treatment = TreatmentPanel(session)
        self.transport = Transport(session, self.time_window)
        self.file_name = ElidedLabel("file")
        self.facts = FactsLabel("muted")
        self.open = button("Open…", tooltip="Choose another recording (Ctrl+O)")
        self.open.clicked.connect(self.open_asked)
        self.nothing = label("Nothing is open. Choose a recording from the list.", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self._show_whether_open()
        self._connect()
        self.use_theme(theme)

    def _connect(self) -> None:
        session = self._session
        self.stage.seek_asked.connect(session.player.seek)
        self.selection.settled.connect(self._use_selection)
        self.view_bar.loop.toggled.connect(self._use_selection)
        for lane in self.lanes:
            lane.retry_asked.connect(session.render_again)
        session.recording_changed.connect(self._show_recording)
        session.rendering_changed.connect(self._show_rendering)
        session.state_changed.connect(self._show_state)
        session.progressed.connect(self._show_progress)
        session.player.position_changed.connect(self._show_position)

    def _lay_out(self) -> None:
        header = QFrame()
        header.setObjectName("header")
        row = QHBoxLayout(header)
        row.setContentsMargins(AXIS_WIDTH, UNIT, 0, UNIT)
        row.setSpacing(2 * UNIT)
        row.addWidget(self.file_name)
        row.addWidget(self.facts, 1)
        row.addWidget(self.open)
        self.graphs = QWidget()
        graphs = QVBoxLayout(self.graphs)
        graphs.setContentsMargins(0, 0, UNIT, 0)
        graphs.setSpacing(0)
        graphs.addWidget(header)
        graphs.addWidget(self.overview)
        graphs.addSpacing(UNIT // 2)
        graphs.addWidget(self.ruler)
        graphs.addWidget(self.stack, 1)
        graphs.addWidget(self.view_bar)
        middle = self.columns = QHBoxLayout()  # more may stand beside the lanes
        middle.setSpacing(0)
        middle.addWidget(self.graphs, 1)
        middle.addWidget(self.nothing, 1)
        middle.addWidget(self.treatment)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(middle, 1)
        column.addWidget(self.transport)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.open.setIcon(icon("open", theme.text))
        for part in (
            self.overview,
            self.ruler,
            self.stack,
            self.view_bar,
            self.treatment,
            self.transport,
        ):
            part.use_theme(theme)

    def stop(self) -> None:
        """Wait for what draws in the background; called when the window closes."""
        self.stage.tiler.stop()
        self.stack.stop()

    def zoom_to_selection(self) -> None:
        """Show what is selected, and nothing else."""
        if self.selection:
            self.time_window.show_stretch(*self.selection.bounds)

    def zoom_to_samples(self, distance: float) -> None:
        """Show single samples, so many pixels apart, around the playhead if it is in sight."""
        recording, window = self._session.recording, self.time_window
        if recording is None:
            return
        span_s = self.before.waveform.getViewBox().width() / distance / recording.info.sample_rate
        position_s = self._session.player.position_s
        if not window.start_s <= position_s <= window.end_s:
            position_s = (window.start_s + window.end_s) / 2
        window.show_stretch(position_s - span_s / 2, position_s + span_s / 2)

    def _show_recording(self) -> None:
        recording = self._session.recording
        self._show_whether_open()
        self.stack.show_recording()
        self._show_overview()
        if recording is not None:
            self.file_name.show_path(recording.path)
            self.facts.show_facts(facts(recording.info))
            self.stage.set_duration(recording.duration_s)
            self._show_position(0.0)

    def _show_whether_open(self) -> None:
        is_open = self._session.recording is not None
        self.graphs.setVisible(is_open)
        self.nothing.setVisible(not is_open)
        self.treatment.setEnabled(is_open)

    def _show_rendering(self) -> None:
        self.stack.show_rendering()
        self._show_overview()

    def _show_overview(self) -> None:
        recording, rendering = self._session.recording, self._session.rendering
        pictures = [] if recording is None else [(recording.picture, "before")]
        if rendering is not None:
            pictures.append((rendering.picture, "accent"))
        self.overview.show_pictures(*pictures)

    def _show_state(self) -> None:
        state = self._session.state
        for lane in self.lanes:
            lane.set_quiet()
        if state is State.UNTREATED:
            self.stack.telling.set_problem("This recording could not be treated.")
        if state in (State.READING, State.RENDERING):
            self._show_progress(0.0)
        self._grow()

    def _show_progress(self, fraction: float) -> None:
        state = self._session.state
        if state in (State.READING, State.RENDERING):
            text = "Reading" if state is State.READING else "Taking the room out"
            lane = self.before if state is State.READING else self.after
            (self.stack.telling if lane.isHidden() else lane).set_progress(text, fraction)
            self._grow()

    def _grow(self) -> None:
        self.stack.set_levels()
        self.stack.grow()
        self.overview.grow()

    def _use_selection(self) -> None:
        """Loop what is selected, if that is wanted, and stand ready to play it."""
        player, bounds = self._session.player, self.selection.bounds
        if bounds is None or not self.view_bar.loop.isChecked():
            player.set_loop(None)
        else:
            player.set_loop(*bounds)
        if bounds and not player.is_playing and not bounds[0] <= player.position_s < bounds[1]:
            player.seek(bounds[0])

    def _show_position(self, position_s: float) -> None:
        for part in (self.overview, self.ruler, self.stack):
            part.set_position(position_s)
        if self._session.player.is_playing:
            self.time_window.follow(position_s)
