"""Texts in the chunks of WAV, AIFF and CAF files: LIST INFO, NAME and ANNO, info."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from processor.chunk_times import at_rate, counts_samples
from processor.chunks import Chunk, Content, Layout, read_chunk
from processor.id3_tags import id3_bytes, labels_of_id3
from processor.labels import Labels, add_text

_MOST_BYTES = 64 << 20  # of one chunk with texts or pictures
_INFO = {
    **{b"INAM": "TITLE", b"IART": "ARTIST", b"IPRD": "ALBUM", b"ICMT": "COMMENT", b"ICRD": "DATE"},
    **{b"IGNR": "GENRE", b"ICOP": "COPYRIGHT", b"ISFT": "SOFTWARE", b"ITRK": "TRACKNUMBER"},
    **{b"IENG": "ENGINEER", b"ITCH": "TECHNICIAN", b"ISBJ": "SUBJECT", b"ISRC": "SOURCE"},
}
_AIFF = {b"NAME": "TITLE", b"AUTH": "ARTIST", b"ANNO": "COMMENT", b"(c) ": "COPYRIGHT"}
_TEXTS = (*_AIFF, b"id3 ", b"ID3 ", b"info", b"strg", b"summarylist")
# What Apple's names in a CAF file are called here.
_CAF = {"encoding application": "SOFTWARE", "comments": "COMMENT", "year": "DATE"}


def labels_in_chunks(layout: Layout) -> Labels:
    """Return what the chunks of a file say; the layout itself is among it."""
    labels = Labels()
    texts: dict[str, list[str]] = {}
    for chunk in layout.carried():
        if chunk.size > _MOST_BYTES:
            continue
        if chunk.name in (b"id3 ", b"ID3 "):
            labels = labels_of_id3(read_chunk(layout, chunk))
        elif layout.family == "AIFF" and chunk.name in _AIFF:
            add_text(texts, _AIFF[chunk.name], _decoded(read_chunk(layout, chunk)))
        elif layout.family == "RIFF" and chunk.name == b"LIST":
            for name, content in _info_items(read_chunk(layout, chunk)):
                add_text(texts, _INFO.get(name, name.decode("latin-1")), _decoded(content))
        elif chunk.name == b"summarylist":
            for name, content in _summary_items(read_chunk(layout, chunk)):
                meaning = _INFO.get(name, name.decode("latin-1"))
                add_text(texts, meaning, content.decode("utf-16-le", "replace").strip("\0 "))
        elif layout.family == "CAF" and chunk.name == b"info":
            for caf_name, text in _caf_pairs(read_chunk(layout, chunk)):
                add_text(texts, _caf_meaning(caf_name), text)
    # ID3 tells several texts of one name apart; what we sign is the chunks' own.
    merged: dict[str, Sequence[str]] = {**texts, **labels.texts}
    for meaning in texts.keys() & {"SOFTWARE", "COMMENT"}:
        merged[meaning] = texts[meaning]
    return Labels(merged, labels.pictures, layout)


def chunks_for(family: str, labels: Labels, software: str) -> list[tuple[bytes, Content]]:
    """Return the chunks that an output of a family of files gets.

    Args:
        family: of the output, as `Layout.family`; "W64" for such a file, which is one of "RIFF".
        labels: of the source. Its own chunks go over as they are if they are of the same family.
        software: put behind the text that tells the software, or beside all texts.
    """
    source = labels.layout
    is_w64, family = family == "W64", "RIFF" if family == "W64" else family
    if source is None or source.family != family:
        return _new_chunks(family, labels, software)
    chunks: list[tuple[bytes, Content]] = []
    is_signed = False
    for chunk in source.carried():
        signature = None if is_signed else _signed(source, chunk, software)
        is_signed = is_signed or signature is not None
        content: Content | None = signature or (source, chunk)
        if signature is None and labels.rates is not None and counts_samples(source, chunk):
            content = at_rate(chunk.name, read_chunk(source, chunk), *labels.rates)
        if content is not None and (is_w64 or not _is_of_w64_alone(chunk)):
            chunks.append((chunk.name, content))
    if is_signed:
        return chunks
    # Texts of a list that only W64 has get another place.
    texts = {} if is_w64 or source.first(b"summarylist") is None else labels.texts
    return [*chunks, *_new_chunks(family, Labels(texts), software)]


def left_behind(family: str | None, labels: Labels) -> str:
    """Return which chunks of a source its output has no place for; "" if there are none.

    Texts and pictures are not among them: they find a place everywhere.

    Args:
        family: of the output, as for `chunks_for`; None for one that has no chunks.
        labels: of the source.
    """
    source = labels.layout
    if source is None:
        return ""
    names = []
    for chunk in source.carried():
        fits = source.family == ("RIFF" if family == "W64" else family)
        if fits and _is_of_w64_alone(chunk):
            fits = family == "W64"
        if fits and labels.rates is not None and counts_samples(source, chunk):
            fits = at_rate(chunk.name, read_chunk(source, chunk), *labels.rates) is not None
        if not fits and not _is_text(source, chunk):
            names.append(chunk.name.decode("latin-1").strip())
    return ", ".join(dict.fromkeys(names))


def _is_of_w64_alone(chunk: Chunk) -> bool:
    return len(chunk.name) > 4


def _is_text(source: Layout, chunk: Chunk) -> bool:
    if chunk.name == b"LIST":
        return read_chunk(source, Chunk(b"", chunk.offset, 4, min(4, chunk.present))) == b"INFO"
    return chunk.name in _TEXTS


def _signed(source: Layout, chunk: Chunk, software: str) -> bytes | None:
    """Return a chunk of texts with `software` in it; None if this is not such a chunk."""
    if chunk.size > _MOST_BYTES:
        return None
    if chunk.name == b"LIST" and source.family == "RIFF":
        content = read_chunk(source, chunk)
        return _signed_info(content, software) if content[:4] == b"INFO" else None
    if chunk.name == b"info" and source.family == "CAF":
        pairs = _caf_pairs(read_chunk(source, chunk))
        if not any(_caf_meaning(name) == "SOFTWARE" for name, _ in pairs):
            return _caf_info([*pairs, ("software", software)])
        return _caf_info(
            [
                (name, f"{text}; {software}" if _caf_meaning(name) == "SOFTWARE" else text)
                for name, text in pairs
            ]
        )
    return None


def _new_chunks(family: str, labels: Labels, software: str) -> list[tuple[bytes, Content]]:
    signed = labels.signed(software)
    if family == "CAF":
        pairs = [(name.lower(), "; ".join(values)) for name, values in signed.texts.items()]
        return [(b"info", _caf_info(pairs))]
    chunks: list[tuple[bytes, Content]]
    if family == "AIFF":
        chunks = [
            (name, text.encode())
            for name, meaning in _AIFF.items()
            for text in labels.texts.get(meaning, ())
        ]
        chunks.append((b"ANNO", software.encode()))
        has_more = bool(labels.texts)
    else:
        items = [
            _info_item(name, "; ".join(signed.texts[meaning]).encode() + b"\0")
            for name, meaning in _INFO.items()
            if meaning in signed.texts
        ]
        chunks = [(b"LIST", b"INFO" + b"".join(items))]
        has_more = not set(signed.texts) <= set(_INFO.values())
    if has_more or labels.pictures:
        chunks.append((b"ID3 " if family == "AIFF" else b"id3 ", id3_bytes(signed)))
    return chunks


def _info_items(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and contents of a LIST chunk of texts; of any other LIST nothing."""
    items, at = [], 4
    while content[:4] == b"INFO" and at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        items.append((name, content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return items


def _summary_items(content: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and texts (UTF-16) of W64's own list; a count stands before them."""
    items, at = [], 4
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        items.append((name, content[at + 8 : at + 8 + size]))
        at += 8 + size
    return items


def _info_item(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _signed_info(content: bytes, software: str) -> bytes:
    """Put `software` behind the ISFT text, or behind all texts; leave every other byte."""
    at = 4
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        after = at + 8 + size + size % 2
        if name == b"ISFT":
            text = content[at + 8 : at + 8 + size].rstrip(b"\0 ")
            text += (b"; " if text else b"") + software.encode() + b"\0"
            return content[:at] + _info_item(name, text) + content[after:]
        at = after
    content += b"\0" * (len(content) % 2)
    return content + _info_item(b"ISFT", software.encode() + b"\0")


def _caf_pairs(content: bytes) -> list[tuple[str, str]]:
    words = content[4:].split(b"\0")[:-1]
    return [(_decoded(a), _decoded(b)) for a, b in zip(words[::2], words[1::2], strict=False)]


def _caf_info(pairs: Sequence[tuple[str, str]]) -> bytes:
    words = b"".join(word.encode() + b"\0" for pair in pairs for word in pair)
    return struct.pack(">I", len(pairs)) + words


def _caf_meaning(name: str) -> str:
    return _CAF.get(name.lower(), name.upper())


def _decoded(content: bytes) -> str:
    """Return a text of a chunk; old programs wrote it in the code page of their country."""
    content = content.partition(b"\0")[0].strip()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
