"""An adversary: networks that learn to tell estimates from dry speech, and the cost of being told.

For the last part of a run, on top of the spectral loss: `Config.adversarial_weight` above 0, from a
checkpoint that was trained without. Two discriminators look at compressed magnitudes, one finely in
frequency and one finely in time. Least-squares objectives (Mao et al. 2017, arXiv 1611.04076) and
matched features (Kumar et al. 2019, arXiv 1910.06711).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from training.config import Config

RESOLUTIONS = ((512, 128), (2048, 512))
COMPRESSION = 0.3
WIDTHS = (1, 16, 32, 32)
SHOWN_S = 1.0  # of each clip, anywhere in it: seeing all of it costs thrice the time
FEATURES_SHARE = 2.0
RATE = 2e-3


class Discriminator(nn.Module):
    """Scores of places in a spectrogram, about 1 where it looks like dry speech and 0 elsewhere."""

    window: Tensor

    def __init__(self, n_fft: int, hop_length: int) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.register_buffer("window", torch.hann_window(n_fft))
        layers = [nn.Conv2d(a, b, (5, 5), (2, 2), (2, 2)) for a, b in pairwise(WIDTHS)]
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.to_score = nn.Conv2d(WIDTHS[-1], 1, (3, 3), padding=(1, 1))

    def forward(self, waveform: Tensor) -> list[Tensor]:
        """What each layer makes of waveforms (clips, samples); the last are the scores."""
        spectrum = torch.stft(
            waveform, self.n_fft, self.hop_length, window=self.window, return_complex=True
        )
        power = (spectrum.real.square() + spectrum.imag.square()) / self.window.square().sum()
        x = (power + 1e-6)[:, None] ** (COMPRESSION / 2)
        seen = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.2)
            seen.append(x)
        return [*seen, self.to_score(x)]


class Adversary:
    """Discriminators, their optimiser, and the loss that they are to a network."""

    def __init__(self, config: Config, device: torch.device) -> None:
        self.shown_samples = round(SHOWN_S * config.network.sample_rate)
        self.lower_precision = config.precision == "bfloat16"
        self.discriminators = nn.ModuleList(Discriminator(*r) for r in RESOLUTIONS).to(device)
        self.optimiser = torch.optim.AdamW(
            self.discriminators.parameters(), RATE, betas=(0.8, 0.99)
        )

    def loss(self, estimate: Tensor, target: Tensor) -> Tensor:
        """What it costs that the estimates (clips, samples) are not taken for the targets.

        The discriminators learn from the batch first, once a call.
        """
        level = target.square().mean(dim=1, keepdim=True).sqrt() + 1e-5
        spare = max(estimate.shape[1] - self.shown_samples, 0)
        start = int(torch.randint(spare + 1, ()))
        shown = slice(start, start + self.shown_samples)
        estimate, target = (estimate / level)[:, shown], (target / level)[:, shown]
        with torch.autocast(estimate.device.type, torch.bfloat16, enabled=self.lower_precision):
            self._learn(estimate.detach(), target)
            self.discriminators.requires_grad_(False)  # this loss is the network's alone
            cost = self._cost_of_being_told(estimate, target)
            self.discriminators.requires_grad_(True)
        return cost

    def _learn(self, estimate: Tensor, target: Tensor) -> None:
        cost = torch.zeros((), device=estimate.device)
        for discriminator in self.discriminators:
            cost = cost + (discriminator(target)[-1].float() - 1).square().mean()
            cost = cost + discriminator(estimate)[-1].float().square().mean()
        self.optimiser.zero_grad(set_to_none=True)
        cost.backward()
        self.optimiser.step()

    def _cost_of_being_told(self, estimate: Tensor, target: Tensor) -> Tensor:
        cost = torch.zeros((), device=estimate.device)
        for discriminator in self.discriminators:
            *seen, scores = (x.float() for x in discriminator(estimate))
            with torch.no_grad():
                *wanted, _ = (x.float() for x in discriminator(target))
            cost = cost + (scores - 1).square().mean()
            for one, other in zip(seen, wanted, strict=True):
                distance = (one - other).abs().mean() / (other.abs().mean() + 1e-5)
                cost = cost + FEATURES_SHARE / len(seen) * distance
        return cost / len(RESOLUTIONS)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs of it."""
        return {
            "discriminators": self.discriminators.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        self.discriminators.load_state_dict(state["discriminators"])
        self.optimiser.load_state_dict(state["optimiser"])
