"""ID3 tags, and what their frames are called among Vorbis comments."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from mutagen import id3

from processor.labels import Labels, Picture, add_text, is_stale

_NAMES = {
    **{"TIT2": "TITLE", "TPE1": "ARTIST", "TALB": "ALBUM", "TPE2": "ALBUMARTIST", "TDRC": "DATE"},
    **{"TRCK": "TRACKNUMBER", "TPOS": "DISCNUMBER", "TCON": "GENRE", "TCOM": "COMPOSER"},
    **{"TCOP": "COPYRIGHT", "TSSE": "SOFTWARE", "TSRC": "ISRC", "TPUB": "PUBLISHER"},
    **{"TLAN": "LANGUAGE", "TBPM": "BPM", "TPE3": "CONDUCTOR", "TEXT": "LYRICIST"},
    **{"TIT1": "GROUPING", "TIT3": "SUBTITLE", "TENC": "ENCODED-BY", "TKEY": "KEY"},
}
_UTF8 = id3.Encoding.UTF8


def labels_of_id3(tag: bytes | id3.ID3) -> Labels:
    """Return what an ID3 tag says.

    Raises:
        mutagen.MutagenError: it is damaged.
    """
    if isinstance(tag, bytes):
        tag = id3.ID3(io.BytesIO(tag))
    texts: dict[str, list[str]] = {}
    for frame in tag.values():
        name = _NAMES.get(frame.FrameID)
        if frame.FrameID == "TXXX":
            name = frame.desc
        elif frame.FrameID == "COMM":
            name = frame.desc if is_stale(frame.desc) else "COMMENT"
        elif frame.FrameID == "USLT":
            name = "LYRICS"
        if name is not None:
            values = getattr(frame, "genres", None) or frame.text
            for value in [values] if isinstance(values, str) else values:
                add_text(texts, name, str(value))
    pictures = tuple(
        Picture(int(frame.type), frame.mime, frame.desc, frame.data) for frame in tag.getall("APIC")
    )
    return Labels(texts, pictures, id3=tag)


def id3_of(labels: Labels) -> id3.ID3:
    """Return an ID3 tag of labels that have none."""
    tag = id3.ID3()
    frames = {name: frame for frame, name in _NAMES.items()}
    for name, values in labels.texts.items():
        tag.add(_frame(frames.get(name), name, list(values)))
    for picture in labels.pictures:
        tag.add(
            id3.APIC(
                encoding=_UTF8,
                mime=picture.mime,
                type=picture.kind,
                desc=picture.text or str(len(tag.getall("APIC")) or ""),
                data=picture.content,
            )
        )
    return tag


def id3_bytes(labels: Labels) -> bytes:
    """Return labels as the ID3 tag that a chunk holds."""
    buffer = io.BytesIO()
    id3_of(labels).save(buffer, v1=0, padding=lambda info: 0)
    return buffer.getvalue()


def signed(tag: id3.ID3, software: str) -> id3.ID3:
    """Return a tag without what is no longer true, and with one more text on the software."""
    for key in [key for key, frame in tag.items() if is_stale(getattr(frame, "desc", ""))]:
        del tag[key]
    tag.delall("RVA2")  # gains for playback
    before = [str(text) for frame in tag.getall("TSSE") for text in frame.text]
    tag.setall("TSSE", [id3.TSSE(encoding=_UTF8, text=["; ".join([*before, software])])])
    return tag


def _frame(frame_id: str | None, name: str, values: Sequence[str]) -> Any:
    if frame_id is not None:
        return getattr(id3, frame_id)(encoding=_UTF8, text=values)
    if name == "COMMENT":
        return id3.COMM(encoding=_UTF8, lang="XXX", desc="", text=values)
    if name == "LYRICS":
        return id3.USLT(encoding=_UTF8, lang="XXX", desc="", text="\n".join(values))
    return id3.TXXX(encoding=_UTF8, desc=name, text=values)
