"""What a network has told is not asked again, and makes no difference to what comes out."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from signals import Waveform, noise, speech_like

from processor.estimates import Estimates
from processor.model import Model
from processor.recipe import Recipe
from processor.stream import DereverbStream

RATE = 48_000
ROOMY = 10**9
GENTLE = Recipe(strength=0.4, floor_db=-18.0, focus=(1.0, 0.5, 0.2))
RECIPES = [Recipe(), GENTLE, Recipe(link=False), Recipe(strength=0.0)]


@pytest.fixture(scope="module")
def speech() -> Waveform:
    return speech_like(2, 7 * RATE + 123, RATE)


def removed(model, waveform: Waveform, recipe: Recipe, rate: int = RATE, size: int = 0) -> Waveform:
    """What a stream removes, fed in its own steps, or in blocks of a size."""
    stream = DereverbStream(model, rate, waveform.shape[0], recipe)
    size = size or stream.step_samples
    starts = range(0, waveform.shape[1], size)
    parts = [stream.separate(waveform[:, start : start + size])[1] for start in starts]
    parts.append(stream.separate(waveform[:, :0], last=True)[1])
    return np.concatenate(parts, axis=1)


def same_bits(a: Waveform, b: Waveform) -> bool:
    return a.shape == b.shape and bool((a.view(np.uint32) == b.view(np.uint32)).all())


def noting(method, calls: list[int]):
    def noted(self, waveform, *arguments):
        calls.append(waveform.shape[1])
        return method(self, waveform, *arguments)

    return noted


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """How many samples the network was asked about at each call."""
    calls: list[int] = []
    for name in ("step", "estimated_step"):
        monkeypatch.setattr(Model, name, noting(getattr(Model, name), calls))
    return calls


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_second_run_gives_the_same_bits_and_asks_nothing(bundled_model, asked, rate) -> None:
    waveform = speech_like(2, 5 * rate + 7, rate)
    estimates = Estimates(bundled_model, ROOMY)
    for recipe in RECIPES:
        told = removed(estimates.recalling(), waveform, recipe, rate)
        asked_of_network = sum(asked)
        assert same_bits(told, removed(bundled_model, waveform, recipe, rate))
        asked.clear()
        assert bool(asked_of_network) == (recipe is RECIPES[0])


def test_a_model_of_long_hops_recalls(tmp_path) -> None:
    """As studio has them: several frames are a hop."""
    from networks import random_network, saved
    from test_formulations import tiny

    model = saved(random_network(tiny("studio").network, 0.1), tmp_path / "studio.pt")
    rate = model.spec.sample_rate
    assert model.spec.hop_length > 480
    waveform = noise(1, 9 * model.spec.hop_length + 5)
    estimates = Estimates(model, ROOMY)
    for recipe in (Recipe(), Recipe(strength=0.5)):
        expected = removed(model, waveform, recipe, rate)
        assert same_bits(removed(estimates.recalling(), waveform, recipe, rate), expected)
    assert estimates.seconds >= waveform.shape[1] / rate


@pytest.mark.parametrize("seconds", [0.5, 3.0, 5.3])
def test_a_run_that_was_given_up_is_gone_on_with(bundled_model, speech, asked, seconds) -> None:
    estimates = Estimates(bundled_model, ROOMY)
    stream = DereverbStream(estimates.recalling(), RATE, 2, Recipe())
    stream.separate(speech[:, : round(seconds * RATE)])
    told, before = estimates.seconds, sum(asked)
    assert told == pytest.approx(before / RATE) and seconds - 0.1 < told <= seconds
    found = removed(estimates.recalling(), speech, GENTLE)
    assert sum(asked) < speech.shape[1] + RATE / 10  # nothing twice
    np.testing.assert_allclose(found, removed(bundled_model, speech, GENTLE), rtol=0, atol=1e-6)


def test_what_does_not_fit_is_asked_again_each_time(bundled_model, speech, asked) -> None:
    estimates = Estimates(bundled_model, 4_000_000)
    for recipe in RECIPES:
        asked.clear()
        told = removed(estimates.recalling(), speech, recipe)
        assert sum(asked) > speech.shape[1] / 2
        assert same_bits(told, removed(bundled_model, speech, recipe))
    assert 1 < estimates.seconds < 4


def test_blocks_of_other_sizes_recall_it_too(bundled_model, speech) -> None:
    estimates = Estimates(bundled_model, ROOMY)
    for size in (30_000, 7_777, 480):
        found = removed(estimates.recalling(), speech, GENTLE, size=size)
        wanted = removed(bundled_model, speech, GENTLE)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_after_an_overflow_it_goes_on_as_the_model_does(bundled_model, speech) -> None:
    loud = speech.copy()
    loud[:, 3 * RATE] = 1e38
    estimates = Estimates(bundled_model, ROOMY)
    for recipe in (Recipe(), GENTLE, Recipe()):
        expected = removed(bundled_model, loud, recipe)
        assert same_bits(removed(estimates.recalling(), loud, recipe), expected)
    assert not removed(bundled_model, loud, Recipe())[:, 3 * RATE : 3 * RATE + 100].any()


def test_a_model_that_cannot_tell_is_asked_each_time(tiny_model) -> None:
    estimates, waveform = Estimates(tiny_model, ROOMY), noise(1, 16_000)
    for recipe in (Recipe(), GENTLE):
        found = removed(estimates.recalling(), waveform, recipe, 16_000)
        assert same_bits(found, removed(tiny_model, waveform, recipe, 16_000))
    assert estimates.seconds == 0


def test_two_runs_at_once_fill_them_together(bundled_model, speech) -> None:
    estimates = Estimates(bundled_model, ROOMY)
    found: dict[int, Waveform] = {}

    def run(number: int) -> None:
        found[number] = removed(estimates.recalling(), speech, RECIPES[number])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, told in found.items():
        np.testing.assert_allclose(
            told, removed(bundled_model, speech, RECIPES[number]), rtol=0, atol=1e-6
        )
    assert estimates.seconds >= speech.shape[1] / RATE


def test_a_run_that_is_overtaken_by_another_is_none_the_worse(
    bundled_model, speech, monkeypatch
) -> None:
    """The one that was given up goes on by a step in the middle of each step of the other."""
    estimates = Estimates(bundled_model, ROOMY)
    given_up = DereverbStream(estimates.recalling(), RATE, 2, Recipe())
    steps = iter(np.split(speech, range(60_000, speech.shape[1], 60_000), axis=1))
    given_up.feed(next(steps))
    asking = Model.estimated_step
    is_inside = []

    def overtaken(self, *arguments):
        if not is_inside:
            is_inside.append(True)
            given_up.feed(next(steps))
            is_inside.clear()
        return asking(self, *arguments)

    monkeypatch.setattr(Model, "estimated_step", overtaken)
    part = speech[:, :300_000]
    found = removed(estimates.recalling(), part, GENTLE, size=60_000)
    monkeypatch.undo()
    for told in (found, removed(estimates.recalling(), part, GENTLE)):
        wanted = removed(bundled_model, part, GENTLE)
        np.testing.assert_allclose(told, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("hop", [0, 1, 137, 400, 690, 1000])
def test_a_run_may_begin_in_the_middle(bundled_model, speech, asked, hop) -> None:
    """What it removes is what one from the beginning removes; where nothing is kept, nearly."""
    estimates = Estimates(bundled_model, ROOMY)
    DereverbStream(estimates.recalling(), RATE, 2, Recipe()).feed(speech[:, : 6 * RATE])
    kept = estimates.seconds
    asked.clear()
    later = speech[:, 480 * hop :]
    found = removed(estimates.recalling(hop, keeps=False), later, GENTLE, size=960)
    assert estimates.seconds == kept
    wanted = removed(bundled_model, speech, GENTLE)[:, 480 * hop :]
    if hop < 600:
        assert sum(asked) < 2 * RATE + speech.shape[1]  # of which all is asked by the plain run
        np.testing.assert_allclose(found[:, 2880:], wanted[:, 2880:], rtol=0, atol=1e-6)
    else:
        own = removed(bundled_model, later, GENTLE, size=960)
        assert same_bits(found, own)


def test_wrong_shapes_and_a_stream_that_is_reset(bundled_model, speech) -> None:
    model = Estimates(bundled_model, ROOMY).recalling()
    with pytest.raises(ValueError, match="A step takes"):
        model.step(speech[:, :100], model.initial_state(2), 1.0, -60.0)
    stream = DereverbStream(Estimates(bundled_model, ROOMY).recalling(), RATE, 2)
    stream.feed(speech[:, :RATE])
    stream.reset()  # from now on another recording, for all that is known
    _, found = stream.separate(speech[:, RATE:], last=True)
    _, wanted = DereverbStream(bundled_model, RATE, 2).separate(speech[:, RATE:], last=True)
    assert same_bits(found, wanted)
