"""The fixed recordings that models and peers are measured on.

Sixty pairs of unseen speakers in unseen rooms, every second one with recorded noise, and twelve dry
clips. They are the same samples at every call, so figures of different days can be compared;
`fingerprint` says whether they were.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.acoustics import Samples, direct_index, direct_sound, direct_to_reverberant_db
from training.corpus import Clip, Corpus, read_samples
from training.dataset import Sources

PAIRS = 60
DRY_CLIPS = 12
CLIP_S = 8.0
LONGEST_T60_S = 2.5
SNR_DB = (10.0, 30.0)
SEED = 20


@dataclass(frozen=True)
class Item:
    """A recording and the direct sound it holds, aligned.

    Attributes:
        name: which item, and the room it is in.
        recording: what goes into a program, (samples,).
        dry: the direct sound in it, (samples,); the recording itself where that is dry.
        t60_s: of the room; 0 for dry clips.
        noisy: recorded noise was added.
        drr_db: direct-to-reverberant ratio of the room response; infinite for dry clips.
    """

    name: str
    recording: Samples
    dry: Samples
    t60_s: float
    noisy: bool
    drr_db: float = float("inf")

    @property
    def is_dry(self) -> bool:
        """Whether it is a clip that should come back as it is."""
        return self.t60_s == 0.0


def evaluation_sources(data: Path, sample_rate: int, cache: Path) -> Sources:
    """Return the `valid` split of a data folder with all of its noise, whatever its licence.

    Licences decide what a network may hear that is to be shipped; these items are only listened
    to, and must stay the ones that older figures are of. Only rows whose `commercial_use` is "no"
    have always been left out.

    Raises:
        TrainingError: as `Sources.load`.
    """
    sources = Sources.load(data, "valid", sample_rate, cache)
    with (data / "noise" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "valid"]
    rows = [row for row in rows if row.get("commercial_use") != "no"]
    parts = [read_samples(data / "noise" / row["file"], sample_rate) for row in rows]
    ends = np.cumsum([len(part) for part in parts]).tolist()
    clips = [Clip(*span) for span in zip([0, *ends[:-1]], ends, rows, strict=True)]
    return replace(sources, noise=Corpus(np.concatenate(parts), clips))


def validation_items(
    sources: Sources, sample_rate: int, pairs: int = PAIRS, dry_clips: int = DRY_CLIPS
) -> Iterator[Item]:
    """Yield the fixed pairs, then the dry clips: the same ones at every call."""
    speakers = sources.speech.groups("speaker")
    rooms = [
        room
        for room in sources.rir.groups("room")
        if float(sources.rir.clips[room[0]].row["t60_s"]) <= LONGEST_T60_S
    ]
    for index in range(pairs + dry_clips):
        rng = np.random.default_rng((SEED, index))
        dry = _speech(sources.speech, speakers[index % len(speakers)], rng, sample_rate)
        if index >= pairs:
            yield Item(f"dry {index - pairs}", dry, dry, 0.0, noisy=False)
            continue
        room = rooms[index % len(rooms)]
        chosen = int(rng.choice(room))
        noisy = index % 2 == 1
        rir = sources.rir.read(chosen)
        recording, direct = _in_room(dry, rir, sample_rate)
        if noisy:
            noise = sources.noise.read(int(rng.integers(len(sources.noise))))
            noise = np.resize(noise, len(dry))
            snr_db = rng.uniform(*SNR_DB)
            noise = noise * (np.std(recording) / max(np.std(noise), 1e-9) * 10 ** (-snr_db / 20))
            recording = (recording + noise).astype(np.float32)
        row = sources.rir.clips[chosen].row
        drr_db = direct_to_reverberant_db(rir, sample_rate)
        name = f"{index} in {row['room']}"
        yield Item(name, recording, direct, float(row["t60_s"]), noisy, drr_db)


def fingerprint(items: Iterable[Item]) -> str:
    """Twelve hexadecimal digits that are equal where all samples of all items are."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(item.recording.tobytes())
        digest.update(item.dry.tobytes())
    return digest.hexdigest()[:12]


def _speech(
    corpus: Corpus, speaker: list[int], rng: np.random.Generator, sample_rate: int
) -> Samples:
    """CLIP_S of one speaker: clips in random order, 0.6 s apart, closed by a pause."""
    pause = np.zeros(round(0.6 * sample_rate), np.float32)
    parts: list[Samples] = []
    while sum(map(len, parts)) < (CLIP_S - 1) * sample_rate:
        parts += [corpus.read(int(rng.choice(speaker))), pause]
    speech = np.concatenate(parts)[: round((CLIP_S - 0.6) * sample_rate)]
    return np.concatenate([speech, pause])


def _in_room(dry: Samples, rir: Samples, sample_rate: int) -> tuple[Samples, Samples]:
    """Speech in a room, its peak at half of full scale, and its direct sound alone, aligned."""
    from scipy.signal import fftconvolve

    late = direct_index(sample_rate)
    both = [
        fftconvolve(dry, response)[late : late + len(dry)]
        for response in (rir, direct_sound(rir, sample_rate))
    ]
    gain = 0.5 / max(float(np.abs(both[0]).max()), 1e-9)
    return (gain * both[0]).astype(np.float32), (gain * both[1]).astype(np.float32)
