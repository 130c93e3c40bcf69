"""Dereverb: Pedalboard's manners, compared with Pedalboard itself where it sets the rule."""

from __future__ import annotations

import copy
import pickle
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
import pytest
from conftest import tiny_gain
from signals import Waveform, lag_between, noise, speech_like

from processor import Dereverb, Recipe
from processor.errors import ModelError
from processor.model import Model, ModelState


@pytest.fixture
def dereverb(tiny_model: Model) -> Dereverb:
    """A Dereverb with a known answer: a tenth of the input."""
    return Dereverb(tiny_model)


def test_result_is_aligned_and_as_long_as_the_input(dereverb: Dereverb) -> None:
    x = noise(2, 5003)
    np.testing.assert_allclose(dereverb(x, 16000), tiny_gain(1.0) * x, atol=1e-7)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_bundled_model_makes_a_voice_no_louder_and_keeps_its_place(
    bundled_model: Model, rate: int
) -> None:
    x = speech_like(1, rate, rate)
    y = Dereverb()(x, rate)
    assert lag_between(x, y) == 0
    assert np.square(y).sum() < 1.1 * np.square(x).sum()


def test_input_array_is_left_alone_and_never_shared(dereverb: Dereverb) -> None:
    dereverb.mix = 0.0
    x = noise(2, 3000)
    kept = x.copy()
    y = dereverb(x, 16000)
    np.testing.assert_array_equal(y, kept)
    assert not np.shares_memory(x, y)
    y[:] = 7.0
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf"), 7999, 192001])
def test_rate_out_of_range_is_refused(dereverb: Dereverb, rate: float) -> None:
    with pytest.raises(ValueError, match="between 8000 and 192000"):
        dereverb(noise(1, 100), rate)


@pytest.mark.parametrize("size", [0, -5])
def test_buffer_size_out_of_range_is_refused(dereverb: Dereverb, size: int) -> None:
    with pytest.raises(ValueError, match="buffer_size must be 1 or more"):
        dereverb(noise(1, 100), 44100, size)


@pytest.mark.parametrize("size", [10.5, "8192", None, True])
def test_buffer_size_of_the_wrong_kind_is_refused(dereverb: Dereverb, size) -> None:
    with pytest.raises(TypeError, match="buffer_size must be a whole number"):
        dereverb(noise(1, 100), 44100, size)


@pytest.mark.parametrize("size", [1, 100, 10**9])
def test_buffer_size_makes_no_difference(dereverb: Dereverb, size: int) -> None:
    x = noise(1, 3000)
    np.testing.assert_array_equal(dereverb(x, 44100, buffer_size=size), dereverb(x, 44100))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("reset", [True, False])
def test_nan_and_inf_are_refused(dereverb: Dereverb, bad: float, reset: bool) -> None:
    x = noise(2, 100)
    x[1, 50] = bad
    with pytest.raises(ValueError, match="NaN or inf"):
        dereverb(x, 44100, reset=reset)


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("turned", [False, True], ids=["channels-first", "channels-last"])
def test_blocks_and_a_flush_equal_one_call(
    dereverb: Dereverb, rate: int, channels: int, turned: bool
) -> None:
    x = noise(channels, 6000)
    x = x.T if turned else x
    time = 0 if turned else 1
    cuts = [0, 20, 21, 22, 24, 30, 190, 350, 2350, 2350, 6000]
    blocks = np.split(x, cuts[1:-1], axis=time)
    parts = [dereverb(block, rate, reset=False) for block in blocks]
    parts.append(dereverb.flush())
    np.testing.assert_array_equal(np.concatenate(parts, axis=time), dereverb(x, rate))


def test_mono_arrays_stream_sample_by_sample(dereverb: Dereverb) -> None:
    x = noise(1, 700)[0]
    parts = [dereverb(x[i : i + 1], 16000, reset=False) for i in range(700)]
    np.testing.assert_array_equal(np.concatenate([*parts, dereverb.flush()]), dereverb(x, 16000))


def test_first_blocks_return_fewer_samples(dereverb: Dereverb) -> None:
    assert dereverb(noise(2, 300), 16000, reset=False).shape == (2, 0)
    assert dereverb(noise(2, 340), 16000, reset=False).shape == (2, 320)


def test_empty_block_does_not_disturb_the_stream(dereverb: Dereverb) -> None:
    x = noise(2, 1000)
    parts = [dereverb(x, 16000, reset=False), dereverb(x[:, :0], 16000, reset=False)]
    np.testing.assert_array_equal(
        np.concatenate([*parts, dereverb.flush()], axis=1), dereverb(x, 16000)
    )


@pytest.mark.parametrize("block", [(3, 100), (100,), (1, 100), (100, 2)])
def test_stream_refuses_a_block_of_another_layout(
    dereverb: Dereverb, block: tuple[int, ...]
) -> None:
    dereverb(noise(2, 100), 44100, reset=False)
    with pytest.raises(ValueError, match=r"blocks of shape \(2, samples\).*flush\(\) or reset\(\)"):
        dereverb(np.zeros(block, np.float32), 44100, reset=False)


def test_stream_refuses_another_rate(dereverb: Dereverb) -> None:
    dereverb(noise(2, 100), 44100, reset=False)
    with pytest.raises(ValueError, match=r"began at 44100 Hz.*flush\(\) or reset\(\)"):
        dereverb(noise(2, 100), 48000, reset=False)


@pytest.mark.parametrize("end", [Dereverb.flush, Dereverb.reset])
def test_after_its_end_a_stream_may_begin_differently(dereverb: Dereverb, end) -> None:
    dereverb(noise(2, 100), 44100, reset=False)
    end(dereverb)
    x = noise(1, 2000)[0]
    parts = [dereverb(x, 16000, reset=False), dereverb.flush()]
    np.testing.assert_array_equal(np.concatenate(parts), dereverb(x, 16000))


def test_whole_call_forgets_the_stream_under_way(dereverb: Dereverb) -> None:
    x = noise(2, 1000)
    dereverb(noise(2, 999, seed=1), 16000, reset=False)
    np.testing.assert_allclose(dereverb(x, 16000), tiny_gain(1.0) * x, atol=1e-7)
    assert dereverb.flush().size == 0


def test_flush_without_a_stream_returns_nothing(dereverb: Dereverb) -> None:
    assert dereverb.flush().shape == (0,)


def test_flush_keeps_the_layout_of_the_stream(dereverb: Dereverb) -> None:
    dereverb(noise(2, 1000).T, 16000, reset=False)
    assert dereverb.flush().shape == (360, 2)


@pytest.mark.parametrize("name, value", [("strength", 0.0), ("mix", 0.0), ("floor_db", 0.0)])
def test_settings_act_on_the_next_block(dereverb: Dereverb, name: str, value: float) -> None:
    x = np.ones((1, 1600), np.float32)
    dereverb(x, 16000, reset=False)
    setattr(dereverb, name, value)
    rest = [dereverb(x, 16000, reset=False), dereverb.flush()]
    np.testing.assert_array_equal(np.concatenate(rest, axis=1)[:, 320:], 1.0)


@pytest.mark.parametrize(
    "name, value", [("strength", 1.01), ("mix", -0.01), ("floor_db", 0.1), ("floor_db", -121)]
)
def test_setting_out_of_range_is_refused_and_changes_nothing(
    dereverb: Dereverb, name: str, value: float
) -> None:
    before = dereverb.recipe
    with pytest.raises(ValueError, match=f"{name} must lie between"):
        setattr(dereverb, name, value)
    assert dereverb.recipe == before
    with pytest.raises(ValueError, match=f"{name} must lie between"):
        Dereverb(dereverb.model, **{name: value})


def test_model_is_named_by_path_instance_or_nothing(tiny_model_path: Path) -> None:
    assert Dereverb(tiny_model_path).recipe.model == str(tiny_model_path)
    assert Dereverb(str(tiny_model_path)).model.spec.name == "tiny"
    assert Dereverb().recipe == Recipe()


def test_missing_model_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.pt"):
        Dereverb(tmp_path / "absent.pt")


def test_latency_is_told_at_the_rate_of_the_stream(dereverb: Dereverb) -> None:
    at_the_models_rate = dereverb.latency_samples
    assert at_the_models_rate == 320 + 159
    dereverb(noise(1, 10), 48000, reset=False)
    assert dereverb.latency_samples > 3 * at_the_models_rate
    dereverb.reset()
    assert dereverb.latency_samples == at_the_models_rate


def test_it_is_an_effect_and_no_instrument(dereverb: Dereverb) -> None:
    assert dereverb.is_effect is True
    assert dereverb.is_instrument is False


def test_repr_is_in_pedalboards_style(tiny_model: Model) -> None:
    shown = repr(Dereverb(tiny_model, strength=0.8))
    assert re.fullmatch(
        r"<processor\.Dereverb strength=0\.8 mix=1 floor_db=-60 focus=\(1, 1, 1\) link=True "
        r"output='dry' gain_db=0 at 0x[0-9a-f]+>",
        shown,
    )


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda effect: pickle.loads(pickle.dumps(effect))]
)
def test_copies_have_the_settings_and_not_the_stream(tiny_model: Model, copied) -> None:
    dereverb = Dereverb(tiny_model, strength=0.3, mix=0.9, floor_db=-40)
    x = noise(1, 1000)
    dereverb(x, 16000, reset=False)
    twin = copied(dereverb)
    assert twin.recipe == dereverb.recipe
    assert twin.flush().size == 0
    twin.strength = 1.0
    assert dereverb.strength == 0.3
    assert dereverb.flush().size == 360


def test_native_pedalboard_refuses_it_loudly(dereverb: Dereverb) -> None:
    with pytest.raises(TypeError):
        pedalboard.Pedalboard([dereverb])


class MeetingModel(Model):
    """Notes how many threads are inside at once, and lets them wait for each other."""

    def __init__(self, model: Model, meeting: threading.Barrier | None = None) -> None:
        super().__init__(model._module, model.spec, model.path)
        self.meeting = meeting
        self.counting = threading.Lock()
        self.inside = self.most_inside = 0

    def step(
        self, waveform: Waveform, state: ModelState, *settings: Any
    ) -> tuple[Waveform, ModelState]:
        with self.counting:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
        if self.meeting is not None:
            self.meeting.wait()
        result = super().step(waveform, state, *settings)
        with self.counting:
            self.inside -= 1
        return result


def run_in_threads(*calls) -> list[Waveform]:
    results: list[Waveform] = [np.zeros(0, np.float32)] * len(calls)

    def run(place: int) -> None:
        results[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_instances_compute_at_the_same_time(tiny_model: Model) -> None:
    # Each waits inside the network until the other has come there, or the barrier breaks.
    model = MeetingModel(tiny_model, threading.Barrier(2, timeout=20))
    x = noise(1, 160)
    one, other = Dereverb(model), Dereverb(model)
    run_in_threads(lambda: one(x, 16000, reset=False), lambda: other(x, 16000, reset=False))
    assert model.most_inside == 2


def test_calls_of_one_instance_wait_for_each_other(tiny_model: Model) -> None:
    model = MeetingModel(tiny_model)
    dereverb = Dereverb(model)
    signals = [noise(1, 16000, seed=seed) for seed in range(4)]
    results = run_in_threads(*(lambda x=x: dereverb(x, 16000) for x in signals))
    assert model.most_inside == 1
    for x, y in zip(signals, results, strict=True):
        np.testing.assert_allclose(y, tiny_gain(1.0) * x, atol=1e-6)
