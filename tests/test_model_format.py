"""Model files of format 1, without focus and link, beside those of today."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from conftest import save_torchscript
from networks import network_with_gain, saved, spec_of
from signals import noise

from processor import Dereverb, DereverbStream, Recipe, process_file
from processor.errors import ModelError
from processor.model import Model
from training.network import Network

RATE = 48_000


class FirstFormat(torch.nn.Module):
    """The graph of a model file of format version 1."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        torch.jit.export(Network.initial_state)
        self.network = network

    @torch.jit.export
    def initial_state(self, channels: int) -> list[torch.Tensor]:
        return self.network.initial_state(channels)

    def forward(
        self, waveform: torch.Tensor, state: list[torch.Tensor], strength: float, floor_db: float
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        return self.network(waveform, state, strength, floor_db)


@pytest.fixture(scope="module")
def network() -> Network:
    """A network that lowers everything by 10 dB."""
    return network_with_gain(10 ** (-10 / 20))


@pytest.fixture
def first(network: Network, tmp_path: Path) -> Model:
    """The network in a file as they were at first."""
    spec = spec_of(network, format_version=1)
    path = save_torchscript(FirstFormat(network), tmp_path / "first.pt", spec.to_json())
    return Model.load(path)


def test_newest_format_takes_focus_and_link(network: Network, tmp_path: Path) -> None:
    model = saved(network, tmp_path / "newest.pt")
    assert model.spec.format_version == 2
    x = noise(2, 20 * model.spec.hop_length)
    plain, _ = model.step(x, model.initial_state(2), 1.0, -60.0)
    halved, _ = model.step(x, model.initial_state(2), 1.0, -60.0, (0.5, 0.5, 0.5), True)
    np.testing.assert_allclose(halved, 0.5 * plain, atol=1e-6)


def test_both_formats_remove_the_same_with_the_same_weights(
    network: Network, first: Model, tmp_path: Path
) -> None:
    newest = saved(network, tmp_path / "newest.pt")
    x = noise(2, 20 * first.spec.hop_length)
    removed, _ = first.step(x, first.initial_state(2), 0.7, -40.0)
    again, _ = newest.step(x, newest.initial_state(2), 0.7, -40.0)
    np.testing.assert_array_equal(removed, again)


def test_first_format_works_unlinked_and_says_so_once(
    first: Model, caplog: pytest.LogCaptureFixture
) -> None:
    x = noise(2, RATE // 10)
    with caplog.at_level(logging.INFO, logger="processor.model"):
        Dereverb(first)(x[:1], RATE)
        assert not caplog.records
        outputs = [Dereverb(first, link=link)(x, RATE) for link in (True, True, False)]
    np.testing.assert_array_equal(outputs[0], outputs[2])
    assert [record.message for record in caplog.records] == [
        f"The model '{first.path}' (format version 1) treats each channel alone: no link."
    ]


def test_first_format_refuses_a_focus_before_anything_is_done(first: Model, tmp_path: Path) -> None:
    focus = (1.0, 1.0, 0.5)
    refused = pytest.raises(ModelError, match=r"has no focus.*Leave focus at \(1, 1, 1\)")
    with refused:
        Dereverb(first, focus=focus)
    with refused:
        DereverbStream(first, RATE, 1, Recipe(focus=focus))
    with refused:
        first.step(noise(1, first.spec.hop_length), first.initial_state(1), 1.0, -60.0, focus)
    dereverb = Dereverb(first, strength=0.5)
    with refused:
        dereverb.focus = focus
    assert dereverb.focus == (1.0, 1.0, 1.0)
    soundfile.write(tmp_path / "a.wav", noise(1, 1_000).T, RATE)
    with refused:
        process_file(tmp_path / "a.wav", tmp_path / "b.wav", Recipe(str(first.path), focus=focus))
    assert not (tmp_path / "b.wav").exists()
