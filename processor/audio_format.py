"""What a sound file's name and sample format stand for, and which ones an output gets."""

from __future__ import annotations

from pathlib import Path

import soundfile

from processor.errors import AudioFileError
from processor.remote import Place

# The endings that are written (and read), with the container libsndfile gives them.
CONTAINERS = {
    ".wav": "WAV",
    ".wave": "WAV",
    ".bwf": "WAV",
    ".rf64": "RF64",
    ".w64": "W64",
    ".flac": "FLAC",
    ".aiff": "AIFF",
    ".aif": "AIFF",
    ".aifc": "AIFF",
    ".caf": "CAF",
    ".ogg": "OGG",
    ".oga": "OGG",
    ".opus": "OGG",
    ".mp3": "MP3",
}
# The endings that are read only: MP4 and its kin, Matroska and WebM, with video or without, AAC.
MEDIA = (".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".mka", ".webm", ".aac")
READABLE = frozenset({*CONTAINERS, *MEDIA})
"""All endings that are read, in lower case."""

# What an output gets when its source's format cannot be written.
_FALLBACK = ".flac"

# Containers that a reader meets under one extension and that are written again as they came.
_SAME_FAMILY = {"WAV": ("WAV", "WAVEX", "RF64")}

# Sample formats that keep a file's length to the sample. The block-coded ones (ADPCM, GSM) pad it.
_INTEGER_BITS = {
    **{"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32},
    **{"ALAC_16": 16, "ALAC_20": 20, "ALAC_24": 24, "ALAC_32": 32},
}
_COMPANDED = ("ULAW", "ALAW")
_FLOATING = ("FLOAT", "DOUBLE")
_LOSSY = {"VORBIS": "OGG", "OPUS": "OGG", "MPEG_LAYER_III": "MP3"}
_WRITTEN_AGAIN = (*_INTEGER_BITS, *_COMPANDED, *_FLOATING, *_LOSSY)
# Old codes for telephones and games, with less in them than 16 bits hold.
_COARSE = ("DPCM", "GSM", "G72", "DWVW_12", "DWVW_16", "NMS", "VOX")

# A WAV or AIFF header counts its bytes in 32 bits; RF64 is WAV with 64.
_LIMIT_BYTES = 2**32 - 2**20
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}


def container_for(path: Place, *, verb: str) -> str:
    """The container that a file's extension asks for.

    Args:
        path: any path; only its extension matters, in any case.
        verb: "read" or "write". What is only read is called "MEDIA".

    Raises:
        AudioFileError: the extension is not one of ``CONTAINERS``, or, to read, ``READABLE``.
    """
    suffix = path.suffix.lower()
    if verb == "read" and suffix in MEDIA:
        return "MEDIA"
    container = CONTAINERS.get(suffix)
    if container is None:
        what = f"the ending '{path.suffix}' is" if path.suffix else "a name without an ending is"
        kinds = "wav, flac, aiff, caf, ogg, opus, mp3"
        if verb == "read":
            kinds, remedy = f"{kinds}, m4a, mp4, mov, mkv, webm", "Convert it to WAV or FLAC."
        else:
            remedy = "Name it .wav or .flac."
        raise AudioFileError(f"Cannot {verb} '{path}': {what} not one of {kinds}. {remedy}")
    return container


def writable_suffix(path: Place) -> str:
    """Return the ending for an output made of this file: its own, or .flac where that is only read.

    >>> writable_suffix(Path("take.WAV")), writable_suffix(Path("call.m4a"))
    ('.WAV', '.flac')
    """
    return _FALLBACK if path.suffix.lower() in MEDIA else path.suffix


def output_format(
    destination: Path,
    source_format: str,
    source_subtype: str,
    *,
    samples: int,
    extra_bytes: int = 0,
) -> tuple[str, str]:
    """The container and sample format for an output: the source's own where they can be kept.

    Args:
        destination: names the container by its extension.
        source_format: the source's container, as libsndfile names it ("WAV", "FLAC", ...).
        source_subtype: the source's sample format ("PCM_24", "FLOAT", ...).
        samples: frames times channels; a WAV above 4 GiB becomes RF64.
        extra_bytes: what the file will hold beside them.

    Returns:
        (container, subtype). Without the same subtype at hand, a float or lossy source becomes
        24-bit, and integers become the next wider integer that the container has, or its widest.
        A lossy container has one subtype, with which a lossy source of the kind is coded again.

    Raises:
        AudioFileError: the destination's extension is not a known one, or it is too much for AIFF.
    """
    container = container_for(destination, verb="write")
    if source_format in _SAME_FAMILY.get(container, ()):
        container = source_format
    if destination.suffix.lower() == ".opus":
        return container, "OPUS"
    subtype = _nearest_subtype(container, source_subtype)
    if samples * _BYTES.get(subtype, 4) + extra_bytes > _LIMIT_BYTES:
        if container in ("WAV", "WAVEX"):
            container = "RF64"
        elif container == "AIFF":
            raise AudioFileError(
                f"Cannot write '{destination}': AIFF ends at 4 GB. Name it .wav or .caf instead."
            )
    return container, subtype


def integer_bits(subtype: str) -> int | None:
    """How many bits the whole numbers of a sample format have; None for floats and lossy ones."""
    # Companded bytes are found in a table by the 16-bit number: exact there and back, too.
    return 16 if subtype in _COMPANDED else _INTEGER_BITS.get(subtype)


def _nearest_subtype(container: str, subtype: str) -> str:
    if container in _LOSSY.values():
        fitting = [name for name, home in _LOSSY.items() if home == container]
        return subtype if subtype in fitting else fitting[0]
    available = soundfile.available_subtypes(container)
    if subtype in _WRITTEN_AGAIN and subtype in available:
        return subtype
    # 24 bits hold everything that float, Vorbis, AAC or their like carry of a recording.
    wanted_bits = integer_bits(subtype) or (16 if any(c in subtype for c in _COARSE) else 24)
    offered = sorted(
        (bits, name)
        for name, bits in _INTEGER_BITS.items()
        if name in available and name.startswith("PCM")
    )
    for bits, name in offered:
        if bits >= wanted_bits:
            return name
    return offered[-1][1]
