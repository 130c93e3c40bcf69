"""Which container and sample format an output gets."""

from pathlib import Path

import pytest

from processor.audio_format import (
    CONTAINERS,
    READABLE,
    container_for,
    output_format,
    writable_suffix,
)
from processor.errors import AudioFileError


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        (("WAV", "PCM_24"), "a.wav", ("WAV", "PCM_24")),
        (("WAVEX", "PCM_16"), "a.WAV", ("WAVEX", "PCM_16")),
        (("RF64", "FLOAT"), "a.wav", ("RF64", "FLOAT")),
        (("WAV", "FLOAT"), "a.flac", ("FLAC", "PCM_24")),
        (("WAV", "PCM_32"), "a.flac", ("FLAC", "PCM_24")),
        (("WAV", "PCM_U8"), "a.flac", ("FLAC", "PCM_S8")),
        (("WAV", "ULAW"), "a.flac", ("FLAC", "PCM_16")),
        (("WAV", "IMA_ADPCM"), "a.wav", ("WAV", "PCM_16")),
        (("FLAC", "PCM_16"), "a.aiff", ("AIFF", "PCM_16")),
        (("FLAC", "PCM_S8"), "a.wav", ("WAV", "PCM_U8")),
        (("OGG", "VORBIS"), "a.ogg", ("OGG", "VORBIS")),
        (("OGG", "OPUS"), "a.ogg", ("OGG", "OPUS")),
        (("OGG", "VORBIS"), "a.wav", ("WAV", "PCM_24")),
        (("WAV", "PCM_16"), "a.ogg", ("OGG", "VORBIS")),
        (("AIFF", "DOUBLE"), "a.wav", ("WAV", "DOUBLE")),
        (("CAF", "ALAC_24"), "a.caf", ("CAF", "ALAC_24")),
        (("CAF", "ALAC_20"), "a.flac", ("FLAC", "PCM_24")),
        (("CAF", "FLOAT"), "a.caf", ("CAF", "FLOAT")),
        (("W64", "PCM_24"), "a.w64", ("W64", "PCM_24")),
        (("RF64", "PCM_16"), "a.rf64", ("RF64", "PCM_16")),
        (("MP3", "MPEG_LAYER_III"), "a.mp3", ("MP3", "MPEG_LAYER_III")),
        (("WAV", "PCM_24"), "a.mp3", ("MP3", "MPEG_LAYER_III")),
        (("MP3", "MPEG_LAYER_III"), "a.ogg", ("OGG", "VORBIS")),
        (("OGG", "OPUS"), "a.opus", ("OGG", "OPUS")),
        (("OGG", "VORBIS"), "a.opus", ("OGG", "OPUS")),
        (("MP4", "AAC"), "a.flac", ("FLAC", "PCM_24")),
        (("MP4", "PCM_16"), "a.flac", ("FLAC", "PCM_16")),
        (("MATROSKA", "AC3"), "a.wav", ("WAV", "PCM_24")),
        (("WAV", "GSM610"), "a.flac", ("FLAC", "PCM_16")),
    ],
)
def test_the_sample_format_is_kept_or_the_nearest(source, destination, expected):
    assert output_format(Path(destination), *source, samples=48000) == expected


def test_a_wav_file_beyond_four_gigabytes_becomes_rf64():
    samples = 2**30  # 3 GiB of 24-bit samples, 4 GiB of float
    assert output_format(Path("a.wav"), "WAV", "PCM_24", samples=samples)[0] == "WAV"
    assert output_format(Path("a.wav"), "WAV", "FLOAT", samples=samples)[0] == "RF64"


def test_what_is_beside_the_sound_counts_too():
    samples = (2**32 - 2**21) // 2
    assert output_format(Path("a.wav"), "WAV", "PCM_16", samples=samples)[0] == "WAV"
    longer = output_format(Path("a.wav"), "WAV", "PCM_16", samples=samples, extra_bytes=2**21)
    assert longer[0] == "RF64"


def test_an_aiff_file_beyond_four_gigabytes_is_refused():
    with pytest.raises(AudioFileError, match=r"a\.aiff.*4 GB.*\.wav"):
        output_format(Path("a.aiff"), "RF64", "PCM_24", samples=2**31)


@pytest.mark.parametrize("suffix", sorted(READABLE))
def test_whatever_is_read_has_an_ending_that_is_written(suffix):
    written = writable_suffix(Path(f"take{suffix}"))
    assert written in CONTAINERS
    assert written == suffix or suffix not in CONTAINERS
    container_for(Path(f"take{suffix}"), verb="read")


def test_an_ending_that_is_only_read_is_not_written():
    with pytest.raises(AudioFileError, match=r"call\.m4a.*\.flac"):
        container_for(Path("call.m4a"), verb="write")


@pytest.mark.parametrize("name", ["take.xyz", "take", "take.wav.txt", ".wav"])
@pytest.mark.parametrize("verb", ["read", "write"])
def test_an_unknown_ending_is_refused_with_a_remedy(name, verb):
    with pytest.raises(AudioFileError, match=rf"Cannot {verb} '{name}'.*WAV|\.wav"):
        container_for(Path(name), verb=verb)
