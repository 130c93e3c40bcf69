"""One recording becomes one drier recording: the function that makes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from processor.audio_file import AudioInfo, probe, read_blocks, reason_of
from processor.audio_writer import AudioWriter
from processor.clashes import check_outputs
from processor.delivery import AS_SOURCE, Delivery, at_rate, unlike
from processor.errors import AudioFileError
from processor.jobs import FileJob, FileResult, refuse_changed, state_of
from processor.mixing import mixed
from processor.model import Model
from processor.quantiser import seed_of
from processor.recipe import Recipe
from processor.stream import HIGHEST_SAMPLE_RATE, LOWEST_SAMPLE_RATE, DereverbStream
from processor.tags import read_labels

__all__ = [
    "FileJob",
    "FileResult",
    "check_outputs",
    "process_file",
    "refuse_unfit",
    "state_of",
    "version",
]


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
    source, destination = Path(source), Path(destination)
    room = None if removed_to is None else Path(removed_to)
    outputs = [destination] if room is None else [destination, room]
    job = FileJob(source, destination, room, delivery)
    check_outputs([job], overwrite=overwrite)
    before = state_of(source)
    info = probe(source)
    refuse_unfit(info)
    model = Model.load(recipe.model)
    stream = DereverbStream(model, info.sample_rate, info.channels, recipe)
    begun = time.perf_counter()
    if progress is not None:
        progress(0.0)  # Before anything is written: who stops us here need not clean up.
    with ExitStack() as stack:
        writers = [
            stack.enter_context(_writer(path, info, delivery, _stamp(recipe, model), overwrite))
            for path in outputs
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
        refuse_changed(source, before)
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
        not_carried=writers[0].not_carried,
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
