"""The window's single truth: what is open, what is asked of it, what is heard, what is going on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from processor import DereverbError, FileJob, Recipe
from processor.delivery import AS_SOURCE, Delivery

from .exporter import Exporter
from .figures import RoomChange
from .hearing import Hearing
from .history import History
from .job import JobSlot, Work
from .model_loading import ModelLoading
from .models import Models
from .playback import Monitor, Playback
from .player import Player, load_multimedia
from .recording import Recording, open_recording
from .rendering import Rendering
from .shelf import Shelf
from .viewpoint import Viewpoint
from .wording import in_the_window

log = logging.getLogger(__name__)

# A slider that is being dragged asks for one rendering, not for fifty.
SETTLE_MS = 120


class State(Enum):
    """What the window shows of the recording."""

    EMPTY = "empty"
    READING = "reading"
    RENDERING = "rendering"
    READY = "ready"
    UNTREATED = "untreated"  # the recording is there, but rendering it failed


class Kind(Enum):
    """How a notice is meant."""

    ERROR = "error"
    DONE = "done"


@dataclass(frozen=True)
class Notice:
    """One message for the user: what, which, remedy.

    Attributes:
        kind: An error, or something that is done.
        text: One or two sentences.
        path: A file that can be shown in its folder, if there is one.
    """

    kind: Kind
    text: str
    path: Path | None = None


class Session(QObject):
    """Holds the open recording and its rendering; views read it and call its verbs.

    One job at a time reads or renders (a new one cancels the old); an export may run beside it.

    Args:
        player: What plays the recording; through the system's sound device by default.
        parent: The owner.
    """

    state_changed = pyqtSignal()
    recording_changed = pyqtSignal()
    rendering_changed = pyqtSignal()  # another rendering is shown, or none
    progressed = pyqtSignal(float)  # of reading or rendering; the pictures have grown
    recipe_changed = pyqtSignal()
    models_changed = pyqtSignal()  # another is used, or can be chosen, or one was refused
    monitor_changed = pyqtSignal()
    opening_failed = pyqtSignal(object)  # why; what was open before is back already
    noticed = pyqtSignal(object)

    def __init__(self, player: Player | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State.EMPTY
        self.recording: Recording | None = None
        self.rendering: Rendering | None = None
        self.pending: Rendering | None = None  # that is being made, to take the other's place
        self.recipe = Recipe()
        self.models = Models()
        self.loading = ModelLoading(self)
        self.monitor = Monitor.AFTER
        self.error = ""  # why the state is UNTREATED
        self.playback: Playback | None = None
        self.player = player or Player(load_multimedia(), self)
        self.player.failed.connect(self.warn)
        self.viewpoint = Viewpoint(self)
        self.hearing = Hearing(self)
        self.history = History(self)
        self.room_change = RoomChange(self)
        self.exporter = Exporter(self)
        self.exporter.succeeded.connect(lambda job, _: self._tell_exported(job))
        self.exporter.failed.connect(lambda job, error: self.complain(error))
        self._is_opening = False
        self._kept: tuple[Recording, Rendering | None] | None = None  # while another is read
        self._shelf = Shelf()
        self._work = JobSlot(self)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._render)

    def open(self, path: str | Path) -> None:
        """Read this file and render it. If it cannot be read, what was open comes back.

        A file that was open a while ago is back at once, with what was made of it.
        """
        known = None
        if self.recording is None or self.recording.path != Path(path):
            known = self._shelf.take(Path(path))
        if known is not None:
            self._is_opening, self._kept = False, None
            self._stop_working()
            self._install(*known)
            self._render()
            return
        if not self._is_opening:
            self._kept = None if self.recording is None else (self.recording, self.rendering)
        self._is_opening = True
        self._start(lambda progress: open_recording(path), self._read, self._give_up_opening)

    def _read(self, recording: Recording) -> None:
        self._install(recording, None)
        self._set_state(State.READING)
        self._start(recording.read, self._finish_reading, self._give_up_opening)

    def _finish_reading(self, _: object) -> None:
        self._is_opening, self._kept = False, None
        self._render()

    def _give_up_opening(self, error: Exception) -> None:
        kept, self._kept = self._kept, None
        self._is_opening = False
        if self.recording is not (kept[0] if kept else None):
            self._install(*(kept or (None, None)))
        self.opening_failed.emit(error)
        self._render()
        self.complain(error)

    def close(self) -> None:
        """Put the recording away; nothing is open then."""
        self._is_opening, self._kept = False, None
        closed = self.recording
        self._install(None, None)
        if closed is not None:
            self._shelf.forget(closed.path)
        self._stop_working()
        self._render()

    def _install(self, recording: Recording | None, rendering: Rendering | None) -> None:
        if self.recording is not None:
            self._shelf.put(self.recording, self.rendering)
        if recording is not None:
            self._shelf.forget(recording.path)
        self.recording, self.rendering, self.playback = recording, rendering, None
        if recording is not None:
            self.playback = Playback(recording.waveform, recording.info.sample_rate)
        self.hearing.update()
        self.player.set_playback(self.playback)
        self.recording_changed.emit()
        self.rendering_changed.emit()

    def set_recipe(self, **changes: Any) -> None:
        """Change what is in the recipe: heard at once, and seen once it is rendered.

        For a model there is `loading.choose`, which loads it first.
        """
        if "model" in changes:
            self.loading.overtake()
        recipe = replace(self.recipe, **changes)
        if recipe == self.recipe:
            return
        self.recipe = recipe
        self.hearing.update()
        self.recipe_changed.emit()
        if self.recording is not None and not self._is_opening:
            self._settle.start()

    def render_again(self) -> None:
        """Try once more after a failure."""
        self._render()

    def _render(self) -> None:
        if self.recording is None:
            self._set_state(State.EMPTY)
        elif self._is_shown(self.recipe):
            self._stop_working()
            self._set_state(State.READY)
        else:
            shown = self.rendering
            rendering = shown.with_mix(self.recipe) if shown is not None else None
            self._begin_rendering(rendering or Rendering(self.recording, self.recipe))

    def _is_shown(self, recipe: Recipe) -> bool:
        shown = self.rendering
        complete = shown is not None and shown.is_complete and not shown.is_covered
        return complete and shown.recipe == recipe

    def _begin_rendering(self, rendering: Rendering) -> None:
        # The first one grows before one's eyes; a later one takes a complete one's place when done.
        over, stretch = self.rendering, (0, 0)
        if over is None or not over.is_complete:
            over = None
            self._show(rendering)
        else:
            stretch = self.viewpoint.stretch()
        self._set_state(State.RENDERING)
        self._start(
            lambda progress: rendering.render(progress, over, stretch),
            lambda _: self._finish_rendering(rendering),
            self._fail_rendering,
        )
        self.pending = rendering
        self.hearing.update()

    def _show(self, rendering: Rendering) -> None:
        self.rendering = rendering
        self.hearing.update()
        self.rendering_changed.emit()

    def _finish_rendering(self, rendering: Rendering) -> None:
        self.pending = None
        if self.rendering is not rendering:
            self._show(rendering)
        self._set_state(State.READY)

    def _fail_rendering(self, error: Exception) -> None:
        self.error = in_the_window(error)
        self._set_state(State.UNTREATED)
        self.complain(error)

    def set_monitor(self, monitor: Monitor) -> None:
        """Hear the recording before, after, or what is removed."""
        if monitor is not self.monitor:
            self.monitor = monitor
            self.hearing.update()
            self.monitor_changed.emit()

    def export(
        self,
        destination: Path,
        removed_to: Path | None = None,
        delivery: Delivery = AS_SOURCE,
        overwrite: bool = True,
    ) -> None:
        """Write the treated recording, and on request the removed part."""
        if self.recording is None:
            return
        path = self.recording.path
        if path.exists() and not self.recording.is_current:
            text = f"'{path.name}' has changed since it was opened: what you hear is what it was. "
            self.warn(f"{text}Open it again before you export it.")
            return
        job = FileJob(path, destination, removed_to, delivery)
        self.exporter.start(job, self.recipe, overwrite=overwrite)

    def _tell_exported(self, job: FileJob) -> None:
        names = " and ".join(f"'{path.name}'" for path in job.outputs)
        self.noticed.emit(Notice(Kind.DONE, f"Exported {names}.", job.destination))

    def shut_down(self) -> None:
        """Cancel everything and wait for it; no unfinished file is left."""
        self.player.stop()
        self._stop_working()
        self.hearing.stop()
        self.room_change.stop()
        self.loading.stop()
        self.exporter.stop()
        self._work.stop()

    def _start(
        self, work: Work, then: Callable[[Any], None], otherwise: Callable[[Exception], None]
    ) -> None:
        """Run `work` in place of what is being read or rendered."""
        self._stop_working()
        job = self._work.start(work)
        job.progressed.connect(self.progressed)
        job.succeeded.connect(then)
        job.failed.connect(otherwise)

    def _stop_working(self) -> None:
        self._settle.stop()
        self.pending = None
        self._work.abandon()

    def _set_state(self, state: State) -> None:
        self.state = state
        self.state_changed.emit()

    def warn(self, text: str) -> None:
        """Tell the user what is wrong."""
        self.noticed.emit(Notice(Kind.ERROR, text))

    def complain(self, error: Exception) -> None:
        """Tell the user what went wrong."""
        text = in_the_window(error)
        if not isinstance(error, DereverbError | OSError | ValueError):
            log.error("Unexpected error in a job", exc_info=error)
            text = f"Something went wrong that should not: {error!r}. Please report it."
        self.warn(text)
