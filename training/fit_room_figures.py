"""Fit the blind room figures: `python -m training.fit_room_figures --data DIR`.

Speech of the train split in simulated and measured rooms, with noise or without, is turned into the
features of `processor.room_features`; a small network learns to tell the T60, the C50 and the DRR
from them, and how far off it may be. Writes resources/room.json and prints, for speakers and rooms
of the valid split, how well it does. See docs/room_figures.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
import torch
from numpy.typing import NDArray
from torch import nn

from processor.room import SEGMENT_FRAMES
from processor.room_estimator import ESTIMATOR
from processor.room_features import SAMPLE_RATE, power_spectra, room_features
from training.acoustics import Samples
from training.augment import excerpt, random_low_pass
from training.config import DataConfig
from training.corpus import Row, read_samples
from training.errors import told_plainly
from training.listing import listing
from training.versions import VersionMaker

DATA = DataConfig(measured_share=0.5, noise_share=0.75, snr_db=(5.0, 40.0), t60_s=(0.12, 2.5))
LENGTH_S = (4.0, 8.0)
PAUSE_S = (0.05, 0.7)
DRY_SHARE = 0.12
NOISE_SHARE = 0.12
DRY_T60_S = DATA.target_t60_s
# What lies beyond cannot be told from speech.
CLARITY_DB = (-15.0, 35.0)
DRR_DB = (-20.0, 20.0)
EXAMPLES = 4000
HIDDEN = 40
EPOCHS = 60
BATCH = 64
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 0.05
DROPOUT = 0.1
# What is stranger than all but so many of the examples is doubted, and from twice that on it is
# not believed at all.
FAMILIAR_SHARE = 0.995


@dataclass(frozen=True)
class Example:
    """A recording's features, and what is known of the room it was made in.

    `truth` is log T60 [s], C50 [dB], DRR [dB]; nan where it is not known, all of it without speech.
    """

    features: NDArray[np.float32]
    truth: tuple[float, float, float]
    room: str
    snr_db: float | None


def main() -> None:
    """Parse the command line, fit, write and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder: speech/ rir/ noise/")
    parser.add_argument("--out", type=Path, default=ESTIMATOR, help="file to write (%(default)s)")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="to fit on (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (%(default)s)")
    order = parser.parse_args()
    torch.set_num_threads(1)  # such small matrices are slower on two
    with told_plainly():
        recordings = Recordings(order.data, "train", DATA, order.seed)
        examples = [
            *recordings.examples(order.examples),
            *recordings.without_speech(round(NOISE_SHARE * order.examples)),
        ]
        table = fit(examples, order.seed)
        order.out.write_text(json.dumps(table) + "\n", encoding="utf-8")
        print(f"'{order.out}' is written.")


def fit(examples: Sequence[Example], seed: int) -> dict[str, Any]:
    """Return the numbers of a `RoomEstimator` that was fitted on the examples, ready for JSON."""
    features = np.stack([example.features for example in examples])
    truth = np.array([example.truth for example in examples])
    truth[:, 1:] = np.clip(truth[:, 1:], *np.transpose([CLARITY_DB, DRR_DB]))
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    offset, unit = np.nanmean(truth, axis=0), np.nanstd(truth, axis=0)
    standard = (features - mean) / scale
    is_speech = ~np.isnan(truth).all(axis=1)
    strangeness = np.mean(np.square(standard[is_speech]), axis=1)
    familiar = float(np.quantile(strangeness, FAMILIAR_SHARE))
    network = _fitted(standard.clip(-4, 4), (truth - offset) / unit, seed)
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    return {
        "made_by": "training.fit_room_figures",
        "examples": len(examples),
        "seed": seed,
        "offset": _plain(offset),
        "unit": _plain(unit),
        "familiar": familiar,
        "foreign": 2 * familiar,
        "mean": _plain(mean),
        "scale": _plain(scale),
        "weights": [_plain(layer.weight) for layer in layers],
        "biases": [_plain(layer.bias) for layer in layers],
    }


def _fitted(standard: np.ndarray, truth: np.ndarray, seed: int) -> nn.Sequential:
    """Return a network that tells the expectation and the logarithm of the deviation of each.

    And last the logit of there being speech at all.
    """
    torch.manual_seed(seed)
    features = torch.tensor(standard, dtype=torch.float32)
    wanted = torch.tensor(truth, dtype=torch.float32)
    known = ~torch.isnan(wanted)
    wanted = torch.nan_to_num(wanted)
    is_speech = known.any(dim=1)
    network = nn.Sequential(
        nn.Dropout(DROPOUT / 2),
        nn.Linear(features.shape[1], HIDDEN),
        nn.Tanh(),
        nn.Dropout(DROPOUT),
        nn.Linear(HIDDEN, 2 * wanted.shape[1] + 1),
    )
    steps = EPOCHS * max(1, len(features) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps)
    for _ in range(steps):
        chosen = torch.randint(0, len(features), (BATCH,))
        expected, log_deviation, logit = network(features[chosen]).split((3, 3, 1), dim=1)
        error = (expected - wanted[chosen])[known[chosen]]
        log_deviation = log_deviation.clamp(-4, 2)[known[chosen]]
        # The likelihood of a Gaussian forgives errors that it was told to expect: hence the second.
        likelihood = 0.5 * torch.square(error / log_deviation.exp()) + log_deviation
        heard = nn.functional.binary_cross_entropy_with_logits(
            logit[:, 0], is_speech[chosen].float()
        )
        loss = likelihood.mean() + error.abs().mean() + heard
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def _plain(numbers: np.ndarray | torch.Tensor) -> Any:
    """Four digits are enough, and keep the file small."""
    array = numbers.detach().numpy() if isinstance(numbers, torch.Tensor) else numbers
    return np.vectorize(lambda number: float(f"{number:.4g}"))(array).tolist()


class Recordings:
    """Makes recordings of one split: a few clips of a speaker, with pauses between, in a room."""

    def __init__(self, data: Path, split: str, config: DataConfig, seed: int) -> None:
        rows = {kind: listing(data / kind, kind) for kind in ("speech", "rir", "noise")}
        self._folder = data / "speech"
        self._split = split
        self._seed = seed
        self._speakers = list(_by_speaker(rows["speech"], split).values())
        self._noise_folder = data / "noise"
        self._noise = [row for row in rows["noise"] if row["split"] == split]
        rirs, noise = (data / "rir", rows["rir"]), (data / "noise", rows["noise"])
        self._maker = VersionMaker(rirs, noise, config, SAMPLE_RATE, versions=1, seed=seed)

    def examples(self, count: int) -> Iterator[Example]:
        """Yield the features of `count` recordings and the truth about them."""
        for index in range(count):
            rng = np.random.default_rng((self._seed, index))
            speaker = self._speakers[index % len(self._speakers)]
            voice = self._voice(rng, speaker)
            row = {"file": f"{self._split} {index}", "split": self._split}
            (made,) = self._maker.versions(row, voice)
            is_dry = rng.random() < DRY_SHARE
            recording = low_passed(rng, made.target if is_dry else made.recording)
            truth = (np.log(made.t60_s), made.c50_db, made.drr_db)
            if is_dry:
                truth = (np.log(min(made.t60_s, DRY_T60_S)), CLARITY_DB[1], np.nan)
            room = "dried" if is_dry else made.room["room"]
            features = room_features(power_spectra(recording[None])[:SEGMENT_FRAMES])
            yield Example(features, truth, room, None if is_dry else made.snr_db)

    def without_speech(self, count: int) -> Iterator[Example]:
        """Yield examples of recorded noise alone, every second one in a room."""
        for index in range(count):
            rng = np.random.default_rng((self._seed, index, 1))
            length = round(rng.uniform(*LENGTH_S) * SAMPLE_RATE)
            row = self._noise[index % len(self._noise)]
            noise = excerpt(
                rng, read_samples(self._noise_folder / row["file"], SAMPLE_RATE), length
            )
            if index % 2:
                row = {"file": f"{self._split} noise {index}", "split": self._split}
                noise = self._maker.versions(row, noise)[0].recording
            features = room_features(power_spectra(low_passed(rng, noise)[None])[:SEGMENT_FRAMES])
            yield Example(features, (np.nan, np.nan, np.nan), "noise", None)

    def _voice(self, rng: np.random.Generator, speaker: list[Row]) -> Samples:
        length = round(rng.uniform(*LENGTH_S) * SAMPLE_RATE)
        parts: list[Samples] = []
        while sum(map(len, parts)) < length:
            row = speaker[rng.integers(len(speaker))]
            pause = np.zeros(round(rng.uniform(*PAUSE_S) * SAMPLE_RATE), np.float32)
            parts += [read_samples(self._folder / row["file"], SAMPLE_RATE), pause]
        return np.concatenate(parts)[:length]


def low_passed(rng: np.random.Generator, recording: Samples) -> Samples:
    """Return the recording as some equipment would give it, without its upper octaves."""
    n = scipy.fft.next_fast_len(len(recording), real=True)
    frequency = scipy.fft.rfftfreq(n, 1 / SAMPLE_RATE).astype(np.float32)
    gain = random_low_pass(rng, frequency, DATA.low_pass_share)
    return scipy.fft.irfft(scipy.fft.rfft(recording, n) * gain, n)[: len(recording)]


def _by_speaker(rows: list[Row], split: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["split"] == split:
            found.setdefault(f"{row.get('source') or ''}/{row['speaker']}", []).append(row)
    return found


if __name__ == "__main__":
    main()
