"""What is to be made of one recording, and what became of it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from processor.delivery import AS_SOURCE, Delivery
from processor.errors import AudioFileError
from processor.remote import Place, RemotePath, remote_state


@dataclass(frozen=True)
class FileJob:
    """What is to be made of one file.

    Attributes:
        source: the recording, here or in a store; never opened for writing.
        destination: the drier recording.
        removed_to: where what was taken away goes, if it is wanted.
        delivery: in which form they are written.
        target_c50_db: the clarity [dB] that it is to come to, with a strength of its own instead of
            the recipe's; None for that. `process_job` sees to it.
    """

    source: Place
    destination: Place
    removed_to: Place | None = None
    delivery: Delivery = AS_SOURCE
    target_c50_db: float | None = None

    @property
    def outputs(self) -> tuple[Place, ...]:
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
        source_mtime_ns: when it had been changed last, as the file system tells; of a file in a
            store, a number for its version.
        strength: the one that was used.
        not_carried: chunks of the source (markers, time code, ...) that the output's container has
            no place for; "" if all went over.
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
    not_carried: str = ""

    @property
    def ok(self) -> bool:
        """True when the outputs are in their places."""
        return self.error is None

    @property
    def speed(self) -> float:
        """Seconds of audio per second of time; 0 when there is nothing to tell."""
        return self.seconds_audio / self.seconds_wall if self.seconds_wall else 0.0


def state_of(place: Place, *, fresh: bool = False) -> tuple[int, int] | None:
    """Return a file's size and time of change [ns]: other values, other content. None: no file.

    Args:
        place: a file, perhaps. One in a store has a number for its version instead of the time.
        fresh: do not trust what a plan has asked a store before.

    Raises:
        AudioFileError: a store cannot be read.
    """
    if isinstance(place, RemotePath):
        return remote_state(place, fresh=fresh)
    try:
        status = os.stat(place)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def refuse_changed(path: Place, before: tuple[int, int] | None) -> None:
    """Refuse a source that is not what it was when its `state_of` was asked.

    Raises:
        AudioFileError: it is not.
    """
    if state_of(path, fresh=True) != before:
        raise AudioFileError(
            f"Cannot use '{path}': it changed while it was read. "
            "Try again when nothing writes to it any more."
        )
