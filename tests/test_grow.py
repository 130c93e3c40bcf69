"""A grown network starts where the smaller one stood."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from signals import speech_like

from training.checkpoint import save_checkpoint
from training.config import Config
from training.errors import TrainingError
from training.export import load_network
from training.grow import grow
from training.network import Network

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"


def resized(**sizes: Any) -> Config:
    config = Config.load(TINY)
    return dataclasses.replace(config, network=dataclasses.replace(config.network, **sizes))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    config = resized()
    torch.manual_seed(0)
    network = Network(config.network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    state = {
        "config": config.to_dict(),
        "history": [{"from_step": 0, "config": config.to_dict()}],
        "average": network.state_dict(),
        "network": network.state_dict(),
        "step": 7,
        "trained_s": 1.0,
        "heard_h": 0.1,
        "score": 0.5,
    }
    save_checkpoint(state, tmp_path / "small.pt")
    return tmp_path / "small.pt"


def output(network: Network) -> torch.Tensor:
    waveform = torch.from_numpy(speech_like(2, 40 * network.hop, 16_000))
    with torch.no_grad():
        return network(waveform, network.initial_state(2), 1.0, -60.0)[0]


def test_nothing_changes_at_first(small: Path, tmp_path: Path) -> None:
    larger = resized(narrow_hidden=13, wide_hidden=20, decays_s=(0.06, 0.3, 0.6))
    before, after = grow(small, larger, tmp_path / "large.pt")
    assert after > 1.2 * before
    grown, config, _ = load_network(tmp_path / "large.pt")
    assert config == larger
    torch.testing.assert_close(output(grown), output(load_network(small)[0]), atol=1e-6, rtol=1e-5)


def test_what_is_new_can_learn(small: Path, tmp_path: Path) -> None:
    grow(small, resized(narrow_hidden=13), tmp_path / "large.pt")
    grown, _, _ = load_network(tmp_path / "large.pt")
    waveform = torch.from_numpy(speech_like(1, 20 * grown.hop, 16_000))
    grown(waveform, grown.initial_state(1), 1.0, -60.0)[0].square().sum().backward()
    gradient = grown.estimator.to_filter.weight.grad
    assert gradient is not None and (gradient[:, 8:] != 0).all()


def test_a_filter_learns_on_from_what_prediction_leaves(small: Path, tmp_path: Path) -> None:
    """The same weights; the feature and the tap that are new have no say yet."""
    larger = resized(formulation="prediction")
    grow(small, larger, tmp_path / "large.pt")
    grown = load_network(tmp_path / "large.pt")[0]
    old = load_network(small)[0].estimator
    new = grown.estimator
    columns = old.encode.weight.shape[1]
    torch.testing.assert_close(new.encode.weight[:, :columns], old.encode.weight)
    assert not new.encode.weight[:, columns:].any()
    assert not new.to_filter.weight[len(old.to_filter.weight) :].any()
    torch.testing.assert_close(
        new.to_filter.weight[: len(old.to_filter.weight)], old.to_filter.weight
    )
    with torch.no_grad():  # nothing is predicted of the first blocks
        waveform = torch.from_numpy(speech_like(1, 20 * grown.hop, 16_000))
        before, after = (
            n(waveform, n.initial_state(1), 1.0, -60.0)[0] for n in (load_network(small)[0], grown)
        )
    torch.testing.assert_close(after, before, atol=1e-6, rtol=1e-5)


def test_hearing_ahead_first_only_delays(small: Path, tmp_path: Path) -> None:
    """The same output, later by what it hears ahead, and what is heard there can be learnt."""
    before = resized(formulation="prediction")
    grow(small, before, tmp_path / "before.pt")
    taps = (*before.network.taps, -1)
    after = resized(formulation="prediction", taps=taps, prediction_ahead=1, narrow_hidden=13)
    grow(tmp_path / "before.pt", after, tmp_path / "after.pt")
    old, new = (load_network(tmp_path / name)[0] for name in ("before.pt", "after.pt"))
    assert new.latency_samples == old.latency_samples + old.hop
    late = new.look_ahead * new.hop
    torch.testing.assert_close(output(new)[:, late:], output(old)[:, :-late], atol=1e-6, rtol=1e-5)

    waveform = torch.from_numpy(speech_like(1, 20 * new.hop, 16_000))
    new(waveform, new.initial_state(1), 1.0, -60.0)[0].square().sum().backward()
    gradient = new.estimator.to_filter.weight.grad
    assert gradient is not None and (gradient != 0).any(dim=0).all()


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ({"narrow_hidden": 4}, "narrow_hidden = 4"),
        ({"formulation": "classification"}, "from 'filter' to 'classification'"),
        ({"taps": (0, 1)}, "taps must begin"),
        ({"decays_s": (0.3, 0.6)}, "must begin"),
    ],
)
def test_what_cannot_grow_is_named(
    small: Path, tmp_path: Path, sizes: dict[str, Any], said: str
) -> None:
    with pytest.raises(TrainingError, match=said):
        grow(small, resized(**sizes), tmp_path / "large.pt")
    assert not (tmp_path / "large.pt").exists()
