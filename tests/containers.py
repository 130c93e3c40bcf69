"""Files of containers that libsndfile does not write, and chunks put into those it does."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def encode_media(
    path: Path, waveform: npt.NDArray[np.float32], rate: int, codec: str = "aac", **tags: str
) -> Path:
    """Write a waveform as the one audio stream of an MP4, Matroska, ... file."""
    layout = LAYOUTS[len(waveform)]
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        stream = container.add_stream(codec, rate=rate, layout=layout)
        context = stream.codec_context
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(waveform), format="fltp", layout=layout
        )
        frame.sample_rate, frame.pts = rate, 0
        context.open()
        resampler = av.AudioResampler(context.format, layout, rate, context.frame_size or 1024)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def encode_video_only(path: Path) -> Path:
    """Write two small black pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(2):
            picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    """Return a RIFF (or, with ">", an AIFF) chunk."""
    padding = b"\0" * (len(content) % 2)
    return name + struct.pack(order + "I", len(content)) + content + padding


def with_chunks(
    path: Path, before: Iterable[bytes] = (), behind: Iterable[bytes] = (), order: str = "<"
) -> Path:
    """Put chunks before and behind the sound of a WAV, RF64 or AIFF file."""
    content = path.read_bytes()
    first = 12 + (36 if content[:4] == b"RF64" else 0)
    content = content[:first] + b"".join(before) + content[first:] + b"".join(behind)
    if content[:4] == b"RF64":
        content = content[:20] + struct.pack("<Q", len(content) - 8) + content[28:]
    else:
        content = content[:4] + struct.pack(order + "I", len(content) - 8) + content[8:]
    path.write_bytes(content)
    return path


def chunks_of(path: Path) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a WAV, RF64 or AIFF file, read as simply as can be."""
    content, at, found = path.read_bytes(), 12, []
    order = ">" if content[:4] == b"FORM" else "<"
    while at + 8 <= len(content):
        name, size = struct.unpack_from(order + "4sI", content, at)
        if size == 0xFFFF_FFFF:
            (size,) = struct.unpack_from("<Q", content, 28)
        found.append((name, content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    assert at == len(content)
    return found
