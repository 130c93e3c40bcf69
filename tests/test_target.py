"""dryspell batch --target-c50: every recording gets the strength that it needs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from signals import noise

from processor.audio_file import read_tags
from processor.cli import main
from processor.file_job import FileJob
from processor.model_files import MODELS
from processor.recipe import Recipe
from processor.strengths import _stretches, strength_for_c50
from processor.workers import process_job

RATE = 48_000
FALLBACK = 0.3


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kitchen, a church, and nothing to be heard."""
    folder = tmp_path_factory.mktemp("tapes")
    for name in ("kitchen", "church"):
        audio, rate = soundfile.read(MODELS / "samples" / f"{name}.flac", stop=4 * RATE)
        soundfile.write(folder / f"{name}.flac", audio, rate)
    soundfile.write(folder / "silent.flac", np.zeros(RATE), RATE)
    return folder


def batch(tapes: Path, out: Path, *arguments: str) -> int:
    call = ["batch", str(tapes), str(out), "--jobs", "0", "--strength", str(FALLBACK)]
    return main([*call, *arguments])


def rows_of(report: Path) -> dict[str, dict]:
    return {Path(row["source"]).stem: row for row in json.loads(report.read_text())}


@pytest.fixture(scope="module")
def out(tapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which they are brought to a C50 of 9 dB."""
    out = tmp_path_factory.mktemp("done") / "out"
    report, listed = out.parent / "report.json", out.parent / "listed.csv"
    asked = ("--target-c50", "9", "--report", str(report), "--write-manifest", str(listed))
    assert batch(tapes, out, *asked) == 0
    return out


def test_each_recording_gets_a_strength_of_its_own(tapes, out) -> None:
    rows = rows_of(out.parent / "report.json")
    strengths = {name: row["strength"] for name, row in rows.items()}
    assert strengths["silent"] == FALLBACK  # nothing can be told
    assert 0 < strengths["kitchen"] < 1 and 0 < strengths["church"] <= 1
    assert strengths["kitchen"] != strengths["church"]
    assert strengths["kitchen"] == strength_for_c50(tapes / "kitchen.flac", Recipe(), 9.0)
    assert {row["target_c50_db"] for row in rows.values()} == {9.0}


def test_the_file_the_journal_and_the_manifest_say_which(out) -> None:
    strengths = {n: row["strength"] for n, row in rows_of(out.parent / "report.json").items()}
    for name, strength in strengths.items():
        assert f"strength={strength:g} " in read_tags(out / f"{name}.flac")["software"]
    lines = (out / ".dryspell-journal.jsonl").read_text().splitlines()
    done = [event for event in map(json.loads, lines) if event["event"] == "done"]
    assert {Path(event["output"]).stem: event["strength"] for event in done} == strengths
    assert {event["target_c50_db"] for event in done} == {9.0}
    with (out.parent / "listed.csv").open() as file:
        for row in csv.DictReader(file):
            strength = strengths[Path(row["output"]).stem]
            assert float(row["strength"]) == strength
            assert f"strength={strength:g} " in row["recipe"]


def test_the_bytes_are_those_of_that_strength(tapes, out, tmp_path) -> None:
    strength = rows_of(out.parent / "report.json")["kitchen"]["strength"]
    again = tmp_path / "kitchen.flac"
    call = ["process", str(tapes / "kitchen.flac"), "-o", str(again)]
    assert main([*call, "--strength", str(strength)]) == 0
    assert again.read_bytes() == (out / "kitchen.flac").read_bytes()


def test_resuming_knows_the_target(tapes, out, capsys) -> None:
    def left(*arguments: str) -> int:
        capsys.readouterr()
        assert batch(tapes, out, "--resume", "--dry-run", "--json", *arguments) == 0
        return json.loads(capsys.readouterr().out)["todo"]

    assert left("--target-c50", "9") == 0
    assert left("--target-c50", "9.5") == 3
    assert left() == 3


def test_progress_of_search_and_work_goes_up_to_one(tmp_path, tiny_model_path) -> None:
    source = tmp_path / "a.wav"
    soundfile.write(source, noise(1, 16_000 * 20).T, 16_000)
    told: list[float] = []
    job = FileJob(source, tmp_path / "out" / "a.wav", target_c50_db=15.0)
    result = process_job(job, Recipe(str(tiny_model_path)), progress=told.append)
    assert result.ok and result.job == job
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    assert 0.4 < told[len(told) // 2] < 0.6


@pytest.mark.parametrize("bad", ["nan", "61", "-inf"])
def test_a_clarity_that_no_recording_has_is_a_wrong_call(tapes, tmp_path, capsys, bad) -> None:
    assert batch(tapes, tmp_path / "out", "--target-c50", bad) == 2
    assert "must lie between" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("frames", [1, 4, 5, 99, 100, 101, 1000, 12345])
def test_what_is_looked_at_lies_inside_and_is_no_more_than_asked_for(frames: int) -> None:
    stretches = _stretches(frames, 100)
    assert sum(stop - start for start, stop in stretches) == min(frames, 100)
    edges = [edge for stretch in stretches for edge in stretch]
    assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= frames
