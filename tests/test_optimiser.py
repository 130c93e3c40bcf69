"""Both optimisers learn, remember, and go to the rate they are told."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import pytest
import torch
from signals import speech_like

from training.config import Config
from training.errors import TrainingError
from training.network import Network
from training.optimiser import Optimiser
from training.train import batch_loss

TINY = Config.load(Path(__file__).parents[1] / "training" / "configs" / "tiny.toml")
BOTH = ("adamw", "muon")


def learner(kind: str) -> tuple[Network, Optimiser]:
    torch.manual_seed(0)
    network = Network(TINY.network)
    return network, Optimiser(dataclasses.replace(TINY, optimiser=kind), network)


def give_gradients(network: Network, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("kind", BOTH)
def test_training_lowers_the_loss_of_one_batch(kind: str) -> None:
    network, optimiser = learner(kind)
    speech = torch.from_numpy(speech_like(2, 24_000, 48_000))
    reverberant = speech + 0.5 * torch.roll(speech, 4_000, dims=1)
    first = last = batch_loss(network, reverberant, speech, TINY)
    for _ in range(25):
        network.zero_grad()
        last.backward()
        optimiser.step(1e-2)
        last = batch_loss(network, reverberant, speech, TINY)
    assert float(last.detach()) < 0.95 * float(first.detach())


@pytest.mark.parametrize("kind", BOTH)
def test_every_weight_moves_and_none_without_a_rate(kind: str) -> None:
    network, optimiser = learner(kind)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    give_gradients(network, 1)
    optimiser.step(0.0)
    for old, parameter in zip(before, network.parameters(), strict=True):
        assert torch.equal(old, parameter)
    optimiser.step(1e-3)
    for old, parameter in zip(before, network.parameters(), strict=True):
        assert not torch.equal(old, parameter)


@pytest.mark.parametrize("kind", BOTH)
def test_it_goes_on_from_what_it_remembers(kind: str) -> None:
    network, optimiser = learner(kind)
    give_gradients(network, 1)
    optimiser.step(1e-3)
    other, resumed = learner(kind)
    other.load_state_dict(network.state_dict())
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    for one, its in ((network, optimiser), (other, resumed)):
        give_gradients(one, 2)
        its.step(1e-3)
    for left, right in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(left, right)


def test_an_older_torch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.optim, "Muon")
    learner("adamw")
    with pytest.raises(TrainingError, match=r"torch 2\.9"):
        learner("muon")
