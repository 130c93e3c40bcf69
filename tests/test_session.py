"""The session reads, renders, plays and exports, and is never left in between."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tiny_gain
from fake_sound import fake_multimedia
from signals import noise, speech_like

import desktop_app.recording as recording_module
from desktop_app.player import Player
from desktop_app.session import Kind, Session, State
from processor import Model, Recipe

PATIENCE_MS = 30_000  # for a busy machine; each takes well below a second
RATE = 16_000  # the tiny model's own: what it removes is known to the last bit


def write(path: Path, waveform: np.ndarray, sample_rate: int = RATE, subtype="FLOAT") -> Path:
    soundfile.write(path, waveform.T, sample_rate, subtype=subtype)
    return path


def read(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32", always_2d=True)[0].T


def open_and_wait(qtbot, session: Session, path: Path) -> None:
    session.open(path)
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)


def after(session: Session) -> np.ndarray:
    """The whole treated recording as it is drawn and heard."""
    return session.rendering.samples(0, session.recording.info.frames)


@pytest.fixture
def hold(monkeypatch):
    """Makes reading wait for an event after its first block."""
    go_on = threading.Event()
    read_blocks = recording_module.read_blocks

    def slow_blocks(path, block_frames):
        for number, block in enumerate(read_blocks(path, 100)):
            if number:
                go_on.wait(10)
            yield block

    monkeypatch.setattr(recording_module, "read_blocks", slow_blocks)
    yield go_on
    go_on.set()


def test_a_file_is_read_and_rendered(session, qtbot, tmp_path):
    waveform = noise(2, 3 * RATE + 7)
    states = []
    session.state_changed.connect(lambda: states.append(session.state))
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", waveform))
    assert states == [State.READING, State.RENDERING, State.READY]
    assert np.array_equal(session.recording.waveform, waveform)
    expected = waveform - np.float32(1 - tiny_gain(1.0)) * waveform
    assert np.allclose(after(session), expected, atol=1e-7)


def test_pictures_are_whole_when_the_session_is_ready(session, qtbot, tmp_path):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, 2 * RATE + 1)))
    peak = session.recording.picture.waveform.peak()
    assert peak == np.abs(session.recording.waveform).max()
    assert session.rendering.picture.waveform.peak() == np.abs(after(session)).max()
    spectrogram = session.rendering.picture.spectrogram
    assert spectrogram.ready_columns == spectrogram.columns


@pytest.mark.parametrize("sample_rate", [8000, 44_100, 96_000])
@pytest.mark.parametrize("channels", [1, 6])
def test_any_rate_and_channels_are_rendered_to_the_sample(
    session, qtbot, tmp_path, sample_rate, channels
):
    waveform = noise(channels, sample_rate // 2 + 1)
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", waveform, sample_rate))
    assert after(session).shape == waveform.shape
    assert np.isfinite(after(session)).all()


@pytest.mark.parametrize("changes", [{"strength": 0.0}, {"mix": 0.0}])
def test_no_strength_or_no_mix_gives_the_recording_back(session, qtbot, tmp_path, changes):
    waveform = noise(1, 44_100)
    session.set_recipe(**changes)
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", waveform, 44_100))
    assert np.array_equal(after(session), waveform)


def test_changing_strength_renders_again_and_the_last_wish_counts(session, qtbot, tmp_path):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, RATE)))
    first = session.rendering
    for strength in (0.9, 0.2, 0.5):
        session.set_recipe(strength=strength)
    assert session.rendering is first  # what is complete stays until the new one is
    qtbot.waitUntil(lambda: session.rendering is not first)
    assert session.rendering.recipe.strength == 0.5 and session.state is State.READY
    expected = tiny_gain(0.5) * session.recording.waveform
    assert np.allclose(after(session), expected, atol=1e-6)


def test_mix_is_heard_at_once_and_needs_no_model(session, qtbot, tmp_path, monkeypatch):
    waveform = noise(1, RATE)
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", waveform))
    removed = session.rendering.removed
    monkeypatch.setattr(Model, "load", None)  # would fail if it were used
    first = session.rendering
    session.set_recipe(mix=0.5)
    heard = session.playback.pull(RATE)
    assert np.array_equal(heard[:, 1000:], (waveform - np.float32(0.5) * removed)[:, 1000:])
    qtbot.waitUntil(lambda: session.rendering is not first)
    assert session.rendering.removed is removed
    assert np.array_equal(after(session), waveform - np.float32(0.5) * removed)


def test_what_is_exported_is_what_is_heard_sample_for_sample(session, qtbot, tmp_path):
    session.set_recipe(strength=0.7, mix=0.8)
    waveform = speech_like(2, 12 * 44_100 + 11, 44_100)
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", waveform, 44_100))
    heard = session.playback.pull(waveform.shape[1])
    with qtbot.waitSignal(session.exporter.succeeded):
        session.export(tmp_path / "take_dry.wav", tmp_path / "take_room.wav")
    exported = read(tmp_path / "take_dry.wav")
    # The blocks of the export and of the rendering differ: 1e-6 is the stream's own promise.
    assert np.abs(exported - after(session)).max() <= 1e-6
    assert np.abs(exported - heard)[:, 1000:].max() <= 1e-6
    assert np.allclose(exported + read(tmp_path / "take_room.wav"), waveform, atol=1e-6)


def test_the_bundled_model_exports_what_is_heard(session, qtbot, tmp_path):
    session.set_recipe(model=None)
    waveform = speech_like(1, 3 * 48_000 + 5, 48_000)
    session.open(write(tmp_path / "take.wav", waveform, 48_000))
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)
    with qtbot.waitSignal(session.exporter.succeeded):
        session.export(tmp_path / "take_dry.wav")
    assert np.abs(read(tmp_path / "take_dry.wav") - after(session)).max() <= 1e-5


@pytest.mark.parametrize("moment", ["at once", "under way"])
def test_a_cancelled_export_leaves_no_file(session, qtbot, tmp_path, moment):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, 60 * RATE)))
    if moment == "under way":
        session.exporter.progressed.connect(lambda _: session.exporter.cancel())
    session.export(tmp_path / "take_dry.wav", tmp_path / "take_room.wav")
    assert session.exporter.is_busy
    if moment == "at once":
        session.exporter.cancel()
    qtbot.waitUntil(lambda: not session.exporter.is_busy)
    assert [path.name for path in tmp_path.iterdir()] == ["take.wav"]


def test_closing_during_an_export_leaves_no_file(session, qtbot, tmp_path):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, 60 * RATE)))
    session.export(tmp_path / "take_dry.wav")
    session.shut_down()
    assert [path.name for path in tmp_path.iterdir()] == ["take.wav"]


def test_an_export_that_cannot_be_written_says_why(session, qtbot, tmp_path):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, RATE)))
    (tmp_path / "file").write_text("in the way")
    with qtbot.waitSignal(session.noticed) as told:
        session.export(tmp_path / "file" / "take_dry.wav")
    assert told.args[0].kind is Kind.ERROR and "file" in told.args[0].text
    assert not session.exporter.is_busy and session.state is State.READY


def test_the_source_is_never_overwritten(session, qtbot, tmp_path):
    source = write(tmp_path / "take.wav", noise(1, RATE))
    content = source.read_bytes()
    open_and_wait(qtbot, session, source)
    with qtbot.waitSignal(session.noticed) as told:
        session.export(source)
    assert told.args[0].kind is Kind.ERROR
    assert source.read_bytes() == content


def test_a_finished_export_is_told_with_its_path(session, qtbot, tmp_path):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, RATE)))
    with qtbot.waitSignal(session.noticed) as told:
        session.export(tmp_path / "take_dry.wav")
    notice = told.args[0]
    assert notice.kind is Kind.DONE and notice.path == tmp_path / "take_dry.wav"


@pytest.mark.parametrize("content", [None, b"", b"these are words, not waves"])
def test_a_file_that_cannot_be_opened_is_told_and_the_old_one_stays(
    session, qtbot, tmp_path, content
):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, RATE)))
    recording, rendering = session.recording, session.rendering
    bad = tmp_path / "bad.wav"
    if content is not None:
        bad.write_bytes(content)
    with qtbot.waitSignal(session.noticed) as told:
        session.open(bad)
    assert told.args[0].kind is Kind.ERROR and "bad.wav" in told.args[0].text
    assert session.recording is recording and session.rendering is rendering
    assert session.state is State.READY


def test_without_an_old_file_a_bad_one_leaves_the_session_empty(session, qtbot, tmp_path):
    with qtbot.waitSignal(session.noticed):
        session.open(tmp_path / "missing.wav")
    assert session.recording is None and session.state is State.EMPTY


def test_a_file_that_is_damaged_further_in_gives_the_old_one_back(session, qtbot, tmp_path):
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, RATE)))
    recording = session.recording
    bad = noise(1, 20 * RATE)
    bad[0, -10] = np.nan
    with qtbot.waitSignal(session.noticed) as told:
        session.open(write(tmp_path / "bad.wav", bad))
    assert "bad.wav" in told.args[0].text
    assert session.recording is recording and session.state is State.READY


def test_a_file_without_samples_is_refused(session, qtbot, tmp_path):
    with qtbot.waitSignal(session.noticed) as told:
        session.open(write(tmp_path / "empty.wav", noise(1, 0)))
    assert "empty.wav" in told.args[0].text and session.state is State.EMPTY


@pytest.mark.parametrize("sample_rate", [4000, 384_000])
def test_a_sample_rate_that_is_not_treated_is_refused(session, qtbot, tmp_path, sample_rate):
    path = write(tmp_path / "odd.wav", noise(1, 100), sample_rate)
    with qtbot.waitSignal(session.noticed) as told:
        session.open(path)
    assert "odd.wav" in told.args[0].text and "kHz" in told.args[0].text
    assert session.state is State.EMPTY


def test_opening_another_file_while_one_is_read_opens_the_last(session, qtbot, tmp_path, hold):
    first = write(tmp_path / "first.wav", noise(1, RATE))
    second = write(tmp_path / "second.wav", noise(1, RATE, seed=2))
    session.open(first)
    qtbot.waitUntil(lambda: session.state is State.READING)
    session.open(second)
    hold.set()
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)
    assert session.recording.path == second


def test_while_reading_the_recipe_may_change(session, qtbot, tmp_path, hold):
    session.open(write(tmp_path / "take.wav", noise(1, RATE)))
    qtbot.waitUntil(lambda: session.state is State.READING)
    session.set_recipe(strength=0.25)
    hold.set()
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)
    assert session.rendering.recipe.strength == 0.25


def test_a_file_that_is_gone_fails_its_export_and_stays_open(session, qtbot, tmp_path):
    source = write(tmp_path / "take.wav", noise(1, RATE))
    open_and_wait(qtbot, session, source)
    source.unlink()
    with qtbot.waitSignal(session.noticed) as told:
        session.export(tmp_path / "take_dry.wav")
    assert "take.wav" in told.args[0].text and session.state is State.READY


def test_what_has_changed_meanwhile_is_not_exported_as_what_was_heard(session, qtbot, tmp_path):
    source = write(tmp_path / "take.wav", noise(1, RATE))
    open_and_wait(qtbot, session, source)
    write(source, noise(1, RATE // 2, seed=1))
    with qtbot.waitSignal(session.noticed) as told:
        session.export(tmp_path / "take_dry.wav")
    assert "'take.wav' has changed" in told.args[0].text and told.args[0].kind is Kind.ERROR
    assert not session.exporter.is_busy and not (tmp_path / "take_dry.wav").exists()
    session.open(source)
    qtbot.waitUntil(
        lambda: session.recording.info.frames == RATE // 2 and session.state is State.READY,
        timeout=PATIENCE_MS,
    )
    with qtbot.waitSignal(session.exporter.succeeded):
        session.export(tmp_path / "take_dry.wav")


def test_a_model_that_is_missing_leaves_the_recording_and_can_be_tried_again(
    session, qtbot, tmp_path, tiny_model_path
):
    missing = tmp_path / "later.pt"
    session.set_recipe(model=str(missing))
    with qtbot.waitSignal(session.noticed) as told:
        session.open(write(tmp_path / "take.wav", noise(1, RATE)))
    assert "later.pt" in told.args[0].text and session.state is State.UNTREATED
    missing.write_bytes(tiny_model_path.read_bytes())
    session.render_again()
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)


def test_settings_before_a_file_is_open_do_nothing_but_wait(session):
    session.set_recipe(strength=0.5)
    session.export(Path("nowhere.wav"))
    session.render_again()
    assert session.state is State.EMPTY and not session.exporter.is_busy


@pytest.mark.parametrize("changes", [{"strength": 1.5}, {"mix": -0.1}])
def test_impossible_settings_are_refused(session, changes):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        session.set_recipe(**changes)
    assert session.recipe.strength == Recipe().strength


def test_without_sound_everything_else_works(qtbot, tmp_path, tiny_model_path):
    session = Session(Player(fake_multimedia()))
    session.set_recipe(model=str(tiny_model_path))
    open_and_wait(qtbot, session, write(tmp_path / "take.wav", noise(1, RATE)))
    session.player.play()
    assert not session.player.is_playing
    session.shut_down()
