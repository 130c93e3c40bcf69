"""What a recording says beside its sound, carried from a source to an output.

Between files of one family (WAV with RF64 and W64, AIFF, CAF) the chunks that speak of the
recording go over byte for byte: time code and coding history (bext), iXML, markers, texts. MP3
keeps its ID3 tag. Between all others texts and pictures travel under the names of Vorbis comments
("TITLE", ...), and what has no place is told.

What was done is said in one more "software" text. One that is there is kept, in front of ours and
parted by "; ": in a WAV file only the ISFT text is changed, or added, for that. AIFF has no such
text; there it is one more annotation. Gains for playback (ReplayGain, iTunNORM) are left out: they
are measures of the sound that was.
"""

from __future__ import annotations

import base64
import logging
from copy import deepcopy
from pathlib import Path
from typing import Any

from processor.chunk_texts import chunks_for, labels_in_chunks, left_behind
from processor.chunk_writer import (
    MOST_ROOM_BYTES,
    Contents,
    insert_in_w64,
    put_chunks,
    room_for,
)
from processor.chunks import layout_of
from processor.labels import Labels, Picture, add_text

_log = logging.getLogger(__name__)

_MP4 = {
    **{"\xa9nam": "TITLE", "\xa9ART": "ARTIST", "\xa9alb": "ALBUM", "aART": "ALBUMARTIST"},
    **{"\xa9day": "DATE", "\xa9gen": "GENRE", "\xa9wrt": "COMPOSER", "cprt": "COPYRIGHT"},
    **{"\xa9cmt": "COMMENT", "\xa9too": "SOFTWARE", "\xa9lyr": "LYRICS", "\xa9grp": "GROUPING"},
    **{"desc": "DESCRIPTION", "tmpo": "BPM", "trkn": "TRACKNUMBER", "disk": "DISCNUMBER"},
}
_PICTURE = "METADATA_BLOCK_PICTURE"


def read_labels(path: Path) -> Labels:
    """Return what a file says beside its sound.

    Texts that cannot be understood are left out. Chunks are carried over all the same.
    """
    layout = None
    try:
        layout = layout_of(path)
        return labels_in_chunks(layout) if layout is not None else _read_by_mutagen(path)
    except Exception as error:  # mutagen lets many kinds through; no recording fails for its tags
        _log.warning("Tags of '%s' are left out: %s", path, str(error) or type(error).__name__)
        return Labels(layout=layout)


def write_labels(path: Path, labels: Labels, software: str) -> None:
    """Put labels into a whole sound file that has none.

    Args:
        path: the file; its name's ending says nothing.
        labels: from the source.
        software: what is added to them.

    Raises:
        OSError: the disk is full, or gone.
    """
    layout = layout_of(path)
    if layout is None:
        _write_by_mutagen(path, labels, software)
    elif layout.form == "W64":
        insert_in_w64(path, chunks_for("W64", labels, software))
    else:
        put_chunks(path, *_around_the_sound(layout.family, labels, software))


def not_carried(container: str, labels: Labels) -> str:
    """Return what a source says that its output has no place for, by the names of its chunks.

    Args:
        container: of the output, as `output_format` returns it.
        labels: of the source.
    """
    family = {"WAV": "RIFF", "WAVEX": "RIFF", "RF64": "RIFF"}.get(container, container)
    lost = left_behind(family, labels)
    if labels.cuesheet is not None and container != "FLAC":
        lost = f"{lost}, cue sheet" if lost else "cue sheet"
    return lost


def room_in_header(container: str, labels: Labels, software: str) -> str:
    """Return the comment to give libsndfile before it writes, so that `write_labels` finds room.

    What stands before the sound in a WAV file stands there again, up to 32 KiB.
    """
    if container not in ("WAV", "WAVEX", "RF64"):
        return ""
    return room_for(_around_the_sound("RIFF", labels, software)[0])


def _around_the_sound(family: str, labels: Labels, software: str) -> tuple[Contents, Contents]:
    """Return the chunks for an output: those before its sound, and those behind."""
    contents = chunks_for(family, labels, software)
    source, count = labels.layout, 0
    if family == "RIFF" and source is not None and source.family == family and source.sound:
        sound_at = source.sound.offset
        count = sum(chunk.offset < sound_at for chunk in source.carried())
        while len(room_for(contents[:count])) > MOST_ROOM_BYTES:
            count -= 1
    return contents[:count], contents[count:]


def _read_by_mutagen(path: Path) -> Labels:
    from mutagen.mp4 import MP4

    from processor.id3_tags import labels_of_id3

    file = _opened(path)
    if file is None:
        return Labels(_texts_of_matroska(path))
    if file.tags is None:
        return Labels(pictures=_pictures_of(file))
    if hasattr(file.tags, "getall"):
        return labels_of_id3(file.tags)
    texts: dict[str, list[str]] = {}
    if isinstance(file, MP4):
        for key, value in file.tags.items():
            for text in _texts_of_mp4(key, value):
                add_text(texts, _MP4.get(key, key.rpartition(":")[2]), text)
    else:
        for name, text in file.tags:
            if name.upper() != _PICTURE:
                add_text(texts, name, text)
    return Labels(texts, _pictures_of(file), cuesheet=getattr(file, "cuesheet", None))


def _opened(path: Path) -> Any:
    import mutagen
    from mutagen.flac import FLAC
    from mutagen.mp3 import MP3
    from mutagen.mp4 import MP4
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    return mutagen.File(path, options=[FLAC, OggVorbis, OggOpus, MP4, MP3])


def _texts_of_matroska(path: Path) -> dict[str, list[str]]:
    from processor.media import MediaFile

    texts: dict[str, list[str]] = {}
    with MediaFile(path) as media:
        for name, text in media.tags.items():
            add_text(texts, "SOFTWARE" if name.upper() == "ENCODER" else name, text)
    return texts


def _texts_of_mp4(key: str, value: Any) -> list[str]:
    if key not in _MP4 and not key.startswith("----:"):
        return []
    texts = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, tuple):  # a number, and of how many
            texts.append("/".join(str(number) for number in item if number))
        elif isinstance(item, bytes):
            texts.append(item.decode("utf-8", "replace"))
        else:
            texts.append(str(item))
    return texts


def _pictures_of(file: Any) -> tuple[Picture, ...]:
    from mutagen import flac
    from mutagen.mp4 import MP4, MP4Cover

    if isinstance(file, MP4):
        covers: list[Any] = file.tags.get("covr", []) if file.tags else []
        is_png = [cover.imageformat == MP4Cover.FORMAT_PNG for cover in covers]
        return tuple(
            Picture(3, "image/png" if png else "image/jpeg", "", bytes(cover))
            for cover, png in zip(covers, is_png, strict=True)
        )
    found = getattr(file, "pictures", None)
    if found is None:
        found = [
            flac.Picture(base64.b64decode(text))
            for name, text in file.tags or ()
            if name.upper() == _PICTURE
        ]
    return tuple(Picture(int(p.type), p.mime, p.desc, p.data) for p in found)


def _write_by_mutagen(path: Path, labels: Labels, software: str) -> None:
    from mutagen import MutagenError

    file = _opened(path)
    if file is None:
        return
    try:
        if file.tags is None:
            file.add_tags()
        if hasattr(file.tags, "getall"):
            _fill_id3(file, labels, software)
            return
        file.tags.clear()  # libsndfile has put its name there
        for name, values in labels.signed(software).texts.items():
            file.tags[name] = list(values)
        _add_pictures(file, labels)
        is_in_time = labels.cuesheet is not None and labels.rates is None  # it counts samples
        if is_in_time and hasattr(file, "metadata_blocks"):
            file.metadata_blocks.append(labels.cuesheet)
        file.save()
    except MutagenError as error:
        raise OSError(str(error)) from error


def _fill_id3(file: Any, labels: Labels, software: str) -> None:
    from processor.id3_tags import id3_of, signed

    tag = id3_of(labels) if labels.id3 is None else deepcopy(labels.id3)
    file.tags.clear()
    for frame in signed(tag, software).values():
        file.tags.add(frame)
    file.save()


def _add_pictures(file: Any, labels: Labels) -> None:
    from mutagen import flac

    encoded = []
    for picture in labels.pictures:
        block = flac.Picture()
        block.type, block.mime, block.desc = picture.kind, picture.mime, picture.text
        block.data = picture.content
        if hasattr(file, "add_picture"):
            file.add_picture(block)
        else:
            encoded.append(base64.b64encode(block.write()).decode("ascii"))
    if encoded:
        file.tags[_PICTURE] = encoded
