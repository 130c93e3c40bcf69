"""Reading sound files in blocks, and writing them whole or not at all."""

import os
import struct

import numpy as np
import pytest
import soundfile
from signals import noise

from processor.audio_file import probe, read_blocks, read_tags
from processor.audio_writer import AudioWriter
from processor.errors import AudioFileError, Cancelled
from processor.labels import Labels


def write(path, waveform, sample_rate=48000, subtype=None):
    container = {".opus": "OGG"}.get(path.suffix)
    soundfile.write(path, waveform.T, sample_rate, subtype, format=container)
    return path


def read(path):
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


@pytest.mark.parametrize(
    ("name", "sample_rate", "channels", "subtype"),
    [
        ("a.wav", 16000, 1, "PCM_16"),
        ("a.flac", 44100, 2, "PCM_24"),
        ("a.aiff", 22050, 6, "PCM_16"),
        ("a.ogg", 48000, 1, "VORBIS"),
        ("a.WAV", 192000, 2, "FLOAT"),
        ("a.w64", 48000, 2, "PCM_24"),
        ("a.rf64", 48000, 2, "PCM_16"),
        ("a.caf", 48000, 2, "PCM_24"),
        ("a.caf", 44100, 1, "ALAC_16"),
        ("a.opus", 16000, 1, "OPUS"),
        ("a.mp3", 44100, 2, "MPEG_LAYER_III"),
    ],
)
def test_probe_tells_what_was_written(tmp_path, name, sample_rate, channels, subtype):
    path = write(tmp_path / name, noise(channels, 4801), sample_rate, subtype)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.frames) == (sample_rate, channels, 4801)
    assert info.subtype == subtype
    assert info.duration_s == pytest.approx(4801 / sample_rate)


@pytest.mark.parametrize("block_frames", [1, 479, 480, 4800, 4801, 100_000])
def test_blocks_join_to_the_file_whatever_their_size(tmp_path, block_frames):
    path = write(tmp_path / "a.wav", noise(2, 4801)[:, : 4801 if block_frames > 1 else 20])
    blocks = list(read_blocks(path, block_frames))
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), read(path))
    assert all(block.shape[1] == block_frames for block in blocks[:-1])
    assert all(block.dtype == np.float32 and block.flags.c_contiguous for block in blocks)


def test_flac_from_a_pipe_has_no_length_in_its_header_and_is_counted(tmp_path):
    path = write(tmp_path / "a.flac", noise(1, 12345), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    # STREAMINFO: 36 bits of total samples after 20 bits of rate, 3 of channels and 5 of depth.
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    assert probe(path).frames == 12345
    assert sum(block.shape[1] for block in read_blocks(path, 1000)) == 12345


def test_wav_from_a_pipe_announces_the_largest_size_and_is_read_to_its_end(tmp_path):
    path = write(tmp_path / "a.wav", noise(1, 12345), subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(content)
    assert sum(block.shape[1] for block in read_blocks(path)) == 12345


@pytest.mark.parametrize(
    "name", ["a.wav", "a.rf64", "a.w64", "a.flac", "a.aiff", "a.caf", "a.ogg", "a.opus", "a.mp3"]
)
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(tmp_path, name, keep):
    path = write(tmp_path / name, noise(2, 96000))
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(AudioFileError, match=name):
        list(read_blocks(path))


@pytest.mark.parametrize("lost", [1, 30, 1000, 9000])
def test_an_ogg_file_that_lost_its_last_bytes_is_refused(tmp_path, lost):
    path = write(tmp_path / "a.ogg", noise(2, 96000))
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(AudioFileError, match="cut off"):
        probe(path)


def test_a_tag_after_the_last_page_of_an_ogg_file_is_no_loss(tmp_path):
    path = write(tmp_path / "a.ogg", noise(2, 96000))
    path.write_bytes(path.read_bytes() + b"TAG".ljust(128))
    assert probe(path).frames == 96000


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_a_sample_that_is_no_number_is_named_by_its_place(tmp_path, bad, subtype):
    waveform = noise(2, 5000).astype(np.float64)
    waveform[1, 4321] = bad
    path = write(tmp_path / "a.wav", waveform, subtype=subtype)
    with pytest.raises(AudioFileError, match=r"a\.wav.*sample 4321 \(at 0\.090 s\)"):
        list(read_blocks(path, 1000))


@pytest.mark.parametrize(
    ("container", "name"), [("WAV", "a.wav"), ("FLAC", "a.flac"), ("OGG", "a.ogg")]
)
def test_tags_come_back(tmp_path, container, name):
    tags = {"title": "Küche", "artist": "Someone", "comment": "take 3", "date": "2024"}
    subtype = "VORBIS" if container == "OGG" else "PCM_16"
    labels = Labels({name.upper(): [text] for name, text in tags.items()})
    path = tmp_path / name
    with AudioWriter(path, 48000, 1, container, subtype, labels=labels, software="Us") as writer:
        writer.write(noise(1, 1000))
    assert read_tags(path) == {**tags, "software": "Us"}


def test_the_writer_returns_what_a_reader_gets(tmp_path):
    with AudioWriter(tmp_path / "a.wav", 48000, 2, "WAV", "PCM_16") as writer:
        stored = [writer.write(noise(2, size, seed=size)) for size in (1, 0, 479, 480)]
    np.testing.assert_array_equal(np.concatenate(stored, axis=1), read(tmp_path / "a.wav"))


@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt, RuntimeError])
def test_an_interrupted_writer_leaves_nothing_and_the_earlier_file(tmp_path, error):
    path = write(tmp_path / "a.wav", noise(1, 100))
    before = path.read_bytes()

    def interrupted():
        with AudioWriter(path, 48000, 1, "WAV", "PCM_16", overwrite=True) as writer:
            writer.write(noise(1, 5000))
            raise error

    with pytest.raises(error):
        interrupted()
    assert os.listdir(tmp_path) == ["a.wav"]
    assert path.read_bytes() == before


def test_a_file_that_appeared_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "a.wav"

    def race():
        with AudioWriter(path, 48000, 1, "WAV", "PCM_16") as writer:
            writer.write(noise(1, 100))
            path.write_text("mine")

    with pytest.raises(AudioFileError, match="exists already"):
        race()
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["a.wav"]


def test_a_number_that_is_none_is_never_written(tmp_path):
    waveform = np.array([[0.0, np.nan]], np.float32)
    writer = AudioWriter(tmp_path / "a.wav", 8000, 1, "WAV", "ULAW")
    with pytest.raises(ValueError, match="NaN"), writer:
        writer.write(waveform)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("container", "subtype", "channels"),
    [("FLAC", "PCM_16", 9), ("OGG", "VORBIS", 256), ("OGG", "VORBIS", 300)],
)
def test_more_channels_than_the_container_holds_is_a_sentence(
    tmp_path, container, subtype, channels
):
    name = f"a.{container.lower()}"
    writer = AudioWriter(tmp_path / name, 48000, channels, container, subtype)
    with pytest.raises(AudioFileError, match=rf"{name}.*{channels} channels.*\.wav"), writer:
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as POSIX systems can")
@pytest.mark.parametrize("container", ["WAV", "AIFF", "FLAC"])
def test_no_space_even_for_the_header_is_told_as_such(tmp_path, container):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = AudioWriter(tmp_path / "a", 48000, 1, container, "PCM_16")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(AudioFileError, match="Free some space"), writer:
            writer.write(noise(1, 48000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []


def test_the_output_has_the_usual_permissions(tmp_path):
    (tmp_path / "plain").touch()
    with AudioWriter(tmp_path / "a.wav", 48000, 1, "WAV", "PCM_16") as writer:
        writer.write(noise(1, 10))
    assert (tmp_path / "a.wav").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_writing_through_a_link_keeps_the_link(tmp_path):
    (tmp_path / "real.wav").write_text("old")
    (tmp_path / "link.wav").symlink_to("real.wav")
    with AudioWriter(tmp_path / "link.wav", 48000, 1, "WAV", "PCM_16", overwrite=True) as writer:
        writer.write(noise(1, 10))
    assert (tmp_path / "link.wav").is_symlink()
    assert probe(tmp_path / "real.wav").frames == 10
