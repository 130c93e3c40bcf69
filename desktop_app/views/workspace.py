"""The page for an open recording: file, ruler, two lanes, treatment and transport."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollBar, QVBoxLayout, QWidget

from ..icons import icon
from ..playback import Monitor
from ..session import Session, State
from ..theme import UNIT, Theme
from ..time_window import TimeWindow
from .controls import ElidedLabel, button
from .describe import facts_text
from .lane import Lane
from .pane import AXIS_WIDTH
from .ruler import Ruler
from .transport import Transport
from .treatment import TreatmentPanel
from .waveform_pane import display_scale

SCROLL_STEPS = 10_000


class Workspace(QWidget):
    """Shows the session; everything along time shares one TimeWindow.

    Args:
        session: What is shown.
        theme: The colours to start with.
    """

    open_asked = pyqtSignal()

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self.time_window = TimeWindow(self)
        self.ruler = Ruler(self.time_window, theme)
        self.before = Lane("Before", "before", self.time_window, theme)
        self.after = Lane("After", "accent", self.time_window, theme)
        self.lanes = (self.before, self.after)
        self.treatment = TreatmentPanel(session)
        self.transport = Transport(session, self.time_window)
        self.file_name = ElidedLabel("file")
        self.facts = ElidedLabel("muted")
        self.open = button("Open…", tooltip="Choose another recording (Ctrl+O)")
        self.open.clicked.connect(self.open_asked)
        self.scroll_bar = _scroll_bar(self.time_window)
        self._lay_out()
        for part in (self.ruler, *self.lanes):
            part.seek_asked.connect(session.player.seek)
        self.after.retry_asked.connect(session.render_again)
        session.recording_changed.connect(self._show_recording)
        session.rendering_changed.connect(self._show_rendering)
        session.state_changed.connect(self._show_state)
        session.progressed.connect(self._show_progress)
        session.monitor_changed.connect(self._show_monitor)
        session.player.position_changed.connect(self._show_position)
        self.use_theme(theme)
        self._show_monitor()

    def _lay_out(self) -> None:
        header = QFrame()
        header.setObjectName("header")
        row = QHBoxLayout(header)
        row.setContentsMargins(AXIS_WIDTH, UNIT, UNIT, UNIT)
        row.setSpacing(2 * UNIT)
        row.addWidget(self.file_name)
        row.addWidget(self.facts)
        row.addStretch()
        row.addWidget(self.open)
        graphs = QVBoxLayout()
        graphs.setContentsMargins(0, 0, UNIT, UNIT)
        graphs.setSpacing(UNIT // 2)
        graphs.addWidget(header)
        graphs.addWidget(self.ruler)
        graphs.addWidget(self.before, 1)
        graphs.addWidget(self.after, 1)
        below = QHBoxLayout()
        below.setContentsMargins(AXIS_WIDTH, 0, 0, 0)
        below.addWidget(self.scroll_bar)
        graphs.addLayout(below)
        middle = self.columns = QHBoxLayout()  # more may stand beside the lanes
        middle.setSpacing(0)
        middle.addLayout(graphs, 1)
        middle.addWidget(self.treatment)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(middle, 1)
        column.addWidget(self.transport)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.open.setIcon(icon("open", theme.text))
        for part in (self.ruler, *self.lanes, self.treatment, self.transport):
            part.use_theme(theme)

    def _show_recording(self) -> None:
        recording = self._session.recording
        if recording is None:
            for lane in self.lanes:
                lane.show_picture(None)
            return
        self.file_name.show_path(recording.path)
        self.facts.setText(facts_text(recording.info))
        self.time_window.set_duration(recording.duration_s)
        self.before.show_picture(recording.picture)
        self._show_position(0.0)

    def _show_rendering(self) -> None:
        recording, rendering = self._session.recording, self._session.rendering
        if rendering is None:
            self.after.show_picture(None)
        else:
            self.after.show_picture(rendering.picture, ghost=recording.picture)

    def _show_state(self) -> None:
        state = self._session.state
        if state is State.READING:
            self.after.set_quiet()
        elif state is State.RENDERING:
            self.before.set_quiet()
        elif state is State.UNTREATED:
            self.before.set_quiet()
            self.after.set_problem("This recording could not be treated.")
        elif state is State.READY:
            self.before.set_quiet()
            self.after.set_quiet()
        if state in (State.READING, State.RENDERING):
            self._show_progress(0.0)
        self._set_levels()

    def _show_progress(self, fraction: float) -> None:
        if self._session.state is State.READING:
            self.before.set_progress("Reading", fraction)
            self._set_levels()
            for pane in self.before.panes:
                pane.redraw()
        elif self._session.state is State.RENDERING:
            self.after.set_progress("Taking the room out", fraction)
            for pane in self.after.panes:
                pane.redraw()

    def _set_levels(self) -> None:
        """The same levels for both lanes, so that the eye compares honestly."""
        if self._session.recording is not None:
            picture = self._session.recording.picture
            scale = display_scale(picture.waveform.peak())
            for lane in self.lanes:
                lane.set_levels(scale, picture.spectrogram.peak_db())

    def _show_monitor(self) -> None:
        monitor = self._session.monitor
        self.before.set_heard(monitor is Monitor.BEFORE)
        self.after.set_heard(monitor is Monitor.AFTER)

    def _show_position(self, position_s: float) -> None:
        self.ruler.set_position(position_s)
        for lane in self.lanes:
            lane.set_position(position_s)
        if self._session.player.is_playing:
            self.time_window.follow(position_s)


def _scroll_bar(time_window: TimeWindow) -> QScrollBar:
    """A scroll bar that shows and moves the stretch of time."""
    bar = QScrollBar()
    bar.setOrientation(Qt.Orientation.Horizontal)
    bar.setAccessibleName("Scroll in time")

    def show() -> None:
        blocked = bar.blockSignals(True)
        page = round(SCROLL_STEPS * time_window.span_s / time_window.duration_s)
        bar.setPageStep(page)
        bar.setSingleStep(max(1, page // 10))
        bar.setRange(0, SCROLL_STEPS - page)
        bar.setValue(round(SCROLL_STEPS * time_window.start_s / time_window.duration_s))
        bar.setEnabled(not time_window.shows_all)
        bar.blockSignals(blocked)

    bar.valueChanged.connect(
        lambda value: time_window.scroll_to(value / SCROLL_STEPS * time_window.duration_s)
    )
    time_window.changed.connect(show)
    show()
    return bar
