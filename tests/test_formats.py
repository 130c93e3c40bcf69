"""Every kind of file, through the whole of it: read, made drier, written."""

import numpy as np
import pytest
import soundfile
from containers import encode_media
from signals import noise, speech_like

from processor.audio_file import probe, read_blocks
from processor.cli import main
from processor.file_job import process_file
from processor.recipe import Recipe

# name, container, sample format, rate, channels
WRITTEN = [
    ("a.wav", "WAV", "PCM_16", 48000, 1),
    ("a.wav", "WAV", "PCM_U8", 11025, 2),
    ("a.wav", "WAVEX", "PCM_24", 96000, 6),
    ("a.wav", "RF64", "PCM_24", 48000, 2),
    ("a.bwf", "WAV", "PCM_24", 48000, 1),
    ("a.rf64", "RF64", "FLOAT", 44100, 2),
    ("a.w64", "W64", "PCM_24", 48000, 3),
    ("a.flac", "FLAC", "PCM_24", 192000, 1),
    ("a.aif", "AIFF", "PCM_16", 22050, 2),
    ("a.aifc", "AIFF", "FLOAT", 44100, 1),
    ("a.caf", "CAF", "ALAC_16", 44100, 2),
    ("a.caf", "CAF", "DOUBLE", 48000, 1),
    ("a.ogg", "OGG", "VORBIS", 44100, 2),
    ("a.opus", "OGG", "OPUS", 24000, 1),
    ("a.mp3", "MP3", "MPEG_LAYER_III", 32000, 2),
]


def read(path, dtype="float32"):
    return soundfile.read(path, dtype=dtype, always_2d=True)[0].T


def write(path, container, subtype, rate, channels, samples=12_347):
    waveform = speech_like(channels, samples, rate)
    soundfile.write(path, waveform.T, rate, subtype, format=container)
    return path


@pytest.mark.parametrize(("name", "container", "subtype", "rate", "channels"), WRITTEN)
def test_an_output_is_what_its_source_was(
    tmp_path, tiny_model_path, name, container, subtype, rate, channels
):
    source = write(tmp_path / name, container, subtype, rate, channels)
    result = process_file(source, tmp_path / f"dry_{name}", Recipe(str(tiny_model_path)))
    info = probe(tmp_path / f"dry_{name}")
    assert (info.format, info.subtype) == (container, subtype)
    assert (info.sample_rate, info.channels, info.frames) == (rate, channels, 12_347)
    assert info.frames == sum(block.shape[1] for block in read_blocks(info.path))
    assert result.frames == 12_347


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [("a.m4a", "aac", 44100, 2), ("a.mp4", "aac", 48000, 1), ("a.webm", "libopus", 48000, 2)],
)
def test_what_cannot_be_written_becomes_flac(
    tmp_path, tiny_model_path, capsys, name, codec, rate, channels
):
    source = encode_media(tmp_path / name, speech_like(channels, 20_000, rate), rate, codec)
    call = ["process", str(source), "--mix", "0", "--model", str(tiny_model_path)]
    assert main(call) == 0
    info = probe(tmp_path / "a_dry.flac")
    assert (info.sample_rate, info.channels, info.subtype) == (rate, channels, "PCM_24")
    decoded = np.concatenate(list(read_blocks(source)), axis=1)
    assert decoded.shape == (channels, 20_000)
    np.testing.assert_allclose(read(info.path), decoded, atol=2**-24)


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_U8"])
def test_dithered_parts_sum_to_the_source_exactly(tmp_path, tiny_model_path, strength, subtype):
    source = write(tmp_path / "a.wav", "WAV", subtype, 44100, 2)
    recipe = Recipe(str(tiny_model_path), strength)
    process_file(source, tmp_path / "dry.wav", recipe, removed_to=tmp_path / "room.wav")
    total = read(tmp_path / "dry.wav", "int32") + read(tmp_path / "room.wav", "int32")
    np.testing.assert_array_equal(total, read(source, "int32"))


def test_the_same_source_and_recipe_give_the_same_bytes(tmp_path, tiny_model_path):
    source = write(tmp_path / "a.wav", "WAV", "PCM_16", 16000, 1)
    (tmp_path / "other.wav").write_bytes(source.read_bytes())
    recipe = Recipe(str(tiny_model_path))
    process_file(source, tmp_path / "b.wav", recipe)
    process_file(tmp_path / "other.wav", tmp_path / "c.wav", recipe)
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()


def test_output_is_dithered_in_sixteen_bits_and_silence_is_not(tmp_path, tiny_model_path):
    waveform = noise(1, 32_000, level=0.01)
    waveform[:, 8000:24_000] = 0
    soundfile.write(tmp_path / "a.wav", waveform.T, 16000, "PCM_16")
    process_file(tmp_path / "a.wav", tmp_path / "b.wav", Recipe(str(tiny_model_path), 0.5))
    soundfile.write(tmp_path / "f.wav", read(tmp_path / "a.wav").T, 16000, "FLOAT")
    process_file(tmp_path / "f.wav", tmp_path / "g.wav", Recipe(str(tiny_model_path), 0.5))
    error = (read(tmp_path / "b.wav") - read(tmp_path / "g.wav"))[0] * 2**15
    assert not read(tmp_path / "b.wav")[:, 9000:23_000].any()
    # Rounding alone has a variance of 1/12, with triangular noise it is 1/4.
    assert np.var(error[:7000]) == pytest.approx(1 / 4, rel=0.1)


def test_a_wav_file_that_was_never_closed_is_made_drier_and_closed(tmp_path, tiny_model_path):
    source = write(tmp_path / "a.wav", "WAV", "PCM_24", 48000, 2)
    content = bytearray(source.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = bytes(4)
    source.write_bytes(content)
    process_file(source, tmp_path / "b.wav", Recipe(str(tiny_model_path), mix=0.0))
    assert soundfile.info(tmp_path / "b.wav").format == "WAV"
    assert read(tmp_path / "b.wav").shape == (2, 12_347)
