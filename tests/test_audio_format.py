"""The way from float32 to a file's sample format and back, checked through real files."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from processor.audio_format import container_for, encode, output_format
from processor.errors import AudioFileError

INTEGER_FORMATS = [
    ("WAV", "PCM_U8", 8),
    ("WAV", "PCM_16", 16),
    ("WAV", "PCM_24", 24),
    ("FLAC", "PCM_S8", 8),
    ("FLAC", "PCM_16", 16),
    ("FLAC", "PCM_24", 24),
    ("AIFF", "PCM_16", 16),
    ("AIFF", "PCM_24", 24),
]


@pytest.mark.parametrize(("container", "subtype", "bits"), INTEGER_FORMATS)
def test_every_integer_sample_survives_float32(tmp_path, container, subtype, bits):
    highest = 2 ** (bits - 1)
    generator = np.random.default_rng(bits)
    whole = np.concatenate(
        [
            [-highest, 1 - highest, -1, 0, 1, highest - 1],
            generator.integers(-highest, highest, 5000),
        ]
    )
    waveform = (whole / highest).astype(np.float32)[np.newaxis]
    data, stored, clipped = encode(waveform, subtype)
    path = tmp_path / "integers"
    soundfile.write(path, data, 48000, subtype, format=container)
    read, _ = soundfile.read(path, dtype="int32")
    np.testing.assert_array_equal(read >> (32 - bits), whole)
    np.testing.assert_array_equal(stored, waveform)
    assert clipped == 0


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW"])
def test_companded_samples_survive_float32(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", np.arange(-32768, 32768, dtype=np.int16), 8000, subtype)
    first, _ = soundfile.read(tmp_path / "a.wav", dtype="float32", always_2d=True)
    data, _, _ = encode(first.T, subtype)
    soundfile.write(tmp_path / "b.wav", data, 8000, subtype)
    second, _ = soundfile.read(tmp_path / "b.wav", dtype="float32", always_2d=True)
    np.testing.assert_array_equal(second, first)


@given(
    waveform=hnp.arrays(
        np.float32, (2, 7), elements=st.floats(-4, 4, width=32, allow_subnormal=False)
    ),
    subtype=st.sampled_from(["PCM_S8", "PCM_16", "PCM_24"]),
)
@settings(deadline=None)
def test_rounding_is_to_the_nearest_step_and_never_wraps(waveform, subtype):
    bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}[subtype]
    step = 2.0 ** (1 - bits)
    _, stored, clipped = encode(waveform, subtype)
    held = np.clip(waveform, -1, 1 - step)
    assert np.abs(stored - held).max() <= step / 2
    assert clipped == np.count_nonzero(np.abs(waveform) > 1)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_beyond_full_scale_pass_as_they_are(subtype):
    waveform = np.array([[-3.5, 0.0, 2.5]], np.float32)
    data, stored, clipped = encode(waveform, subtype)
    np.testing.assert_array_equal(data.T, waveform)
    np.testing.assert_array_equal(stored, waveform)
    assert clipped == 0


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
    ],
)
def test_the_sample_format_is_kept_or_the_nearest(source, destination, expected):
    assert output_format(Path(destination), *source, samples=48000) == expected


def test_a_wav_file_beyond_four_gigabytes_becomes_rf64():
    samples = 2**30  # 3 GiB of 24-bit samples, 4 GiB of float
    assert output_format(Path("a.wav"), "WAV", "PCM_24", samples=samples)[0] == "WAV"
    assert output_format(Path("a.wav"), "WAV", "FLOAT", samples=samples)[0] == "RF64"


@pytest.mark.parametrize("name", ["take.mp3", "take", "take.wav.txt", ".wav"])
@pytest.mark.parametrize("verb", ["read", "write"])
def test_an_unknown_ending_is_refused_with_a_remedy(name, verb):
    with pytest.raises(AudioFileError, match=rf"Cannot {verb} '{name}'.*WAV|\.wav"):
        container_for(Path(name), verb=verb)
