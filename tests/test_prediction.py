"""Late reverberation predicted by least squares: what it finds, and that nothing upsets it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import random_network, removed
from signals import noise, speech_like
from torch import Tensor

from training.config import Config
from training.late import LatePrediction
from training.network import Network

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
BINS, TAPS, DELAY = 6, 4, 2


@pytest.fixture
def prediction() -> LatePrediction:
    return LatePrediction(BINS, TAPS, DELAY, half_life=300.0)


def spectra(frames: int, channels: int = 1, seed: int = 0, bins: int = BINS) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(frames, channels, bins, dtype=torch.complex64, generator=generator)


def reverberant(dry: Tensor, coefficient: complex) -> Tensor:
    """Each frame with some of what was heard DELAY frames before: fully predictable but for dry."""
    wet = dry.clone()
    for i in range(DELAY, len(wet)):
        wet[i] += coefficient * wet[i - DELAY]
    return wet


def run(prediction: LatePrediction, spectrum: Tensor, parts: list[int]) -> Tensor:
    memory = prediction.initial_memory(spectrum.shape[1], spectrum.device)
    done = []
    for part in spectrum.split(parts):
        late, memory = prediction(part, memory)
        done.append(late)
    return torch.cat(done)


def power(spectrum: Tensor) -> float:
    return float(spectrum.abs().square().mean())


@pytest.mark.parametrize("coefficient", [0.8, 0.8j, -0.5 + 0.5j])
def test_it_finds_what_the_past_tells(prediction: LatePrediction, coefficient: complex) -> None:
    dry = spectra(600)
    wet = reverberant(dry, coefficient)
    late = run(prediction, wet, [600])
    left = wet - late
    assert power((left - dry)[300:]) < 0.1 * power((wet - dry)[300:])


def test_it_follows_when_the_room_changes(prediction: LatePrediction) -> None:
    dry = spectra(2_000)
    wet = torch.cat([reverberant(dry[:600], 0.8), reverberant(dry[600:], -0.8)])
    left = wet - run(prediction, wet, [2_000])
    assert power((left - dry)[1_700:]) < 0.1 * power((wet - dry)[1_700:])


def test_it_takes_little_where_there_is_nothing_to_predict(prediction: LatePrediction) -> None:
    dry = spectra(600)
    assert power(run(prediction, dry, [600])) < 0.05 * power(dry)


def test_it_begins_by_predicting_nothing(prediction: LatePrediction) -> None:
    assert not run(prediction, spectra(20), [20]).any()


@pytest.mark.parametrize("parts", [[1] * 95, [10] * 9 + [5], [3, 80, 12], [94, 1]])
def test_any_chunking_equals_one_call(prediction: LatePrediction, parts: list[int]) -> None:
    wet = reverberant(spectra(95, channels=2), 0.7)
    whole = run(prediction, wet, [95])
    torch.testing.assert_close(run(prediction, wet, parts), whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("gain", [1e-4, 1e4])
def test_the_level_makes_no_difference(prediction: LatePrediction, gain: float) -> None:
    wet = reverberant(spectra(200), 0.7)
    expected = gain * run(prediction, wet, [200])
    torch.testing.assert_close(
        run(prediction, gain * wet, [200]), expected, atol=1e-3 * gain, rtol=0
    )


def test_channels_do_not_hear_each_other(prediction: LatePrediction) -> None:
    wet = reverberant(spectra(100, channels=3), 0.7)
    alone = run(prediction, wet[:, 1:2], [100])
    torch.testing.assert_close(run(prediction, wet, [100])[:, 1:2], alone, atol=1e-6, rtol=0)


def test_silence_is_survived_and_forgets(prediction: LatePrediction) -> None:
    wet = reverberant(spectra(200), 0.7)
    silence = torch.zeros(12_000, 1, BINS, dtype=torch.complex64)
    late = run(prediction, torch.cat([wet, silence, wet]), [6_200, 6_200])
    assert torch.isfinite(late.abs()).all()
    assert not late[400:12_000].any()
    again, fresh = late[12_200:], run(prediction, wet, [200])
    # The first block of a recording is not learnt from, that after a silence is: until it is made
    # up for they differ, the more the longer a block is.
    assert power((again - fresh)[100:]) < 0.05 * power(fresh[100:])


def test_after_a_silence_short_blocks_begin_as_they_did() -> None:
    prediction = LatePrediction(BINS, TAPS, DELAY, half_life=300.0, block=10)
    wet = reverberant(spectra(200), 0.7)
    silence = torch.zeros(12_000, 1, BINS, dtype=torch.complex64)
    late = run(prediction, torch.cat([wet, silence, wet]), [6_200, 6_200])
    again, fresh = late[12_200:], run(prediction, wet, [200])
    assert power(again - fresh) < 0.05 * power(fresh)


def test_a_steady_tone_stays_finite(prediction: LatePrediction) -> None:
    """Every frame tells every other: the equations have no single solution but for the loading."""
    phase = torch.exp(0.3j * torch.arange(3_000.0))[:, None, None]
    late = run(prediction, phase.expand(-1, 1, BINS).contiguous(), [3_000])
    assert torch.isfinite(late.abs()).all()
    assert float(late.abs().max()) < 1.5


def test_what_is_not_a_number_raises_nothing(prediction: LatePrediction) -> None:
    wet = spectra(50)
    wet[15] = float("inf")
    run(prediction, wet, [50])


def tiny_network(ahead: int = 0, release_s: float = 0.0) -> Network:
    config = Config.load(TINY).network
    config = dataclasses.replace(
        config, formulation="prediction", prediction_ahead=ahead, release_s=release_s
    )
    if ahead:
        config = dataclasses.replace(config, taps=(*config.taps, -ahead))
    return random_network(config, 0.1)


@pytest.mark.parametrize(("ahead", "release_s"), [(0, 0.0), (1, 0.0), (2, 0.0), (1, 0.02)])
@pytest.mark.parametrize("hops", [[1] * 40, [7, 33], [39, 1]])
def test_the_network_streams_as_it_trains(hops: list[int], ahead: int, release_s: float) -> None:
    network = tiny_network(ahead, release_s)
    waveform = noise(2, 40 * network.hop)
    np.testing.assert_allclose(
        removed(network, waveform, hops), removed(network, waveform, [40]), atol=1e-5
    )


@pytest.mark.parametrize("ahead", [0, 1])
def test_the_network_may_take_from_the_recording_itself(ahead: int) -> None:
    """Gain 1, the last tap alone: out comes what went in, whatever was predicted."""
    network = tiny_network(ahead)
    estimator = network.estimator
    with torch.no_grad():
        for layer in (estimator.to_gain, estimator.to_high_gain, estimator.to_filter):
            layer.weight.zero_()
            layer.bias.zero_()
        for layer in (estimator.to_gain, estimator.to_high_gain):
            layer.bias.fill_(30.0)
        taps = estimator.to_filter.bias.view(len(estimator.taps) + 1, -1, 2)
        taps[-1, :, 0] = 1.0
    waveform = speech_like(1, 100 * network.hop, 48_000)
    assert np.abs(removed(network, waveform, [100])).max() < 1e-5


def delayed(spectrum: torch.Tensor, frames: int) -> torch.Tensor:
    """The spectra of so many frames earlier."""
    return torch.cat([torch.zeros_like(spectrum[:frames]), spectrum])[: len(spectrum)]


@pytest.mark.parametrize("ahead", [0, 1, 2])
def test_a_frame_is_judged_by_so_many_after_it(ahead: int) -> None:
    """What comes later than that changes nothing, and what does not, something."""
    network = tiny_network(ahead)
    spectrum = spectra(30, bins=network.bins)
    with torch.no_grad():
        memory = network.estimator.initial_memory(spectrum.shape[1])
        before = network.estimator(spectrum, delayed(spectrum, ahead), memory)[0]
        spectrum[20] *= 0.1
        after = network.estimator(spectrum, delayed(spectrum, ahead), memory)[0]
    # Number i belongs to frame i - ahead.
    assert torch.equal(before[:20], after[:20])
    assert not torch.equal(before[20], after[20])
    assert network.latency_samples == network.n_fft - network.step + ahead * network.step


def gains(estimated: list[float], levels: list[float], release_s: float = 0.02) -> np.ndarray:
    """What becomes of gains that were estimated of frames at these levels, in all bins alike."""
    estimator = tiny_network(release_s=release_s).estimator
    left = torch.tensor(levels, dtype=torch.complex64)[:, None, None].expand(-1, 1, 721)
    estimate = left * torch.tensor(estimated)[:, None, None]
    means = estimator.initial_memory(1)[-1]
    dry, _ = estimator.released(estimate, left.abs() ** 2, means)
    return (dry / left).abs().amax(dim=(1, 2)).numpy()


def test_a_gain_that_stays_is_kept() -> None:
    np.testing.assert_allclose(gains([0.3] * 8, [1, 2, 9, 1, 0.1, 3, 1, 1]), 0.3, rtol=1e-3)


def test_a_gain_opens_at_once_and_closes_slowly() -> None:
    """An onset 30 dB above what was there, and the moment in which it is over."""
    opened = gains([0.1] * 5 + [1.0] * 3, [0.1] * 5 + [3.0] * 3)
    assert opened[4] < 0.11 and opened[5] > 0.97
    closed = gains([1.0] * 5 + [0.1] * 15, [1.0] * 20)
    assert (np.diff(closed[5:]) < 0).all()
    assert 0.7 < closed[5] < 0.9 and closed[-1] < 0.11
    assert (gains([1.0] * 5 + [0.1] * 3, [1.0] * 8, release_s=0.0)[5:] < 0.11).all()


def test_a_bin_of_which_nothing_is_left_is_not_brought_back() -> None:
    assert gains([1.0] * 5 + [0.0] * 3, [1.0] * 8)[5:].max() < 1e-6
