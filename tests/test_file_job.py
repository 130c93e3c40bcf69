"""One recording becomes one drier recording."""

import os
import shutil
import tracemalloc

import numpy as np
import pytest
import soundfile
from conftest import tiny_gain
from signals import lag_between, noise, speech_like

from processor.audio_file import read_tags
from processor.clashes import check_outputs
from processor.errors import AudioFileError, Cancelled, ModelError
from processor.file_job import FileJob, process_file
from processor.recipe import Recipe

# name, sample rate, channels, sample format
RECORDINGS = [
    ("cd.flac", 44100, 2, "PCM_16"),
    ("studio.wav", 48000, 1, "PCM_24"),
    ("phone.wav", 16000, 1, "PCM_16"),
    ("float.wav", 96000, 2, "FLOAT"),
    ("surround.aiff", 22050, 6, "PCM_24"),
]


@pytest.fixture
def recipe(tiny_model_path):
    return Recipe(str(tiny_model_path))


def recording(path, sample_rate=16000, channels=1, subtype="PCM_16", seconds=0.5):
    waveform = speech_like(channels, int(seconds * sample_rate), sample_rate)
    soundfile.write(path, waveform.T, sample_rate, subtype)
    return path


def read(path, dtype="float32"):
    return soundfile.read(path, dtype=dtype, always_2d=True)[0].T


@pytest.mark.parametrize(("name", "sample_rate", "channels", "subtype"), RECORDINGS)
def test_the_shipped_model_keeps_everything_but_the_room(
    tmp_path, bundled_model, name, sample_rate, channels, subtype
):
    source = recording(tmp_path / name, sample_rate, channels, subtype, seconds=1.3)
    destination = tmp_path / "out" / name
    result = process_file(source, destination)
    before, after = soundfile.info(source), soundfile.info(destination)
    for attribute in ("samplerate", "channels", "frames", "format", "subtype"):
        assert getattr(after, attribute) == getattr(before, attribute)
    dry = read(destination)
    assert np.isfinite(dry).all()
    assert lag_between(read(source), dry) == 0
    assert result.ok
    assert result.seconds_audio == pytest.approx(1.3, abs=1e-3)


@pytest.mark.parametrize("setting", [{"mix": 0.0}, {"strength": 0.0}])
@pytest.mark.parametrize(("name", "sample_rate", "channels", "subtype"), RECORDINGS)
def test_nothing_asked_for_gives_the_samples_back_bit_for_bit(
    tmp_path, tiny_model_path, setting, name, sample_rate, channels, subtype
):
    source = recording(tmp_path / name, sample_rate, channels, subtype)
    destination = tmp_path / f"same_{name}"
    process_file(source, destination, Recipe(str(tiny_model_path), **setting))
    kind = "float32" if subtype == "FLOAT" else "int32"
    np.testing.assert_array_equal(read(destination, kind), read(source, kind))


def test_the_model_is_heard_in_the_file(tmp_path, tiny_model_path):
    source = recording(tmp_path / "a.wav", subtype="FLOAT")
    process_file(source, tmp_path / "b.wav", Recipe(str(tiny_model_path), strength=0.5))
    expected = tiny_gain(0.5) * read(source)
    np.testing.assert_allclose(read(tmp_path / "b.wav"), expected, atol=1e-6)


@pytest.mark.parametrize("mix", [1.0, 0.3])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_dry_and_removed_sum_to_the_source_exactly(tmp_path, tiny_model_path, subtype, mix):
    source = recording(tmp_path / "a.flac", 44100, 2, subtype)
    recipe = Recipe(str(tiny_model_path), mix=mix)
    process_file(source, tmp_path / "dry.flac", recipe, removed_to=tmp_path / "room.flac")
    total = read(tmp_path / "dry.flac", "int32") + read(tmp_path / "room.flac", "int32")
    np.testing.assert_array_equal(total, read(source, "int32"))


def test_dry_and_removed_floats_sum_to_the_source(tmp_path, recipe):
    source = recording(tmp_path / "a.wav", subtype="FLOAT")
    process_file(source, tmp_path / "dry.wav", recipe, removed_to=tmp_path / "room.wav")
    total = read(tmp_path / "dry.wav") + read(tmp_path / "room.wav")
    # Two roundings to float32 near half of full scale.
    np.testing.assert_allclose(total, read(source), atol=1e-7)


def test_output_and_its_counterpart_change_places(tmp_path, tiny_model_path):
    source = recording(tmp_path / "a.wav", channels=2, subtype="FLOAT")
    recipe = Recipe(str(tiny_model_path), output="removed")
    process_file(source, tmp_path / "room.wav", recipe, removed_to=tmp_path / "dry.wav")
    np.testing.assert_allclose(read(tmp_path / "room.wav"), 0.9 * read(source), atol=1e-6)
    np.testing.assert_allclose(read(tmp_path / "dry.wav"), 0.1 * read(source), atol=1e-6)
    assert "output=removed" in read_tags(tmp_path / "room.wav")["software"]


def test_what_is_beyond_full_scale_is_held_and_counted(tmp_path, tiny_model_path):
    loud = np.array([[0.0, 1.5, -2.0, 0.5, 1.0]], np.float32).repeat(500, axis=1)
    soundfile.write(tmp_path / "a.wav", loud.T, 16000, "FLOAT")
    result = process_file(
        tmp_path / "a.wav", tmp_path / "b.flac", Recipe(str(tiny_model_path), mix=0.0)
    )
    assert result.clipped_samples == 1000
    np.testing.assert_allclose(read(tmp_path / "b.flac"), np.clip(loud, -1, 1), atol=2**-23)


def test_tags_are_carried_over_and_the_recipe_is_stamped(tmp_path, tiny_model_path):
    with soundfile.SoundFile(tmp_path / "a.flac", "w", 16000, 1, "PCM_16") as file:
        file.title, file.artist = "Über den Raum", "Anna"
        file.write(noise(1, 1000).T)
    process_file(tmp_path / "a.flac", tmp_path / "b.wav", Recipe(str(tiny_model_path), 0.5))
    tags = read_tags(tmp_path / "b.wav")
    assert (tags["title"], tags["artist"]) == ("Über den Raum", "Anna")
    assert "Dryspell" in tags["software"]
    settings = "strength=0.5 mix=1 floor_db=-60 focus=1,1,1 link=True output=dry"
    assert settings in tags["software"]


def test_the_source_is_left_as_it_was(tmp_path, recipe):
    source = recording(tmp_path / "a.wav")
    content, status = source.read_bytes(), source.stat()
    process_file(source, tmp_path / "b.wav", recipe)
    assert source.read_bytes() == content
    assert source.stat().st_mtime_ns == status.st_mtime_ns


def test_progress_rises_to_one(tmp_path, recipe):
    source = recording(tmp_path / "a.wav", seconds=12)
    fractions = []
    process_file(source, tmp_path / "b.wav", recipe, progress=fractions.append)
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("at", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("error", [Cancelled, KeyboardInterrupt])
def test_ending_it_leaves_no_file(tmp_path, recipe, at, error):
    source = recording(tmp_path / "a.wav", seconds=12)

    def end(fraction):
        if fraction >= at:
            raise error

    with pytest.raises(error):
        process_file(
            source, tmp_path / "b.wav", recipe, removed_to=tmp_path / "c.wav", progress=end
        )
    assert os.listdir(tmp_path) == ["a.wav"]


def test_a_file_damaged_in_the_middle_leaves_no_output(tmp_path, recipe):
    source = recording(tmp_path / "a.flac", seconds=30)
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    with pytest.raises(AudioFileError, match=r"a\.flac"):
        process_file(source, tmp_path / "b.flac", recipe)
    assert os.listdir(tmp_path) == ["a.flac"]


def test_a_model_that_cannot_be_used_leaves_no_output(tmp_path):
    source = recording(tmp_path / "a.wav")
    (tmp_path / "m.pt").write_text("no model")
    with pytest.raises(ModelError, match=r"m\.pt"):
        process_file(source, tmp_path / "b.wav", Recipe(str(tmp_path / "m.pt")))
    assert sorted(os.listdir(tmp_path)) == ["a.wav", "m.pt"]


def test_memory_does_not_grow_with_the_file(tmp_path, recipe):
    seconds, sample_rate = 600, 16000
    soundfile.write(tmp_path / "a.wav", np.zeros(seconds * sample_rate, np.int16), sample_rate)
    process_file(tmp_path / "a.wav", tmp_path / "warm.wav", recipe)
    tracemalloc.start()
    process_file(tmp_path / "a.wav", tmp_path / "b.wav", recipe)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 0.25 * seconds * sample_rate * 4


def test_an_output_that_exists_is_kept_unless_asked(tmp_path, recipe):
    source = recording(tmp_path / "a.wav")
    (tmp_path / "b.wav").write_text("mine")
    with pytest.raises(AudioFileError, match=r"b\.wav.*exists already.*--overwrite"):
        process_file(source, tmp_path / "b.wav", recipe)
    assert (tmp_path / "b.wav").read_text() == "mine"
    process_file(source, tmp_path / "b.wav", recipe, overwrite=True)
    assert soundfile.info(tmp_path / "b.wav").frames == 8000


def _symbolic(source, other):
    other.symlink_to(source)


def _hard(source, other):
    os.link(source, other)


@pytest.mark.parametrize("link", [_symbolic, _hard])
@pytest.mark.parametrize("role", ["destination", "removed_to"])
def test_an_output_that_is_the_source_by_a_link_is_refused(tmp_path, recipe, link, role):
    source = recording(tmp_path / "a.wav")
    content = source.read_bytes()
    link(source, tmp_path / "other.wav")
    outputs = {"destination": tmp_path / "b.wav", role: tmp_path / "other.wav"}
    with pytest.raises(AudioFileError, match=r"other\.wav.*it is the source"):
        process_file(source, recipe=recipe, overwrite=True, **outputs)
    assert source.read_bytes() == content
    assert not (tmp_path / "b.wav").exists()


@pytest.mark.parametrize("spelling", ["a.wav", "./a.wav", "sub/../a.wav", "{}/a.wav"])
def test_an_output_that_is_the_source_in_other_words_is_refused(
    tmp_path, recipe, spelling, monkeypatch
):
    recording(tmp_path / "a.wav")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudioFileError, match="it is the source"):
        process_file("a.wav", spelling.format(tmp_path), recipe, overwrite=True)


def test_one_file_for_both_parts_is_refused(tmp_path, recipe):
    source = recording(tmp_path / "a.wav")
    with pytest.raises(AudioFileError, match=r"b\.wav' twice"):
        process_file(source, tmp_path / "b.wav", recipe, removed_to=tmp_path / "." / "b.wav")
    assert os.listdir(tmp_path) == ["a.wav"]


def test_names_that_differ_in_case_only_clash_where_the_file_system_says_so(tmp_path):
    (tmp_path / "probe").touch()
    is_one = (tmp_path / "PROBE").exists()
    jobs = [
        FileJob(tmp_path / "x" / "a.wav", tmp_path / "out" / "a.wav"),
        FileJob(tmp_path / "y" / "A.wav", tmp_path / "out" / "A.wav"),
    ]
    if is_one:
        with pytest.raises(AudioFileError, match="twice"):
            check_outputs(jobs)
    else:
        check_outputs(jobs)


def test_case_is_ignored_where_the_folder_ignores_it(tmp_path, monkeypatch):
    monkeypatch.setattr("processor.clashes._ignores_case", lambda folder: True)
    jobs = [
        FileJob(tmp_path / "x.wav", tmp_path / "Küche.wav"),
        FileJob(tmp_path / "y.wav", tmp_path / "KU\N{COMBINING DIAERESIS}CHE.WAV"),
    ]
    with pytest.raises(AudioFileError, match="twice"):
        check_outputs(jobs)


def test_a_file_name_may_be_any_bytes(tmp_path, recipe):
    name = os.fsdecode(b"caf\xe9 \xff.wav") if os.name == "posix" else "café.wav"
    shutil.move(recording(tmp_path / "a.wav"), tmp_path / name)
    process_file(tmp_path / name, tmp_path / f"dry_{name}", recipe)
    assert (tmp_path / f"dry_{name}").exists()
