"""What a recording says beside its sound: texts, pictures, and the chunks that hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from processor.chunks import Layout, carried_bytes

# Gains for playback and lengths of padding are measures of the sound that was.
_OF_THE_SOUND_THAT_WAS = ("REPLAYGAIN_", "R128_", "ITUNNORM", "ITUNSMPB", "ENCODER_")


@dataclass(frozen=True)
class Picture:
    """A picture in a file.

    Attributes:
        kind: what it shows, as ID3 and FLAC count: 3 is the front cover.
        mime: "image/jpeg", "image/png".
        text: its description.
        content: the picture's own bytes.
    """

    kind: int
    mime: str
    text: str
    content: bytes


@dataclass(frozen=True)
class Labels:
    """What a file says beside its sound.

    Attributes:
        texts: by the names of Vorbis comments, in upper case.
        pictures: in the order of the file.
        layout: the chunks of a file that is made of them.
        id3: the tag of an MP3 file, to be carried over as a whole.
        cuesheet: the one of a FLAC file.
        rates: the source's and the output's [Hz], where they differ: places that are counted in
            samples are told anew.
    """

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    layout: Layout | None = None
    id3: Any = None
    cuesheet: Any = None
    rates: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        """How many bytes they take at most, roughly."""
        texts = sum(64 + 4 * len(value) for values in self.texts.values() for value in values)
        pictures = sum(256 + len(picture.content) for picture in self.pictures)
        return 2 * texts + pictures + (carried_bytes(self.layout) if self.layout else 0)

    def signed(self, software: str) -> Labels:
        """Return them with one more "software" text."""
        texts = dict(self.texts)
        texts["SOFTWARE"] = ["; ".join([*texts.get("SOFTWARE", []), software])]
        return replace(self, texts=texts)

    def at_rate(self, from_rate: int, to_rate: int) -> Labels:
        """Return them for an output at this rate."""
        return self if from_rate == to_rate else replace(self, rates=(from_rate, to_rate))


def add_text(texts: dict[str, list[str]], name: str, text: str) -> None:
    """Add a text under a name: once, in upper case, and only what stays true."""
    name = "".join(c if " " <= c <= "}" and c != "=" else "_" for c in name.upper())
    if name and text and not is_stale(name) and text not in texts.get(name, []):
        texts.setdefault(name, []).append(text)


def is_stale(name: str) -> bool:
    """True for a text that measures the sound as it was before."""
    return name.upper().startswith(_OF_THE_SOUND_THAT_WAS)
