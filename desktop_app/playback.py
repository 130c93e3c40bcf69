"""The sound that is heard, pulled from memory: numpy only, so that it can be tested to the sample.

Before, after and removed are one formula, dry_gain · dry + removed_gain · removed, so switching
between them, turning the mix, jumping elsewhere and going over from a preview to the finished
rendering are all the same: a short crossfade from what was heard to what is wanted.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum

import numpy as np

from .voice import Removed, Voice

CROSSFADE_S = 0.012  # no click, and still felt as immediate
SHORTEST_LOOP_S = 0.05
PULLS_REMEMBERED = 8
NEVER = 2**62


class Monitor(Enum):
    """Which of the three is heard."""

    BEFORE = "before"
    AFTER = "after"
    REMOVED = "removed"


Sources = Callable[[], Sequence[Removed]]


class Playback:
    """Gives out the wanted voice block by block, crossfading whenever it changes.

    `pull` may run on another thread than the setters, and `upcoming` on a third.
    """

    def __init__(self, dry: np.ndarray, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.frames = dry.shape[1]
        self.channels = dry.shape[0]
        self.pulled = threading.Event()  # set whenever more will soon be wanted
        self._crossfade = max(1, round(CROSSFADE_S * sample_rate))
        self._lock = threading.Lock()
        self._clock = 0
        self._voice = self._wanted = Voice(dry)
        self._previous: Voice | None = None
        self._faded = 0  # samples of the running crossfade already given out
        self._sources: Sources = tuple
        self._after_gains = (1.0, 0.0)
        self._loop: tuple[int, int] | None = None
        self._jumps: deque[tuple[int, int]] = deque([(0, 0)], maxlen=64)  # clock, offset from then
        self._pulls: deque[int] = deque([0], maxlen=PULLS_REMEMBERED)

    @property
    def position(self) -> int:
        """The sample of the recording that the next pull begins with."""
        with self._lock:
            return self._position

    @property
    def _position(self) -> int:
        return self._clock + self._wanted.offset

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be pulled."""
        with self._lock:
            return self._samples_left == 0

    @property
    def _samples_left(self) -> int:
        position = self._position
        if self._loop is not None and position <= self._loop[1]:
            return NEVER
        return max(0, self.frames - position)

    def position_before(self, waiting: int) -> int:
        """The sample that was given out so many samples ago, loops and jumps seen to."""
        with self._lock:
            clock = self._clock - max(0, waiting)
            since, offset = self._jumps[0]
            for jump, later in self._jumps:
                if jump <= clock:
                    since, offset = jump, later
            return max(0, max(clock, since) + offset)

    def hear(
        self,
        monitor: Monitor,
        mix: float,
        sources: Sources = tuple,
        *,
        gain: float = 1.0,
        before_gain: float = 1.0,
    ) -> None:
        """Choose what is heard.

        Args:
            monitor: Which of the three.
            mix: Share of the removed part that is taken away.
            sources: Gives what is removed, the best first; the first that knows enough is heard,
                and where none does, the recording as it came.
            gain: Factor of after and removed.
            before_gain: Factor of before.
        """
        self._after_gains = (gain, -gain * mix)
        dry_gain, removed_gain = {
            Monitor.BEFORE: (before_gain, 0.0),
            Monitor.AFTER: self._after_gains,
            Monitor.REMOVED: (0.0, gain * mix),
        }[monitor]
        with self._lock:
            self._sources = sources
            self._wanted = replace(self._wanted, dry_gain=dry_gain, removed_gain=removed_gain)

    def seek(self, position: int) -> None:
        """Go on at this sample of the recording."""
        with self._lock:
            self._go_to(min(max(0, position), self.frames))
            self._jumps = deque([self._jumps[-1]], maxlen=self._jumps.maxlen)
        self.pulled.set()

    def set_loop(self, start: int | None, stop: int = 0) -> None:
        """Go from `stop` back to `start` from now on; None ends that.

        Stretches below 50 ms are made that long.
        """
        with self._lock:
            if start is None:
                self._loop = None
                return
            shortest = round(SHORTEST_LOOP_S * self.sample_rate)
            stop = min(max(stop, max(0, start) + shortest), self.frames)
            start = max(0, min(start, stop - shortest))
            self._loop = (start, stop)

    @property
    def loop(self) -> tuple[int, int] | None:
        """Start and stop of what is repeated."""
        return self._loop

    def fade_in(self) -> None:
        """Start from silence with the next pull, instead of in the middle of a wave."""
        with self._lock:
            self._voice = replace(self._wanted, is_silent=True)
            self._previous = None
            self._wanted = replace(self._wanted, is_silent=False)

    def fade_out(self) -> int:
        """Fall silent with the next pull; returns the position at which that begins."""
        with self._lock:
            self._wanted = replace(self._wanted, is_silent=True)
            return self._position

    def rise(self, position: int) -> None:
        """Take back a `fade_out`, and go on at this sample."""
        with self._lock:
            self._wanted = replace(self._wanted, is_silent=False)
        self.seek(position)

    def pull(self, count: int) -> np.ndarray:
        """The next samples, shape (channels, n); n < count only at the end of the recording."""
        with self._lock:
            count = max(0, min(count, self._samples_left))
            self._pulls.append(count)
            out = np.empty((self.channels, count), np.float32)
            done = 0
            while done < count:
                done += self._fill(out[:, done:])
        self.pulled.set()
        return out

    def upcoming(self, margin: int) -> list[tuple[int, int]]:
        """The stretches that the next pull will take, and so many samples more.

        As large as the largest of the last few pulls, and enough to be entered; two stretches where
        a loop ends in between.
        """
        with self._lock:
            position, ahead = self._position, max(*self._pulls, 2 * self._crossfade) + margin
            if self._loop is None or not position <= self._loop[1] < position + ahead:
                return [(position, min(self.frames, position + ahead))]
            start, stop = self._loop
            over = min(self.frames, stop + 2 * self._crossfade)
            return [(position, over), (start, min(self.frames, start + ahead))]

    def around(self, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Before and after between two positions, as they are known now; for meters."""
        with self._lock:
            dry_gain, removed_gain = self._after_gains
            removed = self._wanted.removed
            begin, end = max(0, begin), min(end, self.frames)
            before = self._wanted.dry[:, begin:end]
            if end <= begin or removed is None or removed.reach(begin) < end:
                removed_gain = 0.0
            after = replace(self._wanted, dry_gain=dry_gain, removed_gain=removed_gain)
            return before, after.between(begin, max(begin, end))

    def _go_to(self, position: int) -> None:
        offset = position - self._clock
        self._wanted = replace(self._wanted, offset=offset)
        self._jumps.append((self._clock, offset))

    def _best_source(self) -> tuple[Removed | None, int]:
        """What to hear of the removed part from here on, and for how many samples at most.

        A source is left a crossfade before it ends. One is only entered if it lasts for the way in
        and the way out.
        """
        position = self._position
        for source in self._sources():
            known = source.reach(position)
            if known >= self.frames:
                return source, self.frames
            spare = known - position - self._crossfade
            if spare > (0 if source is self._wanted.removed else 2 * self._crossfade):
                return source, spare
        return None, self.frames

    def _fill(self, out: np.ndarray) -> int:
        """Write up to the next moment at which something may change; returns how many samples."""
        count = out.shape[1]
        if self._loop is not None:
            start, stop = self._loop
            if self._position == stop:
                self._go_to(start)
            if self._position < stop:
                count = min(count, stop - self._position)
        # A change during a crossfade waits for its end, 12 ms at most: nothing ever jumps.
        if self._previous is None:
            source, lasts = self._best_source()
            if source is not self._wanted.removed:
                self._wanted = replace(self._wanted, removed=source)
            if self._wanted is not self._voice:
                self._previous, self._voice, self._faded = self._voice, self._wanted, 0
            count = min(count, lasts)
        if self._previous is None:
            out[:, :count] = self._voice.render(self._clock, count)
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
