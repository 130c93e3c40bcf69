"""Files made of chunks: WAV and its kin, AIFF, CAF; also those whose headers are wrong."""

import os
import struct
import tracemalloc

import numpy as np
import pytest
import soundfile
from containers import chunk, with_chunks
from signals import noise

from processor.audio_file import probe, read_blocks
from processor.audio_writer import AudioWriter
from processor.chunk_writer import put_chunks
from processor.chunks import layout_of, read_chunk
from processor.errors import AudioFileError

FAMILY = [("a.wav", "WAV"), ("a.wav", "RF64"), ("a.aiff", "AIFF"), ("a.caf", "CAF")]


def recording(path, container="WAV", subtype="PCM_16", channels=1, frames=2000):
    waveform = np.rint(noise(channels, frames) * 2**15) / 2**15
    soundfile.write(path, waveform.T, 16000, subtype, format=container)
    return waveform.astype(np.float32)


def read(path, block_frames=700):
    return np.concatenate(list(read_blocks(path, block_frames)), axis=1)


def change(path, at, value, form="<I"):
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, at, value)
    path.write_bytes(content)


def place_of(path, name):
    return path.read_bytes().index(name) + 4


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000])
@pytest.mark.parametrize("riff_size", [None, 0, 8, 0xFFFFFFFF])
@pytest.mark.parametrize(("subtype", "channels"), [("PCM_16", 1), ("PCM_24", 2), ("FLOAT", 3)])
def test_a_wav_file_that_was_never_closed_is_read_to_its_end(
    tmp_path, size, riff_size, subtype, channels
):
    path = tmp_path / "a.wav"
    waveform = recording(path, "WAV", subtype, channels)
    change(path, place_of(path, b"data"), size)
    if riff_size is not None:
        change(path, 4, riff_size)
    with path.open("ab") as file:
        file.write(b"\1")  # half a sample more
    assert probe(path).frames == 2000
    assert probe(path).format in ("WAV", "WAVEX")
    np.testing.assert_array_equal(read(path), waveform)


@pytest.mark.parametrize("value", [0, 2**64 - 1])
def test_an_rf64_file_that_was_never_closed_is_read_to_its_end(tmp_path, value):
    path = tmp_path / "a.wav"
    waveform = recording(path, "RF64")
    for at in (20, 28, 36):
        change(path, at, value, "<Q")
    assert (probe(path).frames, probe(path).format) == (2000, "RF64")
    np.testing.assert_array_equal(read(path), waveform)


def test_a_w64_file_that_was_never_closed_is_read_to_its_end(tmp_path):
    path = tmp_path / "a.w64"
    waveform = recording(path, "W64")
    change(path, place_of(path, b"data") + 12, 0, "<Q")
    np.testing.assert_array_equal(read(path), waveform)
    assert probe(path).format == "W64"


def test_a_wav_file_without_samples_stays_one(tmp_path):
    path = tmp_path / "a.wav"
    recording(path, frames=0)
    with_chunks(path, behind=[chunk(b"LIST", b"INFOISFT\4\0\0\0abc\0")])
    assert probe(path).frames == 0


def test_bw64_is_rf64_by_another_name(tmp_path):
    path = tmp_path / "a.wav"
    waveform = recording(path, "RF64", "PCM_24", 2)
    path.write_bytes(b"BW64" + path.read_bytes()[4:])
    assert (probe(path).frames, probe(path).format) == (2000, "RF64")
    np.testing.assert_array_equal(read(path), waveform)


@pytest.mark.parametrize("content", [b"", b"x", b"xyz", b"even"])
@pytest.mark.parametrize(("name", "container"), FAMILY[:3])
def test_chunks_around_the_sound_are_no_sound(tmp_path, name, container, content):
    path = tmp_path / name
    waveform = recording(path, container)
    order = ">" if container == "AIFF" else "<"
    strange = [chunk(b"abcd", content, order)] * 3
    with_chunks(path, strange, strange, order)
    np.testing.assert_array_equal(read(path), waveform)


@pytest.mark.parametrize("behind", [True, False])
def test_odd_chunks_without_padding_are_passed_over(tmp_path, behind):
    path = tmp_path / "a.wav"
    waveform = recording(path)
    odd = [b"abcd" + struct.pack("<I", 3) + b"xyz"]
    with_chunks(path, *(([], odd) if behind else (odd, [])))
    np.testing.assert_array_equal(read(path), waveform)


@pytest.mark.parametrize(("name", "container"), [("a.wav", "WAV"), ("a.aiff", "AIFF")])
@pytest.mark.parametrize("tail", [b"a", b"abcdefg", b"LIST\xff\0\0\0INFO", b"\0" * 99, b"bext"])
def test_a_torn_chunk_behind_the_sound_costs_no_sample(tmp_path, name, container, tail):
    path = tmp_path / name
    waveform = recording(path, container)
    path.write_bytes(path.read_bytes() + tail)
    np.testing.assert_array_equal(read(path), waveform)


def test_chunks_behind_the_sound_of_w64_are_no_sound(tmp_path):
    path = tmp_path / "a.w64"
    waveform = recording(path, "W64", channels=2)
    name = b"bext" + bytes.fromhex("f3acd3118cd100c04f8edb8a")
    path.write_bytes(path.read_bytes() + name + struct.pack("<Q", 24 + 800) + b"\1" * 800)
    assert (probe(path).frames, probe(path).format) == (2000, "W64")
    np.testing.assert_array_equal(read(path), waveform)


@pytest.mark.parametrize(("name", "container"), FAMILY)
@pytest.mark.parametrize("content", [b"", b"odd", b"even", bytes(3_000_001)])
def test_appended_chunks_are_found_again(tmp_path, name, container, content):
    path = tmp_path / name
    waveform = recording(path, container, "PCM_24")
    put_chunks(path, [], [(b"umid", content), (b"NAME", b"take")])
    layout = layout_of(path)
    assert read_chunk(layout, layout.first(b"umid")) == content
    assert read_chunk(layout, layout.chunks[-1]) == b"take"
    np.testing.assert_array_equal(read(path), waveform)
    if container != "CAF":
        size = path.stat().st_size - 8
        form, at = ("<Q", 20) if container == "RF64" else (">I" if name == "a.aiff" else "<I", 4)
        assert struct.unpack_from(form, path.read_bytes(), at) == (size,)


def sparse_wav(path, data_bytes, *, magic=b"RF64", tail=b""):
    """Write an 8-channel 24-bit file of zeros that takes no room, 1.0 in its last frame."""
    fmt = struct.pack("<HHIIHH", 1, 8, 48000, 48000 * 24, 24, 24)
    ds64 = b""
    if magic == b"RF64":
        total = 12 + 36 + 24 + 8 + data_bytes + len(tail) - 8
        ds64 = chunk(b"ds64", struct.pack("<QQQI", total, data_bytes, data_bytes // 24, 0))
    announced = 0xFFFFFFFF if ds64 else data_bytes % 2**32
    head = magic + b"\xff\xff\xff\xffWAVE" + ds64 + chunk(b"fmt ", fmt)
    head += b"data" + struct.pack("<I", announced)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + data_bytes - 24)
        file.seek(0, os.SEEK_END)
        file.write(b"\0\0\x40" * 8 + tail)


@pytest.mark.parametrize("magic", [b"RF64", b"RIFF"])
def test_a_file_of_five_gigabytes_is_looked_at_without_reading_it(tmp_path, magic):
    """Also one that counted five gigabytes in 32 bits, as some recorders do."""
    path = tmp_path / "long.wav"
    frames = 5 * 2**30 // 24
    sparse_wav(path, frames * 24, magic=magic, tail=chunk(b"iXML", b"<x/>") if ds64(magic) else b"")
    tracemalloc.start()
    info = probe(path)
    assert (info.frames, info.channels, info.sample_rate) == (frames, 8, 48000)
    block = next(read_blocks(path, 1000))
    assert block.shape == (8, 1000)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2**20
    assert [c.name for c in layout_of(path).carried()] == ([b"iXML"] if ds64(magic) else [])


def ds64(magic):
    return magic == b"RF64"


def test_the_end_of_a_file_of_five_gigabytes_is_where_it_should_be(tmp_path):
    from processor.audio_file import _opened

    path = tmp_path / "long.wav"
    frames = 5 * 2**30 // 24
    sparse_wav(path, frames * 24, magic=b"RIFF")
    with _opened(path) as sound:
        sound.seek(frames - 2)
        np.testing.assert_array_equal(sound.read(10)[:, 0], [0.0, 0.5])


def test_an_rf64_file_that_was_cut_off_is_refused(tmp_path):
    path = tmp_path / "long.wav"
    sparse_wav(path, 5 * 2**30)
    os.truncate(path, 3 * 2**30)
    with pytest.raises(AudioFileError, match=r"long\.wav.*cut off"):
        probe(path)


def test_chunks_are_appended_to_rf64(tmp_path):
    with AudioWriter(tmp_path / "a.wav", 48000, 1, "RF64", "PCM_16", software="Dryspell") as writer:
        writer.write(noise(1, 1001))
    assert soundfile.info(tmp_path / "a.wav").format == "RF64"
    layout = layout_of(tmp_path / "a.wav")
    assert [c.name for c in layout.chunks] == [b"ds64", b"fmt ", b"data", b"LIST"]
