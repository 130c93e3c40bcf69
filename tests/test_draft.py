"""What is looked at is rendered first: the after view follows a knob at once, in long files too."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from conftest import tiny_gain
from signals import noise

from desktop_app import rendering as rendering_module
from desktop_app.plot_data import Picture
from desktop_app.recording import open_recording
from desktop_app.rendering import Rendering
from desktop_app.session import State
from desktop_app.viewpoint import MOST_S
from processor import Model, Recipe

RATE = 16_000


def ignore(_: float) -> None:
    """Progress that nobody follows."""


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(1, 30 * RATE + 77).T, RATE, subtype="FLOAT")
    recording = open_recording(path)
    recording.read(ignore)
    return recording


def levels(picture: Picture) -> list[np.ndarray]:
    """All that a picture knows, copied."""
    return [level.copy() for level in (*picture.waveform._levels, *picture.spectrogram._levels)]


def pictured(samples, recording) -> list[np.ndarray]:
    """The same of a picture that was made of these samples from the beginning."""
    info = recording.info
    picture = Picture(samples, info.channels, info.frames, info.sample_rate)
    picture.advance(info.frames)
    return levels(picture)


@pytest.mark.parametrize("stretch", [(0, 1), (12_345, 99_999), (400_000, 480_077)])
def test_the_picture_shows_the_stretch_before_the_rest_is_rendered(
    recording, tiny_model_path, stretch, monkeypatch
):
    old = Rendering(recording, Recipe(str(tiny_model_path)))
    old.render(ignore)
    new = Rendering(recording, Recipe(str(tiny_model_path), strength=0.5))
    monkeypatch.setattr(rendering_module, "can_sketch", lambda *_: False)
    shown = []

    def look(fraction: float) -> None:
        if old.is_covered and not shown:
            shown.append(old.samples(0, recording.info.frames).copy())
            shown.append(levels(old.picture))

    new.render(look, old, stretch)
    start, stop = stretch
    expected = tiny_gain(1.0) * recording.waveform
    expected[:, start:stop] = tiny_gain(0.5) * recording.waveform[:, start:stop]
    assert np.allclose(shown[0], expected, atol=1e-6)
    again = pictured(lambda a, b: shown[0][:, a:b], recording)
    for drawn, whole in zip(shown[1], again, strict=True):
        assert np.array_equal(drawn, whole)
    # The draft leaves no trace in what comes out in the end.
    plain = Rendering(recording, new.recipe)
    plain.render(ignore)
    assert np.array_equal(new.removed, plain.removed) and not new.is_covered


def test_what_the_model_has_told_is_not_asked_again(recording, monkeypatch):
    old, new = Rendering(recording, Recipe()), Rendering(recording, Recipe(strength=0.5))
    old.render(ignore)
    plain = Rendering(open_recording(recording.path), new.recipe)
    plain.recording.read(ignore)
    plain.render(ignore)
    for name in ("step", "estimated_step"):
        monkeypatch.setattr(Model, name, None)  # would fail if it were used
    stretch, drafts = (123_000, 200_000), []

    def look(fraction: float) -> None:
        if old._treated.cover is not None and not drafts:
            drafts.append(new.removed[:, slice(*stretch)].copy())

    new.render(look, old, stretch)
    # The draft is no draft, but what will be exported.
    np.testing.assert_allclose(drafts[0], plain.removed[:, slice(*stretch)], rtol=0, atol=1e-6)
    assert np.array_equal(new.removed, plain.removed)
    for drawn, whole in zip(levels(new.picture), levels(plain.picture), strict=True):
        assert np.array_equal(drawn, whole)


def test_another_model_is_asked(recording, tiny_model_path):
    for _ in range(2):
        Rendering(recording, Recipe()).render(ignore)
        assert recording.told_s >= recording.duration_s
        recording.recalling(Model.load(tiny_model_path))  # a preview: it keeps nothing
        assert recording.told_s >= recording.duration_s
        Rendering(recording, Recipe(str(tiny_model_path))).render(ignore)
        assert recording.told_s == 0


def test_going_back_to_the_old_settings_draws_the_old_picture(session, qtbot, recording):
    session.open(recording.path)
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=30_000)
    old, before = session.rendering, levels(session.rendering.picture)
    session.set_recipe(strength=0.3)
    qtbot.waitUntil(lambda: old.is_covered, timeout=30_000)
    session.set_recipe(strength=1.0)
    qtbot.waitUntil(
        lambda: session.state is State.READY and session.rendering.recipe.strength == 1.0,
        timeout=30_000,
    )
    for drawn, whole in zip(levels(session.rendering.picture), before, strict=True):
        assert np.array_equal(drawn, whole)


@pytest.mark.parametrize(
    "visible, position_s, expected",
    [
        ((0, 0), 0, (0, 20)),
        ((0, 300), 100, (96, 116)),
        ((0, 300), 299, (280, 300)),
        ((50, 60), 100, (50, 60)),
        ((50, 150), 10, (90, 110)),
        ((50, 150), 51, (50, 70)),
    ],
)
def test_what_is_in_sight_at_the_playhead_comes_first(
    session, monkeypatch, visible, position_s, expected
):
    from types import SimpleNamespace

    info = SimpleNamespace(sample_rate=100, frames=30_000)
    session.recording = SimpleNamespace(duration_s=300.0, info=info)
    monkeypatch.setattr(type(session.player), "position_s", position_s)
    session.viewpoint.set_visible(*visible)
    assert session.viewpoint.stretch() == tuple(100 * each for each in expected)
    session.recording.duration_s = MOST_S
    assert session.viewpoint.stretch() == (0, 0)
    session.recording = None
    assert session.viewpoint.stretch() == (0, 0)
