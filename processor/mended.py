"""WAV files whose headers are wrong, or foreign to libsndfile, seen with one that is right.

A recorder that lost its power never wrote down how long the recording is; others count beyond four
gigabytes in 32 bits, or leave out a byte of padding. The samples are all there. And libsndfile does
not know BW64, which is RF64 by another name, and takes what follows the sound of W64 for sound.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from processor.chunks import Layout, read_chunk

_LARGEST_FMT = 4096


def needs_mending(layout: Layout) -> bool:
    """True if libsndfile would not read this file, or not all of its sound and nothing else."""
    sound = layout.sound
    if sound is None or layout.first(b"fmt ") is None:
        return False
    if layout.form == "W64":
        return sound.is_open or sound is not layout.chunks[-1]
    if layout.form != "RIFF" or layout.magic == b"RIFX":
        return False
    if sound.is_open or not layout.is_aligned or layout.magic == b"BW64":
        return True
    # In RF64 libsndfile forgets the byte that follows an odd chunk.
    before = layout.chunks[: layout.chunks.index(sound)]
    return layout.magic == b"RF64" and any(chunk.size % 2 for chunk in before)


class MendedFile(io.RawIOBase):
    """The sound of a WAV file as a file to read: a new RF64 header, then the samples in place."""

    def __init__(self, layout: Layout) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be read.
        """
        chunk, sound = layout.first(b"fmt "), layout.sound
        if chunk is None or sound is None:
            raise ValueError(f"'{layout.path}' has no sound to mend.")
        described = read_chunk(layout, chunk)[:_LARGEST_FMT].ljust(16, b"\0")
        frame_bytes = max(1, struct.unpack_from("<H", described, 12)[0])
        length = sound.present - sound.present % frame_bytes
        self._header = _header(described, length)
        self._sound_at = sound.offset
        self._size = len(self._header) + length
        self._at = 0
        self._file = layout.path.open("rb")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._size - self._at))
        head = self._header[self._at : self._at + count]
        view[: len(head)] = head
        if count > len(head):
            self._file.seek(self._sound_at + self._at + len(head) - len(self._header))
            count = len(head) + (self._file.readinto(view[len(head) : count]) or 0)
        self._at += count
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _header(described: bytes, length: int) -> bytes:
    described += b"\0" * (len(described) % 2)
    sizes = struct.pack("<QQQI", 60 + len(described) + length, length, 0, 0)
    return b"".join(
        [
            *(b"RF64", struct.pack("<I", 0xFFFF_FFFF), b"WAVE"),
            *(b"ds64", struct.pack("<I", len(sizes)), sizes),
            *(b"fmt ", struct.pack("<I", len(described)), described),
            *(b"data", struct.pack("<I", 0xFFFF_FFFF)),
        ]
    )
