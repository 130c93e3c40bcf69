"""W64: what a recording says beside its sound, before the sound, where every reader passes it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from containers import chunk, with_chunks
from signals import noise

from processor.audio_file import read_blocks, read_tags
from processor.chunks import W64_HEAD_BYTES, layout_of, read_chunk, w64_name
from processor.delivery import Delivery
from processor.file_job import process_file
from processor.recipe import Recipe
from processor.report import entry_of

INFO = b"INFO" + chunk(b"INAM", b"Kitchen\0")
BEXT = b"Interview".ljust(256, b"\0") + bytes(346) + b"A=PCM\r\n"
CUE = struct.pack("<I", 1) + struct.pack("<II4sIII", 1, 500, b"data", 0, 0, 500)
CHUNKS = {
    b"bext": BEXT,
    b"iXML": b"<BWFXML><NOTE>\xc3\xa4</NOTE></BWFXML>",
    b"cue ": CUE,
    b"LIST": INFO,
}


@pytest.fixture
def recipe(tiny_model_path: Path) -> Recipe:
    return Recipe(str(tiny_model_path), 0.5)


def wav(path: Path, chunks=CHUNKS, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, noise(2, 4001).T, 48_000, subtype)
    return with_chunks(path, behind=[chunk(name, content) for name, content in chunks.items()])


def w64(path: Path, chunks: list[tuple[bytes, bytes]], *, behind: bool = False) -> Path:
    """Write a W64 file as other programs do."""
    soundfile.write(path, noise(2, 4001).T, 48_000, "PCM_16", format="W64")
    content = path.read_bytes()
    new = b"".join(
        w64_name(name) + struct.pack("<Q", 24 + len(data)) + data + bytes(-len(data) % 8)
        for name, data in chunks
    )
    at = content.index(w64_name(b"data"))
    if behind:
        content += bytes(-len(content) % 8) + new
    else:
        content = content[:at] + new + content[at:]
    path.write_bytes(content[:16] + struct.pack("<Q", len(content)) + content[24:])
    return path


def carried(path: Path) -> dict[bytes, bytes]:
    layout = layout_of(path)
    assert layout is not None
    return {each.name: read_chunk(layout, each) for each in layout.carried()}


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_chunks_go_from_wav_to_w64_and_back_byte_for_byte(tmp_path, recipe, subtype) -> None:
    source = wav(tmp_path / "a.wav", subtype=subtype)
    there, back = tmp_path / "a.w64", tmp_path / "b.wav"
    result = process_file(source, there, recipe)
    process_file(there, back, Recipe(recipe.model, 0.0))
    for path in (there, back):
        chunks = carried(path)
        assert list(chunks) == list(CHUNKS)
        assert {name: chunks[name] for name in (b"bext", b"iXML", b"cue ")} == {
            name: CHUNKS[name] for name in (b"bext", b"iXML", b"cue ")
        }
        assert chunks[b"LIST"].startswith(INFO)
        assert read_tags(path)["title"] == "Kitchen"
        assert "Dryspell" in read_tags(path)["software"]
    assert result.not_carried == ""
    layout = layout_of(there)
    assert layout is not None and layout.sound is layout.chunks[-1]  # the last one
    assert all((each.offset - W64_HEAD_BYTES) % 8 == 0 for each in layout.chunks)
    assert not list(tmp_path.glob(".*"))


def test_every_reader_finds_the_sound_and_nothing_else(tmp_path, recipe) -> None:
    made = tmp_path / "a.w64"
    process_file(wav(tmp_path / "a.wav"), made, recipe)
    expected, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    read, _ = soundfile.read(made, dtype="float32")
    ours = np.concatenate(list(read_blocks(made)), axis=1)
    assert read.shape == expected.shape
    np.testing.assert_array_equal(ours.T, read)
    av = pytest.importorskip("av")
    with av.open(str(made)) as container:
        frames = sum(frame.samples for frame in container.decode(audio=0))
    assert frames == 4001


def test_what_only_w64_has_stays_in_w64_and_its_texts_go_everywhere(tmp_path, recipe) -> None:
    title = "Küche".encode("utf-16-le")
    summary = struct.pack("<I", 1) + b"INAM" + struct.pack("<I", len(title)) + title
    own = [(b"summarylist", summary), (b"marker", bytes(range(40)))]
    for behind in (False, True):
        source = w64(tmp_path / "a.w64", own, behind=behind)
        result = process_file(source, tmp_path / "b.w64", recipe, overwrite=True)
        chunks = carried(tmp_path / "b.w64")
        assert (chunks[b"summarylist"], chunks[b"marker"]) == (summary, bytes(range(40)))
        assert result.not_carried == ""
        for name in ("c.wav", "c.flac", "c.aiff"):
            result = process_file(source, tmp_path / name, recipe, overwrite=True)
            assert read_tags(tmp_path / name)["title"] == "Küche"
            assert result.not_carried == "marker"


@pytest.mark.parametrize(
    ("name", "lost"),
    [("b.wav", ""), ("b.rf64", ""), ("b.w64", ""), ("b.flac", "bext, iXML, cue")],
)
def test_what_has_no_place_is_told(tmp_path, recipe, name, lost) -> None:
    result = process_file(wav(tmp_path / "a.wav"), tmp_path / name, recipe)
    assert result.not_carried == lost
    assert entry_of(result)["not_carried"] == (lost or None)


def test_places_that_cannot_be_told_at_another_rate_are_told_as_lost(tmp_path, recipe) -> None:
    source = wav(tmp_path / "a.wav", {**CHUNKS, b"smpl": bytes(36)})
    there = Delivery(sample_rate=44_100)
    assert process_file(source, tmp_path / "b.wav", recipe, delivery=there).not_carried == "smpl"
    assert process_file(source, tmp_path / "c.wav", recipe).not_carried == ""


def test_work_on_w64_can_be_done_again(tmp_path, recipe) -> None:
    first, second, third = (tmp_path / f"{number}.w64" for number in range(3))
    process_file(wav(tmp_path / "a.wav"), first, recipe)
    process_file(first, second, recipe)
    process_file(first, third, recipe)
    assert second.read_bytes() == third.read_bytes()
    assert read_tags(second)["software"].count("Dryspell") == 2
    assert list(carried(second)) == list(CHUNKS)
