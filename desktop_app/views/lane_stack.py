"""The lanes below each other: which are shown, what they draw, what they say of the pointer."""

import numpy as np
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ..job import JobSlot, Progress
from ..playback import Monitor
from ..plot_data import Picture
from ..readout import level_at, level_text, peak_at, pitch_text
from ..session import Session
from ..stft import window_length
from ..theme import UNIT, Theme
from ..time_window import time_text
from .lane import Lane
from .spectrogram_pane import DifferencePane, SpectrogramPane
from .stage import Pointer, Stage
from .waveform_pane import WaveformPane, display_scale

GROWTH_MS = 200  # between two drawings of what is growing
GROWTH_S = 2.0  # of sound taken in at once
READOUT_STEP_S = 0.001
HEARD = {Monitor.BEFORE: "before", Monitor.AFTER: "after", Monitor.REMOVED: "removed"}


class LaneStack(QWidget):
    """Before, after, removed and difference, all of them or some.

    Args:
        session: What is shown.
        stage: What the lanes share.
        theme: The colours to start with.
    """

    def __init__(self, session: Session, stage: Stage, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._stage = stage
        self._removed: Picture | None = None
        self._levels: tuple[float, float] | None = None
        self._is_growing = False
        self._growth = JobSlot(self)
        self.before, self.after, self.removed = (
            Lane(
                name,
                stage,
                theme,
                SpectrogramPane(stage, theme),
                WaveformPane(stage, theme, colour),
            )
            for name, colour in (
                ("Before", "before"),
                ("After", "accent"),
                ("Removed", "muted"),
            )
        )
        self.difference = Lane("Difference", stage, theme, DifferencePane(stage, theme))
        self.by_name = {
            "before": self.before,
            "after": self.after,
            "removed": self.removed,
            "difference": self.difference,
        }
        self.lanes = tuple(self.by_name.values())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        for lane in self.lanes:
            column.addWidget(lane, 1)
        self._redraw = QTimer(self, singleShot=True, interval=GROWTH_MS)
        self._redraw.timeout.connect(self._draw_growth)
        stage.display.changed.connect(self._show_lanes)
        stage.pointer_moved.connect(self._read_out)
        session.monitor_changed.connect(self._show_lanes)
        self._show_lanes()

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        for lane in self.lanes:
            lane.use_theme(theme)

    def stop(self) -> None:
        """Wait for what works in the background."""
        self._growth.stop()

    @property
    def telling(self) -> Lane:
        """The lane that says what is going on: "After", or where that is hidden, another."""
        order = (self.after, *self.lanes)
        return next((lane for lane in order if not lane.isHidden()), self.after)

    def show_recording(self) -> None:
        """Draw the session's recording from now on."""
        recording = self._session.recording
        self.before.show_picture(None if recording is None else recording.picture)
        self.show_rendering()
        self.set_levels()

    def show_rendering(self) -> None:
        """Draw the session's rendering from now on."""
        recording, rendering = self._session.recording, self._session.rendering
        self._growth.abandon()
        self._removed, self._is_growing = None, False
        if recording is None or rendering is None:
            for lane in (self.after, self.removed, self.difference):
                lane.show_picture(None)
            return

        def removed(start: int, stop: int) -> np.ndarray:
            _, gain = rendering.recipe.gains
            return abs(gain) * rendering.removed[:, start:stop]

        info = recording.info
        self._removed = Picture(removed, info.channels, info.frames, info.sample_rate)
        self.after.show_picture(rendering.picture, ghost=recording.picture)
        self.removed.show_picture(self._removed, ghost=recording.picture)
        self.difference.spectrogram.show_difference(rendering.picture, recording.picture)
        self.grow()

    def set_levels(self) -> None:
        """The same levels for all lanes, so that the eye compares honestly."""
        if self._session.recording is not None:
            picture = self._session.recording.picture
            levels = display_scale(picture.waveform.peak()), picture.spectrogram.peak_db()
            if levels != self._levels:
                self._levels = levels
                for lane in self.lanes:
                    lane.set_levels(*levels)

    def set_position(self, position_s: float) -> None:
        """Where the playhead stands."""
        for lane in self.lanes:
            lane.set_position(position_s)

    def grow(self) -> None:
        """There is more to draw than before; it will be, soon."""
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw_growth(self) -> None:
        for lane in self.lanes:
            lane.redraw()
        self._grow_removed()

    def _grow_removed(self) -> None:
        """Take what has been removed so far into its picture, if anyone looks at it."""
        picture, rendering = self._removed, self._session.rendering
        if picture is None or rendering is None or self._is_growing or self.removed.isHidden():
            return
        stop = rendering.picture.ready_frames
        if picture.ready_frames >= stop:
            return
        step = round(GROWTH_S * picture.sample_rate)

        def advance(progress: Progress) -> None:
            for position in (*range(picture.ready_frames + step, stop, step), stop):
                progress(position / stop)
                picture.advance(position)

        self._is_growing = True
        job = self._growth.start(advance)
        job.progressed.connect(lambda _: self.grow())
        job.succeeded.connect(self._end_growth)

    def _end_growth(self) -> None:
        self._is_growing = False
        self.grow()

    def _show_lanes(self) -> None:
        look, monitor = self._stage.display.look, self._session.monitor
        shown = set(look.shown)
        if look.heard_only:
            shown = {HEARD[monitor], *(shown & {"difference"})}
        if not look.spectrogram:
            shown.discard("difference")
        for name, lane in self.by_name.items():
            lane.setVisible(name in shown or (not shown and name == "after"))
            lane.set_heard(HEARD[monitor] == name)
        self.grow()
        self._read_out()

    def _read_out(self) -> None:
        pointer = self._stage.pointer
        for lane in self.lanes:
            if lane.isVisible():
                lane.readout.setText("" if pointer is None else self._text(lane, pointer))

    def _text(self, lane: Lane, pointer: Pointer) -> str:
        """Time, frequency and level under the pointer, as far as this lane can tell."""
        recording, rendering = self._session.recording, self._session.rendering
        if recording is None:
            return ""
        time = time_text(pointer.time_s, READOUT_STEP_S)
        treated = None if rendering is None else rendering.picture
        pictures = {
            self.before: recording.picture,
            self.after: treated,
            self.removed: self._removed,
            self.difference: treated,
        }
        picture = pictures[lane]
        if picture is None:
            return time
        if pointer.band_hz is None:
            if lane is self.difference:
                return time
            level = peak_at(picture, pointer.start_s, pointer.stop_s, pointer.channel)
            return f"{time}   {level_text(level)}"
        n_fft = window_length(self._stage.display.look.window_ms, picture.sample_rate)
        found = level_at(picture, pointer.time_s, *pointer.band_hz, n_fft)
        if found is None:
            return time
        frequency, level = found
        if lane is self.difference:
            reference = level_at(recording.picture, pointer.time_s, *pointer.band_hz, n_fft)
            level -= level if reference is None else reference[1]
        return f"{time}   {pitch_text(frequency)}   {level_text(level)}"
