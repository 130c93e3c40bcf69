"""Whatever comes in, the command line answers with one sentence, and nothing is left behind."""

import errno
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from containers import encode_media
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signals import noise

from processor.audio_file import probe, read_blocks
from processor.cli import main
from processor.errors import AudioFileError
from processor.labels import Labels
from processor.tags import read_labels

JOURNAL = ".dryspell-journal.jsonl"  # of a batch; it tells what failed, too


def missing(path):
    return path / "missing.wav"


def empty(path):
    (path / "empty.wav").touch()
    return path / "empty.wav"


def text(path):
    (path / "text.wav").write_text("This is not a recording. " * 100)
    return path / "text.wav"


def unknown_ending(path):
    soundfile.write(path / "known.wav", noise(1, 1000).T, 16000)
    return (path / "known.wav").rename(path / "unknown.xyz")


def without_samples(path):
    soundfile.write(path / "silent.wav", np.zeros((0, 1)), 16000)
    return path / "silent.wav"


def cut_off(path):
    soundfile.write(path / "cut.wav", noise(1, 16000).T, 16000)
    content = (path / "cut.wav").read_bytes()
    (path / "cut.wav").write_bytes(content[:9999])
    return path / "cut.wav"


def not_a_number(path):
    waveform = noise(1, 1000)
    waveform[0, 10] = np.nan
    soundfile.write(path / "nan.wav", waveform.T, 16000, "FLOAT")
    return path / "nan.wav"


def too_slow(path):
    soundfile.write(path / "slow.wav", noise(1, 1000).T, 4000)
    return path / "slow.wav"


def too_fast(path):
    soundfile.write(path / "fast.wav", noise(1, 1000).T, 384000)
    return path / "fast.wav"


@pytest.mark.parametrize("place", ["process", "batch"])
@pytest.mark.parametrize(
    "bad",
    [
        missing,
        empty,
        text,
        unknown_ending,
        without_samples,
        cut_off,
        not_a_number,
        too_slow,
        too_fast,
    ],
)
def test_bad_input_is_one_sentence_and_no_output(tmp_path, tiny_model_path, capsys, bad, place):
    folder = tmp_path / "in"
    folder.mkdir()
    path = bad(folder)
    content = path.read_bytes() if path.exists() else None
    output = str(tmp_path / "out")
    arguments = [str(path), "-o", output + "/"] if place == "process" else [str(folder), output]
    code = main([place, *arguments, "--model", str(tiny_model_path)])
    out, err = capsys.readouterr()
    # Known before any work: the ending says no, or there is nothing in that folder to work on.
    is_refused = bad is unknown_ending or (bad is missing and place == "batch")
    assert code == (2 if is_refused else 1)
    assert (path.name if place == "process" or not is_refused else str(folder)) in err
    assert err.count("\n") == 1
    assert err.strip().endswith(".")
    assert "Traceback" not in out + err
    assert not os.path.isdir(output) or set(os.listdir(output)) <= {JOURNAL}
    assert content is None or path.read_bytes() == content


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, tiny_model_path, capsys):
    soundfile.write(tmp_path / "a.wav", noise(1, 1000).T, 16000)
    (tmp_path / "file").write_text("in the way")
    output = tmp_path / "file" / "b.wav"
    call = ["process", str(tmp_path / "a.wav"), "-o", str(output), "--model", str(tiny_model_path)]
    assert main(call) == 1
    err = capsys.readouterr().err
    assert str(tmp_path / "file") in err
    assert "folder that you may write to" in err


def test_a_folder_without_permission_is_named(tmp_path, tiny_model_path, capsys, monkeypatch):
    # Simulated: whoever runs the tests as root may write everywhere.
    def touch(self, *args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    soundfile.write(tmp_path / "a.wav", noise(1, 1000).T, 16000)
    monkeypatch.setattr(Path, "touch", touch)
    output = tmp_path / "b.wav"
    call = ["process", str(tmp_path / "a.wav"), "-o", str(output), "--model", str(tiny_model_path)]
    assert main(call) == 1
    assert f"Cannot write '{output}': permission denied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (["process", "{long}.wav"], 1),
        (["process", "a.wav", "-o", "{long}.wav"], 1),
        (["process", "{longest}.wav"], 1),  # there, but NAME_dry is too long
        (["info", "{long}.wav"], 1),
        (["batch", "{long}", "out"], 2),
        (["batch", ".", "{long}"], 1),
        (["batch", ".", "out", "--removed", "rooms"], 1),
        (["batch", ".", "out", "--removed", "rooms", "--skip-existing"], 1),
    ],
)
def test_a_name_that_is_too_long_is_one_sentence(
    tmp_path, tiny_model_path, capfd, caplog, monkeypatch, call, code
):
    longest = "x" * 251  # 255 bytes with its ending
    monkeypatch.chdir(tmp_path)
    soundfile.write(f"{longest}.wav", noise(1, 1000).T, 16000)
    if "batch" not in call:
        soundfile.write("a.wav", noise(1, 1000).T, 16000)
    arguments = [word.format(long="y" * 300, longest=longest) for word in call]
    if call[0] != "info":
        arguments += ["--model", str(tiny_model_path)]
    assert main(arguments) == code
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "name too long" in err or "not a folder" in err
    assert not caplog.records  # nor unforeseen
    left = {name for _, _, names in os.walk(".") for name in names if name[0] not in "ax"}
    assert left <= {JOURNAL}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_an_output_that_is_a_pipe_stays_one(tmp_path, tiny_model_path, capsys):
    soundfile.write(tmp_path / "a.wav", noise(1, 1000).T, 16000)
    pipe = tmp_path / "b.wav"
    os.mkfifo(pipe)
    call = ["process", str(tmp_path / "a.wav"), "-o", str(pipe), "--overwrite"]
    assert main([*call, "--model", str(tiny_model_path)]) == 2
    assert f"'{pipe}': it is a pipe" in capsys.readouterr().err
    assert pipe.is_fifo()


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege")
def test_links_in_a_circle_are_no_hindrance_to_a_batch(tmp_path, tiny_model_path):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", noise(1, 1000).T, 16000)
    (tmp_path / "in" / "circle").symlink_to("circle")
    (tmp_path / "out").symlink_to("out")
    call = ["batch", str(tmp_path / "in"), str(tmp_path / "out"), "--recursive"]
    assert main([*call, "--model", str(tiny_model_path)]) == 2  # a sentence, no crash


@pytest.fixture(scope="module")
def good_files(tmp_path_factory):
    """A small file of every kind, as bytes, by its name."""
    folder = tmp_path_factory.mktemp("good")
    for name in ("a.wav", "a.rf64", "a.w64", "a.flac", "a.aiff", "a.caf", "a.ogg", "a.mp3"):
        soundfile.write(folder / name, noise(2, 2000).T, 16000)
    encode_media(folder / "a.m4a", noise(1, 4000), 16000)
    encode_media(folder / "a.mkv", noise(1, 4000), 16000)
    encode_media(folder / "a.aac", noise(1, 4000), 16000)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


NUMBERS = st.one_of(
    st.sampled_from([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]), st.integers(0, 2**32 - 1)
)
# In the header, or, where MP4 has its index, before the end.
PLACES = st.one_of(st.integers(0, 120), st.integers(-700, -4))
CHANGES = st.lists(st.tuples(PLACES, st.sampled_from("<>"), NUMBERS), min_size=1, max_size=3)


@given(data=st.data())
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_mutated_file_is_read_or_refused_with_a_sentence(tmp_path, good_files, data):
    name = data.draw(st.sampled_from(sorted(good_files)))
    content = bytearray(good_files[name])
    for at, order, value in data.draw(CHANGES):
        at = at % len(content)
        content[at : at + 4] = struct.pack(order + "I", value)
    path = tmp_path / name
    path.write_bytes(content)
    assert isinstance(read_labels(path), Labels)
    try:
        announced, done = probe(path).frames, 0
        for block in read_blocks(path, 500):
            assert np.isfinite(block).all()
            done += block.shape[1]
        assert done == announced
    except AudioFileError as refusal:
        sentence = str(refusal)
    else:
        sentence = f"{name} was read."
    assert name in sentence
