"""What needs work, and how much: figures of recordings, before and after a recipe.

`analyze_file` tells of one, `by_need` puts first what needs work most.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from processor.audio_file import AudioInfo, probe, read_blocks
from processor.file_job import refuse_unfit
from processor.model import Model
from processor.overview import Overview
from processor.recipe import Recipe
from processor.remote import Place
from processor.room import NOTHING_TOLD, RoomFigures, RoomMeter
from processor.stream import DereverbStream
from processor.waveform import Waveform

_log = logging.getLogger(__name__)

_BLOCK_FRAMES = 1 << 16

_VERDICTS = (
    (20.0, ("dry", "good")),
    (12.0, ("some room", "good")),
    (5.0, ("reverberant", "fair")),
    (-np.inf, ("very reverberant", "bad")),
)

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Analysis:
    """What was found of one recording.

    Attributes:
        path: as it was given.
        duration_s: length [s].
        sample_rate: [Hz].
        channels: 1 or more.
        before: figures of the recording.
        after: of what a recipe makes of it; None where none was asked for.
        pictures: spectrograms before and after, (rows, columns) of 0 ... 255, if asked for.
        strength: at which it comes to a C50 that was asked for, if one was; `strength_for_c50`.
        error: why nothing is known, one sentence; None when all went well.
    """

    path: Place
    duration_s: float = 0.0
    sample_rate: int = 0
    channels: int = 0
    before: RoomFigures = NOTHING_TOLD
    after: RoomFigures | None = None
    pictures: tuple[npt.NDArray[np.uint8], ...] = field(default=(), compare=False, repr=False)
    strength: float | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """True when the recording could be read."""
        return self.error is None

    @property
    def reverberation_removed_db(self) -> float | None:
        """By how much the late reverberation goes down against speech; None where not known."""
        before, after = self.before.c50_db, self.after.c50_db if self.after else None
        if before is None or after is None:
            return None
        return round(_late_share_db(before) - _late_share_db(after), 2)


def analyze_file(
    path: str | os.PathLike[str],
    recipe: Recipe | None = None,
    *,
    pictures: bool = False,
    progress: Progress | None = None,
) -> Analysis:
    """Return the figures of a recording, and of what a recipe would make of it; in constant memory.

    Nothing is written.

    Args:
        path: wav, flac, aiff or ogg, 8-192 kHz.
        recipe: also tell the figures after it; None: before alone, which takes no model.
        pictures: also draw small spectrograms.
        progress: called from this thread with 0 ... 1; may raise Cancelled to end the work.

    Raises:
        AudioFileError: the file cannot be read.
        ModelError: the recipe's model cannot be used.
        Cancelled: from `progress`.
    """
    info = probe(path)
    refuse_unfit(info)
    before = _Side(info, pictures)
    after = None if recipe is None else _Side(info, pictures)
    stream = None
    if recipe is not None:
        model = Model.load(recipe.model)
        stream = DereverbStream(model, info.sample_rate, info.channels, recipe)
    done = 0
    for block in read_blocks(info.path, stream.step_samples if stream else _BLOCK_FRAMES):
        before.feed(block)
        if stream is not None and after is not None:
            after.feed(stream.feed(block))
        done += block.shape[1]
        if progress is not None:
            progress(min(1.0, done / info.frames))
    if stream is not None and after is not None:
        after.feed(stream.flush())
    sides = [side for side in (before, after) if side is not None]
    return Analysis(
        info.path,
        info.duration_s,
        info.sample_rate,
        info.channels,
        before.meter.finish(),
        None if after is None else after.meter.finish(),
        tuple(side.overview.picture() for side in sides if side.overview is not None),
    )


def by_need(analyses: Iterable[Analysis]) -> list[Analysis]:
    """Return them ordered by how much they need work: the least clear (C50) first.

    Then those of which nothing can be told, then those that cannot be read.
    """

    def rank(analysis: Analysis) -> tuple[int, float, str]:
        c50_db = analysis.before.c50_db
        group = 2 if not analysis.ok else 1 if c50_db is None else 0
        return group, 0.0 if c50_db is None else c50_db, str(analysis.path)

    return sorted(analyses, key=rank)


def verdict(figures: RoomFigures) -> tuple[str, str]:
    """Return what the C50 means in words, and whether that is "good", "fair", "bad", "unclear"."""
    if figures.c50_db is None:
        return "cannot be told", "unclear"
    return next(words for least_db, words in _VERDICTS if figures.c50_db >= least_db)


class _Side:
    """What is gathered before, or after."""

    def __init__(self, info: AudioInfo, pictures: bool) -> None:
        self.meter = RoomMeter(info.sample_rate, info.channels)
        self.overview = Overview(info.sample_rate, info.frames) if pictures else None

    def feed(self, waveform: Waveform) -> None:
        self.meter.feed(waveform)
        if self.overview is not None:
            self.overview.feed(waveform)


def _late_share_db(c50_db: float) -> float:
    """What comes later than 50 ms over all there is [dB]."""
    return float(-10 * np.log10(1 + 10 ** (c50_db / 10)))
