"""What is heard of a session: which of the three, how loud, and where it comes from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from .job import JobSlot
from .preview import Preview
from .rendering import Rendering
from .voice import Removed

if TYPE_CHECKING:
    from .session import Session

log = logging.getLogger(__name__)


class Hearing(QObject):
    """Tells the playback what to give out, and keeps a preview running while it plays.

    What is heard of the removed part is the rendering at the present recipe as far as it is made,
    else the preview, else an older rendering.

    Args:
        session: Whose recording, recipe and monitor count.

    Attributes:
        match_db: By how much before has to be raised to be as loud as after, once it is known.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.match_db: float | None = None
        self._is_matched = False
        self._preview: Preview | None = None
        self._slot = JobSlot(self)
        self._exact: tuple[Rendering, ...] = ()
        self._older: tuple[Rendering, ...] = ()
        session.player.playing_changed.connect(self._follow_playing)

    @property
    def is_matched(self) -> bool:
        """Whether before is heard as loud as after. Only for the ear: no file is changed by it."""
        return self._is_matched

    def set_matched(self, is_matched: bool) -> None:
        """Hear before as loud as after, or as it came."""
        self._is_matched = is_matched
        self.update()
        self.changed.emit()

    def toggle_matched(self) -> None:
        """Change between before as it came and as loud as after."""
        self.set_matched(not self._is_matched)

    def set_match_db(self, match_db: float | None) -> None:
        """Take over by how much before has to be raised."""
        self.match_db = match_db
        self.update()
        self.changed.emit()

    def update(self) -> None:
        """Hear what the session now says."""
        session, recipe = self._session, self._session.recipe
        if session.playback is None:
            return
        known = [each for each in (session.pending, session.rendering) if each is not None]
        self._exact = tuple(each for each in known if each.removes_as(recipe))
        self._older = tuple(each for each in known if each not in self._exact)
        gain, _ = recipe.gains
        matched = self.match_db if self._is_matched and self.match_db is not None else 0.0
        session.playback.hear(
            session.monitor,
            recipe.mix,
            self._sources,
            gain=gain,
            before_gain=10.0 ** (matched / 20.0),
        )
        if self._preview is not None:
            self._preview.recipe = recipe
            if not self._slot.is_busy:  # it failed, with another recipe
                self._start()

    def stop(self) -> None:
        """End the preview and wait for it."""
        self._preview = None
        self._slot.stop()

    def _sources(self) -> Sequence[Removed]:
        preview = self._preview
        return (*self._exact, *(preview.runs if preview is not None else ()), *self._older)

    def _follow_playing(self, is_playing: bool) -> None:
        session = self._session
        self._slot.abandon()
        self._preview = None
        if is_playing and session.recording is not None:
            self._preview = Preview(session.recording, session.playback, session.recipe)
            self._start()

    def _start(self) -> None:
        job = self._slot.start(self._preview.run)
        # Whoever renders meets the same error, and tells of it.
        job.failed.connect(lambda error: log.warning("No preview: %s", error))
