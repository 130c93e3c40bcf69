"""Where one looks and listens: what of a long recording is wanted first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

if TYPE_CHECKING:
    from .session import Session

MOST_S = 20.0  # rendered in less than a second, and drawn
BEFORE_S = 4.0  # of it lie before the playhead


class Viewpoint(QObject):
    """The stretch of a session's recording that is in sight.

    Args:
        session: Whose recording is looked at.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._visible_s = (0.0, 0.0)

    def set_visible(self, start_s: float, stop_s: float) -> None:
        """Tell which stretch of time is in sight."""
        self._visible_s = (start_s, stop_s)

    def stretch(self) -> tuple[int, int]:
        """The samples that are wanted first: what is in sight, of much of it 20 s at the playhead.

        Or in the middle, where the playhead is out of sight. Nothing where that is the whole
        recording: then it is as quick from the beginning.
        """
        recording = self._session.recording
        if recording is None or recording.duration_s <= MOST_S:
            return 0, 0
        start_s, stop_s = self._visible_s
        if stop_s <= start_s:
            start_s, stop_s = 0.0, recording.duration_s
        if stop_s - start_s > MOST_S:
            position_s = self._session.player.position_s
            if not start_s <= position_s <= stop_s:
                position_s = (start_s + stop_s - MOST_S) / 2 + BEFORE_S
            start_s = min(max(start_s, position_s - BEFORE_S), stop_s - MOST_S)
            stop_s = start_s + MOST_S
        rate = recording.info.sample_rate
        return max(0, round(start_s * rate)), min(recording.info.frames, round(stop_s * rate))
