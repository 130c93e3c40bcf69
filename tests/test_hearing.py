"""Levels, loudness and figures of what is heard; and the window stays alive meanwhile."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import soundfile
from conftest import tiny_gain
from PyQt6.QtCore import QTimer
from signals import noise, speech_like

from desktop_app.figures import measure
from desktop_app.levels import LOWEST_DB, Level
from desktop_app.playback import Monitor
from desktop_app.recording import open_recording
from desktop_app.rendering import Rendering
from desktop_app.session import State
from desktop_app.views.meter import Meter
from processor import Cancelled, Recipe

RATE = 16_000
PATIENCE_MS = 30_000


def ignore(_: float) -> None:
    """Progress that nobody follows."""


def opened(path, waveform, rate=RATE):
    soundfile.write(path, waveform.T, rate, subtype="FLOAT")
    recording = open_recording(path)
    recording.read(ignore)
    return recording


def test_a_meter_rises_at_once_and_falls_slowly():
    tone = np.full((2, 800), 0.5, np.float32)
    level = Level()
    for _ in range(100):
        level = level.after(tone, 0.05)
    assert level.peak_db == pytest.approx(-6.02, abs=0.01) == pytest.approx(level.rms_db, abs=0.01)
    silent = level.after(np.zeros((2, 800), np.float32), 0.5)
    assert silent.peak_db == pytest.approx(level.peak_db - 10.0)
    assert silent.rms_db == pytest.approx(level.rms_db - 10 * np.log10(np.e) * 0.5 / 0.3, abs=0.01)
    assert Level().after(np.zeros((1, 0), np.float32), 9.0) == Level()


def test_a_meters_lamp_stays_on():
    level = Level().after(np.full((1, 9), -1.01, np.float32), 0.03)
    assert level.has_clipped and level.after(np.zeros((1, 9), np.float32), 9.0).has_clipped
    assert not Level().after(np.ones((1, 9), np.float32), 0.03).has_clipped
    assert level.peak_db > 0 and Level().rms_db == LOWEST_DB


def test_the_meter_of_the_window_shows_before_and_after(session, qtbot, tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, np.full(3 * RATE, 0.5, np.float32), RATE, subtype="FLOAT")
    meter = Meter(session)
    qtbot.addWidget(meter)
    session.set_recipe(strength=0.5, gain_db=6.0)
    session.open(path)
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)
    session.player.play()
    for _ in range(4):
        session.player._multimedia.sinks[-1].play(1600)
        meter.advance()
    before, after = meter.levels
    assert before.peak_db == pytest.approx(-6.02, abs=0.01)
    expected = 0.5 * tiny_gain(0.5) * 10 ** (6 / 20)
    assert after.peak_db == pytest.approx(20 * np.log10(expected), abs=0.01)
    session.player.stop()


def test_figures_tell_what_a_known_change_did(tmp_path, tiny_model_path):
    waveform = speech_like(1, 8 * RATE, RATE) + noise(1, 8 * RATE, level=0.003)
    recording = opened(tmp_path / "take.wav", waveform)
    rendering = Rendering(recording, Recipe(str(tiny_model_path), strength=0.5))
    rendering.render(ignore)
    figures = measure(recording, rendering, None, ignore)
    # All of it went down alike: speech by 10 dB, and pauses by no more than speech.
    assert figures.match_db == pytest.approx(-10.0, abs=0.05)
    assert figures.lowered_db == pytest.approx(0.0, abs=0.05)
    again = measure(recording, rendering, figures.before, ignore)
    assert again == figures


@pytest.mark.parametrize("samples", [1, 100, 3 * RATE])
def test_silence_and_the_shortest_recordings_have_figures(tmp_path, tiny_model_path, samples):
    recording = opened(tmp_path / "take.wav", np.zeros((2, samples), np.float32))
    rendering = Rendering(recording, Recipe(str(tiny_model_path)))
    rendering.render(ignore)
    figures = measure(recording, rendering, None, ignore)
    assert figures.match_db == 0.0 and figures.lowered_db is None


def test_measuring_can_be_ended(tmp_path, tiny_model_path):
    recording = opened(tmp_path / "take.wav", noise(1, RATE))
    rendering = Rendering(recording, Recipe(str(tiny_model_path)))
    rendering.render(ignore)

    def end(_: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        measure(recording, rendering, None, end)


def test_matched_loudness_is_heard_and_never_exported(session, qtbot, tmp_path):
    path = tmp_path / "take.wav"
    waveform = speech_like(1, 6 * RATE, RATE)
    soundfile.write(path, waveform.T, RATE, subtype="FLOAT")
    session.set_recipe(strength=0.5)
    session.open(path)
    qtbot.waitUntil(lambda: session.hearing.match_db is not None, timeout=PATIENCE_MS)
    session.set_monitor(Monitor.BEFORE)
    assert np.array_equal(session.playback.pull(4000)[:, 1000:], waveform[:, 1000:4000])
    session.hearing.set_matched(True)
    heard = session.playback.pull(4000)[:, 1000:]
    assert np.allclose(heard, tiny_gain(0.5) * waveform[:, 5000:8000], rtol=0.01)
    with qtbot.waitSignal(session.exporter.succeeded, timeout=PATIENCE_MS):
        session.export(tmp_path / "out.wav")
    written = soundfile.read(tmp_path / "out.wav", dtype="float32", always_2d=True)[0].T
    assert np.allclose(written, tiny_gain(0.5) * waveform, atol=1e-6)
    session.hearing.toggle_matched()
    assert not session.hearing.is_matched


def test_what_is_heard_is_what_is_exported_bit_for_bit(session, qtbot, tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(2, 9 * 44_100 + 11).T, 44_100, subtype="FLOAT")
    session.set_recipe(strength=0.7, mix=0.8, gain_db=-2.5)
    session.open(path)
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)
    heard = session.playback.pull(session.recording.info.frames)
    with qtbot.waitSignal(session.exporter.succeeded, timeout=PATIENCE_MS):
        session.export(tmp_path / "out.wav")
    written = soundfile.read(tmp_path / "out.wav", dtype="float32", always_2d=True)[0].T
    assert np.array_equal(heard[:, 1000:], written[:, 1000:])


def test_the_window_lives_on_while_it_renders_and_previews(ready, qtbot):
    """A beat of the event loop comes late by no more than a busy machine explains.

    What counts is that this thread works little: time of other processes is none of ours.
    """
    session = ready.session
    session.player.play()
    worked = []
    state = {"at": time.thread_time()}

    def beat() -> None:
        now = time.thread_time()
        worked.append(now - state["at"])
        state["at"] = now

    timer = QTimer(interval=10)
    timer.timeout.connect(beat)
    timer.start()
    for share in np.linspace(1.0, 0.1, 12):
        session.set_recipe(strength=float(share))
        session.player._multimedia.sinks[-1].play(800)
        qtbot.wait(50)
    timer.stop()
    assert threading.current_thread() is threading.main_thread() and len(worked) > 5
    assert np.median(worked) < 0.05
    session.player.stop()
