"""Outputs in another depth or at another rate than their source."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from signals import noise

from processor import AudioFileError, Recipe, process_file
from processor.chunks import layout_of, read_chunk
from processor.delivery import AS_SOURCE, Delivery, at_rate, check_delivery, output_frames


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A second and a bit, stereo, 48 kHz, 24 bit."""
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(2, 50_021).T, 48_000, subtype="PCM_24")
    return path


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
@pytest.mark.parametrize("ending", [".wav", ".aiff", ".caf", ".rf64", ".w64"])
def test_the_depth_is_the_one_that_was_asked_for(
    source, tmp_path, tiny_model_path, subtype, ending
):
    out = tmp_path / f"b{ending}"
    recipe = Recipe(model=str(tiny_model_path))
    process_file(source, out, recipe, delivery=Delivery(subtype))
    assert soundfile.info(out).subtype == subtype
    assert soundfile.info(out).frames == 50_021 and soundfile.info(out).samplerate == 48_000


@pytest.mark.parametrize("to_rate", [8_000, 16_000, 44_100, 47_999, 48_001, 96_000, 192_000])
def test_another_rate_has_the_length_that_belongs_to_it(source, tmp_path, tiny_model_path, to_rate):
    out = tmp_path / "b.wav"
    recipe = Recipe(model=str(tiny_model_path))
    result = process_file(source, out, recipe, delivery=Delivery(sample_rate=to_rate))
    info = soundfile.info(out)
    assert info.samplerate == to_rate and info.subtype == "PCM_24"
    assert info.frames == result.frames == output_frames(50_021, 48_000, to_rate)


@pytest.mark.parametrize("to_rate", [44_100, 96_000])
def test_a_tone_stays_where_it_was_at_another_rate(tmp_path, tiny_model_path, to_rate):
    def tone(rate: int) -> np.ndarray:
        return 0.5 * np.sin(2 * np.pi * 997.0 * np.arange(2 * rate) / rate)

    soundfile.write(tmp_path / "a.wav", tone(48_000), 48_000, subtype="FLOAT")
    recipe = Recipe(model=str(tiny_model_path), mix=0.0)
    process_file(
        tmp_path / "a.wav", tmp_path / "b.wav", recipe, delivery=Delivery(sample_rate=to_rate)
    )
    arrived, _ = soundfile.read(tmp_path / "b.wav")
    edge = to_rate // 50  # a filter rings where the tone begins and ends
    difference = (arrived - tone(to_rate))[edge:-edge]
    assert np.abs(difference).max() < 1e-5  # no lag: a sample of it would be 0.06


@pytest.mark.parametrize("size", [1, 7, 997, 100_000])
def test_blocks_make_no_difference_to_another_rate(size):
    whole = noise(2, 10_007)
    blocks = [whole[:, at : at + size] for at in range(0, 10_007, size)]
    cut = np.hstack([one for one, _ in at_rate(((b, b) for b in blocks), 2, 44_100, 16_000)])
    once = np.hstack([one for one, _ in at_rate([(whole, whole)], 2, 44_100, 16_000)])
    assert cut.shape == once.shape == (2, output_frames(10_007, 44_100, 16_000))
    assert (cut == once).all()


def test_fewer_bits_are_dithered_and_silence_stays_silence(tmp_path, tiny_model_path):
    sound = np.zeros(48_000)
    sound[:24_000] = 0.3 / 2**15  # less than half a step of 16 bits: without dither, nothing
    soundfile.write(tmp_path / "a.wav", sound, 48_000, subtype="PCM_24")
    recipe = Recipe(model=str(tiny_model_path), mix=0.0)
    process_file(tmp_path / "a.wav", tmp_path / "b.wav", recipe, delivery=Delivery("PCM_16"))
    arrived, _ = soundfile.read(tmp_path / "b.wav")
    assert arrived[:24_000].mean() * 2**15 == pytest.approx(0.3, abs=0.03)
    assert not arrived[24_000:].any()


def test_more_bits_change_no_sample(tmp_path, tiny_model_path):
    sound = np.round(noise(1, 9_000)[0] * 2**15) / 2**15
    soundfile.write(tmp_path / "a.wav", sound, 48_000, subtype="PCM_16")
    recipe = Recipe(model=str(tiny_model_path), mix=0.0)
    process_file(tmp_path / "a.wav", tmp_path / "b.wav", recipe, delivery=Delivery("FLOAT"))
    assert (soundfile.read(tmp_path / "b.wav")[0] == soundfile.read(tmp_path / "a.wav")[0]).all()


def test_asking_for_what_the_source_has_changes_no_byte(source, tmp_path, tiny_model_path):
    recipe = Recipe(model=str(tiny_model_path))
    for name, delivery in (("b.wav", AS_SOURCE), ("c.wav", Delivery("PCM_24", 48_000))):
        process_file(source, tmp_path / name, recipe, delivery=delivery)
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()


@pytest.mark.parametrize("delivery", [Delivery("FLOAT", 44_100), Delivery("PCM_16", 16_000)])
def test_the_two_files_sum_to_the_recording_at_any_rate(
    source, tmp_path, tiny_model_path, delivery
):
    for mix, names in ((0.5, ("dry.wav", "room.wav")), (0.0, ("whole.wav", "none.wav"))):
        process_file(
            source,
            tmp_path / names[0],
            Recipe(model=str(tiny_model_path), mix=mix),
            removed_to=tmp_path / names[1],
            delivery=delivery,
        )
    dry, room, whole = (
        soundfile.read(tmp_path / name)[0] for name in ("dry.wav", "room.wav", "whole.wav")
    )
    step = 0.0 if delivery.subtype == "FLOAT" else 2.0**-15
    assert np.abs(dry + room - whole).max() <= 2.5 * step + 1e-6  # each is rounded, one is dithered


@pytest.mark.parametrize(
    "name, delivery, said",
    [
        ("b.flac", Delivery("FLOAT"), "FLAC does not hold 32-bit float, only 16 bit, 24 bit"),
        ("b.opus", AS_SOURCE, "Opus does not hold 44.1 kHz, only 8, 12, 16, 24, 48 kHz"),
        ("b.mp3", Delivery(sample_rate=96_000), "MP3 does not hold 96 kHz"),
        ("b.wav", Delivery("GSM610"), "WAV does not hold GSM610"),
    ],
)
def test_what_a_format_does_not_hold_is_refused_before_any_work(tmp_path, name, delivery, said):
    with pytest.raises(AudioFileError, match=said):
        check_delivery(tmp_path / name, delivery, 44_100)


@pytest.mark.parametrize("name", ["b.ogg", "b.opus", "b.mp3"])
def test_a_lossy_format_has_no_depth_to_refuse(tmp_path, name):
    check_delivery(tmp_path / name, Delivery("FLOAT", 48_000), 44_100)


def bext(samples: int) -> bytes:
    return bytes(338) + struct.pack("<Q", samples) + bytes(254)


IXML = (
    b"<BWFXML><SPEED><FILE_SAMPLE_RATE>48000</FILE_SAMPLE_RATE>"
    b"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>1</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI>"
    b"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>96000</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>"
    b"<DIGITIZER_SAMPLE_RATE>48000</DIGITIZER_SAMPLE_RATE></SPEED><SCENE>12B</SCENE></BWFXML>"
)
CUE = struct.pack("<I", 1) + struct.pack("<II4sIII", 7, 24_000, b"data", 0, 0, 24_000)
ADTL = b"adtl" + b"ltxt" + struct.pack("<II", 20, 7) + struct.pack("<I4s8x", 4_800, b"rgn ")


def test_time_code_and_markers_keep_their_time_at_another_rate(source, tmp_path, tiny_model_path):
    chunks = {b"bext": bext(2**33 + 48_000), b"iXML": IXML, b"cue ": CUE, b"LIST": ADTL}
    chunks |= {b"smpl": bytes(36), b"_PMX": b"<x/>"}
    with source.open("r+b") as file:
        file.seek(0, 2)
        for name, content in chunks.items():
            file.write(
                name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
            )
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))
    out = tmp_path / "b.wav"
    recipe = Recipe(model=str(tiny_model_path))
    process_file(source, out, recipe, delivery=Delivery(sample_rate=24_000))
    layout = layout_of(out)
    told = {c.name: read_chunk(layout, c) for c in layout.chunks if c.size < 10_000}
    assert told[b"bext"] == bext(2**32 + 24_000)
    assert b"HI>0<" in told[b"iXML"] and b"LO>%d<" % (2**31 + 48_000) in told[b"iXML"]
    assert b"<FILE_SAMPLE_RATE>24000<" in told[b"iXML"] and b"<SCENE>12B<" in told[b"iXML"]
    assert b"<DIGITIZER_SAMPLE_RATE>48000<" in told[b"iXML"]
    assert struct.unpack_from("<I", told[b"cue "], 24) == (12_000,)
    lists = [read_chunk(layout, c) for c in layout.chunks if c.name == b"LIST"]
    assert struct.unpack_from("<I", next(c for c in lists if c[:4] == b"adtl"), 16) == (2_400,)
    assert b"smpl" not in told and told[b"_PMX"] == b"<x/>"
