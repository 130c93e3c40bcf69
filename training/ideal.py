"""How far gains could get that knew the dry speech: ceilings for the comparison of formulations.

One real gain for each bin, the phase of the recording, and the network's own frames. With and
without the classes of `training.classification`, so that what is lost by quantising can be told
from what is lost by not touching the phase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from training.acoustics import Samples
from training.classification import CLASSES, LOWEST_DB, STEP_DB, nearest_class, spectra
from training.config import NetworkConfig
from training.items import Item
from training.network import Network

Gain = Callable[[Tensor, Tensor], Tensor]


def any_gain(dry_power: Tensor, power: Tensor) -> Tensor:
    """The gain that makes one power of the other, within the range of the classes."""
    lowest, highest = (10 ** (LOWEST_DB / 20), 10 ** ((LOWEST_DB + STEP_DB * (CLASSES - 1)) / 20))
    return ((dry_power + 1e-12) / (power + 1e-12)).sqrt().clamp(lowest, highest)


def class_gain(dry_power: Tensor, power: Tensor) -> Tensor:
    """The gain of the class that is nearest to that."""
    return 10 ** ((LOWEST_DB + STEP_DB * nearest_class(dry_power, power)) / 20)


class IdealProgram:
    """What a network would make of recordings that found the ideal gain of every bin."""

    def __init__(self, items: Sequence[Item], gain: Gain) -> None:
        self.dry = {id(item.recording): item.dry for item in items}
        self.gain = gain

    def __call__(self, recording: Samples) -> Samples:
        """Aligned and of the same length, as `training.measure.process` has it."""
        network = Network(NetworkConfig())
        late = network.latency_samples
        padding = late + -(len(recording) + late) % network.hop
        waveform, dry = (
            nn.functional.pad(torch.from_numpy(x), (0, padding))[None]
            for x in (recording, self.dry[id(recording)])
        )
        dry_power, power = (spectra(network, x).abs().square() for x in (dry, waveform))
        network.estimator = _Given(self.gain(dry_power, power))
        removed, _ = network(waveform, network.initial_state(1), 1.0, -60.0)
        return recording - removed[0, late:][: len(recording)].numpy()


class _Given(nn.Module):
    """An estimator that knows its gains, (frames, channels, bins), and hears them once."""

    def __init__(self, gain: Tensor) -> None:
        super().__init__()
        self.gain = gain

    def pack(self) -> None:
        """Nothing is to be packed."""

    def initial_memory(self, channels: int) -> list[Tensor]:
        del channels
        return []

    def forward(
        self, spectrum: Tensor, judged: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        return spectrum * self.gain, memory
