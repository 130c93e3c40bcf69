"""The recipes of docs/scripting.md and the page on Pedalboard: each runs, and holds."""

import ast
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
import soundfile
from pedalboard import Gain, HighpassFilter, Pedalboard
from pedalboard.io import AudioFile
from signals import lag_between, noise, sine

from processor import Board, Dereverb, Model

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "resources" / "samples"
HEADING = re.compile(r"^## (\d+) .*$", re.MULTILINE)
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
MOST_LINES = 15

# The same audio cut into other blocks: float32 is rounded in another order inside the network.
BLOCKS = 2e-6
# soundfile writes 16 bits, and libsndfile rounds towards minus infinity.
WRITTEN = 1 / 32768


def recipes() -> dict[int, str]:
    """Return the one block of code below each numbered heading."""
    _, *rest = HEADING.split((ROOT / "docs" / "scripting.md").read_text(encoding="utf-8"))
    found = {}
    for number, text in zip(rest[::2], rest[1::2], strict=True):
        (found[int(number)],) = BLOCK.findall(text)
    return found


def run(number: int) -> dict[str, Any]:
    """Run a recipe in this process, as a script; return its names."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(recipes()[number], f"recipe {number}", "exec"), names)
    return names


def run_as_a_script(number: int) -> str:
    """Run a recipe in a process of its own, one that may start others; return what it prints."""
    Path("recipe.py").write_text(recipes()[number], encoding="utf-8")
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "recipe.py"],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "ignore"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def voice(name: str, seconds: float) -> tuple[np.ndarray, int]:
    """Return the beginning of a sample as float32, (samples,), and its rate."""
    info = soundfile.info(SAMPLES / name)
    audio, sample_rate = soundfile.read(
        SAMPLES / name, int(seconds * info.samplerate), dtype="float32"
    )
    return audio, sample_rate


def read(path: str) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with a take of a second and a half."""
    monkeypatch.chdir(tmp_path)
    audio, sample_rate = voice("kitchen.flac", 1.5)
    soundfile.write("take.wav", audio, sample_rate)
    return tmp_path


@pytest.fixture
def tapes(folder: Path) -> Path:
    """Beside the take, a folder of two recordings, one of them below, and one that is none."""
    (folder / "tapes" / "side b").mkdir(parents=True)
    audio, sample_rate = voice("kitchen.flac", 0.5)
    soundfile.write("tapes/first.wav", audio, sample_rate)
    soundfile.write("tapes/side b/second.flac", audio[::-1], sample_rate)
    (folder / "tapes" / "bad.wav").write_bytes(b"no audio")
    return folder / "tapes"


def test_each_recipe_has_a_test_and_is_short():
    assert sorted(recipes()) == list(range(1, 11))
    tested = {int(number) for number in re.findall(r"^def test_(\d+)_", SOURCE, re.MULTILINE)}
    assert tested == set(recipes())
    for code in recipes().values():
        ast.parse(code)
        assert sum(bool(line.strip()) for line in code.splitlines()) <= MOST_LINES, code


def test_1_a_file_keeps_its_length_rate_and_format(folder, capsys):
    run(1)
    before, after = soundfile.info("take.wav"), soundfile.info("take_dry.wav")
    assert (after.frames, after.samplerate) == (before.frames, before.samplerate)
    assert (after.channels, after.subtype) == (before.channels, before.subtype)
    expected = Dereverb(strength=0.8)(read("take.wav"), before.samplerate)
    # Dithered by up to one step of 16 bits, and rounded to the nearest.
    atol = 1.5 * WRITTEN + BLOCKS
    np.testing.assert_allclose(read("take_dry.wav"), expected, rtol=0, atol=atol)
    assert "1.5 s of audio" in capsys.readouterr().out


def test_2_a_bad_file_does_not_stop_a_folder(tapes, capsys):
    run(2)
    told = sorted(capsys.readouterr().out.splitlines())
    assert len(told) == 3
    assert "bad.wav Cannot read" in told[0]
    for name in ("first.wav", "side b/second.flac"):
        source, dry = soundfile.info(tapes / name), soundfile.info(f"tapes_dry/{name}")
        assert dry.frames == source.frames


def test_3_a_long_recording_goes_through_block_by_block(folder, monkeypatch):
    audio, sample_rate = voice("church.flac", 4.0)
    soundfile.write("lecture.flac", np.stack([audio, audio[::-1]], axis=1), sample_rate)
    inside = most = 0
    process_stream = Dereverb.process_stream

    def watched(self, blocks, rate):
        nonlocal inside

        def counted():
            nonlocal inside, most
            for block in blocks:
                inside += block.shape[1]
                most = max(most, inside)
                yield block

        for block in process_stream(self, counted(), rate):
            inside -= block.shape[1]
            yield block

    monkeypatch.setattr(Dereverb, "process_stream", watched)
    run(3)
    assert inside == 0
    assert most <= 65_536 + 0.1 * sample_rate
    assert soundfile.info("lecture_dry.flac").subtype == "PCM_24"
    # Read by Pedalboard, as in the recipe: its full scale of 16 bits is not soundfile's.
    with AudioFile("lecture.flac") as source, AudioFile("lecture_dry.flac") as target:
        expected = Dereverb()(source.read(source.frames), sample_rate)
        dry = target.read(target.frames)
    np.testing.assert_allclose(dry, expected, rtol=0, atol=BLOCKS)


def test_4_a_chain_is_what_its_plugins_are_one_after_the_other(folder):
    names = run(4)
    audio, sample_rate = names["audio"], names["sample_rate"]
    high_pass, _, *rest = names["board"]
    after = Pedalboard([high_pass])(audio, sample_rate)
    after = Dereverb(strength=0.8)(after, sample_rate)
    after = Pedalboard(rest)(after, sample_rate)
    assert len(read("take_board.wav")) == len(audio)
    np.testing.assert_allclose(read("take_board.wav"), after, rtol=0, atol=WRITTEN + BLOCKS)
    assert lag_between(audio[np.newaxis], names["softer"][np.newaxis]) == 0


def test_5_level_differences_stay_where_channels_are_linked(folder):
    near, sample_rate = voice("church.flac", 3.0)
    # The same voice, twice as loud on the left; on each side a noise of its own.
    stereo = near[:, np.newaxis] * [0.8, 0.4] + noise(2, len(near), level=0.003).T
    soundfile.write("stereo.wav", stereo, sample_rate)
    names = run(5)
    assert names["linked"].shape == names["audio"].shape == stereo.shape

    def change_of_difference(drier: np.ndarray) -> float:
        """By how much frames differ in left against right, from before to after [dB]."""
        length = sample_rate // 50
        frames = len(near) // length * length

        def difference_db(pair: np.ndarray) -> np.ndarray:
            power = np.square(pair[:frames], dtype=float).reshape(-1, length, 2).mean(1)
            return 10 * np.log10(power[:, 0] / power[:, 1])

        return float(np.abs(difference_db(drier) - difference_db(names["audio"])).mean())

    if not Model.load().spec.has_focus_and_link:
        np.testing.assert_array_equal(names["linked"], names["alone"])
        return
    assert change_of_difference(names["linked"]) < 0.5 * change_of_difference(names["alone"])


def test_6_the_dry_and_the_removed_part_sum_to_the_recording(folder):
    names = run(6)
    expected = Dereverb()(names["audio"], names["sample_rate"])
    np.testing.assert_array_equal(names["dry"], expected)
    assert np.abs(read("take_room.wav")).max() > 1e-3


@pytest.mark.parametrize("frames", [[441] * 30, [64, 4_410, 1, 2_048, 3, 997]])
def test_7_every_callback_gives_as_many_samples_as_it_takes(frames):
    names = run(7)
    total = sum(frames)
    audio, sample_rate = voice("church.flac", total / 44_100)
    assert sample_rate == names["sample_rate"]
    indata = np.stack([audio, -audio], axis=1)[:total]
    late = len(names["waiting"])
    heard = []
    buffer = np.empty((max(frames), 2), np.float32)  # a driver has one, and writes into it again
    for count, end in zip(frames, np.cumsum(frames), strict=True):
        outdata = np.full((count, 2), np.nan, np.float32)
        buffer[:count] = indata[end - count : end]
        names["callback"](buffer[:count], outdata, count, None, None)
        buffer[:] = np.nan
        heard.append(outdata)
    played = np.concatenate([*heard, names["waiting"], names["dereverb"].flush()])
    assert not played[:late].any()
    np.testing.assert_allclose(played[late:], Dereverb()(indata, sample_rate), rtol=0, atol=BLOCKS)


def test_8_automation_goes_from_nothing_to_all_without_a_click(folder):
    names = run(8)
    audio, sample_rate = names["audio"], names["sample_rate"]
    faded, whole = read("take_fading.wav"), Dereverb()(audio, sample_rate)
    assert len(faded) == len(audio)
    removed = audio - np.concatenate(names["drier"])
    half = len(audio) // 2
    # Of what full strength removes, ever more.
    shares = [
        np.std(removed[part]) / np.std((audio - whole)[part])
        for part in (slice(None, half), slice(half, None))
    ]
    assert shares[0] < shares[1] < 1.01
    assert shares[0] < 0.9
    # A click would be a sharper bend than any in what is removed at full strength.
    assert np.abs(np.diff(removed, 2)).max() <= np.abs(np.diff(audio - whole, 2)).max()


def test_9_arrays_come_back_from_other_processes(folder):
    audio, sample_rate = voice("kitchen.flac", 0.5)
    soundfile.write("other.wav", audio[::-1], sample_rate)
    run_as_a_script(9)
    expected = Dereverb(strength=0.8)(read("take.wav"), sample_rate)
    np.testing.assert_allclose(read("take_dry.wav"), expected, rtol=0, atol=WRITTEN + BLOCKS)


def test_10_dask_works_through_a_folder(tapes):
    pytest.importorskip("dask", reason="Dask is not installed; pip install -e '.[cluster]'")
    (tapes / "side b" / "second.flac").replace(tapes / "second.flac")
    told = sorted(run_as_a_script(10).splitlines())
    assert [line.endswith(" done") for line in told] == [False, True, True]
    assert "bad.wav Cannot read" in told[0]
    for name in ("first.wav", "second.flac"):
        assert soundfile.info(f"tapes_dry/{name}").frames == soundfile.info(tapes / name).frames


class Louder(Gain):
    """A plugin whose Python a native board never calls."""

    def process(self, *args: Any, **kwargs: Any) -> Any:
        return 2 * super().process(*args, **kwargs)

    __call__ = process


class HasProcess:
    """Called as a plugin is, but none."""

    def process(self, audio: np.ndarray, *args: Any) -> np.ndarray:
        return audio


def test_the_example_of_the_pedalboard_page_runs():
    (code,) = BLOCK.findall((ROOT / "docs" / "pedalboard.md").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    exec(code, names)
    assert len(names["board"]) == 2 and len(names["native"]) == 2
    assert names["result"].shape == names["audio"].shape


@pytest.mark.parametrize("make", [Pedalboard, pedalboard.Chain, pedalboard.Mix])
@pytest.mark.parametrize("foreign", [Board(), HasProcess(), len])
def test_native_containers_refuse_what_is_not_native(make, foreign, tiny_model):
    with pytest.raises(TypeError):
        make([foreign])
    with pytest.raises(TypeError):
        make([Dereverb(tiny_model)])


def test_a_plugin_cannot_be_written_in_python():
    class Own(pedalboard.Plugin):
        """Nothing but a name."""

    with pytest.raises(TypeError):
        Own()


def test_a_native_board_never_calls_python_and_ours_refuses_it():
    audio = sine(1, 480, 48_000, 1_000)
    np.testing.assert_array_equal(Pedalboard([Louder(0)])(audio, 48_000), audio)
    with pytest.raises(TypeError, match="silently never call"):
        Board([Louder(0)])


def test_the_same_object_twice_is_told_earlier_by_ours():
    gain = Gain(3)
    native = Pedalboard([gain, gain])
    with pytest.raises(RuntimeError):
        native(sine(1, 480, 48_000, 1_000), 48_000)
    with pytest.raises(ValueError, match="more than once"):
        Board([gain, gain])


def test_a_native_plugin_cannot_go_to_another_process(tiny_model):
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(HighpassFilter(80))
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(Board([HighpassFilter(80), Dereverb(tiny_model)]))


def test_a_native_board_forgets_at_a_longer_block_and_ours_does_not():
    audio = noise(1, 3_000)
    whole = Pedalboard([HighpassFilter(200)])(audio, 48_000)
    native, ours = Pedalboard([HighpassFilter(200)]), Board([HighpassFilter(200)])
    for board, forgets in ((native, True), (ours, False)):
        blocks = [board(block, 48_000, reset=False) for block in np.split(audio, [100], axis=1)]
        together = np.concatenate(blocks, axis=1)
        assert np.array_equal(together, whole) is not forgets


def test_a_native_board_passes_nan_on_and_ours_does_not():
    audio = np.full(480, np.nan, np.float32)
    assert np.isnan(Pedalboard([Gain(0)])(audio, 48_000)).all()
    with pytest.raises(ValueError, match="NaN"):
        Board([Gain(0)])(audio, 48_000)


SOURCE = Path(__file__).read_text(encoding="utf-8")
