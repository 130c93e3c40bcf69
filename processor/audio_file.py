"""Sound files to read: look at one, read it in blocks.

soundfile (libsndfile) does the work, and PyAV for the sound of MP4, Matroska and the like. What
they cannot tell, or tell only by crashing, is told here in one sentence that names the file and a
remedy.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from processor.audio_format import MEDIA, container_for, integer_bits
from processor.chunks import Layout, layout_of
from processor.errors import AudioFileError
from processor.media import MediaFile
from processor.mended import MendedFile, needs_mending
from processor.tags import read_labels

_COPY_AGAIN = "Copy it again from where it came, or open and save it in an audio editor."

# libsndfile reads an Ogg file that was cut off as if it were shorter; only its log tells.
_OGG_WITHOUT_END = "Last page lacks an end-of-stream bit"
_OGG_WITH_JUNK = "Junk after the last page"
_OGG_LARGEST_PAGE = 65_307
# The beginning of an MP3 file that has its first frame in it, but for large pictures before it.
_MP3_HEAD_BYTES = 4096
_FRAMES_UNKNOWN = 2**62


@dataclass(frozen=True)
class AudioInfo:
    """What a sound file says of itself.

    Attributes:
        path: as it was given.
        sample_rate: [Hz].
        channels: 1 or more.
        frames: samples per channel; may be 0.
        format: container, as libsndfile names it: "WAV", "WAVEX", "RF64", "FLAC", "AIFF", "OGG",
            ...; or "MP4", "MATROSKA", "AAC".
        subtype: sample format: "PCM_16", "PCM_24", "FLOAT", "VORBIS", "AAC", ...
    """

    path: Path
    sample_rate: int
    channels: int
    frames: int
    format: str
    subtype: str

    @property
    def duration_s(self) -> float:
        """Length [s]."""
        return self.frames / self.sample_rate


def probe(path: str | os.PathLike[str]) -> AudioInfo:
    """Return what a sound file holds, without reading its samples.

    Raises:
        AudioFileError: missing, a folder, empty, cut off, or no audio that is read here.
    """
    path = Path(path)
    with _opened(path) as sound:
        frames = sound.frames
        if _is_a_guess(path, sound):
            frames = sum(len(block) for block in _raw_blocks(path, sound, 1 << 16))
        return AudioInfo(
            path, sound.samplerate, sound.channels, frames, sound.format, sound.subtype
        )


def read_tags(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return title, artist, comment and the like by their names in lower case.

    Several texts of one name come as one, parted by "; ".

    Raises:
        AudioFileError: as for `probe`.
    """
    path = Path(path)
    _opened(path).close()
    return {name.lower(): "; ".join(texts) for name, texts in read_labels(path).texts.items()}


def read_blocks(
    path: str | os.PathLike[str], block_frames: int = 1 << 16
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield a file's audio from beginning to end, in constant memory.

    Shape:
        each block: (channels, n) float32, n = block_frames except for the last. Integer formats
        of up to 24 bits and 32-bit float arrive exactly.

    Raises:
        AudioFileError: as for `probe`; or the file holds NaN or infinity, or ends too early.
    """
    path = Path(path)
    with _opened(path) as sound:
        announced = _FRAMES_UNKNOWN if _is_a_guess(path, sound) else sound.frames
        done = 0
        for block in _raw_blocks(path, sound, block_frames):
            if integer_bits(sound.subtype) is None:
                _refuse_not_finite(path, block, done, sound.samplerate)
            done += len(block)
            yield np.ascontiguousarray(block.T)
        if done < announced < _FRAMES_UNKNOWN:
            raise AudioFileError(
                f"Cannot read '{path}': it ends after {done} of {announced} samples. {_COPY_AGAIN}"
            )


def reason_of(error: OSError) -> str:
    """What the system says of a failure, to stand inside a sentence."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]


def native_name(path: Path) -> str | bytes:
    """Return a path as soundfile takes it without loss."""
    # soundfile encodes strictly; a file name on a POSIX system may be any bytes.
    return os.fsencode(path) if os.name == "posix" else str(path)


class _FromStartToEnd(soundfile.SoundFile):
    """A file that is not asked where it is, and knows what it was before it was mended.

    soundfile seeks to the end of what it has just read after every block: for nothing, and in
    vain in a FLAC file without a length.
    """

    def __init__(self, path: Path, layout: Layout | None) -> None:
        self._mended = MendedFile(layout) if layout and needs_mending(layout) else None
        self._layout = layout
        try:
            super().__init__(self._mended or native_name(path))
        except BaseException:
            if self._mended is not None:
                self._mended.close()
            raise

    @property
    def format(self) -> str:
        """The container of the file as it lies there."""
        if self._mended is None or self._layout is None:
            return str(super().format)
        if self._layout.form == "W64":
            return "W64"
        return "WAV" if self._layout.magic == b"RIFF" else "RF64"

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        super().close()
        if self._mended is not None:
            self._mended.close()


def _opened(path: Path) -> soundfile.SoundFile | MediaFile:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise AudioFileError(
            f"Cannot read '{path}': there is no such file. Check its name and folder."
        ) from None
    except OSError as error:
        raise AudioFileError(
            f"Cannot read '{path}': {reason_of(error)}. Check its name and permissions."
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise AudioFileError(f"Cannot read '{path}': it is a folder. Name a file in it.")
    container_for(path, verb="read")
    if not stat.S_ISREG(status.st_mode):
        raise AudioFileError(
            f"Cannot read '{path}': it is a pipe or a device. Save it as a file first."
        )
    if status.st_size == 0:
        raise AudioFileError(f"Cannot read '{path}': it is empty (0 bytes). {_COPY_AGAIN}")
    if not os.access(path, os.R_OK):
        raise AudioFileError(f"Cannot read '{path}': permission denied. Ask its owner, or copy it.")
    try:
        if path.suffix.lower() in MEDIA:
            return MediaFile(path)
        layout = layout_of(path)
        if layout is not None and _was_cut_off(layout):
            raise _cut_off(path)
        sound = _FromStartToEnd(path, layout)
    except (soundfile.LibsndfileError, OSError) as error:
        raise AudioFileError(
            f"Cannot read '{path}': no audio data, or damaged. Convert it to WAV or FLAC."
        ) from error
    if _is_ogg_cut_off(path, sound.extra_info):
        sound.close()
        raise _cut_off(path)
    return sound


def _cut_off(path: Path) -> AudioFileError:
    return AudioFileError(
        f"Cannot read '{path}': it was cut off before the end that its header announces. "
        f"{_COPY_AGAIN}"
    )


def _was_cut_off(layout: Layout) -> bool:
    sound = layout.sound
    return sound is not None and sound.present < sound.size


def _is_a_guess(path: Path, sound: soundfile.SoundFile | MediaFile) -> bool:
    """True if a file does not say how long it is: FLAC from a pipe, MP3 without a Xing header."""
    if sound.format == "MP3":
        with path.open("rb") as file:
            head = file.read(10)
            if head[:3] == b"ID3":
                a, b, c, d = (byte & 0x7F for byte in head[6:10].ljust(4, b"\0"))
                file.seek(10 + (a << 21 | b << 14 | c << 7 | d))
            head += file.read(_MP3_HEAD_BYTES)
        return not any(name in head for name in (b"Xing", b"Info", b"VBRI"))
    return bool(sound.frames > _FRAMES_UNKNOWN)


def _is_ogg_cut_off(path: Path, log: str) -> bool:
    return _OGG_WITHOUT_END in log or (_OGG_WITH_JUNK in log and _ends_within_a_page(path))


def _ends_within_a_page(path: Path) -> bool:
    """True if an Ogg file's last page is not whole or not the last one of its stream.

    Source: RFC 3533. Byte 5 of a page holds flags (4: end of stream), byte 26 the number of
    segments, after it stand their lengths, then the segments.
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _OGG_LARGEST_PAGE))
        tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) <= 26 or not page[5] & 4:
        return True
    lengths = page[27 : 27 + page[26]]
    return len(page) < 27 + page[26] + sum(lengths)


def _raw_blocks(
    path: Path, sound: soundfile.SoundFile | MediaFile, block_frames: int
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield (n, channels) until the data ends."""
    at = 0
    while True:
        try:
            block = sound.read(block_frames, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioFileError(
                f"Cannot read '{path}': its data is damaged after {at / sound.samplerate:.2f} s. "
                f"{_COPY_AGAIN}"
            ) from error
        if not len(block):
            return
        at += len(block)
        yield block


def _refuse_not_finite(
    path: Path, block: npt.NDArray[np.float32], before: int, sample_rate: int
) -> None:
    bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
    if len(bad):
        frame = before + int(bad[0])
        raise AudioFileError(
            f"Cannot use '{path}': sample {frame} (at {frame / sample_rate:.3f} s) is not a finite "
            "number. Replace it with silence in an audio editor."
        )
