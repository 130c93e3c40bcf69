"""The sound of MP4, QuickTime, Matroska and AAC files."""

import subprocess
import sys

import numpy as np
import pytest
from containers import encode_media, encode_video_only
from mutagen.mp4 import MP4
from signals import lag_between, speech_like

from processor.audio_file import probe, read_blocks
from processor.errors import AudioFileError


def speech(channels, samples, rate):
    return speech_like(channels, samples, rate)


def read(path, block_frames=1000):
    return np.concatenate(list(read_blocks(path, block_frames)), axis=1)


@pytest.mark.parametrize("samples", [500, 1023, 1024, 48_100])
@pytest.mark.parametrize(("rate", "channels"), [(44100, 1), (48000, 2), (16000, 1)])
def test_aac_in_mp4_has_its_length_to_the_sample(tmp_path, rate, channels, samples):
    waveform = speech(channels, samples, rate)
    path = encode_media(tmp_path / "a.m4a", waveform, rate)
    info = probe(path)
    assert (info.sample_rate, info.channels, info.frames) == (rate, channels, samples)
    assert (info.format, info.subtype) == ("MP4", "AAC")
    decoded = read(path)
    assert decoded.shape == waveform.shape
    if samples > 10_000:
        assert lag_between(waveform, decoded) == 0


def test_an_edit_list_counts_milliseconds_and_no_more_than_one_is_lost(tmp_path):
    path = encode_media(tmp_path / "a.m4a", speech(1, 1025, 48_000), 48_000)
    assert 1025 - 48 <= probe(path).frames <= 1025


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels", "subtype"),
    [
        ("a.m4a", "alac", 44100, 2, "PCM_24"),
        ("a.mov", "pcm_s16le", 48000, 1, "PCM_16"),
        ("a.mov", "pcm_s24le", 48000, 2, "PCM_24"),
        ("a.mkv", "flac", 96000, 6, "PCM_16"),
        ("a.mka", "pcm_f32le", 48000, 2, "FLOAT"),
    ],
)
def test_lossless_sound_arrives_exactly(tmp_path, name, codec, rate, channels, subtype):
    waveform = np.rint(speech(channels, 20_001, rate) * 2**15).astype(np.float32) / 2**15
    path = encode_media(tmp_path / name, waveform, rate, codec)
    assert probe(path).subtype == subtype
    np.testing.assert_array_equal(read(path), waveform)


@pytest.mark.parametrize(
    ("name", "codec", "channels"),
    [("a.webm", "libopus", 2), ("a.mkv", "ac3", 6), ("a.mp4", "aac", 6), ("a.mkv", "aac", 1)],
)
def test_sound_lies_where_it_was(tmp_path, name, codec, channels):
    waveform = speech(channels, 48_000, 48_000)
    path = encode_media(tmp_path / name, waveform, 48_000, codec)
    decoded = read(path)
    # Matroska files of older programs do not tell the coder's delay: there nobody can know it.
    unknown = {"ac3": 256, "aac": 1024}.get(codec, 0) if name == "a.mkv" else 0
    assert lag_between(waveform, decoded) in (0, unknown)
    assert decoded.shape[0] == channels
    # What the container says nothing of is filled up to a whole frame, as ffmpeg leaves it.
    assert 48_000 <= decoded.shape[1] <= 48_000 + 3 * 1024
    assert probe(path).frames == decoded.shape[1]


def test_the_length_that_itunes_puts_down_is_the_length(tmp_path):
    path = encode_media(tmp_path / "a.m4a", speech(1, 48_000, 48_000), 48_000)
    file = MP4(path)
    numbers = f" 00000000 00000400 00000000 {47_000:016X}"
    file["----:com.apple.iTunes:iTunSMPB"] = numbers.encode()
    file.save()
    assert probe(path).frames == 47_000
    assert read(path).shape == (1, 47_000)


@pytest.mark.parametrize("block_frames", [1, 1023, 1024, 1025, 100_000])
def test_blocks_join_to_the_file_whatever_their_size(tmp_path, block_frames):
    path = encode_media(tmp_path / "a.m4a", speech(2, 3000, 48_000), 48_000)
    blocks = list(read_blocks(path, block_frames))
    assert all(block.shape[1] == block_frames for block in blocks[:-1])
    assert all(block.dtype == np.float32 and block.flags.c_contiguous for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), read(path, 777))


def test_a_video_without_sound_is_named(tmp_path):
    path = encode_video_only(tmp_path / "silent.mp4")
    with pytest.raises(AudioFileError, match=r"silent\.mp4.*no sound in it.*audio track"):
        probe(path)


@pytest.mark.parametrize("name", [b"drms", b"enca"])
def test_a_copy_protected_file_is_named(tmp_path, name):
    path = encode_media(tmp_path / "bought.m4a", speech(1, 2000, 48_000), 48_000)
    head, _, tail = path.read_bytes().rpartition(b"mp4a")
    path.write_bytes(head + name + tail)
    with pytest.raises(AudioFileError, match=r"bought\.m4a.*copy-protected"):
        probe(path)


@pytest.mark.parametrize("name", ["a.m4a", "a.mov", "a.mkv", "a.webm"])
@pytest.mark.parametrize("keep", [0.01, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_refused(tmp_path, name, keep):
    codec = {"a.mov": "pcm_s16le", "a.webm": "libopus"}.get(name, "aac")
    path = encode_media(tmp_path / name, speech(1, 48_000, 48_000), 48_000, codec)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(AudioFileError, match=name):
        probe(path)


@pytest.mark.parametrize("name", ["a.m4a", "a.mkv", "a.aac"])
@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"#EXTM3U\nhttp://localhost/a.ts\n" * 99])
def test_what_is_no_media_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AudioFileError, match=name):
        probe(tmp_path / name)


def test_damage_in_the_middle_is_told_with_its_place(tmp_path):
    path = encode_media(tmp_path / "a.aac", speech(1, 48_000, 48_000), 48_000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioFileError, match=r"a\.aac.*damaged after 0\.[3-6]\d s"):
        list(read_blocks(path))


def test_libav_is_loaded_only_for_what_needs_it():
    code = "import sys; from processor import probe, process_file; print('av' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False"]
