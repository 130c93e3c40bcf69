"""What a recording says beside its sound, from a source to an output."""

import os
import struct

import mutagen
import numpy as np
import pytest
import soundfile
from containers import chunk, chunks_of, encode_media, with_chunks
from mutagen.id3 import APIC, COMM, ID3, TIT2, TXXX
from mutagen.mp4 import MP4, MP4Cover
from signals import noise, speech_like

from processor.audio_file import probe, read_tags
from processor.audio_writer import AudioWriter
from processor.errors import AudioFileError
from processor.file_job import process_file
from processor.labels import Labels, Picture
from processor.recipe import Recipe
from processor.tags import read_labels

COVER = Picture(3, "image/png", "front", b"\x89PNG" + bytes(range(256)) * 300)
TEXTS = {
    "TITLE": ["Küche"],
    "ARTIST": ["Anna", "Bo"],
    "DATE": ["2024-05-01"],
    "GENRE": ["Speech"],
    "COMMENT": ["take 3; close"],
    "TRACKNUMBER": ["3/9"],
    "LYRICS": ["la\nla"],
    "MICROPHONE": ["MKH 416"],
}
WITH_EVERYTHING = [
    ("a.flac", "FLAC", "PCM_16"),
    ("a.ogg", "OGG", "VORBIS"),
    ("a.opus", "OGG", "OPUS"),
    ("a.mp3", "MP3", "MPEG_LAYER_III"),
    ("a.wav", "WAV", "PCM_16"),
    ("b.wav", "RF64", "PCM_16"),
    ("a.aiff", "AIFF", "PCM_16"),
]

# What a field recorder puts into a file: all sizes odd and even, and bytes of every value.
BEXT = chunk(b"bext", b"Interview".ljust(256, b"\0") + bytes(346) + b"A=PCM,F=48000,W=16\r\n")
CHUNKS_BEFORE = [
    BEXT,
    chunk(b"iXML", b"<BWFXML><TAPE>1</TAPE><NOTE>\xc3\xa4</NOTE></BWFXML>"),
    chunk(b"JUNK", bytes(100)),
]
CHUNKS_BEHIND = [
    chunk(b"cue ", struct.pack("<I", 1) + struct.pack("<II4sIII", 1, 500, b"data", 0, 0, 500)),
    chunk(b"LIST", b"adtl" + chunk(b"labl", struct.pack("<I", 1) + b"Door\0")),
    chunk(b"smpl", bytes(range(36))),
    chunk(b"axml", b"<x/>" * 333),
    chunk(b"id3 ", bytes(range(77))),
]
INFO = b"INFO" + chunk(b"INAM", b"Kitchen\0") + chunk(b"IXYZ", b"odd")


def process(source, destination, tiny_model_path, **kwargs):
    process_file(source, destination, Recipe(str(tiny_model_path), 0.5), **kwargs)
    return destination


def write(path, container, subtype, labels, software="Maker 1"):
    with AudioWriter(
        path, 48000, 2, container, subtype, labels=labels, software=software
    ) as writer:
        writer.write(noise(2, 4800))
    return path


def wav(path, container="WAV", before=(), behind=()):
    soundfile.write(path, noise(1, 4000).T, 48000, "PCM_16", format=container)
    return with_chunks(path, before, behind)


@pytest.mark.parametrize(("name", "container", "subtype"), WITH_EVERYTHING)
@pytest.mark.parametrize("onward", WITH_EVERYTHING)
def test_texts_and_pictures_go_from_any_container_to_any_other(
    tmp_path, name, container, subtype, onward
):
    first = write(tmp_path / f"1{name}", container, subtype, Labels(TEXTS, (COVER,)))
    second = write(tmp_path / f"2{onward[0]}", *onward[1:], read_labels(first), "Dryspell")
    labels = read_labels(second)
    assert probe(second).frames == 4800
    assert labels.pictures == (COVER,)
    told = {key: value for key, value in labels.texts.items() if key in TEXTS}
    if "aiff" in name or "aiff" in onward[0]:  # has its own way to tell the software
        assert told.pop("COMMENT")[0].startswith("take 3; close")
        assert told.items() <= TEXTS.items()
    else:
        assert told == TEXTS
        assert labels.texts["SOFTWARE"] == ["Maker 1; Dryspell"]


@pytest.mark.parametrize("container", ["WAV", "RF64"])
@pytest.mark.parametrize("to", ["WAV", "RF64"])
def test_chunks_are_carried_over_byte_for_byte(tmp_path, tiny_model_path, container, to):
    source = wav(tmp_path / "a.wav", container, CHUNKS_BEFORE, CHUNKS_BEHIND)
    name = "b.rf64" if to == "RF64" else "b.wav"
    output = process(source, tmp_path / name, tiny_model_path, removed_to=tmp_path / f"c{name}")
    carried = [c for c in chunks_of(source) if c[0] not in (b"fmt ", b"data", b"ds64", b"JUNK")]
    assert len(carried) == 7
    for path in (output, tmp_path / f"c{name}"):
        found = [c for c in chunks_of(path) if c[0] not in (b"fmt ", b"ds64", b"JUNK")]
        assert [name for name, _ in found].index(b"data") == 2  # behind bext and iXML
        found = [c for c in found if c[0] != b"data"]
        assert found[:-1] == carried
        assert found[-1][0] == b"LIST" and found[-1][1].startswith(b"INFOISFT")
    assert soundfile.info(output).frames == 4000


@pytest.mark.parametrize("size", [1, 30_000, 32_100, 32_200, 60_000, 3_000_001])
def test_large_chunks_before_the_sound_are_carried_over_too(tmp_path, tiny_model_path, size):
    large = chunk(b"axml", bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    source = wav(tmp_path / "a.wav", before=[BEXT, large])
    output = process(source, tmp_path / "b.wav", tiny_model_path)
    names = [name for name, _ in chunks_of(output)]
    assert names.index(b"bext") < names.index(b"data")
    assert (names.index(b"axml") < names.index(b"data")) == (size < 32_140)
    found = dict(chunks_of(output))
    assert chunk(b"bext", found[b"bext"]) + chunk(b"axml", found[b"axml"]) == BEXT + large
    assert soundfile.info(output).frames == 4000


@pytest.mark.parametrize("before", [True, False])
def test_texts_of_a_wav_file_gain_one_and_lose_none(tmp_path, tiny_model_path, before):
    lists = [chunk(b"LIST", INFO)]
    source = wav(tmp_path / "a.wav", "WAV", *((lists, []) if before else ([], lists)))
    output = process(source, tmp_path / "b.wav", tiny_model_path)
    (content,) = [content for name, content in chunks_of(output) if name == b"LIST"]
    assert content.startswith(INFO + b"ISFT")
    assert read_tags(output)["title"] == "Kitchen"
    assert read_tags(output)["software"].startswith("Dryspell")


def test_the_software_that_made_the_source_is_still_named(tmp_path, tiny_model_path):
    info = b"INFO" + chunk(b"ISFT", b"Recorder 7\0") + chunk(b"INAM", b"Kitchen\0")
    source = wav(tmp_path / "a.wav", behind=[chunk(b"LIST", info)])
    once = process(source, tmp_path / "b.wav", tiny_model_path)
    assert read_tags(once)["software"].startswith("Recorder 7; Dryspell")
    (content,) = [content for name, content in chunks_of(once) if name == b"LIST"]
    assert content.endswith(chunk(b"INAM", b"Kitchen\0"))
    twice = process(once, tmp_path / "c.wav", tiny_model_path)
    assert read_tags(twice)["software"].count("Dryspell") == 2


def test_markers_and_texts_of_aiff_are_carried_over(tmp_path, tiny_model_path):
    source = tmp_path / "a.aiff"
    soundfile.write(source, noise(1, 4001).T, 44100, "PCM_24")
    own = [
        chunk(b"MARK", struct.pack(">HHI", 1, 1, 500) + b"\4Door\0", ">"),
        chunk(b"COMT", struct.pack(">HIHH", 1, 0, 0, 3) + b"odd", ">"),
        chunk(b"NAME", b"Kitchen", ">"),
        chunk(b"AUTH", b"Anna", ">"),
        chunk(b"ANNO", b"close", ">"),
    ]
    with_chunks(source, own[:2], own[2:], ">")
    output = process(source, tmp_path / "b.aiff", tiny_model_path)
    found = [c for c in chunks_of(output) if c[0] not in (b"COMM", b"SSND", b"FVER")]
    assert b"".join(chunk(*c, ">") for c in found[:-1]) == b"".join(own)
    assert found[-1][0] == b"ANNO" and found[-1][1].startswith(b"Dryspell")
    assert soundfile.info(output).frames == 4001


def test_texts_of_caf_are_carried_over(tmp_path, tiny_model_path):
    with soundfile.SoundFile(tmp_path / "a.caf", "w", 48000, 1, "PCM_16") as file:
        file.title, file.artist = "Küche", "Anna"
        file.write(noise(1, 4000).T)
    tags = read_tags(process(tmp_path / "a.caf", tmp_path / "b.caf", tiny_model_path))
    assert (tags["title"], tags["artist"]) == ("Küche", "Anna")
    assert tags["software"].startswith("Dryspell")
    with soundfile.SoundFile(tmp_path / "b.caf") as file:
        assert file.title == "Küche"


def test_an_mp3_file_keeps_its_tag(tmp_path, tiny_model_path):
    source = write(tmp_path / "a.mp3", "MP3", "MPEG_LAYER_III", Labels())
    tag = ID3(source)
    tag.add(TIT2(encoding=1, text=["Küche"]))
    tag.add(COMM(encoding=3, lang="deu", desc="Ort", text=["Bad"]))
    tag.add(APIC(encoding=3, mime="image/jpeg", type=4, desc="back", data=bytes(3000)))
    tag.add(TXXX(encoding=3, desc="replaygain_track_gain", text=["-3 dB"]))
    tag.save(source)
    kept = ID3(process(source, tmp_path / "b.mp3", tiny_model_path))
    assert kept["TIT2"].text == ["Küche"]
    assert kept["COMM:Ort:deu"].text == ["Bad"]
    assert kept["APIC:back"].data == bytes(3000)
    assert not kept.getall("TXXX")
    assert kept["TSSE"].text[0].startswith("Maker 1; Dryspell")
    assert probe(tmp_path / "b.mp3").frames == 4800


def test_tags_of_a_phone_recording_arrive_in_flac(tmp_path, tiny_model_path):
    source = encode_media(tmp_path / "a.m4a", speech_like(1, 48_000, 48_000), 48_000)
    file = MP4(source)
    file["\xa9nam"], file["\xa9ART"], file["trkn"] = ["Call"], ["Anna"], [(2, 7)]
    file["----:com.apple.iTunes:PLACE"] = [b"Bad"]
    file["----:com.apple.iTunes:iTunNORM"] = [b" 00000A2B"]
    file["covr"] = [MP4Cover(COVER.content, MP4Cover.FORMAT_PNG)]
    file.save()
    output = process(source, tmp_path / "a.flac", tiny_model_path)
    assert soundfile.info(output).subtype == "PCM_24"
    assert soundfile.info(output).frames == 48_000
    tags = read_tags(output)
    assert (tags["title"], tags["artist"], tags["tracknumber"]) == ("Call", "Anna", "2/7")
    assert tags["place"] == "Bad" and "itunnorm" not in tags
    assert "; Dryspell" in tags["software"]
    assert mutagen.File(output).pictures[0].data == COVER.content


def test_the_title_of_a_video_arrives(tmp_path, tiny_model_path):
    waveform = speech_like(2, 48_000, 48_000)
    source = encode_media(tmp_path / "a.webm", waveform, 48_000, "libopus", title="Küche")
    output = process(source, tmp_path / "a.flac", tiny_model_path)
    assert read_tags(output)["title"] == "Küche"


def test_playback_gains_of_the_source_are_left_out(tmp_path):
    texts = {"REPLAYGAIN_TRACK_GAIN": ["-3 dB"], "R128_TRACK_GAIN": ["256"], "TITLE": ["Küche"]}
    first = write(tmp_path / "a.flac", "FLAC", "PCM_16", Labels(texts))
    assert set(mutagen.File(first).tags.as_dict()) == {*map(str.lower, texts), "software"}
    assert set(read_tags(first)) == {"title", "software"}


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.flac", "a.mp3", "a.m4a"])
@pytest.mark.parametrize("seed", range(3))
def test_tags_that_cannot_be_understood_are_no_hindrance(tmp_path, caplog, name, seed):
    kind = {key: rest for key, *rest in WITH_EVERYTHING}.get(name)
    if kind is None:
        path = encode_media(tmp_path / name, noise(1, 4800), 48_000)
    else:
        path = write(tmp_path / name, *kind, Labels(TEXTS, (COVER,)))
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    places = np.random.default_rng(seed).integers(12, len(content), 300)
    content[places] ^= 0x55
    path.write_bytes(content.tobytes())
    assert isinstance(read_labels(path), Labels)


def test_numbers_of_a_rifx_file_are_not_taken_for_those_of_riff(tmp_path, tiny_model_path):
    source = tmp_path / "a.wav"
    soundfile.write(source, noise(1, 4000).T, 48000, "PCM_16", endian="BIG")
    with_chunks(source, behind=[chunk(b"cue ", bytes(4), ">")], order=">")
    output = process(source, tmp_path / "b.wav", tiny_model_path)
    assert [name for name, _ in chunks_of(output)] == [b"fmt ", b"data", b"LIST"]
    assert soundfile.info(output).frames == 4000


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as POSIX systems can")
@pytest.mark.parametrize(("name", "container", "subtype"), WITH_EVERYTHING)
def test_a_disk_that_is_full_of_pictures_is_told_as_such(tmp_path, name, container, subtype):
    import resource

    labels = Labels(pictures=(Picture(3, "image/png", "", bytes(200_000)),))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, limits[1]))
    try:
        with pytest.raises(AudioFileError, match="Free some space"):
            write(tmp_path / name, container, subtype, labels)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []
