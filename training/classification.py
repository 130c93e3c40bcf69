"""Classification of gains: which of fifteen steps of 3 dB does a bin's gain lie nearest to?

On the recurrent part of `training.backbone`, so that it differs from the regression of
`training.filtering` in what is asked and in nothing else. It is trained by cross-entropy against
the quantised ideal gain |dry| / |recording|. A gain cannot turn a phase or reach into past frames.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from training.backbone import HybridBackbone
from training.config import NetworkConfig
from training.features import power

if TYPE_CHECKING:
    from training.network import Network

LOWEST_DB = -36.0
STEP_DB = 3.0
CLASSES = 15  # up to +6 dB: early reflections cancel as well as add
COMPRESSION = 0.3


class ClassEstimator(HybridBackbone):
    """Dry spectra as the recording's with expected gains, see `training.network.Network`."""

    compressed_gains: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config, high_outputs=CLASSES)
        self.classes = CLASSES
        self.compression = COMPRESSION
        gains = 10 ** ((LOWEST_DB + STEP_DB * torch.arange(CLASSES)) / 20)
        self.register_buffer("compressed_gains", gains**COMPRESSION)
        self.to_classes = nn.Linear(self.narrow_hidden, self.width * CLASSES)
        # All classes are as likely at first: a start that passes the input, as regression has it,
        # would be a prejudice of 0 dB that takes cross-entropy hundreds of steps to unlearn.
        for layer in (self.to_classes, self.to_high_gain):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def pack(self) -> None:
        """Make all layers quick for this machine, see `training.layers`."""
        self.pack_hidden()

    def initial_memory(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        return self.initial_hidden(channels)

    def forward(
        self, spectrum: Tensor, judged: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        low, high, after = self.logits(spectrum, memory)
        gain = torch.cat([self.expected(low), self.expected(high) @ self.spread], dim=2)
        return spectrum * gain, after

    def logits(self, spectrum: Tensor, memory: list[Tensor]) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Of each low bin and each high band, (frames, channels, bins or bands, classes)."""
        frames, channels = spectrum.shape[0], spectrum.shape[1]
        hidden, high, after = self.hidden(spectrum, power(spectrum), memory)
        low = self.to_classes(hidden).float()  # bfloat16 where training runs in it
        low = low.view(frames, channels, self.low_bins, self.classes)
        return low, high.float().view(frames, channels, self.high_bands, self.classes), after

    def expected(self, logits: Tensor) -> Tensor:
        """Mean gain over the classes, in the compressed magnitudes that regression trains on.

        A mean of the plain gains would let a one in ten chance of speech keep the tail at -20 dB;
        min over g of E[(g^p - G^p)^2] is at g^p = E[G^p].
        """
        mean = (torch.softmax(logits, dim=3) * self.compressed_gains).sum(dim=3)
        return mean ** (1 / self.compression)

    def banded_power(self, spectrum: Tensor) -> tuple[Tensor, Tensor]:
        """Power of each low bin and mean power of each high band."""
        each = power(spectrum)
        high = each[:, :, self.low_bins : self.low_bins + self.high_bands * self.high_width]
        high = high.unflatten(2, (self.high_bands, self.high_width)).mean(dim=3)
        return each[:, :, : self.low_bins], high


def class_loss(
    network: "Network", reverberant: Tensor, target: Tensor, sample_rate: int, corner_hz: float
) -> Tensor:
    """Mean cross-entropy of one batch, (clips, samples) each, against the quantised ideal gains.

    Bins count by their compressed magnitude, so that silence teaches nothing, and frequencies as
    in `training.losses.spectral_loss`: evenly below `corner_hz`, by octave above it.
    """
    estimator = network.estimator
    spectrum, dry = spectra(network, reverberant), spectra(network, target)
    low, high, _ = estimator.logits(spectrum, estimator.initial_memory(reverberant.shape[0]))
    powers, dry_powers = estimator.banded_power(spectrum), estimator.banded_power(dry)
    costs, weights = [], []
    start_bin = 0.0
    for logits, heard, wanted_power, width in zip(
        (low, high), powers, dry_powers, (1, estimator.high_width), strict=True
    ):
        wanted = nearest_class(wanted_power, heard)
        cost = nn.functional.cross_entropy(logits.flatten(0, 2), wanted.flatten(), reduction="none")
        count = heard.shape[2]
        bins = start_bin + (torch.arange(count, device=heard.device) + 0.5) * width
        start_bin += count * width
        hertz = bins * (sample_rate / network.n_fft)
        costs.append(cost.view(wanted.shape))
        weights.append((heard + wanted_power) ** (COMPRESSION / 2) * width / (hertz + corner_hz))
    weight = torch.cat(weights, dim=2)
    weight = weight / (weight.mean(dim=(0, 2), keepdim=True) + 1e-9)  # each clip counts the same
    return (torch.cat(costs, dim=2) * weight).mean()


def nearest_class(dry_power: Tensor, power: Tensor) -> Tensor:
    """Class of the gain that makes one power of the other."""
    gain_db = 10 * torch.log10((dry_power + 1e-12) / (power + 1e-12))
    return ((gain_db - LOWEST_DB) / STEP_DB).round().clamp(0, CLASSES - 1).long()


def spectra(network: "Network", waveform: Tensor) -> Tensor:
    """Spectra that the network sees of a clip after silence, (frames, channels, bins)."""
    padded = nn.functional.pad(waveform, (network.n_fft - network.step, 0))
    frames = padded.unfold(1, network.n_fft, network.step).transpose(0, 1)
    return torch.fft.rfft(frames * network.window)
