"""Recordings that were open a while ago, with what was made of them: back at once when wanted."""

from collections import OrderedDict
from pathlib import Path

from .memory import spare_bytes
from .recording import Recording
from .rendering import Rendering

MOST_BYTES = 2**30


class Shelf:
    """Keeps the last few, as many as fit into so many bytes.

    Args:
        most_bytes: 1 GiB by default, and less on a small machine.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self._most = spare_bytes(MOST_BYTES) if most_bytes is None else most_bytes
        self._kept: OrderedDict[Path, tuple[Recording, Rendering | None]] = OrderedDict()

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return sum(_size_of(*pair) for pair in self._kept.values())

    def put(self, recording: Recording, rendering: Rendering | None) -> None:
        """Keep this recording, if it was read to its end; a rendering only if it is whole."""
        if not recording.is_complete:
            return
        if rendering is not None and (not rendering.is_complete or rendering.is_covered):
            rendering = None
        if _size_of(recording, rendering) > self._most:
            recording.forget_estimates()
        if _size_of(recording, rendering) > self._most:
            return
        self._kept[recording.path] = (recording, rendering)
        self._kept.move_to_end(recording.path)
        while self.size > self._most:
            told = next((each for each, _ in self._kept.values() if each.told_s), None)
            if told is not None:  # what models have told is the largest, and found out again
                told.forget_estimates()
            else:
                self._kept.popitem(last=False)

    def take(self, path: Path) -> tuple[Recording, Rendering | None] | None:
        """What is kept of this file, if the file is still the same; it is the shelf's no more."""
        pair = self._kept.pop(path, None)
        return pair if pair is not None and pair[0].is_current else None

    def forget(self, path: Path) -> None:
        """Keep this no longer."""
        self._kept.pop(path, None)


def _size_of(recording: Recording, rendering: Rendering | None) -> int:
    return recording.nbytes + (0 if rendering is None else rendering.nbytes)
