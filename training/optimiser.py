"""What moves the weights: AdamW, or Muon for the matrices and AdamW for the rest."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from training.config import Config
from training.errors import TrainingError


class Optimiser:
    """One or two optimisers of torch, by `config.optimiser`, at one learning rate.

    "muon" (Jordan et al. 2024) moves a matrix by its momentum made orthogonal, so that rare
    directions learn as fast as common ones. Steps are scaled to the size of AdamW's, so the same
    learning rates serve.
    """

    def __init__(self, config: Config, network: nn.Module) -> None:
        rate, decay = config.learning_rate, config.weight_decay
        named = list(network.named_parameters())
        self._parts: dict[str, torch.optim.Optimizer] = {}
        if config.optimiser == "muon":
            if not hasattr(torch.optim, "Muon"):
                raise TrainingError('optimiser = "muon" needs torch 2.9; or use "adamw".')
            matrices = [p for name, p in named if p.ndim == 2 and "embedding" not in name]
            named = [(name, p) for name, p in named if p.ndim != 2 or "embedding" in name]
            self._parts["muon"] = torch.optim.Muon(
                matrices, rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"
            )
        self._parts["adamw"] = torch.optim.AdamW([p for _, p in named], rate, weight_decay=decay)

    def step(self, rate: float) -> None:
        """Move the weights once along their gradients, at a learning rate."""
        for part in self._parts.values():
            for group in part.param_groups:
                group["lr"] = rate
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs to go on."""
        return {name: part.state_dict() for name, part in self._parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on as the optimiser that gave `state`."""
        for name, part in self._parts.items():
            part.load_state_dict(state[name])
