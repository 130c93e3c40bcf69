"""What a recipe makes of a recording, and its picture: plain work for a Job."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from processor import DereverbStream, Model, Recipe
from processor.mixing import mixed

from .job import Progress
from .plot_data import Picture
from .recording import Recording, allocate
from .sketch import can_sketch
from .stft import Samples

DRAW_BLOCK_S = 2.0
DRAFT_WARM_UP_S = 1.0


class _Treated:
    """The treated waveform, mixed when it is wanted.

    Args:
        dry: The recording.
        removed: What full mix takes away from it.
        recipe: How they are mixed.
    """

    def __init__(self, dry: np.ndarray, removed: np.ndarray, recipe: Recipe) -> None:
        self.removed = removed
        self._dry, self._recipe = dry, recipe
        self.cover: tuple[int, int, Samples] | None = None  # what lies over it, and from where

    def samples(self, start: int, stop: int) -> np.ndarray:
        treated = mixed(self._dry[:, start:stop], self.removed[:, start:stop], self._recipe)
        if self.cover is not None:
            first, last, later = self.cover
            first, last = max(first, start), min(last, stop)
            if first < last:
                treated = np.array(treated)  # without a change it is the recording itself
                treated[:, first - start : last - start] = later(first, last)
        return treated


class Rendering:
    """What a recipe takes away from a recording, and the picture of what remains.

    Args:
        recording: A recording that has been read.
        recipe: What is made of it.
        removed: What full mix takes away, if it is known from an earlier rendering that differs in
            mix and gain at most; then only the picture is made anew.
    """

    def __init__(
        self, recording: Recording, recipe: Recipe, removed: np.ndarray | None = None
    ) -> None:
        self.recording = recording
        self.recipe = recipe
        info = recording.info
        self._drawing = threading.Lock()
        self.sketch_of: Recipe | None = None  # what the picture nearly looks like
        self._is_separated = removed is not None
        if removed is None:
            removed = np.zeros((info.channels, 0), np.float32)  # until it is rendered
        self._treated = _Treated(recording.waveform, removed, recipe)
        source = self._treated.samples
        self.picture = Picture(source, info.channels, info.frames, info.sample_rate)

    @property
    def removed(self) -> np.ndarray:
        """What full mix takes away, as far as `known_frames`; shape (channels, frames)."""
        return self._treated.removed

    def samples(self, start: int, stop: int) -> np.ndarray:
        """The treated waveform between two sample positions, as it is exported.

        Where a later rendering lies over this one, it is that one's.
        """
        return self._treated.samples(start, stop)

    @property
    def is_covered(self) -> bool:
        """Whether the picture shows a stretch of a later rendering, or is a sketch of one."""
        return self.picture.is_sketch or self._treated.cover is not None

    def _sketch(self, later: "Rendering", progress: Progress) -> None:
        """Show at once what a later rendering will nearly look like, if that can be told.

        If not, what was drawn of this one is shown.
        """
        with self._drawing:  # an earlier job may be about to end
            progress(0.0)
            self.sketch_of = None
            cover, self._treated.cover = self._treated.cover, None
            if self.picture.is_sketch:
                self.picture.end_sketch()
            elif cover is not None:
                self.picture.renew(*cover[:2])
            if can_sketch(self.recipe, later.recipe):
                for _ in self.picture.sketch(self.recording.picture, self.recipe, later.recipe):
                    progress(0.0)
                self.sketch_of = later.recipe

    def _cover_with(self, later: "Rendering", progress: Progress, start: int, stop: int) -> None:
        """Draw a stretch of a later rendering over what is shown."""
        with self._drawing:
            progress(0.0)
            self._treated.cover = (start, stop, later.samples)
            self.picture.renew(start, stop)

    def removes_as(self, recipe: Recipe) -> bool:
        """Whether `removed` is what this recipe removes: they differ in mix and gain at most."""
        return replace(self.recipe, mix=recipe.mix, gain_db=recipe.gain_db) == recipe

    def with_mix(self, recipe: Recipe) -> "Rendering | None":
        """A rendering that shares the removed part, or None where it would differ."""
        if self.is_complete and self.removes_as(recipe):
            return Rendering(self.recording, recipe, self.removed)
        return None

    def reach(self, position: int) -> int:
        """Up to where `removed` is known from `position` on; `position` where it is not."""
        return max(position, self.known_frames)

    def read(self, start: int, stop: int) -> np.ndarray:
        """What full mix takes away between two positions, shape (channels, n)."""
        return self.removed[:, start:stop]

    @property
    def nbytes(self) -> int:
        """How much memory it takes beside its recording, roughly."""
        return self.recording.waveform.nbytes + self.picture.nbytes

    @property
    def is_complete(self) -> bool:
        return self.picture.ready_frames >= self.recording.info.frames

    @property
    def known_frames(self) -> int:
        """How far `removed` reaches."""
        frames = self.recording.info.frames
        return frames if self._is_separated else self.picture.ready_frames

    def render(
        self,
        progress: Progress,
        over: "Rendering | None" = None,
        stretch: tuple[int, int] = (0, 0),
    ) -> None:
        """Run the model over the recording, block by block, and draw what comes out.

        Args:
            progress: Told how far it is.
            over: The complete rendering that is looked at meanwhile. It becomes a sketch of this.
            stretch: The samples that are wanted first. They are drawn over that rendering: the same
                stream, started a second before the first of them.

        Raises:
            AudioFileError: There is no room for what is removed.
            ModelError: The model cannot be loaded.
            Cancelled: Out of `progress`.
        """
        info = self.recording.info
        frames = info.frames
        progress(0.0)
        if not self._is_separated:
            self._treated.removed = allocate(info.channels, frames)
        if over is not None and stretch[0] < stretch[1]:
            over._sketch(self, progress)
            self._draft(progress, *stretch)
            over._cover_with(self, progress, *stretch)
        for position in self._draw_only() if self._is_separated else self._separate():
            self.picture.advance(position)
            progress(position / frames)

    def _draw_only(self) -> Iterator[int]:
        frames = self.recording.info.frames
        block_frames = round(DRAW_BLOCK_S * self.recording.info.sample_rate)
        yield from range(block_frames, frames, block_frames)
        yield frames

    def _draft(self, progress: Progress, start: int, stop: int) -> None:
        """Fill a stretch of `removed` as it will nearly be."""
        if self._is_separated:
            return
        info = self.recording.info
        warm_up = max(0, start - round(DRAFT_WARM_UP_S * info.sample_rate))
        model, fed = self.recording.recalling(Model.load(self.recipe.model), warm_up)
        stream = DereverbStream(model, info.sample_rate, info.channels, self.recipe)
        made = fed
        while made < stop:
            block = self.recording.waveform[:, fed : fed + stream.step_samples]
            fed += block.shape[1]
            _, removed = stream.separate(block, last=fed == info.frames)
            self.removed[:, made : made + removed.shape[1]] = removed
            made += removed.shape[1]
            progress(0.0)

    def _separate(self) -> Iterator[int]:
        """Fill `removed` from left to right; yields how far it reaches."""
        info = self.recording.info
        model, _ = self.recording.recalling(Model.load(self.recipe.model), keeps=True)
        stream = DereverbStream(model, info.sample_rate, info.channels, self.recipe)
        position = 0
        for start in range(0, info.frames, stream.step_samples):
            stop = min(info.frames, start + stream.step_samples)
            _, removed = stream.separate(
                self.recording.waveform[:, start:stop], last=stop == info.frames
            )
            self.removed[:, position : position + removed.shape[1]] = removed
            position += removed.shape[1]
            yield position
