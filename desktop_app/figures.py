"""What was gained, in figures: the room before and after, and how much quieter pauses became."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from processor.room import RoomFigures, RoomMeter

from .job import JobSlot, Progress
from .recording import Recording
from .rendering import Rendering

if TYPE_CHECKING:
    from .session import Session

BLOCK_S = 5.0
FRAME_S = 0.05
SPEECH_DB = 20.0  # a frame is speech that is so little below the loud ones
LOUD_PERCENTILE = 95.0
SILENT_DB = -120.0


@dataclass(frozen=True)
class Figures:
    """What a rendering changed.

    Attributes:
        before: The room of the recording.
        after: The room that is left.
        lowered_db: By how much the stretches between words became quieter, in the median; None
            where there are none.
        match_db: By how much before has to be raised to be as loud as after while somebody speaks.
    """

    before: RoomFigures
    after: RoomFigures
    lowered_db: float | None
    match_db: float


def measure(
    recording: Recording, rendering: Rendering, before: RoomFigures | None, progress: Progress
) -> Figures:
    """The figures of a complete rendering; `before` if it is known already.

    Raises:
        Cancelled: Out of `progress`.
    """
    info = recording.info
    meters = [RoomMeter(info.sample_rate, info.channels) for _ in range(2)]
    frame = max(1, round(FRAME_S * info.sample_rate))
    length = frame * round(BLOCK_S / FRAME_S)
    levels = [[], []]
    for start in range(0, info.frames, length):
        progress(start / info.frames)
        stop = min(info.frames, start + length)
        pair = recording.samples(start, stop), rendering.samples(start, stop)
        for which, waveform in enumerate(pair):
            if which or before is None:
                meters[which].feed(waveform)
            levels[which].append(_frame_powers(waveform, frame))
    dry, after = (np.concatenate(each) for each in levels)
    room = before if before is not None else meters[0].finish()
    return Figures(room, meters[1].finish(), *_level_changes(dry, after))


def _frame_powers(waveform: np.ndarray, frame: int) -> np.ndarray:
    """Mean square of every frame, over all channels; the last one may be short."""
    edges = np.arange(0, waveform.shape[1], frame)
    sums = np.add.reduceat(np.square(waveform, dtype=np.float64), edges, axis=1)
    lengths = np.diff(np.append(edges, waveform.shape[1]))
    return sums.mean(axis=0) / lengths


def _level_changes(before: np.ndarray, after: np.ndarray) -> tuple[float | None, float]:
    """How far the frames between words went down, and how the level of speech changed, in dB."""
    tiny = 10.0 ** (SILENT_DB / 10.0)
    level_db = 10.0 * np.log10(before + tiny)
    loud_db = np.percentile(level_db, LOUD_PERCENTILE)
    if loud_db <= SILENT_DB + SPEECH_DB:
        return None, 0.0
    speech = level_db > loud_db - SPEECH_DB
    match_db = 10.0 * np.log10((after[speech].mean() + tiny) / (before[speech].mean() + tiny))
    between = ~speech & (level_db > SILENT_DB + SPEECH_DB)
    if not between.any():
        return None, float(match_db)
    lowered = level_db[between] - 10.0 * np.log10(after[between] + tiny)
    return float(np.median(lowered) + match_db), float(match_db)


class RoomChange(QObject):
    """Measures each rendering when it is complete, beside everything else.

    Attributes:
        figures: Of the rendering that is shown; None until they are known.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.figures: Figures | None = None
        self._session = session
        self._slot = JobSlot(self)
        self._measured: Rendering | None = None
        self._known: WeakKeyDictionary[Rendering, Figures] = WeakKeyDictionary()
        self._before: tuple[Recording, RoomFigures] | None = None
        session.state_changed.connect(self._follow)
        session.recording_changed.connect(self._forget)

    def stop(self) -> None:
        """End the measuring and wait for it."""
        self._slot.stop()

    def _forget(self) -> None:
        self._slot.abandon()
        self._measured = None
        self._tell(None)

    def _follow(self) -> None:
        recording, rendering = self._session.recording, self._session.rendering
        if recording is None or rendering is None or not rendering.is_complete:
            return
        if rendering.recipe != self._session.recipe:  # it will be gone soon
            self._slot.abandon()
            self._measured = None
            return
        if rendering is self._measured:
            return
        self._measured = rendering
        if rendering in self._known:
            self._tell(self._known[rendering])
            return
        before = self._before[1] if self._before and self._before[0] is recording else None
        job = self._slot.start(lambda progress: measure(recording, rendering, before, progress))
        job.succeeded.connect(lambda figures: self._take(rendering, figures))

    def _take(self, rendering: Rendering, figures: Figures) -> None:
        self._known[rendering] = figures
        self._before = (rendering.recording, figures.before)
        self._tell(figures)

    def _tell(self, figures: Figures | None) -> None:
        self.figures = figures
        self._session.hearing.set_match_db(None if figures is None else figures.match_db)
        self.changed.emit()
