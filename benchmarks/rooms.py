"""How right the blind room figures are: `python -m benchmarks.rooms --data DIR` prints Markdown.

Speakers and rooms of the valid split, which the regression was not fitted on. The tables stand in
docs/room_figures.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from math import erf, sqrt
from pathlib import Path

import numpy as np
import soundfile

from processor.model import Model
from processor.recipe import Recipe
from processor.room import CLARITY_TOLERANCE_DB, T60_TOLERANCE, room_figures
from processor.room_estimator import Estimate, RoomEstimator
from processor.stream import DereverbStream
from processor.strengths import strength_for_c50
from training.errors import told_plainly
from training.fit_room_figures import CLARITY_DB, DATA, DRR_DB, Example, Recordings
from training.items import evaluation_sources, validation_items

SEED = 9
MODEL_RATE = 48_000
TARGET_DB = 15.0


@dataclasses.dataclass(frozen=True)
class Tried:
    """An example, what was told of it, and what is true (3,), within what can be told."""

    example: Example
    told: Estimate
    truth: np.ndarray


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder: speech/ rir/ noise/")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="of decoded clips")
    parser.add_argument("--examples", type=int, default=600, help="recordings (%(default)s)")
    parser.add_argument("--treated", type=int, default=12, help="of them treated (%(default)s)")
    order = parser.parse_args()
    with told_plainly():
        recordings = Recordings(order.data, "valid", DATA, SEED)
        tried = [_tried(example) for example in recordings.examples(order.examples)]
        print(*errors_table(tried), "", *confidence_table(tried), "", sep="\n")
        print(*no_speech_line(recordings), "", sep="\n")
        print(*unvaried_and_treated(order.data, order.cache, order.treated), sep="\n")


def _tried(example: Example) -> Tried:
    truth = np.array(example.truth)
    truth[1:] = np.clip(truth[1:], *np.transpose([CLARITY_DB, DRR_DB]))
    return Tried(example, RoomEstimator.load().estimate(example.features), truth)


def errors_table(tried: Sequence[Tried]) -> Iterator[str]:
    """Yield the lines of a table: errors of T60, C50 and DRR by class of recording."""
    yield "| | recordings | T60: MAE | median | bias | r | C50: MAE | bias | r | DRR: MAE |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, chosen in _classes(tried):
        if chosen:
            yield f"| {name} | {len(chosen)} | {' | '.join(_errors(chosen))} |"


def _classes(tried: Sequence[Tried]) -> Iterator[tuple[str, list[Tried]]]:
    yield "all", list(tried)
    rooms = {"simulated": "simulated rooms", "dried": "dried: decays of 0.08 s"}
    for name in ("simulated", "", "dried"):
        label = rooms.get(name, "measured rooms")
        yield label, [each for each in tried if _room(each) == name]
    reverberant = [each for each in tried if _room(each) != "dried"]
    for label, low, high in (
        ("no noise added", np.inf, np.inf),
        ("SNR 20 to 40 dB", 20, 40),
        ("SNR 10 to 20 dB", 10, 20),
        ("SNR 5 to 10 dB", 5, 10),
    ):
        yield label, [each for each in reverberant if low <= _snr_db(each) <= high]
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 1.0), (1.0, 3.5)):
        within = [each for each in reverberant if low <= np.exp(each.truth[0]) < high]
        yield f"T60 {low:g} to {high:g} s", within


def _room(each: Tried) -> str:
    """Which kind of room: "simulated", "dried" or, of a measured one, nothing."""
    return each.example.room if each.example.room in ("simulated", "dried") else ""


def _snr_db(each: Tried) -> float:
    return np.inf if each.example.snr_db is None else each.example.snr_db


def _errors(chosen: Sequence[Tried]) -> Iterator[str]:
    told = np.array([each.told.expected for each in chosen])
    truth = np.array([each.truth for each in chosen])
    seconds, true_seconds = np.exp(told[:, 0]), np.exp(truth[:, 0])
    ratio = seconds / true_seconds
    yield f"{np.abs(seconds - true_seconds).mean():.2f} s"
    yield f"{100 * np.median(np.abs(ratio - 1)):.0f} %"
    yield f"{100 * (np.median(ratio) - 1):+.0f} %"
    yield _correlation(seconds, true_seconds)
    error = told[:, 1] - truth[:, 1]
    yield f"{np.abs(error).mean():.1f} dB"
    yield f"{error.mean():+.1f} dB"
    yield _correlation(told[:, 1], truth[:, 1])
    known = ~np.isnan(truth[:, 2])
    yield f"{np.abs(told - truth)[known, 2].mean():.1f} dB" if known.any() else ""


def _correlation(told: np.ndarray, truth: np.ndarray) -> str:
    """Pearson's; nothing where the truth is one number."""
    return f"{np.corrcoef(told, truth)[0, 1]:.2f}" if np.std(truth) > 0.02 else ""


def confidence_table(tried: Sequence[Tried]) -> Iterator[str]:
    """Yield the lines of a table: how often the figures are as right as was promised."""
    yield "| quarter, by confidence | C50: promised | is | T60: promised | is |"
    yield "|---|---|---|---|---|"
    columns = []
    for figure, tolerance in ((1, CLARITY_TOLERANCE_DB), (0, np.log(1 + T60_TOLERANCE))):
        promised = np.array(
            [
                each.told.credibility * erf(tolerance / each.told.deviation[figure] / sqrt(2))
                for each in tried
            ]
        )
        right = np.array(
            [abs(each.told.expected[figure] - each.truth[figure]) < tolerance for each in tried]
        )
        quarters = np.array_split(np.argsort(promised), 4)
        columns.append([(promised[which].mean(), right[which].mean()) for which in quarters])
    for number, cells in enumerate(zip(*columns, strict=True), 1):
        text = " | ".join(f"{share:.0%}" for share in itertools.chain(*cells))
        yield f"| {number} | {text} |"


def no_speech_line(recordings: Recordings, count: int = 60) -> Iterator[str]:
    """Yield a sentence: how often noise alone is taken for speech."""
    estimator = RoomEstimator.load()
    found = [estimator.estimate(each.features) for each in recordings.without_speech(count)]
    taken = sum(estimate.credibility > 0.5 for estimate in found)
    yield f"Of {count} pieces of recorded noise alone, {taken} are taken for speech."


def unvaried_and_treated(data: Path, cache: Path, treated: int) -> Iterator[str]:
    """Yield tables of the items that models are measured on: as they are, and made drier."""
    items = list(validation_items(evaluation_sources(data, MODEL_RATE, cache), MODEL_RATE))
    begun = time.process_time()
    figures = [room_figures(item.recording[None], MODEL_RATE) for item in items]
    spent = time.process_time() - begun
    seconds = sum(len(item.recording) for item in items) / MODEL_RATE
    pairs = [
        (item, told)
        for item, told in zip(items, figures, strict=True)
        if not item.is_dry and told.t60_s is not None
    ]
    ratio = np.array([told.t60_s / item.t60_s for item, told in pairs])
    drr = np.array([told.drr_db - max(item.drr_db, DRR_DB[0]) for item, told in pairs])
    true_s, told_s = [item.t60_s for item, _ in pairs], [told.t60_s for _, told in pairs]
    yield (
        f"In {len(pairs)} recordings of measured rooms as they are: T60 off by "
        f"{100 * np.median(np.abs(ratio - 1)):.0f} % (median), "
        f"bias {100 * np.median(ratio - 1):+.0f} %, "
        f"r {np.corrcoef(true_s, told_s)[0, 1]:.2f}; DRR off by {np.abs(drr).mean():.1f} dB."
    )
    dry = [told for item, told in zip(items, figures, strict=True) if item.is_dry]
    c50_db = [told.c50_db for told in dry if told.c50_db is not None]
    yield f"Dry clips: median C50 {np.median(c50_db):.1f} dB in {len(c50_db)} of {len(dry)}."
    yield f"Speed: {seconds / spent:.0f} x real time at 48 kHz, mono, on one core (CPU time)."
    yield ""
    yield (
        "| item | T60 is | T60 told | C50 told | T60 at 1 | C50 at 0.5 | C50 at 1 "
        f"| strength for {TARGET_DB:g} dB | C50 then |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    model = Model.load()
    for item, told in itertools.islice(pairs, treated):
        found = _strength(item.recording)
        half, full, then = (
            room_figures(_treated(model, item.recording, strength), MODEL_RATE)
            for strength in (0.5, 1.0, found)
        )
        yield (
            f"| {item.name} | {item.t60_s:.2f} s | {told.t60_s:.2f} s | {told.c50_db:.1f} dB "
            f"| {full.t60_s:.2f} s | {half.c50_db:.1f} dB | {full.c50_db:.1f} dB "
            f"| {found:.2f} | {then.c50_db:.1f} dB |"
        )


def _strength(recording: np.ndarray) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.wav"
        soundfile.write(path, recording, MODEL_RATE, "FLOAT")
        return strength_for_c50(path, Recipe(), TARGET_DB)


def _treated(model: Model, recording: np.ndarray, strength: float) -> np.ndarray:
    stream = DereverbStream(model, MODEL_RATE, 1, Recipe(strength=strength))
    return np.concatenate([stream.feed(recording[None]), stream.flush()], axis=1)


if __name__ == "__main__":
    main()
