"""Places in a recording that chunks count in samples, told anew for another sample rate.

Time code stays the same time of day: at half the rate it is half as many samples after midnight.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable

from processor.chunks import Chunk, Layout

Scaling = Callable[[int], int]

_MOST_BYTES = 16 << 20
_TIME_REFERENCE = 338  # in bext: behind five texts of fixed lengths
_CUE_BYTES = 24

# Of iXML: rates, and numbers in two halves of 32 bits each, in either order.
_HALVES = re.compile(
    rb"<(TIMESTAMP_SAMPLES_SINCE_MIDNIGHT|BWF_TIME_REFERENCE|SYNC_POINT)_(HI|HIGH|LO|LOW)>"
    rb"\s*(\d+)(\s*</\1_\2>.*?<\1_(?:HI|HIGH|LO|LOW)>)\s*(\d+)",
    re.DOTALL,
)
_RATES = re.compile(rb"<(FILE_SAMPLE_RATE|TIMESTAMP_SAMPLE_RATE)>\s*\d+\s*</\1>")

_TOLD_ANEW = {"RIFF": (b"bext", b"iXML", b"cue ", b"LIST"), "AIFF": (b"MARK",), "CAF": ()}
# They count samples as well; rather without them than with wrong places in them.
_LEFT_OUT = {"RIFF": (b"smpl", b"plst", b"r64m", b"marker"), "AIFF": (), "CAF": (b"mark", b"regn")}


def counts_samples(source: Layout, chunk: Chunk) -> bool:
    """Whether a chunk has to be told anew, or left out, where the rate changes."""
    return (
        chunk.name in _TOLD_ANEW.get(source.family, ()) and chunk.size <= _MOST_BYTES
    ) or chunk.name in _LEFT_OUT.get(source.family, ())


def at_rate(name: bytes, content: bytes, from_rate: int, to_rate: int) -> bytes | None:
    """Return a chunk's content for another rate; None for a chunk that has to go."""

    def scaled(samples: int) -> int:
        return (2 * samples * to_rate + from_rate) // (2 * from_rate)

    try:
        if name == b"bext":
            return _packed(content, "<Q", [_TIME_REFERENCE], scaled)
        if name == b"cue ":
            starts = range(4, len(content) - _CUE_BYTES + 1, _CUE_BYTES)
            return _packed(content, "<I", [at + k for at in starts for k in (4, 20)], scaled)
        if name == b"LIST":
            return _packed(content, "<I", _lengths_in(content), scaled)
        if name == b"MARK":
            return _packed(content, ">I", _markers_in(content), scaled)
        if name == b"iXML":
            return _ixml_at_rate(content, scaled, to_rate)
    except struct.error:
        pass  # cut off, or a place beyond what 32 bits hold: not to be believed
    return None


def _packed(content: bytes, form: str, places: Iterable[int], scaled: Scaling) -> bytes:
    changed = bytearray(content)
    for place in places:
        (number,) = struct.unpack_from(form, changed, place)
        struct.pack_into(form, changed, place, scaled(number))
    return bytes(changed)


def _lengths_in(content: bytes) -> list[int]:
    """Where a list of labels says how long regions are; in a list of texts nowhere."""
    places, at = [], 4
    while content[:4] == b"adtl" and at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        if name == b"ltxt":
            places.append(at + 12)
        at += 8 + size + size % 2
    return places


def _markers_in(content: bytes) -> list[int]:
    """Where the markers of an AIFF file stand: number, place, and a name with its length."""
    (count,) = struct.unpack_from(">H", content, 0)
    places, at = [], 2
    for _ in range(count):
        places.append(at + 2)
        (length,) = struct.unpack_from(">B", content, at + 6)
        at += 7 + length + (length + 1) % 2
    return places


def _ixml_at_rate(content: bytes, scaled: Scaling, to_rate: int) -> bytes:
    def halves(match: re.Match[bytes]) -> bytes:
        name, order, one, between, other = match.groups()
        is_high_first = order.startswith(b"H")
        high, low = (one, other) if is_high_first else (other, one)
        samples = scaled((int(high) << 32) + int(low))
        parts = (samples >> 32, samples & 0xFFFF_FFFF)
        first, second = parts if is_high_first else reversed(parts)
        return b"<%b_%b>%d%b%d" % (name, order, first, between, second)

    content = _HALVES.sub(halves, content)
    return _RATES.sub(lambda match: b"<%b>%d</%b>" % (match[1], to_rate, match[1]), content)
