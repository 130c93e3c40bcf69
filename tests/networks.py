"""Small networks with a known answer, written as model files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch

from processor.model import Model
from processor.model_spec import ModelSpec
from training.config import Config, NetworkConfig
from training.export import load_network, write
from training.network import Network

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "training" / "configs" / "tiny.toml"
WEIGHTS = ROOT / "training" / "checkpoints" / "live.pt"


def spec_of(network: Network, **entries: int) -> ModelSpec:
    """Return the spec of a network for 48 kHz."""
    return ModelSpec("known", 48_000, network.hop, network.latency_samples, **entries)


def random_network(config: NetworkConfig, spread: float = 0.2) -> Network:
    """Return a network with weights large enough to change its input well."""
    torch.manual_seed(0)
    network = Network(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(spread * torch.randn_like(parameter))
    return network.eval()


def removed(
    network: Network, waveform: np.ndarray, hops: list[int], strength: float = 1.0, **settings: Any
) -> np.ndarray:
    """Return what a network removes from a waveform that comes in calls of so many hops."""
    state = network.initial_state(len(waveform))
    parts, start = [], 0
    with torch.no_grad():
        for count in hops:
            end = start + count * network.hop
            block = torch.from_numpy(waveform[:, start:end])
            part, state = network(block, state, strength, -60.0, **settings)
            parts.append(part.numpy())
            start = end
    return np.concatenate(parts, axis=1)


def network_with_gain(gain: float) -> Network:
    """Return a network that says of every bin: the dry voice is `gain` times this."""
    network = Network(Config.load(CONFIG).network).eval()
    estimator = network.estimator
    with torch.no_grad():
        for layer in (estimator.to_gain, estimator.to_high_gain, estimator.to_filter):
            layer.weight.zero_()
            layer.bias.zero_()
        for layer in (estimator.to_gain, estimator.to_high_gain):
            layer.bias.fill_(math.log(gain / (1 - gain)))
        estimator.to_filter.bias.view(len(estimator.taps), estimator.width, 2)[0, :, 0] = 1.0
    return network


def saved(network: Network, path: Path) -> Model:
    """Return the network as a model, written and read again."""
    write(network, spec_of(network), path)
    return Model.load(path)


def trained_model(path: Path) -> Model:
    """Return the shipped weights as a model of the newest format."""
    return saved(load_network(WEIGHTS)[0], path)
