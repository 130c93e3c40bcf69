"""Chunks put into a whole file: before the sound, where room was kept for them, and behind it.

Room is kept by a long comment that libsndfile writes into the header. Time code stands there in the
files of recorders, and some programs look for it nowhere else.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from processor.chunks import (
    W64_HEAD_BYTES,
    Chunk,
    Content,
    Layout,
    layout_of,
    read_chunk,
    w64_name,
)
from processor.part_files import part_beside

Contents = Sequence[tuple[bytes, Content]]

# Of a comment of 60 000 letters libsndfile writes nothing, of 40 000 all.
MOST_ROOM_BYTES = 32 << 10
_FILLER = "-"
_COPY_BYTES = 1 << 20


def room_for(contents: Contents) -> str:
    """Return the comment that keeps room for these chunks in the header of a WAV file."""
    return _FILLER * sum(_room_of(content) for _, content in contents)


def put_chunks(path: Path, before: Contents, behind: Contents) -> None:
    """Write chunks into a whole file and correct the size in its header.

    Args:
        path: a WAV, RF64, AIFF or CAF file.
        before: for the room that `room_for` kept; without it they go behind the sound, too.
        behind: names with the bytes, or with the chunk of another file to copy them from.

    Raises:
        OSError: the disk is full, or gone.
    """
    room = _room_in(path, len(room_for(before))) if before else None
    with path.open("r+b") as file:
        if room is None:
            behind = [*before, *behind]
        else:
            start, size = room
            file.seek(start)
            for name, content in before:
                _write(file, name, content, "<I")
            left = start + size - file.tell()
            file.write(b"JUNK" + struct.pack("<I", left - 8) + bytes(left - 8))
        file.seek(0)
        _append(file, file.read(4), behind)


def insert_in_w64(path: Path, contents: Contents) -> None:
    """Write chunks into a whole W64 file, before its sound; the file is copied for that.

    Behind the sound libsndfile takes them for more of it.

    Raises:
        OSError: the disk is full, or gone.
    """
    layout = layout_of(path)
    if layout is None or layout.sound is None:
        raise OSError(f"'{path}' is no W64 file.")
    part = part_beside(path)
    try:
        with path.open("rb") as whole, part.open("xb") as file:
            file.write(whole.read(layout.sound.offset - W64_HEAD_BYTES))
            for name, content in contents:
                _write_in_w64(file, name, content)
            while piece := whole.read(_COPY_BYTES):
                file.write(piece)
            total = file.tell()
            file.seek(16)
            file.write(struct.pack("<Q", total))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _write_in_w64(file: BinaryIO, name: bytes, content: Content) -> None:
    size = _size_of(content)
    file.write(w64_name(name) + struct.pack("<Q", W64_HEAD_BYTES + size))
    _fill(file, content)
    file.write(bytes(-size % 8))


def _append(file: BinaryIO, magic: bytes, contents: Contents) -> None:
    size_form = {b"caff": ">q", b"FORM": ">I"}.get(magic, "<I")
    if file.seek(0, os.SEEK_END) % 2 and magic != b"caff":
        file.write(b"\0")
    for name, content in contents:
        _write(file, name, content, size_form)
    total = file.tell() - 8
    if magic == b"RF64":
        file.seek(20)
        file.write(struct.pack("<Q", total))
    elif magic != b"caff":
        file.seek(4)
        file.write(struct.pack(size_form, total))


def _write(file: BinaryIO, name: bytes, content: Content, size_form: str) -> None:
    size = _size_of(content)
    file.write(name + struct.pack(size_form, size))
    _fill(file, content)
    if size % 2 and size_form != ">q":
        file.write(b"\0")


def _fill(file: BinaryIO, content: Content) -> None:
    if isinstance(content, bytes):
        file.write(content)
    else:
        _copy(content, file)


def _copy(content: tuple[Layout, Chunk], file: BinaryIO) -> None:
    layout, chunk = content
    left = chunk.size
    with layout.path.open("rb") as source:
        source.seek(chunk.offset)
        while left and (piece := source.read(min(left, _COPY_BYTES))):
            file.write(piece)
            left -= len(piece)


def _size_of(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content[1].size


def _room_of(content: Content) -> int:
    size = _size_of(content)
    return 8 + size + size % 2


def _room_in(path: Path, wanted: int) -> tuple[int, int] | None:
    """Return where the comment's chunk begins and how long it is with its head; None without."""
    layout = layout_of(path)
    chunk = layout.first(b"LIST") if layout is not None else None
    if layout is None or chunk is None or layout.sound is None:
        return None
    if chunk.offset > layout.sound.offset or _FILLER.encode() not in read_chunk(layout, chunk):
        return None
    size = 8 + chunk.size + chunk.size % 2
    return (chunk.offset - 8, size) if wanted + 8 <= size else None
