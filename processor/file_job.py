"""One recording becomes one drier recording: the job, its result, and the function between them."""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from processor.audio_file import AudioInfo, probe, read_blocks, reason_of
from processor.audio_format import container_for
from processor.audio_writer import AudioWriter
from processor.delivery import AS_SOURCE, Delivery, at_rate, unlike
from processor.errors import AudioFileError
from processor.mixing import mixed
from processor.model import Model
from processor.quantiser import seed_of
from processor.recipe import Recipe
from processor.stream import HIGHEST_SAMPLE_RATE, LOWEST_SAMPLE_RATE, DereverbStream
from processor.tags import read_labels


@dataclass(frozen=True)
class FileJob:
    """What is to be made of one file.

    Attributes:
        source: the recording; never opened for writing.
        destination: the drier recording.
        removed_to: where what was taken away goes, if it is wanted.
        delivery: in which form they are written.
        target_c50_db: the clarity [dB] that it is to come to, with a strength of its own instead of
            the recipe's; None for that. `process_job` sees to it.
    """

    source: Path
    destination: Path
    removed_to: Path | None = None
    delivery: Delivery = AS_SOURCE
    target_c50_db: float | None = None

    @property
    def outputs(self) -> tuple[Path, ...]:
        """The files that the job makes."""
        return (
            (self.destination,) if self.removed_to is None else (self.destination, self.removed_to)
        )


@dataclass(frozen=True)
class FileResult:
    """What became of a job.

    Attributes:
        job: as it was given.
        error: why it failed, one sentence; None when it is done.
        seconds_audio: length of the recording [s].
        seconds_wall: time from the first sample read to the file in its place [s].
        clipped_samples: how many samples lay beyond full scale in an integer format.
        model: name and beginning of the checksum of the model that was used.
        sample_rate: of the recording [Hz].
        channels: of the recording.
        frames: samples per channel in each output, and at the same rate in the recording.
        source_bytes: how large the source was when it was read.
        source_mtime_ns: when it had been changed last, as the file system tells.
        strength: the one that was used.
    """

    job: FileJob
    error: str | None = None
    seconds_audio: float = 0.0
    seconds_wall: float = 0.0
    clipped_samples: int = 0
    model: str = ""
    sample_rate: int = 0
    channels: int = 0
    frames: int = 0
    source_bytes: int = 0
    source_mtime_ns: int = 0
    strength: float | None = None

    @property
    def ok(self) -> bool:
        """True when the outputs are in their places."""
        return self.error is None

    @property
    def speed(self) -> float:
        """Seconds of audio per second of time; 0 when there is nothing to tell."""
        return self.seconds_audio / self.seconds_wall if self.seconds_wall else 0.0


def process_file(
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    recipe: Recipe = Recipe(),  # noqa: B008 (frozen)
    *,
    removed_to: str | os.PathLike[str] | None = None,
    delivery: Delivery = AS_SOURCE,
    progress: Callable[[float], None] | None = None,
    overwrite: bool = False,
) -> FileResult:
    """Write a drier copy of a recording; same rate, channels and length, in constant memory.

    The sample format is kept where the destination's container has it, and so is what the source
    says beside its sound. In 8 and 16 bits what changed is dithered. A missing folder is made. The
    outputs appear whole or not at all.

    Args:
        source: an ending of `READABLE`, 8-192 kHz.
        destination: an ending of `CONTAINERS`. `writable_suffix` tells one that suits the source.
        recipe: what to do.
        removed_to: also write what was taken away (with the output "removed": what was not): source
            (as loud as the recipe's gain makes it) minus destination as it was stored, so that in
            integer and float formats the two files sum to the source.
        delivery: another bit depth or rate than the source's, if that is wanted.
        progress: called from this thread with 0 ... 1; may raise Cancelled to end the work.
        overwrite: replace outputs that exist.

    Raises:
        AudioFileError: the source cannot be read, or an output must not or cannot be written.
        ModelError: the recipe's model cannot be used.
        Cancelled: from `progress`. As after every error, no output is left.
    """
    room = None if removed_to is None else Path(removed_to)
    job = FileJob(Path(source), Path(destination), room, delivery)
    check_outputs([job], overwrite=overwrite)
    before = state_of(job.source)
    info = probe(job.source)
    refuse_unfit(info)
    model = Model.load(recipe.model)
    stream = DereverbStream(model, info.sample_rate, info.channels, recipe)
    begun = time.perf_counter()
    if progress is not None:
        progress(0.0)  # Before anything is written: who stops us here need not clean up.
    with ExitStack() as stack:
        writers = [
            stack.enter_context(_writer(path, info, delivery, _stamp(recipe, model), overwrite))
            for path in job.outputs
        ]
        loud = np.float32(10.0 ** (recipe.gain_db / 20.0))  # 1 at 0 dB: no bit changes
        rounds = delivery.is_coarser_than(info, writers[0].subtype)
        separated = _separated(info, stream, progress)
        pairs = ((dry, mixed(dry, removed, recipe)) for dry, removed in separated)
        to_rate = delivery.rate_for(info.sample_rate)
        for dry, treated in at_rate(pairs, info.channels, info.sample_rate, to_rate):
            stored = writers[0].write(treated, dry=unlike(treated) if rounds else dry)
            for writer in writers[1:]:
                writer.write(loud * dry - stored)
        for writer in writers:
            writer.close()  # Both are known to be whole before either appears.
        refuse_changed(job.source, before)
    source_bytes, source_mtime_ns = before or (0, 0)
    return FileResult(
        job,
        seconds_audio=info.duration_s,
        seconds_wall=time.perf_counter() - begun,
        clipped_samples=writers[0].clipped_samples,
        model=model.spec.stamp,
        sample_rate=info.sample_rate,
        channels=info.channels,
        frames=writers[0].frames,
        source_bytes=source_bytes,
        source_mtime_ns=source_mtime_ns,
        strength=recipe.strength,
    )


def state_of(path: Path) -> tuple[int, int] | None:
    """Return a file's size and time of change [ns]: other values, other content. None: no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def refuse_changed(path: Path, before: tuple[int, int] | None) -> None:
    """Refuse a source that is not what it was when its `state_of` was asked.

    Raises:
        AudioFileError: it is not.
    """
    if state_of(path) != before:
        raise AudioFileError(
            f"Cannot use '{path}': it changed while it was read. "
            "Try again when nothing writes to it any more."
        )


def check_outputs(jobs: Sequence[FileJob], *, overwrite: bool = False) -> None:
    """Refuse jobs that would overwrite a source, each other, or what stands there already.

    And names whose ending stands for no format that is read or written here.

    Sources are recognised through symbolic and hard links, relative paths, and the spellings
    that a file system without upper and lower case takes for the same.

    Raises:
        AudioFileError: names the first clash. Nothing was touched.
    """
    sources = {key: job.source for job in jobs if (key := _identity(job.source)) is not None}
    claimed: dict[str, Path] = {}
    existing: list[Path] = []
    for job in jobs:
        container_for(job.source, verb="read")  # its name is often the output's, too
        for output in job.outputs:
            container_for(output, verb="write")
            identity, place = _identity(output), _place(output)
            if identity in sources:
                raise AudioFileError(
                    f"Cannot write '{output}': it is the source '{sources[identity]}'. "
                    "Choose another name or folder."
                )
            if place in claimed:
                raise AudioFileError(
                    f"Cannot write '{output}' twice: it would come from '{claimed[place]}' and "
                    f"from '{job.source}'. Choose another name or folder for one of them."
                )
            claimed[place] = job.source
            # os.path, not Path: a name that is too long is the writer's to tell.
            if os.path.isdir(output):
                raise AudioFileError(f"Cannot write '{output}': it is a folder. Name a file in it.")
            if identity is not None and not os.path.isfile(output):
                raise AudioFileError(
                    f"Cannot write '{output}': it is a pipe or a device. Name a file instead."
                )
            if identity is not None:
                existing.append(output)
    if existing and not overwrite:
        others = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
        raise AudioFileError(
            f"Cannot write '{existing[0]}'{others}: it exists already. "
            "Choose another name or folder, or allow overwriting (--overwrite)."
        )


def version() -> str:
    """Return this distribution's version, "0" where it runs without being installed."""
    try:
        return metadata.version("dryspell")
    except metadata.PackageNotFoundError:
        return "0"


def refuse_unfit(info: AudioInfo) -> None:
    """Refuse a recording that holds nothing, or has a rate that is not worked at.

    Raises:
        AudioFileError: says which.
    """
    if info.frames == 0:
        raise AudioFileError(
            f"Cannot use '{info.path}': it holds no samples. Record or export it again."
        )
    if not LOWEST_SAMPLE_RATE <= info.sample_rate <= HIGHEST_SAMPLE_RATE:
        raise AudioFileError(
            f"Cannot use '{info.path}': its sample rate of {info.sample_rate} Hz lies outside "
            f"{LOWEST_SAMPLE_RATE} to {HIGHEST_SAMPLE_RATE} Hz. Resample it first."
        )


def _writer(
    path: Path, info: AudioInfo, delivery: Delivery, software: str, overwrite: bool
) -> AudioWriter:
    sample_rate = delivery.rate_for(info.sample_rate)
    labels = read_labels(info.path).at_rate(info.sample_rate, sample_rate)
    container, subtype = delivery.format_for(path, info, extra_bytes=labels.size)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(
            f"Cannot make the folder '{path.parent}': {reason_of(error)}. "
            "Choose a folder that you may write to."
        ) from error
    return AudioWriter(
        path,
        sample_rate,
        info.channels,
        container,
        subtype,
        labels=labels,
        software=software,
        dither_seed=seed_of(info.path),
        overwrite=overwrite,
    )


def _stamp(recipe: Recipe, model: Model) -> str:
    return f"Dryspell {version()} {model.spec.stamp} {recipe.settings}"


def _separated(
    info: AudioInfo, stream: DereverbStream, progress: Callable[[float], None] | None
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Yield the aligned (dry, removed) of a whole file, telling how far it is."""
    done = 0
    for block in read_blocks(info.path, stream.step_samples):
        done += block.shape[1]
        yield stream.separate(block)
        if progress is not None:
            progress(done / info.frames)
    yield stream.separate(np.zeros((info.channels, 0), np.float32), last=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from every other, however it is spelt or linked; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _place(path: Path) -> str:
    """Where an output that may not exist yet will lie: equal for two spellings of one place."""
    place = os.path.realpath(path)
    if _ignores_case(os.path.dirname(place)):
        return unicodedata.normalize("NFC", place).casefold()
    return place


@lru_cache(maxsize=256)
def _ignores_case(folder: str) -> bool:
    """Ask the nearest existing folder whether its name in the other case is the same folder."""
    parent, name = os.path.split(folder)
    other = os.path.join(parent, name.swapcase())
    if parent == folder:
        return False
    if other == folder or not os.path.exists(folder):
        return _ignores_case(parent)
    try:
        return os.path.samefile(folder, other)
    except OSError:
        return False
