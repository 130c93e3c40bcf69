"""The adversary learns to tell, teaches the network alone, and goes on after an interruption."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from corpora import write_corpora
from signals import speech_like

from training.adversarial import Adversary
from training.config import Config
from training.errors import TrainingError
from training.export import export
from training.train import train

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
RATE = 48_000
CPU = torch.device("cpu")


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread() -> Iterator[None]:
    """Two threads that share a busy machine's cores take many times as long as one."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


def with_adversary() -> Config:
    return dataclasses.replace(Config.load(TINY), adversarial_weight=0.01)


def dry_and_wet() -> tuple[torch.Tensor, torch.Tensor]:
    speech = torch.from_numpy(speech_like(2, RATE // 2, RATE))
    return speech, speech + 0.5 * torch.roll(speech, 4_000, dims=1)


def test_it_learns_to_tell_estimates_from_targets() -> None:
    torch.manual_seed(0)
    adversary = Adversary(with_adversary(), CPU)
    dry, wet = dry_and_wet()
    for _ in range(25):
        adversary.loss(wet, dry)
    with torch.no_grad():
        told = [float(d(dry)[-1].mean() - d(wet)[-1].mean()) for d in adversary.discriminators]
    assert min(told) > 0.02


def test_the_loss_of_the_network_teaches_the_network_alone() -> None:
    adversary = Adversary(with_adversary(), CPU)
    dry, wet = dry_and_wet()
    estimate = wet.clone().requires_grad_(True)
    adversary.optimiser.zero_grad()
    cost = adversary.loss(estimate, dry)
    adversary.optimiser.zero_grad()
    cost.backward()
    assert estimate.grad is not None and estimate.grad.abs().max() > 0
    assert all(p.grad is None and p.requires_grad for p in adversary.discriminators.parameters())


def test_a_run_takes_up_an_adversary_and_resumes_with_it(tmp_path: Path) -> None:
    write_corpora(tmp_path / "data", RATE)
    data, config = tmp_path / "data", with_adversary()
    without = train(Config.load(TINY), data, tmp_path / "runs" / "filter", hours=1, steps=1)
    assert torch.load(without, weights_only=True)["adversary"] is None

    run = tmp_path / "runs" / "adversarial"
    train(config, data, run, hours=1, steps=2, start_from=without)
    path = train(config, data, run, hours=1, steps=3)
    saved = torch.load(path, weights_only=True)
    taught = {int(s["step"]) for s in saved["adversary"]["optimiser"]["state"].values()}
    assert taught == {2}  # steps of both calls, none before the first
    assert "adversary" not in torch.load(run / "best.pt", weights_only=True)
    assert export(path, tmp_path / "out.pt").parameters > 0


@pytest.mark.parametrize(
    "lines",
    [
        'adversarial_weight = 0.1\n[network]\nformulation = "classification"\n',
        "adversarial_weight = -0.1\n",
    ],
)
def test_a_weight_that_cannot_be_used_is_named(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(lines)
    with pytest.raises(TrainingError, match=r"wrong\.toml.*adversarial_weight"):
        Config.load(path)
