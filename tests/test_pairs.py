"""The database of pairs: whole or not at all, and the same at every call."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora import write_corpora

from training import pairs
from training.errors import TrainingError
from training.pairs import Order, build, chosen
from training.recorded import lag_s

RATE = 16_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_corpora(folder, RATE)
    return folder


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(order(data), tmp_path_factory.mktemp("made") / "pairs")


def order(data: Path, **changes: object) -> Order:
    usual = {"rirs": data / "rir", "noise": data / "noise", "versions": 3, "sample_rate": RATE}
    return Order(data / "speech", **{**usual, **changes})  # type: ignore[arg-type]


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_voice_gets_its_versions_and_every_version_a_line(made: Path) -> None:
    rows = manifest(made)
    assert len(rows) == 4 * 3
    assert {row["speaker"] for row in rows if row["split"] == "valid"} == {
        f"made/valid{take}.wav" for take in range(2)
    }
    on_disk = {path.relative_to(made).as_posix() for path in made.rglob("*.flac")}
    assert on_disk == {row[key] for row in rows for key in ("file", "target")}
    assert all("CC0-1.0" in row["licence"] and row["source"].startswith("made") for row in rows)


def test_versions_of_a_voice_differ_in_degree(made: Path) -> None:
    rows = manifest(made)
    for first in range(0, len(rows), 3):
        assert len({row["t60_s"] for row in rows[first : first + 3]}) == 3
        assert len({row["drr_db"] for row in rows[first : first + 3]}) == 3


def test_simulated_versions_go_from_dry_to_reverberant(data: Path, tmp_path: Path) -> None:
    out = build(order(data, rirs=None, simulated_share=1.0, versions=6), tmp_path / "pairs")
    rows = manifest(out)
    assert {row["room"] for row in rows} == {"simulated"}
    driest = [float(row["t60_s"]) for row in rows[::6]]
    wettest = [float(row["t60_s"]) for row in rows[5::6]]
    assert max(driest) < 0.25 and min(wettest) > 0.3


def test_rooms_do_not_cross_the_splits(made: Path) -> None:
    for row in manifest(made):
        room = row["room"].removeprefix("made/")
        assert room == "simulated" or room.startswith(row["split"])


def test_a_pair_has_one_length_and_is_aligned_and_does_not_clip(made: Path) -> None:
    for row in manifest(made):
        recording, rate = soundfile.read(made / row["file"], dtype="float32")
        target, same_rate = soundfile.read(made / row["target"], dtype="float32")
        assert rate == same_rate == RATE
        assert recording.shape == target.shape
        assert 0.45 < max(np.abs(recording).max(), np.abs(target).max()) < 0.55
        assert abs(lag_s(recording, target, RATE)) < 1e-3


def test_two_workers_make_what_one_makes(data: Path, made: Path, tmp_path: Path) -> None:
    again = build(order(data), tmp_path / "pairs", workers=2)
    assert contents(again) == contents(made)


def test_another_seed_makes_others(data: Path, made: Path, tmp_path: Path) -> None:
    others = contents(build(order(data, seed=2), tmp_path / "pairs"))
    assert others.keys() == contents(made).keys()
    assert all(others[name] != found for name, found in contents(made).items())


def test_an_interrupted_call_leaves_no_folder_and_goes_on(
    data: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "pairs"
    calls = []

    def interrupted(voice: dict[str, str]) -> tuple[str, list[dict[str, str]]]:
        calls.append(voice["file"])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return make(voice)

    make = pairs._make
    monkeypatch.setattr(pairs, "_make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(order(data), out)
    assert not out.exists()
    with (tmp_path / "pairs.part" / "progress.jsonl").open("a") as file:
        file.write('["cut off')
    assert contents(build(order(data), out)) == contents(made)
    assert len(calls) == 3 + 2
    assert not (tmp_path / "pairs.part").exists()


def test_what_exists_is_never_overwritten(data: Path, made: Path, tmp_path: Path) -> None:
    before = contents(made)
    with pytest.raises(TrainingError, match="already exists"):
        build(order(data), made)
    assert contents(made) == before
    (tmp_path / "pairs.part").mkdir()
    (tmp_path / "pairs.part" / "mine.txt").write_text("mine")
    with pytest.raises(TrainingError, match="Cannot work in"):
        build(order(data), tmp_path / "pairs")
    shutil.copy(made / "pairs.json", tmp_path / "pairs.part")
    with pytest.raises(TrainingError, match="other settings"):
        build(order(data, versions=4), tmp_path / "pairs")


def test_voices_of_one_name_are_refused(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data")
    with (tmp_path / "data" / "speech" / "manifest.csv").open("a") as file:
        file.write("train0.flac,made,CC0-1.0,train,x\n")
    with pytest.raises(TrainingError, match="the same name"):
        build(order(tmp_path / "data"), tmp_path / "pairs")


@pytest.mark.parametrize("name", ["../../a.wav", "/a.wav", "b/../../a.wav"])
def test_nothing_is_written_outside_of_the_folder(name: str, tmp_path: Path) -> None:
    stem = pairs._stem({"file": name})
    assert (tmp_path / stem).resolve().is_relative_to(tmp_path.resolve())


@pytest.mark.parametrize("count", [2, 3, 7, 99, 100, 500])
def test_some_of_the_voices_keep_both_splits(count: int) -> None:
    rows = [{"file": f"{i}.wav", "split": "valid" if i % 10 == 0 else "train"} for i in range(100)]
    some = chosen(rows, count)
    assert len(some) == min(count, 100) and len({row["file"] for row in some}) == len(some)
    assert {row["split"] for row in some} == {"train", "valid"}
    assert some == chosen(rows, count)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--speech {0}/none --out {0}/out", "no folder '.*none'"),
        ("--speech {0}/speech --rirs {0}/none --out {0}/out", "no folder '.*none'"),
        ("--speech {0}/speech --out {0}", "already exists"),
        ("--speech {0}/speech --out {0}/speech/manifest.csv/out", "Cannot work in"),
        ("--speech {0}/speech --out {0}/out --versions 0", "--versions"),
        ("--speech {0}/speech --out {0}/out --voices -1", "--voices"),
        ("--speech {0}/speech --out {0}/out --simulated-share 2", "--simulated-share"),
        ("--speech {0}/speech --out {0}/out --seed -1", "--seed"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    said: str,
) -> None:
    words = [word.format(data) for word in arguments.split()]
    monkeypatch.setattr("sys.argv", ["pairs", *words])
    with pytest.raises(SystemExit) as ended:
        pairs.main()
    assert ended.value.code == 2
    message = capsys.readouterr().err.strip()
    assert re.search(said, message)
    assert message.startswith("usage:") or "\n" not in message
