"""What a sound file's name and sample format stand for, and the exact way from float32 to integers.

libsndfile scales floats itself, but it truncates instead of rounding, and it crashes on NaN in
mu-law. So integer formats are quantised here and handed over as whole numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from processor.errors import AudioFileError

# The extensions that are read and written, with the container libsndfile gives them.
CONTAINERS = {
    ".wav": "WAV",
    ".wave": "WAV",
    ".flac": "FLAC",
    ".aiff": "AIFF",
    ".aif": "AIFF",
    ".ogg": "OGG",
    ".oga": "OGG",
}

# Containers that a reader meets under one extension and that are written again as they came.
_SAME_FAMILY = {"WAV": ("WAV", "WAVEX", "RF64")}

# Sample formats that keep a file's length to the sample. The block-coded ones (ADPCM, GSM) pad it.
_INTEGER_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_COMPANDED = ("ULAW", "ALAW")
_FLOATING = ("FLOAT", "DOUBLE")
_LOSSY = ("VORBIS", "OPUS")
_WRITTEN_AGAIN = (*_INTEGER_BITS, *_COMPANDED, *_FLOATING, *_LOSSY)

# A WAV header counts its bytes in 32 bits; RF64 is the same file with 64.
_WAV_LIMIT_BYTES = 2**32 - 2**20
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "ULAW": 1, "ALAW": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}


def container_for(path: Path, *, verb: str) -> str:
    """The container that a file's extension asks for.

    Args:
        path: any path; only its extension matters, in any case.
        verb: "read" or "write", for the message.

    Raises:
        AudioFileError: the extension is not one of ``CONTAINERS``.
    """
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        what = f"the ending '{path.suffix}' is" if path.suffix else "a name without an ending is"
        remedy = "Convert it to WAV or FLAC." if verb == "read" else "Name it .wav or .flac."
        raise AudioFileError(
            f"Cannot {verb} '{path}': {what} not one of wav, flac, aiff and ogg. {remedy}"
        )
    return container


def output_format(
    destination: Path, source_format: str, source_subtype: str, *, samples: int
) -> tuple[str, str]:
    """The container and sample format for an output: the source's own where they can be kept.

    Args:
        destination: names the container by its extension.
        source_format: the source's container, as libsndfile names it ("WAV", "FLAC", ...).
        source_subtype: the source's sample format ("PCM_24", "FLOAT", ...).
        samples: frames times channels; a WAV above 4 GiB becomes RF64.

    Returns:
        (container, subtype). Without the same subtype at hand, a float or lossy source becomes
        24-bit, and integers become the next wider integer that the container has, or its widest.

    Raises:
        AudioFileError: the destination's extension is not a known one.
    """
    container = container_for(destination, verb="write")
    if source_format in _SAME_FAMILY.get(container, ()):
        container = source_format
    subtype = _nearest_subtype(container, source_subtype)
    if container in ("WAV", "WAVEX") and samples * _BYTES.get(subtype, 4) > _WAV_LIMIT_BYTES:
        container = "RF64"
    return container, subtype


def _nearest_subtype(container: str, subtype: str) -> str:
    available = soundfile.available_subtypes(container)
    if subtype in _WRITTEN_AGAIN and subtype in available:
        return subtype
    if container == "OGG":
        return "VORBIS"
    # 24 bits hold everything that float, Vorbis or Opus carry of a recording.
    wanted_bits = _INTEGER_BITS.get(subtype, 24 if subtype in (*_FLOATING, *_LOSSY) else 16)
    offered = sorted((bits, name) for name, bits in _INTEGER_BITS.items() if name in available)
    for bits, name in offered:
        if bits >= wanted_bits:
            return name
    return offered[-1][1]


def is_floating(subtype: str) -> bool:
    """True for the sample formats that can hold NaN, infinity and values beyond full scale."""
    return subtype in _FLOATING


def encode(
    waveform: npt.NDArray[np.float32], subtype: str
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.float32], int]:
    """Turn float samples into what libsndfile writes without changing them again.

    A sample read as float32 from up to 24 bits is a whole number of steps of 2^-(bits-1), so
    scaling by that power of two and rounding gives the same integer back: bit for bit.

    Args:
        waveform: (channels, samples) float32, finite, full scale at -1 and 1.
        subtype: the sample format to write.

    Returns:
        (data, stored, clipped): data for ``SoundFile.write``, (samples, channels); stored, what a
        reader will get back, (channels, samples) float32 (lossy and companded formats: what the
        coder was given); clipped, how many samples lay beyond full scale and were held there.
    """
    # Companded bytes are found in a table by the 16-bit number: exact there and back, too.
    bits = 16 if subtype in _COMPANDED else _INTEGER_BITS.get(subtype)
    if bits is None:
        return waveform.T, waveform, 0
    steps = 2.0 ** (bits - 1)
    held = np.clip(np.rint(waveform.astype(np.float64) * steps), -steps, steps - 1)
    # libsndfile takes the upper bits of a 32-bit integer.
    data = (held.T.astype(np.int64) << (32 - bits)).astype(np.int32)
    clipped = int(np.count_nonzero(np.abs(waveform) > 1.0))
    return data, (held / steps).astype(np.float32), clipped
