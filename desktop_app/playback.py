"""The sound that is heard, pulled from memory: numpy only, so that it can be tested to the sample.

Before, after and removed are one formula, dry_gain · dry + removed_gain · removed, so switching
between them, turning the mix and jumping elsewhere are all the same: a short crossfade from what
was heard to what is wanted.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

CROSSFADE_S = 0.012  # no click, and still felt as immediate


class Monitor(Enum):
    """Which of the three is heard."""

    BEFORE = "before"
    AFTER = "after"
    REMOVED = "removed"


@dataclass(frozen=True)
class Voice:
    """One thing to hear: two aligned waveforms, their gains, and how far playing is ahead.

    Attributes:
        dry: The untouched recording, shape (channels, frames).
        removed: What full mix takes away, the same shape, or None while nothing is known.
        known: So many samples of `removed` count; it fades out towards the last of them.
        fade: Length of that fade in samples; 0 where all is known.
        dry_gain: Factor of `dry`.
        removed_gain: Factor of `removed`.
        offset: Position in the recording minus the number of samples pulled so far.
        loudness: 0 for silence, else 1.
    """

    dry: np.ndarray
    removed: np.ndarray | None = None
    known: int = 0
    fade: int = 0
    dry_gain: float = 1.0
    removed_gain: float = 0.0
    offset: int = 0
    loudness: float = 1.0

    def render(self, start: int, count: int) -> np.ndarray:
        """The next `count` samples from clock time `start`, zeros outside the recording."""
        out = np.zeros((self.dry.shape[0], count), np.float32)
        first = start + self.offset
        begin, end = max(0, first), min(self.dry.shape[1], first + count)
        if end <= begin or not self.loudness:
            return out
        inside = out[:, begin - first : end - first]
        # No gain of 1 is multiplied: what is heard then is the file, bit for bit.
        if self.dry_gain:
            inside += self.dry[:, begin:end]
        end = min(end, self.known)
        if self.removed_gain and self.removed is not None and end > begin:
            share = np.float32(self.removed_gain) * self.removed[:, begin:end]
            if self.fade:
                left = np.arange(self.known - begin, self.known - end, -1) / self.fade
                share *= np.minimum(left, 1.0).astype(np.float32)
            inside[:, : end - begin] += share
        return out


class Playback:
    """Gives out the wanted voice block by block, crossfading whenever it changes.

    `pull` may run on another thread than the setters.
    """

    def __init__(self, dry: np.ndarray, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.frames = dry.shape[1]
        self.channels = dry.shape[0]
        self._crossfade = max(1, round(CROSSFADE_S * sample_rate))
        self._lock = threading.Lock()
        self._clock = 0
        self._voice = self._wanted = Voice(dry)
        self._previous: Voice | None = None
        self._known: Callable[[], int] = lambda: self.frames
        self._faded = 0  # samples of the running crossfade already given out
        self._monitor = Monitor.BEFORE
        self._mix = 1.0

    @property
    def position(self) -> int:
        """The sample of the recording that the next pull begins with."""
        with self._lock:
            return self._clock + self._wanted.offset

    def hear(
        self,
        monitor: Monitor,
        mix: float,
        removed: np.ndarray | None,
        known: Callable[[], int] | None = None,
    ) -> None:
        """Choose what is heard; `removed` is None while nothing is rendered.

        While it is being rendered, `known` tells how many of its samples are there.
        """
        dry_gain, removed_gain = {
            Monitor.BEFORE: (1.0, 0.0),
            Monitor.AFTER: (1.0, -mix),
            Monitor.REMOVED: (0.0, mix),
        }[monitor]
        with self._lock:
            self._known = known or (lambda: self.frames)
            self._wanted = replace(
                self._wanted, dry_gain=dry_gain, removed_gain=removed_gain, removed=removed
            )
            self._look_how_much_is_known()

    def seek(self, position: int) -> None:
        """Go on at this sample of the recording."""
        with self._lock:
            offset = min(max(0, position), self.frames) - self._clock
            self._wanted = replace(self._wanted, offset=offset)

    def fade_in(self) -> None:
        """Start from silence with the next pull, instead of in the middle of a wave."""
        with self._lock:
            self._voice = replace(self._wanted, loudness=0.0)
            self._previous = None
            self._wanted = replace(self._wanted, loudness=1.0)

    def pull(self, count: int) -> np.ndarray:
        """The next samples, shape (channels, n); n < count only at the end of the recording."""
        with self._lock:
            self._look_how_much_is_known()
            count = max(0, min(count, self.frames - self._clock - self._wanted.offset))
            out = np.empty((self.channels, count), np.float32)
            done = 0
            while done < count:
                done += self._fill(out[:, done:])
            return out

    def _look_how_much_is_known(self) -> None:
        known = self._known()
        if known != self._wanted.known:
            fade = 0 if known >= self.frames else self._crossfade
            self._wanted = replace(self._wanted, known=known, fade=fade)

    def _fill(self, out: np.ndarray) -> int:
        """Write up to the next end of a crossfade; returns how many samples."""
        # A change during a crossfade waits for its end, 12 ms at most: nothing ever jumps.
        if self._previous is None and self._wanted is not self._voice:
            self._previous, self._voice, self._faded = self._voice, self._wanted, 0
        count = out.shape[1]
        if self._previous is None:
            out[:] = self._voice.render(self._clock, count)
            self._clock += count
            return count
        length = self._crossfade
        count = min(count, length - self._faded)
        weight = (np.arange(self._faded + 1, self._faded + count + 1) / length).astype(np.float32)
        old = self._previous.render(self._clock, count)
        new = self._voice.render(self._clock, count)
        out[:, :count] = old + weight * (new - old)
        self._faded += count
        self._clock += count
        if self._faded == length:
            self._previous = None
        return count
