"""The preview: every knob is heard at once, wherever the playhead is, and nothing clicks."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tiny_gain
from signals import noise, sine, speech_like

from desktop_app.playback import CROSSFADE_S, Monitor, Playback
from desktop_app.player import BUFFER_S
from desktop_app.preview import Preview
from desktop_app.recording import open_recording
from processor import Cancelled, DereverbStream, Model, Recipe

RATE = 16_000  # the tiny model's own
PULL_S = 0.02  # as sound devices ask for it
LATEST_S = 0.15  # after so long a knob is heard


def ignore(_: float) -> None:
    """Progress that nobody follows."""


class Listening:
    """A playback with a preview that always gets done with what is wanted."""

    def __init__(self, path: Path, waveform: np.ndarray, rate: int, recipe: Recipe, model) -> None:
        soundfile.write(path, waveform.T, rate, subtype="FLOAT")
        self.recipe = Recipe(str(model), **recipe)
        self.recording = open_recording(path)
        self.recording.read(ignore)
        self.playback = Playback(self.recording.waveform, rate)
        self.preview = Preview(self.recording, self.playback, self.recipe)
        self.listen(Monitor.AFTER)
        self.pull_length = round(PULL_S * rate)

    def listen(self, monitor: Monitor) -> None:
        self.playback.hear(monitor, self.recipe.mix, lambda: self.preview.runs)

    def turn(self, **changes) -> None:
        self.recipe = self.preview.recipe = Recipe(**{**vars(self.recipe), **changes})
        self.listen(Monitor.AFTER)

    def hear(self, duration_s: float) -> np.ndarray:
        """Pull block by block, the preview's worker at its work in between."""
        heard = []
        for _ in range(round(duration_s / PULL_S)):
            while self.preview.advance():
                pass
            heard.append(self.playback.pull(self.pull_length))
        return np.concatenate(heard, axis=1)


@pytest.fixture
def listening(tmp_path, tiny_model_path):
    def make(waveform, rate=RATE, model=tiny_model_path, **recipe):
        return Listening(tmp_path / "take.wav", waveform, rate, recipe, model)

    return make


@pytest.mark.parametrize("start_s", [0.0, 0.1, 3.33, 8.0])
def test_the_preview_is_what_the_rendering_will_be(listening, start_s):
    """To the last bit with a model that remembers less than the warm-up lasts."""
    waveform = noise(2, 10 * RATE)
    player = listening(waveform, strength=0.5)
    start = round(start_s * RATE)
    player.playback.seek(start)
    heard = player.hear(1.0)[:, 200:]
    _, removed = DereverbStream(Model.load(player.recipe.model), RATE, 2, player.recipe).separate(
        waveform, last=True
    )
    expected = (waveform - removed)[:, start + 200 : start + 200 + heard.shape[1]]
    assert np.array_equal(heard, expected)


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize(
    "change", [{"strength": 0.0}, {"floor_db": -1.0}, {"focus": (1, 0, 1)}, {"mix": 0.0}], ids=str
)
def test_every_knob_is_heard_within_a_seventh_of_a_second(listening, rate, change):
    """Samples that the device asks for until they change, and what waits inside the device."""
    player = listening(np.ones((1, 5 * rate), np.float32), rate)
    player.playback.seek(2 * rate)
    level = player.hear(0.5)[0, -1]
    player.turn(**change)
    heard = player.hear(0.5)[0]
    half_way = abs(heard[-1] - level) / 2
    assert half_way > 0.2
    changed_at = int(np.argmax(np.abs(heard - level) > half_way))
    assert changed_at / rate + BUFFER_S < LATEST_S


def test_turning_a_knob_does_not_click(listening):
    player = listening(np.full((1, 10 * 48_000), 0.5, np.float32), 48_000, strength=0.0)
    heard = [player.hear(0.2)[:, 2000:]]
    for step in range(50):
        player.turn(strength=step / 50, mix=1 - step / 100)
        heard.append(player.hear(PULL_S))
    heard = np.concatenate(heard, axis=1)[0]
    # The tiny model jumps where its strength does; the resampler at its rate makes that 1/16 ms.
    whole = np.abs(np.diff(heard)).max()
    assert whole <= 0.5 * 0.05


def test_the_shipped_model_turns_without_a_click(listening):
    waveform = sine(1, 4 * 48_000, 48_000, 100.0)
    player = listening(waveform, 48_000, "live")
    heard = [player.hear(0.5)[:, 24_000 - 960 :]]
    for strength in (0.0, 1.0, 0.3):
        player.turn(strength=strength, floor_db=-20.0)
        heard.append(player.hear(0.3))
    steps = np.abs(np.diff(np.concatenate(heard, axis=1)[0]))
    assert steps.max() <= 2 * np.abs(np.diff(waveform[0])).max()


def test_the_shipped_models_preview_resembles_its_rendering(listening):
    waveform = speech_like(1, 5 * 48_000, 48_000)
    player = listening(waveform, 48_000, "live")
    player.playback.seek(3 * 48_000)
    heard = player.hear(1.0)[:, 960:]
    _, removed = DereverbStream(Model.load(), 48_000, 1, player.recipe).separate(
        waveform, last=True
    )
    expected = (waveform - removed)[:, 3 * 48_000 + 960 : 4 * 48_000]
    # Started half a second before the playhead and not at the beginning.
    assert np.sum((heard - expected) ** 2) < 0.1 * np.sum(expected**2)


@pytest.mark.parametrize("to_s", [0.0, 3.9, 4.2, 9.0])
def test_after_a_jump_the_preview_is_there_again(listening, to_s):
    waveform = noise(1, 10 * RATE)
    player = listening(waveform, strength=0.5)
    player.playback.seek(4 * RATE)
    player.hear(0.4)
    player.playback.seek(round(to_s * RATE))
    heard = player.hear(0.4)
    begin = round(to_s * RATE) + RATE // 10
    expected = tiny_gain(0.5) * waveform[:, begin : begin + RATE // 4]
    assert np.allclose(heard[:, RATE // 10 :][:, : RATE // 4], expected, atol=1e-6)


@pytest.mark.parametrize("length_s", [0.1, 0.4, 2.0])
def test_a_loop_is_previewed_all_the_way_round(listening, length_s):
    player = listening(np.ones((1, 10 * RATE), np.float32), strength=0.5)
    player.playback.set_loop(3 * RATE, round((3 + length_s) * RATE))
    player.playback.seek(3 * RATE)
    heard = player.hear(5 * length_s + 0.5)[0, 400:]
    assert np.allclose(heard, tiny_gain(0.5), atol=1e-6)
    player.turn(strength=0.1)
    heard = player.hear(5 * length_s + 0.5)[0, round(0.1 * RATE) :]
    assert np.allclose(heard, tiny_gain(0.1), atol=1e-6)


def test_another_model_is_heard_without_a_gap(listening, tmp_path, far_model_path):
    player = listening(np.ones((1, 8 * RATE), np.float32), strength=0.5)
    player.hear(1.0)
    player.turn(model=str(far_model_path), strength=0.25)
    heard = player.hear(1.0)[0]
    assert heard[-1] == pytest.approx(tiny_gain(0.25), abs=1e-3)
    assert np.abs(np.diff(heard)).max() <= 1 / (CROSSFADE_S * RATE)


@pytest.mark.parametrize("rate", [11_025, 44_100, 48_000])
def test_once_it_is_rendered_the_preview_is_what_will_be_exported(listening, rate):
    """Other settings, too, and from the first sample on that is heard."""
    from desktop_app.rendering import Rendering

    player = listening(speech_like(2, 8 * rate, rate), rate, model="live")
    Rendering(player.recording, player.recipe).render(ignore)
    wanted = Rendering(player.recording, Recipe("live", strength=0.5, floor_db=-20.0))
    wanted.render(ignore)
    for at_s in (0.0, 3.3, 6.0):
        at = round(at_s * rate)
        player.playback.seek(at)
        player.turn(strength=0.5, floor_db=-20.0)
        heard = player.hear(1.0)
        settled = round(0.03 * rate)  # the crossfade
        np.testing.assert_allclose(
            heard[:, settled:],
            wanted.samples(at + settled, at + heard.shape[1]),
            rtol=0,
            atol=1e-5 if rate != 48_000 else 1e-6,
        )
        player.turn(strength=1.0, floor_db=-60.0)


def test_up_to_the_end_everything_is_known(listening):
    waveform = noise(1, 2 * RATE + 123)
    player = listening(waveform, strength=0.5)
    player.playback.seek(RATE)
    heard = player.hear(2.0)
    assert heard.shape[1] == RATE + 123
    assert np.allclose(heard[:, 300:], tiny_gain(0.5) * waveform[:, RATE + 300 :], atol=1e-6)


def test_a_preview_that_lags_catches_up(listening):
    player = listening(np.ones((1, 8 * RATE), np.float32), strength=0.5)
    player.hear(0.5)
    for _ in range(20):  # the worker gets nothing done
        player.playback.pull(player.pull_length)
    assert player.playback.pull(1)[0, 0] == 1.0  # the recording, for want of anything else
    runs = player.preview.runs
    assert player.hear(0.5)[0, -1] == pytest.approx(tiny_gain(0.5))
    assert len(player.preview.runs) <= len(runs) + 1


def test_the_worker_ends_when_it_is_told(listening):
    player = listening(noise(1, RATE))
    asked = []

    def until_the_tenth(fraction: float) -> None:
        asked.append(fraction)
        if len(asked) > 10:
            raise Cancelled

    with pytest.raises(Cancelled):
        player.preview.run(until_the_tenth)


def test_while_a_session_plays_a_knob_is_heard_before_anything_is_rendered(
    session, qtbot, tmp_path, monkeypatch
):
    """The whole way: session, worker thread, playback, sound device."""
    from desktop_app.rendering import Rendering
    from desktop_app.session import State

    path = tmp_path / "take.wav"
    soundfile.write(path, np.full(20 * RATE, 0.5, np.float32), RATE, subtype="FLOAT")
    session.open(path)
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=30_000)
    held = threading.Event()
    monkeypatch.setattr(Rendering, "_separate", lambda self: iter(lambda: held.wait(0.01), True))
    session.player.seek(10.0)
    session.player.play()
    sink = session.player._multimedia.sinks[-1]
    preview = session.hearing._preview

    def hear() -> float:
        at = session.playback.position
        qtbot.waitUntil(
            lambda: any(run.reach(at) >= at + 600 for run in preview.runs), timeout=30_000
        )
        sink.play(320)
        return float(np.frombuffer(sink.heard[-4:], "<f4")[0])

    for _ in range(10):
        hear()
    session.set_recipe(strength=0.25)
    levels = [hear() for _ in range(6)]
    assert levels[-1] == pytest.approx(0.5 * tiny_gain(0.25), abs=1e-5)
    held.set()
    session.player.stop()
