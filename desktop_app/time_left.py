"""How long something will still take, from how far it has come."""

import time
from collections.abc import Callable

# Before that, a guess is worse than none.
FIRST_GUESS_S = 2.0
FIRST_GUESS_FRACTION = 0.01


class TimeLeft:
    """Measures the time that work takes, without its pauses.

    Args:
        clock: Tells the time [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.restart()

    def restart(self, done: float = 0.0) -> None:
        """Begin to measure, at work of which this fraction is done already."""
        self._from = done
        self._worked_s = 0.0
        self._since: float | None = self._clock()

    def hold(self) -> None:
        """Stop measuring, until `go_on`."""
        self._worked_s = self.worked_s
        self._since = None

    def go_on(self) -> None:
        """Measure again after `hold`."""
        if self._since is None:
            self._since = self._clock()

    @property
    def worked_s(self) -> float:
        """How long it has been worked on [s]."""
        running_s = 0.0 if self._since is None else self._clock() - self._since
        return self._worked_s + running_s

    def text(self, done: float) -> str:
        """For example "about 3 min left" when this fraction is done; empty while unknown."""
        fresh = done - self._from
        if self.worked_s < FIRST_GUESS_S or fresh < FIRST_GUESS_FRACTION or done >= 1.0:
            return ""
        return left_text(self.worked_s * (1.0 - done) / fresh)


def left_text(seconds: float) -> str:
    """A length of time as one says it, for example "about 3 min left"."""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10} s left"
    if seconds < 55 * 60:
        return f"about {max(1, round(seconds / 60))} min left"
    minutes = round(seconds / 300) * 5
    return f"about {minutes // 60} h {minutes % 60:02} min left"
