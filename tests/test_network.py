"""The network in training form: causal, streaming by construction, transparent at strength 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from networks import random_network, removed
from signals import noise

from training.config import Config
from training.network import Network, focus_bands, scale_change, scale_linked_change

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"


@pytest.fixture(scope="module")
def network() -> Network:
    return random_network(Config.load(TINY).network)


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
    network = random_network(Config.load(TINY).network)
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


@pytest.mark.parametrize("amplitude", [1e-30, 1e-20, 1e-16, 1e-14, 1e-10, 1.0])
@pytest.mark.parametrize("lowered", [0.0, 1e-20, 1e-10, 1e-4, 1.0])
def test_what_is_hardly_there_is_not_raised_and_has_a_gradient(
    amplitude: float, lowered: float
) -> None:
    spectrum = amplitude * torch.tensor([1 + 2j, -3j, 0.5 + 0j, 0j])
    estimate = (lowered * spectrum).requires_grad_()
    changed = scale_change(spectrum, estimate, 1.0, -80.0)
    assert (changed.abs() <= 4.001 * spectrum.abs()).all()
    torch.view_as_real(changed).abs().sum().backward()
    assert torch.isfinite(torch.view_as_real(estimate.grad)).all()


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_linked_channels_change_alike_in_magnitude_and_each_in_its_phase(strength: float) -> None:
    generator = torch.Generator().manual_seed(0)
    spectrum, estimate = torch.randn(2, 5, 3, 7, dtype=torch.complex64, generator=generator)
    linked = scale_linked_change(spectrum, estimate, strength, -60.0, ceiling=100.0)
    magnitude = linked.abs() / spectrum.abs()
    together = (estimate.abs() ** 2).sum(1) / (spectrum.abs() ** 2).sum(1)
    torch.testing.assert_close(magnitude, (together ** (strength / 2))[:, None].expand(5, 3, 7))
    turn = torch.angle(linked / spectrum)
    torch.testing.assert_close(turn, strength * torch.angle(estimate / spectrum))


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_one_channel_or_equal_ones_are_linked_to_nothing_new(strength: float) -> None:
    spectrum, estimate = torch.randn(2, 5, 1, 7, dtype=torch.complex64)
    alone = scale_change(spectrum, estimate, strength, -20.0)
    for channels in (1, 3):
        same = [part.expand(5, channels, 7) for part in (spectrum, estimate)]
        linked = scale_linked_change(*same, strength, -20.0)
        torch.testing.assert_close(linked, alone.expand(5, channels, 7))


def test_linked_silence_and_bounds_are_those_of_the_channels_together() -> None:
    spectrum = torch.tensor([[[1 + 2j, 0j], [-3j, 0j]]])
    floored = scale_linked_change(spectrum, 1e-4 * spectrum, 1.0, -12.0)
    torch.testing.assert_close(floored, 10 ** (-12 / 20) * spectrum)
    assert not torch.any(spectrum - scale_linked_change(spectrum, 0.1 * spectrum, 0.0, -60.0))
    assert torch.isfinite(scale_linked_change(0 * spectrum, spectrum, 1.0, -60.0).abs()).all()


def test_a_network_hears_its_channels_together_only_when_linked(network: Network) -> None:
    waveform = noise(2, 8 * network.hop)
    waveform[1] *= 0.1
    linked = removed(network, waveform, [8], link=True)
    assert not np.allclose(linked, removed(network, waveform, [8]))
    np.testing.assert_allclose(linked, removed(network, waveform, [3, 5], link=True), atol=2e-6)
    alone = removed(network, waveform[:1], [8])
    np.testing.assert_array_equal(removed(network, waveform[:1], [8], link=True), alone)


def test_the_bands_of_the_focus_sum_to_one_and_meet_in_the_middle() -> None:
    bands = focus_bands(721, 100 / 3)
    torch.testing.assert_close(bands.sum(0), torch.ones(721))
    assert bands.min() >= 0 and bands[0, 0] == 1
    torch.testing.assert_close(bands[:, [9, 90]], torch.tensor([[0.5, 0], [0.5, 0.5], [0, 0.5]]))
    torch.testing.assert_close(bands[:, [6, 30, 200]].diagonal(), torch.ones(3))


def test_a_flat_focus_changes_no_bit(network: Network) -> None:
    waveform = noise(2, 8 * network.hop)
    plain = removed(network, waveform, [8], 0.7)
    np.testing.assert_array_equal(
        removed(network, waveform, [8], 0.7, focus=(1.0, 1.0, 1.0)), plain
    )


def test_focus_is_linear_in_what_is_removed(network: Network) -> None:
    waveform = noise(1, 8 * network.hop)
    bands = [removed(network, waveform, [8], focus=focus) for focus in np.eye(3).tolist()]
    assert all(np.any(band) for band in bands)
    np.testing.assert_allclose(sum(bands), removed(network, waveform, [8]), atol=1e-6)


def test_checkpoints_hold_nothing_of_the_focus(network: Network) -> None:
    assert "focus_bands" not in network.state_dict()


def test_the_untrained_network_nearly_passes_its_input() -> None:
    network = Network(Config.load(TINY).network).eval()
    waveform = noise(1, 20 * network.hop)
    taken = removed(network, waveform, [20])
    assert np.std(taken) < 0.1 * np.std(waveform)
