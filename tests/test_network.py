"""The network in training form: causal, streaming by construction, transparent at strength 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from signals import noise

from training.config import Config
from training.network import Network, scale_change

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"


@pytest.fixture(scope="module")
def network() -> Network:
    return random_network()


def random_network() -> Network:
    """A tiny network with weights large enough to change its input well."""
    torch.manual_seed(0)
    network = Network(Config.load(TINY).network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return network.eval()


def removed(network: Network, waveform: np.ndarray, hops: list[int], strength: float = 1.0):
    state = network.initial_state(len(waveform))
    parts, start = [], 0
    with torch.no_grad():
        for count in hops:
            end = start + count * network.hop
            part, state = network(torch.from_numpy(waveform[:, start:end]), state, strength, -60.0)
            parts.append(part.numpy())
            start = end
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("hops", [[1] * 12, [2, 10], [7, 5], [11, 1]])
def test_any_chunking_equals_one_call(network: Network, hops: list[int]) -> None:
    waveform = noise(2, 12 * network.hop)
    # float32 sums in another order: a few units in the last place of values below 1.
    np.testing.assert_allclose(
        removed(network, waveform, hops), removed(network, waveform, [12]), atol=2e-6
    )


def test_the_output_is_late_by_the_latency_and_causal(network: Network) -> None:
    waveform = noise(1, 12 * network.hop)
    changed = waveform.copy()
    edge = 6 * network.hop
    changed[:, edge:] = 0
    a, b = removed(network, waveform, [12]), removed(network, changed, [12])
    # A frame ends at a multiple of the hop: blocks before the first changed hop cannot know of it.
    np.testing.assert_array_equal(a[:, :edge], b[:, :edge])
    assert not np.allclose(a[:, edge:], b[:, edge:])


def test_a_halving_of_every_bin_removes_half_of_the_delayed_input() -> None:
    """Closed form: analysis and synthesis reconstruct perfectly, `latency_samples` late."""
    network = random_network()
    waveform = noise(1, 20 * network.hop)
    with torch.no_grad():
        estimator = network.estimator
        for layer in (estimator.to_gain, estimator.to_high_gain, estimator.to_filter):
            layer.weight.zero_()
            layer.bias.zero_()
        estimator.to_filter.bias.view(len(estimator.taps), estimator.width, 2)[0, :, 0] = 1.0
    late = network.latency_samples
    expected = 0.5 * waveform[:, : waveform.shape[1] - late]
    np.testing.assert_allclose(removed(network, waveform, [20])[:, late:], expected, atol=1e-6)


def test_strength_zero_removes_exactly_nothing(network: Network) -> None:
    assert not np.any(removed(network, noise(1, 8 * network.hop), [8], strength=0.0))


def test_silence_stays_silent(network: Network) -> None:
    assert not np.any(removed(network, np.zeros((1, 8 * network.hop), np.float32), [8]))


def test_channels_do_not_hear_each_other(network: Network) -> None:
    waveform = noise(3, 8 * network.hop)
    alone = removed(network, waveform[1:2], [8])
    np.testing.assert_allclose(removed(network, waveform, [8])[1:2], alone, atol=2e-6)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_strength_scales_the_change_in_decibels(strength: float) -> None:
    spectrum = torch.tensor([1 + 2j, -3j, 0.5 + 0j])
    lowered = scale_change(spectrum, 0.1 * spectrum, strength, -80.0)
    change_db = 20 * torch.log10(lowered.abs() / spectrum.abs())
    torch.testing.assert_close(change_db, torch.full((3,), -20.0 * strength))


def test_the_floor_bounds_the_attenuation() -> None:
    spectrum = torch.tensor([1 + 2j, -3j])
    floored = scale_change(spectrum, 1e-4 * spectrum, 1.0, -12.0)
    torch.testing.assert_close(floored, 10 ** (-12 / 20) * spectrum)


def test_no_bin_is_raised_by_more_than_the_ceiling() -> None:
    spectrum = torch.tensor([1e-9 + 0j, 0j])
    raised = scale_change(spectrum, torch.tensor([1 + 0j, 1 + 0j]), 1.0, -60.0)
    assert raised.abs().max() <= 4.001e-9
    assert torch.isfinite(raised.abs()).all()


def test_the_untrained_network_nearly_passes_its_input() -> None:
    network = Network(Config.load(TINY).network).eval()
    waveform = noise(1, 20 * network.hop)
    taken = removed(network, waveform, [20])
    assert np.std(taken) < 0.1 * np.std(waveform)
