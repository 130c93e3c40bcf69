"""What a file is, in a musician's words."""

from processor import AudioInfo

from ..time_window import time_text

SUBTYPES = {
    "PCM_S8": "8 bit",
    "PCM_U8": "8 bit",
    "PCM_16": "16 bit",
    "PCM_24": "24 bit",
    "PCM_32": "32 bit",
    "FLOAT": "32-bit float",
    "DOUBLE": "64-bit float",
    "VORBIS": "Vorbis",
    "OPUS": "Opus",
    "ULAW": "µ-law",
    "ALAW": "A-law",
}
FORMATS = {"WAVEX": "WAV", "OGG": "Ogg"}
LAYOUTS = {1: "mono", 2: "stereo"}


def format_text(info: AudioInfo) -> str:
    """For example "FLAC, 44.1 kHz, 24 bit, stereo"."""
    return ", ".join(_parts(info))


def facts(info: AudioInfo) -> list[str]:
    """For example "0:14", "FLAC", "44.1 kHz", "24 bit" and "stereo"."""
    step = 0.1 if info.duration_s < 60 else 1.0
    return [time_text(info.duration_s, step), *_parts(info)]


def _parts(info: AudioInfo) -> list[str]:
    parts = [
        FORMATS.get(info.format, info.format),
        f"{info.sample_rate / 1000:g} kHz",
        SUBTYPES.get(info.subtype, info.subtype),
        LAYOUTS.get(info.channels, f"{info.channels} channels"),
    ]
    return [part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts]
