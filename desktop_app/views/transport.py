"""The bar at the bottom: play, the time, what is heard, and how much time is shown."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QWidget,
)

from ..icons import icon, pixmap
from ..playback import Monitor
from ..session import Session
from ..theme import UNIT, Theme
from ..time_window import TimeWindow, time_text
from .controls import button, icon_button, label
from .meter import Meter

PLAY_SIZE = 5 * UNIT
ZOOM_STEP = 0.5
NAMES = {Monitor.BEFORE: "Before", Monitor.AFTER: "After", Monitor.REMOVED: "Removed"}
TOOLTIPS = {
    Monitor.BEFORE: "Hear the recording as it came (1; B to switch)",
    Monitor.AFTER: "Hear the treated recording (2; B to switch)",
    Monitor.REMOVED: "Hear only what is taken away (3)",
}


class MonitorSwitch(QFrame):
    """Before, after, removed: which of them is heard."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("monitor")
        self.setAccessibleName("What is heard")
        self._session = session
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        self.buttons = {}
        for monitor, name in NAMES.items():
            choice = button(name, tooltip=TOOLTIPS[monitor])
            choice.setCheckable(True)
            choice.setAccessibleName(f"Hear {name.lower()}")
            choice.setMinimumWidth(11 * UNIT)
            choice.clicked.connect(lambda _, chosen=monitor: session.set_monitor(chosen))
            group.addButton(choice)
            row.addWidget(choice)
            self.buttons[monitor] = choice
        session.monitor_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.buttons[self._session.monitor].setChecked(True)


class Transport(QFrame):
    """Everything for listening, and for moving about in time.

    Args:
        session: What is played.
        time_window: What the zoom buttons change.
    """

    def __init__(self, session: Session, time_window: TimeWindow) -> None:
        super().__init__()
        self.setObjectName("transport")
        self._session = session
        self._player = session.player
        self._theme: Theme | None = None
        self.to_start = icon_button("To the start", "To the start (Home)")
        self.to_start.clicked.connect(lambda: self._player.seek(0.0))
        self.play = icon_button("Play", "Play (Space)", 24)
        self.play.setObjectName("play")
        self.play.setFixedSize(PLAY_SIZE, PLAY_SIZE)
        self.play.clicked.connect(self._player.toggle)
        self.time = label("0:00.0", "time")
        self.duration = label("", "muted")
        self._no_sound_icon = QLabel()
        self.no_sound = label("", "muted")
        self.no_sound.setWordWrap(True)
        self.monitor = MonitorSwitch(session)
        self.match = button(
            "Match", "chip", "Hear before as loud as after (M); exports stay as they are"
        )
        self.match.setCheckable(True)
        self.match.setAccessibleName("Match loudness")
        self.match.clicked.connect(session.hearing.set_matched)
        self.meter = Meter(session)
        self.zoom_out = icon_button("Zoom out", "Show more time (Ctrl+−)")
        self.zoom_in = icon_button("Zoom in", "Show less time (Ctrl++)")
        self.zoom_fit = icon_button("Show all", "Show the whole recording (Ctrl+0)")
        self.zoom_out.clicked.connect(lambda: time_window.zoom(1 / ZOOM_STEP))
        self.zoom_in.clicked.connect(lambda: time_window.zoom(ZOOM_STEP))
        self.zoom_fit.clicked.connect(time_window.show_all)
        self._lay_out()
        time_window.changed.connect(
            lambda: session.viewpoint.set_visible(time_window.start_s, time_window.end_s)
        )
        session.recording_changed.connect(self._show_duration)
        session.hearing.changed.connect(self._show_match)
        self._player.position_changed.connect(self._show_position)
        self._player.playing_changed.connect(self._show_playing)
        self._player.availability_changed.connect(self._show_availability)
        self._show_availability()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, UNIT)
        left = _row(self.to_start, self.play, self.time, self.duration)
        left.addSpacing(UNIT)
        left.addWidget(self._no_sound_icon)
        left.addWidget(self.no_sound)
        left.addStretch()
        right = _row(self.match, self.meter, self.zoom_out, self.zoom_in, self.zoom_fit)
        right.insertStretch(0)
        grid.addLayout(left, 0, 0)
        grid.addWidget(self.monitor, 0, 1, Qt.AlignmentFlag.AlignCenter)
        grid.addLayout(right, 0, 2)
        grid.setColumnStretch(0, 1)
        self._grid = grid

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        for widget, name in (
            (self.to_start, "start"),
            (self.zoom_out, "zoom-out"),
            (self.zoom_in, "zoom-in"),
            (self.zoom_fit, "zoom-fit"),
        ):
            widget.setIcon(icon(name, theme.text, theme.muted))
        self.meter.use_theme(theme)
        self._no_sound_icon.setPixmap(pixmap("silent", 20, theme.muted, self.devicePixelRatioF()))
        self._show_playing(self._player.is_playing)

    def _show_match(self) -> None:
        self.match.setChecked(self._session.hearing.is_matched)

    def _show_playing(self, is_playing: bool) -> None:
        name = "Pause" if is_playing else "Play"
        self.play.setAccessibleName(name)
        self.play.setToolTip(self._player.unavailable() or f"{name} (Space)")
        if self._theme is not None:
            self.play.setIcon(icon(name.lower(), self._theme.on_accent, self._theme.muted))

    def _show_availability(self) -> None:
        reason = self._player.unavailable()
        self.play.setEnabled(not reason)
        self.no_sound.setText(reason)
        self.no_sound.setToolTip(reason)
        # Room for two lines, which break between words.
        in_one_line = self.no_sound.fontMetrics().horizontalAdvance(reason)
        self.no_sound.setMinimumWidth(round(0.6 * in_one_line))
        self.no_sound.setVisible(bool(reason))
        self._no_sound_icon.setVisible(bool(reason))
        for part in (self.match, self.meter):  # of no use, and the reason needs the room
            part.setVisible(not reason)
        # The switch stays in the middle, unless the reason needs the room.
        self._grid.setColumnStretch(2, 0 if reason else 1)
        self._show_playing(self._player.is_playing)

    def _show_duration(self) -> None:
        recording = self._session.recording
        if recording is not None:
            self.duration.setText(f"/ {time_text(recording.duration_s, 0.1)}")
            widest = time_text(recording.duration_s, 0.1)
            self.time.setMinimumWidth(self.time.fontMetrics().horizontalAdvance(widest) + UNIT)

    def _show_position(self, position_s: float) -> None:
        self.time.setText(time_text(position_s, 0.1))


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(UNIT)
    row.setSizeConstraint(QLayout.SizeConstraint.SetDefaultConstraint)
    for widget in widgets:
        row.addWidget(widget)
    return row
