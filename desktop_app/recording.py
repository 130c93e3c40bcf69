"""An open file in memory, and what models tell of it: plain work for a Job."""

import os
import tempfile
import weakref
from fractions import Fraction
from pathlib import Path

import numpy as np

from processor import AudioFileError, AudioInfo, Model, probe
from processor.audio_file import read_blocks
from processor.estimates import Estimates, RecallingModel
from processor.stream import HIGHEST_SAMPLE_RATE, LOWEST_SAMPLE_RATE

from .job import Progress, drop_later
from .memory import spare_bytes
from .plot_data import Picture
from .stft import Samples

# Larger arrays are kept in an unnamed temporary file that the system pages in and out.
IN_MEMORY_BYTES = 512 * 1024 * 1024
MOST_TOLD_BYTES = 512 * 1024 * 1024  # by models: a quarter of an hour of mono
READ_BLOCK_S = 5.0


def allocate(channels: int, frames: int) -> np.ndarray:
    """Zeros of shape (channels, frames) float32, in memory or, where large, in a file.

    Raises:
        AudioFileError: There is no room for the file.
    """
    size = channels * frames * 4
    if size <= IN_MEMORY_BYTES:
        return np.zeros((channels, frames), np.float32)
    try:
        with tempfile.TemporaryFile(prefix="dryspell-") as file:
            if hasattr(os, "posix_fallocate"):
                # Claimed now: a disk that fills up under a mapped file kills the process.
                os.posix_fallocate(file.fileno(), 0, size)
            file.truncate(size)
            array = np.memmap(file, np.float32, "r+", shape=(channels, frames))
    except OSError as error:
        raise AudioFileError(
            f"There is no room for {size / 1e9:.1f} GB of temporary data in "
            f"'{tempfile.gettempdir()}'. Free some space, or set TMPDIR to another folder."
        ) from error
    # The system takes seconds to clear away gigabytes, wherever the last reference ends.
    weakref.finalize(array, drop_later, array._mmap).atexit = False
    return array


def _state_of(path: Path) -> tuple[int, int] | None:
    """A file's size and time of change: other values, other content. None: no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


class Recording:
    """A file as samples and as a picture, both growing while it is read.

    Args:
        info: What `probe` says about the file.

    Attributes:
        waveform: Shape (channels, frames).
        samples: The waveform between two sample positions, shape (channels, n).
    """

    def __init__(self, info: AudioInfo) -> None:
        self.info = info
        self._file_state = _state_of(self.path)
        self.waveform = waveform = allocate(info.channels, info.frames)
        # Not a method: what is let go of is to go at once, and a ring of references stays.
        self.samples: Samples = lambda start, stop: waveform[:, start:stop]
        self.picture = Picture(self.samples, info.channels, info.frames, info.sample_rate)
        self._estimates: Estimates | None = None

    def recalling(
        self, model: Model, start: int = 0, *, keeps: bool = False
    ) -> tuple[RecallingModel, int]:
        """What a stream takes for the model, so as not to ask it for what it has told before.

        Args:
            model: What treats the recording.
            start: Where the stream is to begin, at the latest.
            keeps: Whether what the model is asked is kept; for streams that render all of it.

        Returns:
            It, and the sample with which the stream is to begin.
        """
        estimates = self._estimates
        if estimates is None or estimates.model is not model:
            estimates = Estimates(model, spare_bytes(MOST_TOLD_BYTES))
            if keeps:
                self._estimates = estimates
        spec = model.spec
        # Hops begin with a sample of the file only so often, where rates differ.
        hop_frames = Fraction(spec.hop_length * self.info.sample_rate, spec.sample_rate)
        times = start // hop_frames.numerator
        hop, start = times * hop_frames.denominator, times * hop_frames.numerator
        return estimates.recalling(hop, keeps=keeps), start

    @property
    def told_s(self) -> float:
        """How much of it a model has told of."""
        return 0.0 if self._estimates is None else self._estimates.seconds

    def forget_estimates(self) -> None:
        """Give back the memory of what models have told."""
        self._estimates = None

    @property
    def path(self) -> Path:
        return Path(self.info.path)

    @property
    def duration_s(self) -> float:
        return self.info.frames / self.info.sample_rate

    @property
    def nbytes(self) -> int:
        """How much memory it takes, roughly."""
        told = 0 if self._estimates is None else self._estimates.nbytes
        return self.waveform.nbytes + self.picture.nbytes + told

    @property
    def is_complete(self) -> bool:
        """Whether it was read to its end."""
        return self.picture.ready_frames >= self.info.frames

    @property
    def is_current(self) -> bool:
        """Whether the file is the one that was opened, and was not written to since."""
        return self._file_state is not None and self._file_state == _state_of(self.path)

    def read(self, progress: Progress) -> None:
        """Fill the waveform and its picture from the file.

        Raises:
            AudioFileError: The file cannot be read to its end, or is not made of numbers.
            Cancelled: Out of `progress`.
        """
        frames = self.info.frames
        position = 0
        for block in read_blocks(self.path, round(READ_BLOCK_S * self.info.sample_rate)):
            stop = min(frames, position + block.shape[1])
            self.waveform[:, position:stop] = block[:, : stop - position]
            position = stop
            self.picture.advance(stop)
            progress(stop / max(1, frames))


def open_recording(path: str | Path) -> Recording:
    """An empty Recording for the file at `path`, ready to be read.

    Raises:
        AudioFileError: The file is missing, not audio, holds no samples, or has a sample rate that
            is not treated.
    """
    info = probe(path)
    if info.frames <= 0:
        raise AudioFileError(
            f"'{Path(path).name}' holds no sound. Choose a recording with at least one sample."
        )
    if not LOWEST_SAMPLE_RATE <= info.sample_rate <= HIGHEST_SAMPLE_RATE:
        raise AudioFileError(
            f"'{Path(path).name}' has a sample rate of {info.sample_rate / 1000:g} kHz. "
            f"Resample it to between {LOWEST_SAMPLE_RATE / 1000:g} and "
            f"{HIGHEST_SAMPLE_RATE / 1000:g} kHz first."
        )
    return Recording(info)
