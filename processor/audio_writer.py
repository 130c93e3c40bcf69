"""A sound file to write: in blocks, beside its destination, in place only when it is whole."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import soundfile

from processor.audio_file import native_name, reason_of
from processor.errors import AudioFileError
from processor.labels import Labels
from processor.part_files import part_beside
from processor.quantiser import encode
from processor.tags import not_carried, room_in_header, write_labels

# libsndfile's code for what the system refused, as on a full disk.
_SYSTEM_ERROR = 2
# libsndfile counts up to 1024, but libvorbis has a byte for them and crashes.
_MOST_CHANNELS = {"OGG": 255}
# libsndfile's own defaults are for small files: here a recording is coded a second time. LAME's V0,
# Vorbis quality 8; 0.3 gives Opus 180 kbit/s for each channel.
_COMPRESSION = {"MPEG_LAYER_III": 0.0, "VORBIS": 0.2, "OPUS": 0.3}

# Where a PEAK chunk can stand: in files that begin so, among the first bytes.
_WITH_PEAK = (b"RIFF", b"RF64", b"FORM")
_HEAD_BYTES = 4096


class AudioWriter:
    """Writes a sound file beside its destination and moves it there when it is whole.

    Used as a context manager. If the block ends with an exception (Cancelled and
    KeyboardInterrupt too), nothing is left and an earlier file of that name stands untouched.

        with AudioWriter(path, 48000, 2, "WAV", "PCM_24") as writer:
            for waveform in blocks:
                writer.write(waveform)
    """

    def __init__(
        self,
        destination: str | os.PathLike[str],
        sample_rate: int,
        channels: int,
        container: str,
        subtype: str,
        *,
        labels: Labels | None = None,
        software: str = "",
        dither_seed: int = 0,
        overwrite: bool = False,
    ) -> None:
        """Prepare; nothing is touched before the `with` begins.

        Args:
            destination: the file to appear. Through a symbolic link, the file it points to.
            sample_rate: [Hz].
            channels: of every block.
            container: as `output_format` returns it.
            subtype: as `output_format` returns it.
            labels: from `read_labels`; the container keeps those it has a place for.
            software: what is added to them. Without it, none are written.
            dither_seed: from `seed_of`.
            overwrite: replace a file that stands there.
        """
        self.destination = Path(destination)
        self.frames = 0
        self.clipped_samples = 0
        self.not_carried = not_carried(container, labels or Labels()) if software else ""
        self.subtype = subtype
        self._target = Path(os.path.realpath(destination))
        self._part = part_beside(self._target)
        self._format = (sample_rate, channels, subtype, container)
        self._labels = labels or Labels()
        self._software = software
        self._dither_seed = dither_seed
        self._overwrite = overwrite
        self._sound: soundfile.SoundFile | None = None

    def __enter__(self) -> AudioWriter:
        sample_rate, channels, subtype, container = self._format
        if channels > _MOST_CHANNELS.get(container, channels):
            raise self._unfit()
        try:
            with suppress(FileNotFoundError):
                self._target.lstat()  # a name that is too long is told before the work
            # Made by Python first: with the usual permissions, and with an honest error.
            self._part.touch(exist_ok=False)
            self._sound = soundfile.SoundFile(
                native_name(self._part),
                "w",
                sample_rate,
                channels,
                subtype,
                format=container,
                compression_level=_COMPRESSION.get(subtype),
            )
            if room := room_in_header(container, self._labels, self._software):
                self._sound.comment = room
        except soundfile.LibsndfileError as error:
            self._discard()
            raise (self._stopped() if error.code == _SYSTEM_ERROR else self._unfit()) from error
        except OSError as error:
            raise self._refusal(error) from error
        except BaseException:
            self._discard()
            raise
        return self

    def write(
        self, waveform: npt.NDArray[np.float32], *, dry: npt.NDArray[np.float32] | None = None
    ) -> npt.NDArray[np.float32]:
        """Append a block and return it as a reader of the file will get it back.

        Args:
            waveform: what to write. Integer formats hold what lies beyond full scale at full scale
                and count it in `clipped_samples`.
            dry: the same samples as they were read: in 8 and 16 bits those of `waveform` that
                differ are dithered. Without it none are.

        Shape:
            waveform, dry, result: (channels, samples) float32.

        Raises:
            AudioFileError: the disk is full, or gone.
            ValueError: NaN or infinity.
        """
        if self._sound is None:
            raise ValueError("The writer is closed: write inside its with block.")
        if not np.isfinite(waveform).all():
            raise ValueError("A sound file cannot hold NaN or infinity.")
        data, stored, clipped = encode(
            waveform, self._sound.subtype, dry=dry, at=self.frames, seed=self._dither_seed
        )
        try:
            self._sound.write(data)
        except (soundfile.LibsndfileError, OSError, AssertionError) as error:
            raise self._stopped() from error
        self.frames += waveform.shape[1]
        self.clipped_samples += clipped
        return stored

    def close(self) -> None:
        """Write out what is buffered and look whether all of it arrived. `with` does it, too.

        Raises:
            AudioFileError: it did not.
        """
        if self._sound is None:
            return
        try:
            self._sound.close()
            _forget_the_time(self._part)
            if self._software:
                write_labels(self._part, self._labels, self._software)
            arrived = soundfile.info(native_name(self._part)).frames if self.frames else 0
        except (soundfile.LibsndfileError, OSError) as error:
            raise self._stopped() from error
        finally:
            self._sound = None
        if arrived != self.frames:
            raise self._stopped()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.close()
                self._appear()
        finally:
            self._discard()

    def _appear(self) -> None:
        if self._target.exists() and not self._overwrite:
            raise AudioFileError(
                f"Cannot write '{self.destination}': it exists already. "
                "Choose another name, or allow overwriting."
            )
        try:
            os.replace(self._part, self._target)
        except OSError as error:
            raise self._refusal(error) from error

    def _discard(self) -> None:
        """Remove the part file, if it is still there."""
        sound, self._sound = self._sound, None
        try:
            if sound is not None:
                sound.close()
        except soundfile.LibsndfileError:
            pass  # It is thrown away all the same.
        finally:
            self._part.unlink(missing_ok=True)

    def _unfit(self) -> AudioFileError:
        sample_rate, channels, subtype, container = self._format
        return AudioFileError(
            f"Cannot write '{self.destination}': {container} with {subtype} does not hold "
            f"{channels} channels at {sample_rate} Hz. Name it .wav instead."
        )

    def _refusal(self, error: OSError) -> AudioFileError:
        too_long = error.errno == errno.ENAMETOOLONG
        remedy = "a shorter name" if too_long else "a folder that you may write to"
        return AudioFileError(
            f"Cannot write '{self.destination}': {reason_of(error)}. Choose {remedy}."
        )

    def _stopped(self) -> AudioFileError:
        return AudioFileError(
            f"Cannot write '{self.destination}': writing stopped after {self.frames} samples, "
            "as on a full disk. Free some space, or choose another folder."
        )


def _forget_the_time(path: Path) -> None:
    """Clear when a float WAV or AIFF was made, so that equal work gives equal bytes.

    libsndfile writes it into the PEAK chunk, which stands before the samples: name and size, 4
    bytes each, then a version and the time.
    """
    with path.open("r+b") as file:
        head = file.read(_HEAD_BYTES)
        at = head.find(b"PEAK")
        if head[:4] in _WITH_PEAK and 0 < at < max(head.find(b"data"), head.find(b"SSND")):
            file.seek(at + 12)
            file.write(bytes(4))
