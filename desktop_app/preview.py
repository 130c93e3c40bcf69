"""What a recipe removes, made just ahead of the playhead, so that a knob is heard as it is turned.

A preview is the same stream that renders and exports, started late: a second before the
playhead instead of at the first sample. So its first seconds differ a little from the rendering's,
unless the model has told of that place before: then it is what is exported.
It runs as the work of a Job, beside the one that renders; `Playback` reads what it has made.
"""

import numpy as np

from processor import DereverbStream, Model, Recipe

from .job import Progress
from .playback import Playback
from .recording import Recording

WARM_UP_S = 1.0  # of sound before the first sample that is heard, to fill the model's memory
BLOCK_S = 0.02  # a turned knob waits for the end of a block
AHEAD_S = 0.025  # beyond what the next pull takes; a turned knob waits for that, too
KEPT_S = 0.5
CATCH_UP_S = 0.3  # a stream that lags so far behind the playhead is still the quickest to get there
WAIT_S = 0.01  # to look again, though nothing was pulled
RUNS_KEPT = 3


class Run:
    """One stream along the recording, and the last second of what it removed.

    Args:
        recording: What is treated.
        model: What treats it.
        recipe: How, at first.
        start: The first sample that is wanted.
    """

    def __init__(self, recording: Recording, model: Model, recipe: Recipe, start: int) -> None:
        rate = recording.info.sample_rate
        self.model = model
        self._recording = recording
        warm_up = max(0, start - round(WARM_UP_S * rate))
        recalling, self._fed = recording.recalling(model, warm_up)
        self._stream = DereverbStream(recalling, rate, recording.info.channels, recipe)
        spec = model.spec
        hop_s = spec.hop_length / spec.sample_rate
        held = spec.latency_samples / spec.sample_rate + hop_s
        self._block = round(BLOCK_S * rate)
        self._kept = round((KEPT_S + hop_s) * rate)  # a hop comes as a whole
        self._catch_up = round(CATCH_UP_S * rate)
        size = self._kept + round(2 * (held + BLOCK_S) * rate)
        self._ring = np.zeros((recording.info.channels, size), np.float32)
        self._start = start
        self._stop = recording.info.frames
        self._made = self._fed

    def reach(self, position: int) -> int:
        """Up to where everything from `position` on is known; `position` where nothing is."""
        made = self._made
        stop = min(made, self._stop)
        return stop if max(self._start, made - self._kept) <= position < stop else position

    def read(self, start: int, stop: int) -> np.ndarray:
        """What is removed between two positions within reach, shape (channels, n)."""
        return self._ring[:, np.arange(start, stop) % self._ring.shape[1]]

    def is_near(self, position: int) -> bool:
        """Whether going on is the quickest way to know this sample."""
        oldest = max(self._start, self._made - self._kept)
        goes_on = self._stop >= self._made
        return goes_on and oldest <= position < self._made + self._catch_up

    def forget_all_but(self, start: int, stop: int) -> None:
        """Know nothing outside this stretch any more; what had gone beyond it goes no further."""
        self._start = max(self._start, start)
        if self._made > stop:
            self._stop = stop

    def advance(self, recipe: Recipe) -> None:
        """Go on by a block with this recipe; the first time, past where it was to start."""
        frames = self._recording.info.frames
        self._stream.recipe = recipe
        first = self._start
        while True:
            stop = min(frames, max(self._fed, first) + self._block)
            block = self._recording.waveform[:, self._fed : stop]
            _, removed = self._stream.separate(block, last=stop == frames)
            self._fed = stop
            self._keep(removed)
            if self._made > first or stop == frames:
                return

    def _keep(self, removed: np.ndarray) -> None:
        size = self._ring.shape[1]
        made = self._made + removed.shape[1]
        removed = removed[:, -size:]
        places = np.arange(made - removed.shape[1], made) % size
        self._ring[:, places] = removed
        self._made = made  # the reader looks at this first


class Preview:
    """Keeps what is removed known from the playhead on, a few hundredths of a second ahead.

    Args:
        recording: What is treated; it has been read.
        playback: Where the playhead is.
        recipe: How it is treated at first; may be replaced at any time.
    """

    def __init__(self, recording: Recording, playback: Playback, recipe: Recipe) -> None:
        self.recipe = recipe
        self.runs: tuple[Run, ...] = ()  # the newest first
        self._recording = recording
        self._playback = playback
        self._margin = round(AHEAD_S * recording.info.sample_rate)
        self._made_with = recipe
        self._model: Model | None = None
        self._model_of: str | None = None

    def run(self, progress: Progress) -> None:
        """Work until `progress` raises.

        Raises:
            ModelError: The recipe's model cannot be used.
            Cancelled: Out of `progress`.
        """
        while True:
            progress(0.0)
            self._playback.pulled.clear()
            if not self.advance():
                self._playback.pulled.wait(WAIT_S)

    def advance(self) -> bool:
        """Make one block, if one is wanting; returns whether it was."""
        recipe = self.recipe
        model = self._load(recipe.model)
        if recipe != self._made_with:
            self._made_with = recipe
            # What was made with other settings is heard no longer than it has to be.
            start, stop = self._playback.upcoming(self._margin)[0]
            for run in self.runs:
                run.forget_all_but(start, stop + self._margin)
        for start, stop in self._playback.upcoming(self._margin):
            run = self._run_at(start, model, recipe)
            if run.reach(start) < stop:
                run.advance(recipe)
                if run not in self.runs:  # now it knows something
                    self.runs = (run, *self.runs)[:RUNS_KEPT]
                return True
        return False

    def _run_at(self, position: int, model: Model, recipe: Recipe) -> Run:
        """The stream that can go on at this sample, or a new one."""
        for run in self.runs:
            if run.model is model and run.is_near(position):
                return run
        return Run(self._recording, model, recipe, position)

    def _load(self, name: str | None) -> Model:
        if self._model is None or name != self._model_of:
            self._model, self._model_of = Model.load(name), name
        return self._model
