"""What a run sounds and looks like while it learns: the same few recordings at every checkpoint."""

from __future__ import annotations

from pathlib import Path

import soundfile
import torch
from torch import Tensor

from training.network import Network
from training.pictures import draw_comparison

CLIPS = 3


@torch.no_grad()
def write_snapshots(
    network: Network, pairs: tuple[Tensor, Tensor], sample_rate: int, folder: Path, step: int
) -> None:
    """Write the first CLIPS recordings as the network leaves them, with their spectrograms.

    Files are called by clip and step; a clip's recording and target are written with the first.
    The pictures show recording, estimate and target, one below the other.

    Args:
        network: at full strength.
        pairs: recordings and their targets, (clips, samples) each.
        sample_rate: of both [Hz].
        folder: made if missing.
        step: that the network has reached.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recordings, targets = (x[:CLIPS] for x in pairs)
    late = network.latency_samples
    usable = recordings.shape[1] // network.hop * network.hop
    recordings = recordings[:, :usable]
    removed, _ = network(recordings, network.initial_state(len(recordings)), 1.0, -80.0)
    length = usable - late
    estimates = recordings[:, :length] - removed[:, late:]
    for clip, estimate in enumerate(estimates):
        takes = [x[:length].cpu().numpy() for x in (recordings[clip], estimate, targets[clip])]
        for name, take in zip(("recording", f"{step:07d}", "target"), takes, strict=True):
            path = folder / f"{clip}_{name}.flac"
            if not path.exists():
                soundfile.write(path, take, sample_rate)
        draw_comparison(folder / f"{clip}_{step:07d}.png", takes, sample_rate)
