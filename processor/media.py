"""The sound in MP4, QuickTime, Matroska and AAC files, through FFmpeg's libraries (PyAV).

What counts is what `ffmpeg -i IN OUT.wav` gives: the first audio stream, without the samples that
the container tells to skip (the priming of AAC), and nothing put in before a late start. Where the
last packet or iTunes tells how long the sound is, what the coder filled up is left out at the end,
too; FFmpeg keeps it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from processor.errors import AudioFileError

if TYPE_CHECKING:
    import av

_FORMATS = {"mov": "MP4", "matroska": "MATROSKA", "aac": "AAC"}
_PROTECTED = ("drms", "enca")
_MP4_BEGINNINGS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp")
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
# Which sample format an output needs to hold all that a lossless coder holds.
_LOSSLESS = {"s16": "PCM_16", "s32": "PCM_24", "u8": "PCM_U8", "flt": "FLOAT", "dbl": "DOUBLE"}


class MediaFile:
    """A file to read from beginning to end, with the attributes of a soundfile.SoundFile.

    Attributes:
        samplerate: [Hz].
        channels: 1 or more.
        format: "MP4", "MATROSKA" or "AAC".
        subtype: "PCM_16" and the like for lossless coders, else the coder: "AAC", "OPUS", "AC3".
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            AudioFileError: no such kind of file, damaged, cut off, protected, or without sound.
        """
        self.path = path
        with ExitStack() as opening:
            self._file = opening.enter_context(path.open("rb"))
            self._container = opening.enter_context(self._opened())
            self._stream = self._first_stream()
            context = self._stream.codec_context
            self.samplerate, self.channels = int(context.rate), int(context.channels)
            if self.samplerate < 1 or self.channels < 1 or context.format is None:
                raise self._unreadable()
            self.subtype = _subtype_of(context)
            self._stack = opening.pop_all()
        self._frames: int | None = None
        self._blocks = self._decoded()
        self._rest = np.zeros((0, self.channels), np.float32)

    def __enter__(self) -> MediaFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def frames(self) -> int:
        """Samples per channel, counted: no header tells it exactly."""
        if self._frames is None:
            with MediaFile(self.path) as again:
                self._frames = sum(len(block) for block in again._blocks)
        return self._frames

    @property
    def tags(self) -> dict[str, str]:
        """What the container says of itself."""
        return dict(self._container.metadata)

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> Any:
        """Return the next samples, (n, channels) float32; fewer only at the end.

        Raises:
            AudioFileError: the data is damaged, or was cut off.
        """
        parts, held = [self._rest], len(self._rest)
        while held < frames and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            held += len(block)
        joined = np.concatenate(parts)
        self._rest = joined[frames:]
        return joined[:frames]

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def _opened(self) -> av.container.InputContainer:
        import av

        demuxer = _demuxer_for(self._file)
        if demuxer is None:
            raise self._unreadable()
        if _lacks_its_end(self._file, demuxer):
            raise AudioFileError(
                f"Cannot read '{self.path}': it was cut off before the end that its header "
                "announces. Copy it again from where it came, or record it again."
            )
        self.format = _FORMATS[demuxer]
        self._file.seek(0)
        # A file object and a known kind: what the file says cannot make libav open anything else.
        try:
            return av.open(self._file, "r", format=demuxer)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._unreadable() from error

    def _first_stream(self) -> Any:
        streams = self._container.streams.audio
        if not streams:
            raise AudioFileError(
                f"Cannot read '{self.path}': there is no sound in it. "
                "Choose a file with an audio track."
            )
        context = streams[0].codec_context
        if context is None:
            raise AudioFileError(
                f"Cannot read '{self.path}': its sound is coded in a way that is not known here. "
                "Convert it to WAV or FLAC."
            )
        if _is_protected(context):
            raise AudioFileError(
                f"Cannot read '{self.path}': it is copy-protected (DRM). "
                "Use a recording without protection."
            )
        return streams[0]

    def _decoded(self) -> Iterator[npt.NDArray[np.float32]]:
        """Yield what the stream holds, frame by frame, (n, channels)."""
        import av

        done, held = 0, None
        limit = self._length_by_itunes()
        try:
            for packet in self._container.demux(self._stream):
                for frame in packet.decode():
                    if held is not None:
                        block = self._samples_of(held, done)[: max(0, limit - done)]
                        done += len(block)
                        yield block
                    held = frame
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._damaged(done) from error
        if held is not None:
            block = self._samples_of(held, done)
            yield block[: max(0, min(_true_length(held), limit - done))]

    def _samples_of(self, frame: av.AudioFrame, done: int) -> npt.NDArray[np.float32]:
        if frame.sample_rate != self.samplerate or frame.layout.nb_channels != self.channels:
            raise AudioFileError(
                f"Cannot read '{self.path}': its rate or channels change after "
                f"{done / self.samplerate:.2f} s. Convert it to WAV or FLAC."
            )
        values = frame.to_ndarray()
        values = values.T if frame.format.is_planar else values.reshape(-1, self.channels)
        if values.dtype.kind == "f":
            return values.astype(np.float32)
        steps = 2.0 ** (8 * values.dtype.itemsize - 1)
        middle = steps if values.dtype.kind == "u" else 0.0
        return ((values.astype(np.float64) - middle) / steps).astype(np.float32)

    def _length_by_itunes(self) -> int:
        """Return what iTunes put down as the length; without it, no limit.

        Its comment is " 00000000 00000840 000001CA 00000000003A3C76 ...": priming, padding, length.
        """
        words = self._container.metadata.get("iTunSMPB", "").split()
        try:
            length = int(words[3], 16)
        except (IndexError, ValueError):
            return 2**62
        return length or 2**62

    def _unreadable(self) -> AudioFileError:
        return AudioFileError(
            f"Cannot read '{self.path}': no audio data, or damaged. Convert it to WAV or FLAC."
        )

    def _damaged(self, done: int) -> AudioFileError:
        return AudioFileError(
            f"Cannot read '{self.path}': its data is damaged after {done / self.samplerate:.2f} s. "
            "Copy it again from where it came, or open and save it in an audio editor."
        )


def _demuxer_for(file: BinaryIO) -> str | None:
    """Which of libav's readers is for this file, told by its first bytes."""
    head = file.read(12)
    if head[4:8] in _MP4_BEGINNINGS:
        return "mov"
    if head[:4] == _EBML:
        return "matroska"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0):
        return "aac"
    return None


def _is_protected(context: Any) -> bool:
    try:
        return context.codec_tag in _PROTECTED
    except UnicodeDecodeError:
        return False


def _subtype_of(context: Any) -> str:
    name, sample_format = context.codec.canonical_name, context.format.name.removesuffix("p")
    if name in ("alac", "flac", "wavpack", "tta") or name.startswith("pcm_"):
        return "PCM_32" if name.startswith("pcm_s32") else _LOSSLESS.get(sample_format, "PCM_24")
    return str(name).upper()


def _true_length(frame: av.AudioFrame) -> int:
    """How much of the last frame is sound: the last packet of an MP4 file tells, to the sample."""
    duration, base = frame.duration, frame.time_base
    if duration and base and base.numerator * frame.sample_rate == base.denominator:
        return min(frame.samples, int(duration))
    return int(frame.samples)


def _lacks_its_end(file: BinaryIO, demuxer: str) -> bool:
    """True if a file ends before one of its outermost parts does."""
    end = file.seek(0, os.SEEK_END)
    if demuxer == "matroska":
        return _end_of_segment(file) > end
    return demuxer == "mov" and _end_of_boxes(file, end) > end


def _end_of_boxes(file: BinaryIO, end: int) -> int:
    """Source: ISO/IEC 14496-12. Boxes begin with a size and a name; 1: the size is behind them."""
    at = 0
    while at + 8 <= end:
        file.seek(at)
        size, _, larger = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
        size = larger if size == 1 else size
        if size < 8:  # 0: to the end of the file
            return end
        at += size
    return at


def _end_of_segment(file: BinaryIO) -> int:
    """Source: RFC 8794. Sizes are numbers whose first byte tells how many bytes they have."""
    file.seek(0)
    head = file.read(4096)
    at = head.find(_SEGMENT) + 4
    if at < 4 or at + 8 > len(head) or not head[at]:
        return 0
    count = 9 - head[at].bit_length()
    highest = (1 << 7 * count) - 1  # stands for "unknown", as in a stream
    size = int.from_bytes(head[at : at + count], "big") & highest
    return 0 if size == highest else at + count + size
