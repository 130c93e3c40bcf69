"""Make a database of pairs: `python -m training.pairs --speech DIR --rirs DIR --out DIR`.

Every dry voice gets a number of reverberant versions of different degree and colour, each with the
target that training would have. OUT appears when it is whole; until then the work lies in
OUT.part, from where the same command goes on.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import hashlib
import json
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile

from training.acoustics import Samples
from training.config import DataConfig
from training.corpus import Row, read_samples
from training.errors import TrainingError, reason_of, told_plainly
from training.listing import listing, share_of
from training.versions import Version, VersionMaker

COLUMNS = (
    *("file", "target", "split", "speaker", "room", "t60_s", "drr_db", "c50_db", "snr_db"),
    *("source", "licence"),
)
PROGRESS = "progress.jsonl"
ABOUT = "pairs.json"
SAY_EVERY_S = 15.0


@dataclass(frozen=True)
class Order:
    """What is to be made of what."""

    speech: Path
    rirs: Path | None
    noise: Path | None = None
    versions: int = 6
    voices: int | None = None
    seed: int = 1
    simulated_share: float = 0.5
    sample_rate: int = 48_000


def main() -> None:
    """Parse the command line and make the pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speech", type=Path, required=True, help="folder of dry voices")
    parser.add_argument("--rirs", type=Path, help="folder of room responses (none: simulated)")
    parser.add_argument("--noise", type=Path, help="folder of noise (none: made-up noise only)")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--versions", type=int, default=6, help="of each voice (%(default)s)")
    parser.add_argument("--voices", type=int, help="take so many at random (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="another gives other rooms and noise")
    parser.add_argument(
        "--simulated-share", type=float, default=0.5, help="of simulated rooms (%(default)s)"
    )
    parser.add_argument("--sample-rate", type=int, default=48_000, help="in Hz (%(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (%(default)s)")
    arguments = vars(parser.parse_args())
    for name in ("versions", "voices", "workers", "sample_rate"):
        if arguments[name] is not None and arguments[name] < 1:
            parser.error(f"--{name.replace('_', '-')} must be 1 or more, got {arguments[name]}")
    if not 8_000 <= arguments["sample_rate"] <= 192_000:
        parser.error(f"--sample-rate must be 8000 to 192000, got {arguments['sample_rate']}")
    if not 0 <= arguments["simulated_share"] <= 1:
        parser.error("--simulated-share must be from 0 to 1")
    if arguments["seed"] < 0:
        parser.error("--seed must be 0 or more")
    out, workers = arguments.pop("out"), arguments.pop("workers")
    with told_plainly():
        build(Order(**arguments), out, workers)


def build(order: Order, out: Path, workers: int = 1) -> Path:
    """Make the pairs and return `out`, which appears when all of them are there.

    Raises:
        TrainingError: `out` exists, the part that is there belongs to another order, or something
            cannot be read or written.
    """
    if out.exists():
        raise TrainingError(f"'{out}' already exists. Choose another --out, or delete it.")
    rows = {kind: _listed(order, kind) for kind in ("speech", "rir", "noise")}
    voices = chosen(rows["speech"], order.voices)
    _check_names(voices)
    part = out.with_name(f"{out.name}.part")
    _begin(part, _about(order, {**rows, "speech": voices}))
    done = _progress(part)
    todo = [voice for voice in voices if voice["file"] not in done]
    total = len(voices) * order.versions
    print(f"{total} versions of {len(voices)} voices, {len(done)} of the voices are done")
    try:
        began = said = time.monotonic()
        with (part / PROGRESS).open("a", encoding="utf-8") as progress:
            for count, (name, made) in enumerate(_made(order, rows, todo, part, workers), 1):
                done[name] = made
                progress.write(json.dumps([name, made]) + "\n")
                progress.flush()
                if time.monotonic() - said > SAY_EVERY_S:
                    said = time.monotonic()
                    left_s = (said - began) / count * (len(todo) - count)
                    print(f"{len(done)} of {len(voices)} voices, {left_s / 60:.0f} min left")
        _finish(part, [row for name in sorted(done) for row in done[name]])
        part.rename(out)
    except OSError as error:
        raise TrainingError(
            f"Cannot write '{part}': {reason_of(error)}. What is done is kept: mend that and give "
            "the same command again."
        ) from error
    print(f"'{out}' is whole: {total} pairs")
    return out


def chosen(voices: list[Row], count: int | None) -> list[Row]:
    """Return `count` of the voices, of every split its share, the same at every call."""
    if count is None or count >= len(voices):
        return voices
    ranked = sorted(voices, key=lambda row: share_of(row["file"]))
    valid = [row for row in ranked if row["split"] == "valid"]
    train = [row for row in ranked if row["split"] != "valid"]
    of_valid = min(len(valid), max(round(count * len(valid) / len(voices)), 1))
    return train[: count - of_valid] + valid[:of_valid]


def _listed(order: Order, kind: str) -> list[Row]:
    folder = {"speech": order.speech, "rir": order.rirs, "noise": order.noise}[kind]
    return [] if folder is None else listing(folder, kind)


def _stem(voice: Row) -> str:
    """Where the versions of a voice go, always inside the folder that is made."""
    parts = [part for part in PurePosixPath(voice["file"]).parts if part not in ("/", "..")]
    return PurePosixPath(*parts).with_suffix("").as_posix()


def _check_names(voices: list[Row]) -> None:
    seen: dict[str, str] = {}
    for voice in voices:
        other = seen.setdefault(_stem(voice), voice["file"])
        if other != voice["file"]:
            raise TrainingError(
                f"'{other}' and '{voice['file']}' would get the same name. Rename one of them."
            )


def _about(order: Order, rows: dict[str, list[Row]]) -> str:
    """What the pairs are made of, as JSON, to be kept with them."""
    table = {**dataclasses.asdict(order), "data": dataclasses.asdict(_config(order))}
    for kind, listed in rows.items():
        table[f"{kind}_sha256"] = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    return json.dumps(table, indent=2, default=str)


def _config(order: Order) -> DataConfig:
    return DataConfig(measured_share=1.0 - order.simulated_share)


def _begin(part: Path, about: str) -> None:
    """Make the folder of the work, or find it as it was left."""
    try:
        part.mkdir(parents=True, exist_ok=True)
        path = part / ABOUT
        if not path.exists() and not any(part.iterdir()):
            path.write_text(about, encoding="utf-8")
        if path.read_text(encoding="utf-8") != about:
            raise TrainingError(
                f"'{part}' was begun with other settings or recordings. Delete it, or choose "
                "another --out."
            )
    except OSError as error:
        raise TrainingError(
            f"Cannot work in '{part}': {reason_of(error)}. Choose another --out."
        ) from error


def _progress(part: Path) -> dict[str, list[Row]]:
    """Return the rows of the voices that are done; a line that was cut off does not count."""
    done = {}
    path = part / PROGRESS
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            name, made = json.loads(line)
        except ValueError:
            continue
        done[name] = made
    path.write_text("".join(json.dumps(item) + "\n" for item in done.items()), encoding="utf-8")
    return done


def _made(
    order: Order, rows: dict[str, list[Row]], todo: list[Row], part: Path, workers: int
) -> Iterator[tuple[str, list[Row]]]:
    """Yield the name and the manifest's rows of every voice when its files are written."""
    if workers == 1:
        _work_on(order, rows, part)
        yield from map(_make, todo)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _work_on, (order, rows, part)) as pool:
        try:
            for future in as_completed([pool.submit(_make, voice) for voice in todo]):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_job: tuple[Order, VersionMaker, Path]


def _work_on(order: Order, rows: dict[str, list[Row]], part: Path) -> None:
    """Set a process up: rooms and noise are decoded once in each."""
    global _job
    maker = VersionMaker(
        (order.rirs or Path(), rows["rir"]),
        (order.noise or Path(), rows["noise"]),
        _config(order),
        order.sample_rate,
        order.versions,
        order.seed,
    )
    _job = order, maker, part


def _make(voice: Row) -> tuple[str, list[Row]]:
    order, maker, part = _job
    dry = read_samples(order.speech / voice["file"], order.sample_rate)
    made = []
    for number, version in enumerate(maker.versions(voice, dry), 1):
        names = [f"{kind}/{_stem(voice)}-{number}.flac" for kind in ("recordings", "targets")]
        for name, samples in zip(names, (version.recording, version.target), strict=True):
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                soundfile.write(path, _int16(samples), order.sample_rate)
            except soundfile.LibsndfileError as error:
                raise TrainingError(
                    f"Cannot write '{path}': {error}. What is done is kept: mend that and give the "
                    "same command again."
                ) from error
        made.append(_manifest_row(voice, version, *names))
    return voice["file"], made


def _int16(samples: Samples) -> np.ndarray:
    """Rounded: libsndfile cuts off."""
    return np.rint(samples * 32_767).astype(np.int16)


def _manifest_row(voice: Row, version: Version, file: str, target: str) -> Row:
    room = version.room
    parts = (voice, room, version.noise)
    return {
        "file": file,
        "target": target,
        "split": voice["split"],
        "speaker": f"{voice.get('source') or ''}/{voice['speaker']}".lstrip("/"),
        "room": f"{room.get('source') or ''}/{room['room']}".lstrip("/"),
        "t60_s": f"{version.t60_s:.3f}",
        "drr_db": f"{version.drr_db:.2f}",
        "c50_db": f"{version.c50_db:.2f}",
        "snr_db": "" if version.snr_db is None else f"{version.snr_db:.1f}",
        "source": " + ".join(filter(None, (row.get("source") for row in parts))),
        "licence": " + ".join(filter(None, (row.get("licence") for row in parts))),
    }


def _finish(part: Path, rows: list[Row]) -> None:
    with (part / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    (part / PROGRESS).unlink()


if __name__ == "__main__":
    main()
