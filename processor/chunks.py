"""The chunks that WAV, RF64, BW64, W64, AIFF and CAF files are made of: find and read them.

A chunk is a name, a size and so many bytes. Beside the sound there are chunks that speak of the
recording (time code, take names, markers); they are carried over as they are.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# What speaks of the recording and stays true when the sound is made drier: its length, rate and
# channels are kept. What speaks of the coding (fmt, fact, PEAK, levl, JUNK, ...) is written anew.
_CARRIED = {
    "RIFF": {
        *(b"bext", b"iXML", b"axml", b"chna", b"cue ", b"LIST", b"smpl", b"inst", b"id3 ", b"ID3 "),
        *(b"cart", b"link", b"plst", b"acid", b"umid", b"_PMX", b"r64m"),
        *(b"marker", b"summarylist"),  # W64's own
    },
    "AIFF": {
        *(b"MARK", b"COMT", b"NAME", b"AUTH", b"ANNO", b"(c) ", b"INST", b"ID3 ", b"AESD"),
        *(b"basc", b"trns", b"cate"),
    },
    "CAF": {b"info", b"mark", b"strg", b"regn", b"inst", b"midi", b"umid", b"uuid"},
}
_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_NAMES_END = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_W64_OWN = {
    bytes.fromhex("6c6973742f91cf11a5d628db04c10000"): b"LIST",
    bytes.fromhex("5662f7ab2d39d21186c700c04f8edb8a"): b"marker",
    bytes.fromhex("bc945f925a52d21186dc00c04f8edb8a"): b"summarylist",
}
W64_HEAD_BYTES = 24
"""How long name and size of a chunk are in W64; each begins at a multiple of 8."""

# A 32-bit size that stands for "see ds64", or for "not known": programs that write into a pipe,
# and recorders before they are done, put (nearly) the largest one.
_IN_DS64 = 0xFFFF_FFFF
_UNKNOWN_SIZES = (range(0x7FFF_0000, 0x8000_0001), range(0xFFFF_0000, 0x1_0000_0000))
_MOST_CHUNKS = 10_000


@dataclass(frozen=True)
class Chunk:
    """One chunk.

    Attributes:
        name: four bytes; more for what only W64 has, none for what is not known there.
        offset: where its content begins in the file.
        size: how many bytes of content it announces.
        present: how many of them are in the file.
        is_open: its size is a stand-in for "to the end".
    """

    name: bytes
    offset: int
    size: int
    present: int
    is_open: bool = False


@dataclass(frozen=True)
class Layout:
    """How a file is made of chunks.

    Attributes:
        path: the file.
        form: "RIFF" (and RIFX, RF64, BW64), "W64", "AIFF" or "CAF".
        magic: its first four bytes.
        chunks: in the order of the file.
        is_aligned: every chunk begins where the format says.
    """

    path: Path
    form: str
    magic: bytes
    chunks: tuple[Chunk, ...]
    is_aligned: bool = True

    @property
    def family(self) -> str:
        """Files of one family have the same chunks in them."""
        if self.magic == b"RIFX":  # RIFF with its numbers the other way round
            return "RIFX"
        return "RIFF" if self.form == "W64" else self.form

    def first(self, *names: bytes) -> Chunk | None:
        """The first chunk of one of these names."""
        return next((chunk for chunk in self.chunks if chunk.name in names), None)

    @property
    def sound(self) -> Chunk | None:
        """The chunk with the samples."""
        return self.first(b"data", b"SSND")

    def carried(self) -> tuple[Chunk, ...]:
        """The chunks that speak of the recording, whole ones only."""
        wanted = _CARRIED.get(self.family, ())
        return tuple(c for c in self.chunks if c.name in wanted and c.present == c.size)


Content = bytes | tuple[Layout, Chunk]
"""A new chunk's bytes, or the chunk of another file to copy them from."""


def layout_of(path: Path) -> Layout | None:
    """Return how a file is made of chunks; None if it is not.

    Nothing a file says of itself is trusted: no chunk reaches beyond the file's end.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(40)
        magic = head[:4]
        if magic in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE":
            chunks, is_aligned = _riff_chunks(file, end, magic)
            return Layout(path, "RIFF", magic, chunks, is_aligned)
        if magic == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
            chunks, is_aligned = _riff_chunks(file, end, magic)
            return Layout(path, "AIFF", magic, chunks, is_aligned)
        if head[:16] == _W64_RIFF:
            return Layout(path, "W64", magic, tuple(_w64_chunks(file, end)))
        if magic == b"caff":
            return Layout(path, "CAF", magic, tuple(_caf_chunks(file, end)))
    return None


def read_chunk(layout: Layout, chunk: Chunk) -> bytes:
    """Return a chunk's content."""
    with layout.path.open("rb") as file:
        file.seek(chunk.offset)
        return file.read(chunk.present)


def w64_name(name: bytes) -> bytes:
    """Return the sixteen bytes that name a chunk in W64."""
    own = {short: long for long, short in _W64_OWN.items()}
    return own.get(name, name + _W64_NAMES_END)


def carried_bytes(layout: Layout) -> int:
    """Return how much a file grows by what is carried over."""
    return sum(24 + chunk.size for chunk in layout.carried())


def _riff_chunks(file: BinaryIO, end: int, magic: bytes) -> tuple[tuple[Chunk, ...], bool]:
    """Return the chunks of a RIFF or AIFF file, and whether odd ones are padded as they should."""
    order = ">" if magic in (b"FORM", b"RIFX") else "<"
    has_ds64 = magic in (b"RF64", b"BW64")
    sizes: dict[bytes, int] = {}
    chunks: list[Chunk] = []
    at, is_aligned = 12, True
    while len(chunks) < _MOST_CHUNKS:
        name, size = _named(file, at, order)
        if not name and at % 2 == 0 and chunks and chunks[-1].size % 2:
            name, size = _named(file, at - 1, order)  # an odd chunk without its padding
            if name:
                at, is_aligned = at - 1, False
        if not name:
            break
        offset, is_open = at + 8, False
        if name == b"ds64" and has_ds64:
            sizes = _sizes_in_ds64(file.read(min(size, 65_536)))
        if size == _IN_DS64 and name in sizes:
            size = sizes[name]
            is_open = size >= 2**63  # a recorder that was cut short had not put it there yet
        if name in (b"data", b"SSND"):
            is_open = is_open or _is_open(file, offset, size, end, order)
            if is_open or _is_wrapped(size, end - offset):
                size, is_open = end - offset, True
        chunks.append(Chunk(name, offset, size, max(0, min(size, end - offset)), is_open))
        at = offset + size + size % 2
        if at > end:
            break
    return tuple(chunks), is_aligned


def _named(file: BinaryIO, at: int, order: str) -> tuple[bytes, int]:
    """Return name and size of the chunk that begins here; an empty name if none does."""
    file.seek(at)
    head = file.read(8)
    if len(head) < 8 or not all(32 <= byte < 127 for byte in head[:4]):
        return b"", 0
    return head[:4], struct.unpack(order + "I", head[4:])[0]


def _sizes_in_ds64(content: bytes) -> dict[bytes, int]:
    """Source: EBU Tech 3306. Sizes of RIFF, data and sample count, then a table of others."""
    if len(content) < 28:
        return {}
    sizes = {b"data": struct.unpack_from("<Q", content, 8)[0]}
    (entries,) = struct.unpack_from("<I", content, 24)
    for number in range(min(entries, (len(content) - 28) // 12)):
        name, size = struct.unpack_from("<4sQ", content, 28 + 12 * number)
        sizes.setdefault(name, size)
    return sizes


def _is_open(file: BinaryIO, offset: int, size: int, end: int, order: str) -> bool:
    """True if the size of the samples is a stand-in, as in a file that was never closed."""
    if size > end - offset:
        return any(size in unknown for unknown in _UNKNOWN_SIZES)
    if size == 0 and end > offset:
        return not _named(file, offset, order)[0]  # no other chunk comes next: it is sound
    return False


def _is_wrapped(size: int, rest: int) -> bool:
    """True if 32 bits were too few for the size, and all of the rest is sound."""
    return size < 2**32 <= rest - size and (rest - size) % 2**32 in (0, 1)


def _w64_chunks(file: BinaryIO, end: int) -> Iterator[Chunk]:
    at, found = 40, 0
    while at < end and found < _MOST_CHUNKS:
        file.seek(at)
        head = file.read(24)
        if len(head) < 24:
            return
        name = head[:4] if head[4:16] == _W64_NAMES_END else _W64_OWN.get(head[:16], b"")
        size = struct.unpack("<Q", head[16:])[0] - 24
        is_open = name == b"data" and size in (-24, 0, 2**64 - 25) and end > at + 24
        if is_open:
            size = end - at - 24
        if size < 0:
            return
        yield Chunk(name, at + 24, size, max(0, min(size, end - at - 24)), is_open)
        found += 1
        at += 24 + size + -size % 8


def _caf_chunks(file: BinaryIO, end: int) -> Iterator[Chunk]:
    at, found = 8, 0
    while at < end and found < _MOST_CHUNKS:
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            return
        name, size = struct.unpack(">4sq", head)
        is_open = name == b"data" and size == -1
        if is_open:
            size = end - at - 12
        if size < 0:
            return
        yield Chunk(name, at + 12, size, max(0, min(size, end - at - 12)), is_open)
        found += 1
        at += 12 + size
