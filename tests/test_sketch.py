"""What another recipe would look like is told at once, and nearly right."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from signals import noise

from desktop_app.plot_data import Picture
from desktop_app.readout import level_at, peak_at
from desktop_app.recording import Recording, open_recording
from desktop_app.rendering import Rendering
from desktop_app.sketch import can_sketch, shares, sketched
from desktop_app.stft import STEP_DB
from processor import Recipe
from processor.errors import Cancelled
from processor.model_files import MODELS

RATE = 48_000


def ignore(_: float) -> None:
    """Progress that nobody follows."""


@pytest.fixture(scope="module")
def kitchen() -> Recording:
    recording = open_recording(MODELS / "samples" / "kitchen.flac")
    recording.read(ignore)
    return recording


@pytest.fixture(scope="module")
def rendered(kitchen: Recording) -> Rendering:
    rendering = Rendering(kitchen, Recipe())
    rendering.render(ignore)
    return rendering


def drawn(picture: Picture) -> list[np.ndarray]:
    return [*picture.waveform._levels, *picture.spectrogram._levels]


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(strength=0.5),
        Recipe(strength=0.1),
        Recipe(mix=0.6),
        Recipe(strength=0.7, mix=0.8, gain_db=6),
        Recipe(focus=(1, 0.5, 0.2)),
        Recipe(gain_db=-12),
    ],
    ids=lambda recipe: recipe.settings,
)
def test_a_sketch_is_nearly_what_is_rendered_later(kitchen, rendered, recipe) -> None:
    later = Rendering(kitchen, recipe)
    rendered._sketch(later, ignore)
    later.render(ignore)
    sketch, true, old = (
        levels[1].astype(float) * STEP_DB
        for levels in (
            rendered.picture.spectrogram._levels,
            later.picture.spectrogram._levels,
            rendered.picture.spectrogram._computed,
        )
    )
    heard = true > 30  # above -90 dB
    off, off_before = np.abs(sketch - true)[heard], np.abs(old - true)[heard]
    assert np.median(off) <= 1.0 and np.quantile(off, 0.9) <= 2.0
    assert np.quantile(off, 0.9) < np.quantile(off_before, 0.9) / 2
    sketch, true = (each.picture.waveform._levels[1] for each in (rendered, later))
    assert np.abs(sketch - true).mean() < 0.15 * np.abs(true).mean()


def test_a_sketch_of_nothing_removed_is_the_recording(kitchen, rendered) -> None:
    rendered._sketch(Rendering(kitchen, Recipe(strength=0)), ignore)
    for sketch, before in zip(drawn(rendered.picture), drawn(kitchen.picture), strict=True):
        np.testing.assert_allclose(sketch, before, rtol=1e-6)


def test_a_sketch_of_the_same_is_what_was_drawn_whatever_was_sketched_between(
    kitchen, rendered
) -> None:
    rendered._sketch(Rendering(kitchen, Recipe(strength=0.0)), ignore)
    rendered._sketch(Rendering(kitchen, Recipe()), ignore)
    computed = [*rendered.picture.waveform._computed, *rendered.picture.spectrogram._computed]
    for sketch, old in zip(drawn(rendered.picture)[-1:], computed[-1:], strict=True):
        assert np.abs(sketch.astype(int) - old).max() <= 1  # half a decibel


def test_numbers_are_not_read_off_a_sketch(kitchen) -> None:
    rendering = Rendering(kitchen, Recipe(strength=0.2))
    rendering.render(ignore)
    picture, at = rendering.picture, (3.0, 0.0, 1000.0, 2048)
    assert level_at(picture, *at) is not None and peak_at(picture, 3.0, 3.1, 0) is not None
    rendering._sketch(Rendering(kitchen, Recipe()), ignore)
    assert level_at(picture, *at) is None and peak_at(picture, 3.0, 3.1, 0) is None
    picture.renew(2 * RATE, 4 * RATE)  # the stretch in sight
    assert level_at(picture, *at) is not None and peak_at(picture, 3.0, 3.1, 0) is not None
    assert level_at(picture, 5.0, 0.0, 1000.0, 2048) is None


def test_the_stretch_in_sight_lies_over_the_sketch(tmp_path, tiny_model_path) -> None:
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(1, 30 * 16_000).T, 16_000, subtype="FLOAT")
    recording = open_recording(path)
    recording.read(ignore)
    old = Rendering(recording, Recipe(str(tiny_model_path)))
    old.render(ignore)
    new = Rendering(recording, Recipe(str(tiny_model_path), strength=0.5))
    seen = []

    def look(fraction: float) -> None:
        if fraction and not seen:
            seen.append([level.copy() for level in drawn(old.picture)])

    new.render(look, old, (160_000, 320_000))
    assert old.is_covered and not new.is_covered
    first, last = 160_000 // 256 + 1, 320_000 // 256 - 1
    assert np.array_equal(seen[0][0][:, first:last], new.picture.waveform._levels[0][:, first:last])
    # Elsewhere it is a sketch: with this model, one gain for all, exactly what comes.
    np.testing.assert_allclose(seen[0][0], new.picture.waveform._levels[0], atol=1e-5)


def test_what_lay_over_a_picture_or_was_sketched_leaves_no_trace(kitchen) -> None:
    rendering = Rendering(kitchen, Recipe(strength=0.5))
    rendering.render(ignore)
    true = [level.copy() for level in drawn(rendering.picture)]
    other = Rendering(kitchen, Recipe(strength=0.1))
    other.render(ignore)
    rendering._cover_with(other, ignore, RATE, 3 * RATE)  # as of a model that cannot be sketched
    rendering._sketch(Rendering(kitchen, Recipe(strength=0.9)), ignore)
    computed = [*rendering.picture.waveform._computed, *rendering.picture.spectrogram._computed]
    assert all(map(np.array_equal, computed, true))
    rendering._cover_with(other, ignore, 4 * RATE, 5 * RATE)
    rendering._sketch(Rendering(kitchen, Recipe("other")), ignore)
    assert all(map(np.array_equal, drawn(rendering.picture), true)) and not rendering.is_covered


def test_silence_is_sketched_as_silence_and_nothing_beyond_what_a_network_does(tmp_path) -> None:
    path = tmp_path / "gaps.wav"
    waveform = soundfile.read(MODELS / "samples" / "kitchen.flac", dtype="float32")[0]
    waveform[2 * RATE : 4 * RATE] = 0
    soundfile.write(path, waveform, RATE, subtype="FLOAT")
    recording = open_recording(path)
    recording.read(ignore)
    old = Rendering(recording, Recipe(strength=0.25))
    old.render(ignore)
    new = Rendering(recording, Recipe(gain_db=12))
    old._sketch(new, ignore)
    new.render(ignore)
    sketch, true = (each.picture.spectrogram._levels[1].astype(int) for each in (old, new))
    assert (sketch - true > 40).mean() < 1e-3 and sketch.max() < 255
    assert not sketch[recording.picture.spectrogram._levels[1] == 0].any()


def test_a_sketch_seen_closely_is_one_too(kitchen) -> None:
    rendering = Rendering(kitchen, Recipe())
    rendering.render(ignore)
    rendering._sketch(Rendering(kitchen, Recipe(strength=0)), ignore)
    rendering.picture.renew(5 * RATE, 6 * RATE)  # shows what is rendered
    pyramid, entries = rendering.picture.waveform, kitchen.picture.waveform._levels[0]
    for start, is_sketch in ((3 * RATE, True), (5 * RATE, False)):
        found = pyramid.columns(start, start + 25_600, 1_000)
        of_recording = entries[:, (start + 25.6 * np.arange(1_000)).astype(int) // 256]
        assert np.allclose(found, of_recording, atol=1e-6) == is_sketch
        treated = rendering.samples(start, start + 25_600)
        assert (float(found.max()) == float(treated.max())) != is_sketch


def test_a_sketch_can_be_ended(kitchen, rendered) -> None:
    def end(_: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        rendered._sketch(Rendering(kitchen, Recipe(strength=0.5)), end)
    assert rendered.is_covered  # and thus is not taken for what it was


@pytest.mark.parametrize(
    "old, new",
    [
        (Recipe(), Recipe("other")),
        (Recipe(strength=0.0), Recipe()),
        (Recipe(mix=0.0), Recipe()),
        (Recipe(focus=(0, 0, 0)), Recipe()),
        (Recipe(), Recipe(output="removed")),
        (Recipe(strength=0.1), Recipe()),
        (Recipe(mix=0.1), Recipe()),
        (Recipe(focus=(1, 0.1, 1)), Recipe()),
    ],
)
def test_what_cannot_be_told_is_not_sketched(old: Recipe, new: Recipe) -> None:
    assert not can_sketch(old, new)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("change_db", [-30.0, -6.0, 0.0, 3.0])
def test_a_sketch_knows_what_the_knobs_do(strength: float, change_db: float) -> None:
    """Of one component that full strength changes by so much."""

    def after(recipe: Recipe) -> float:
        kept = max(10 ** (recipe.strength * change_db / 20), 10 ** (recipe.floor_db / 20))
        return 10 ** (recipe.gain_db / 20) * (1 - recipe.mix * recipe.focus[1] * (1 - kept))

    old = Recipe(strength=strength, mix=0.9, focus=(1, 0.7, 1), gain_db=2)
    for new in (Recipe(), Recipe(strength=0.3, gain_db=-4), Recipe(floor_db=-12, mix=0.5)):
        share = np.array(old.focus[1]), np.array(new.focus[1])
        found = sketched(np.array(after(old)), old, new, *share)
        assert found == pytest.approx(after(new), rel=1e-6)


def test_bands_of_the_focus_meet_where_those_of_the_network_do() -> None:
    from training.network import focus_bands

    network = focus_bands(721, 24_000 / 720).numpy()
    for band in range(3):
        focus = tuple(float(band == each) for each in range(3))
        found = shares(focus, np.arange(721) * 24_000 / 720)
        np.testing.assert_allclose(found[1:], network[band][1:], atol=1e-5)
