"""A made-up data folder with all that training reads: speech/ rir/ noise/, each with a manifest."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile
from signals import noise, speech_like

from training.rooms import simulate_rir


def write_corpora(folder: Path, sample_rate: int) -> None:
    """Write two speakers, three rooms (one not free for commercial use) and a noise per split."""
    speech, rir, room_tone = [], [], []
    for number, split in enumerate(("train", "valid")):
        for take in range(2):
            name = f"{split}{take}.wav"
            clip = speech_like(1, 2 * sample_rate, sample_rate, seed=10 * number + take)
            speech.append(_row(folder, "speech", name, clip[0], sample_rate, split, speaker=name))
        for take, use in enumerate(("yes", "unclear", "no")):
            name = f"{split}{take}.wav"
            rng = np.random.default_rng(10 * number + take)
            response, t60_s = simulate_rir(rng, sample_rate, (0.2, 0.5))
            response = 0.5 * response / np.abs(response).max()
            extra = {"room": name, "t60_s": f"{t60_s:.3f}", "commercial_use": use}
            rir.append(_row(folder, "rir", name, response, sample_rate, split, **extra))
        hum = noise(1, sample_rate, seed=number)[0]
        room_tone.append(_row(folder, "noise", f"{split}.wav", hum, sample_rate, split))
    for kind, rows in (("speech", speech), ("rir", rir), ("noise", room_tone)):
        with (folder / kind / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)


def _row(
    folder: Path,
    kind: str,
    name: str,
    samples: np.ndarray,
    sample_rate: int,
    split: str,
    **extra: str,
) -> dict[str, str]:
    (folder / kind).mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / kind / name, samples, sample_rate, subtype="FLOAT")
    return {"file": name, "source": "made", "licence": "CC0-1.0", "split": split, **extra}
