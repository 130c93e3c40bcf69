"""Folders of recordings with and without a manifest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from corpora import write_corpora
from signals import noise

from training.errors import TrainingError
from training.listing import listing

RATE = 16_000


def write_files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, noise(1, 800)[0], RATE)


def splits(folder: Path, kind: str, key: str) -> dict[str, str]:
    return {row[key]: row["split"] for row in listing(folder, kind)}


def test_a_manifest_decides_where_there_is_one(tmp_path: Path) -> None:
    write_corpora(tmp_path, RATE)
    write_files(tmp_path / "speech", "not_in_the_manifest.wav")
    rows = listing(tmp_path / "speech", "speech")
    assert [row["split"] for row in rows] == ["train", "train", "valid", "valid"]
    assert [row["commercial_use"] for row in listing(tmp_path / "rir", "rir")].count("no") == 0


def test_folders_are_speakers_and_do_not_cross_the_splits(tmp_path: Path) -> None:
    write_files(tmp_path, *(f"speaker{i}/{take}.wav" for i in range(9) for take in range(3)))
    rows = listing(tmp_path, "speech")
    assert len(rows) == 27
    found = {(row["speaker"], row["split"]) for row in rows}
    assert len(found) == 9 and {split for _, split in found} == {"train", "valid"}


def test_files_at_the_top_are_speakers_of_their_own(tmp_path: Path) -> None:
    write_files(tmp_path, "a.wav", "b.flac", "c.WAV")
    (tmp_path / "notes.txt").write_text("no recording")
    assert set(splits(tmp_path, "speech", "speaker")) == {"a", "b", "c"}


def test_new_recordings_do_not_move_the_old_ones(tmp_path: Path) -> None:
    names = [f"{i}.wav" for i in range(60)]
    write_files(tmp_path, *names)
    before = splits(tmp_path, "speech", "speaker")
    write_files(tmp_path, *(f"new{i}.wav" for i in range(20)))
    after = splits(tmp_path, "speech", "speaker")
    assert before == {name: after[name] for name in before}
    assert 1 <= list(before.values()).count("valid") <= 15


@pytest.mark.parametrize("names", [("one/a.wav", "one/b.wav"), ("a.wav", "b.wav")])
def test_two_recordings_are_enough_for_both_splits(tmp_path: Path, names: tuple[str, str]) -> None:
    write_files(tmp_path, *names)
    assert {row["split"] for row in listing(tmp_path, "speech")} == {"train", "valid"}


def test_one_recording_is_for_training(tmp_path: Path) -> None:
    write_files(tmp_path, "a.wav")
    assert [row["split"] for row in listing(tmp_path, "noise")] == ["train"]


def test_a_room_without_a_manifest_is_measured(tmp_path: Path) -> None:
    time_s = np.arange(RATE) / RATE
    decay = 0.5 * noise(1, RATE, seed=3)[0] * 10 ** (-3 * time_s / 0.4)
    soundfile.write(tmp_path / "hall.wav", np.concatenate([np.zeros(160), [0.5], decay]), RATE)
    (row,) = listing(tmp_path, "rir")
    assert row["room"] == "hall"
    assert float(row["t60_s"]) == pytest.approx(0.4, rel=0.15)
    assert float(row["direct_s"]) == pytest.approx(0.01, abs=1 / RATE)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(RATE), np.ones(2)])
def test_what_is_no_room_response_is_named(tmp_path: Path, samples: np.ndarray) -> None:
    soundfile.write(tmp_path / "odd.wav", samples, RATE)
    with pytest.raises(TrainingError, match=r"odd\.wav.*t60_s"):
        listing(tmp_path, "rir")


def test_a_folder_that_is_not_there_and_one_without_recordings_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no folder '.*none'"):
        listing(tmp_path / "none", "speech")
    with pytest.raises(TrainingError, match=r"neither a manifest\.csv nor a recording"):
        listing(tmp_path, "speech")
