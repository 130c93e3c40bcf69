"""Which recordings of a batch are worked on, by how they sound."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from processor.cli import main
from processor.conditions import parse_condition
from processor.model_files import MODELS
from processor.order import Order, settle
from processor.recipe import Recipe

SAMPLES = MODELS / "samples"
LIVE = "t60 > 1"  # the church


@pytest.fixture
def batch(tmp_path: Path, tiny_model_path: Path):
    """Call dryspell batch on both bundled recordings, to tmp_path/out, here."""

    def call(*arguments: str, source: Path = SAMPLES) -> int:
        call = ["batch", str(source), str(tmp_path / "out"), "--jobs", "0"]
        return main([*call, "--model", str(tiny_model_path), *arguments])

    return call


def made(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def test_only_what_fulfils_the_condition_is_worked_on(batch, tmp_path, capsys) -> None:
    assert batch("--only-if", LIVE) == 0
    assert made(tmp_path / "out") == ["church.flac"]
    assert "Passed over for their room figures (--only-if): 1." in capsys.readouterr().err


def test_a_dry_run_tells_what_would_be_left(batch, tmp_path, capsys) -> None:
    assert batch("--only-if", "t60 < 1", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "kitchen.flac" in out and "church.flac" not in out
    assert not (tmp_path / "out").exists()


def test_where_nothing_needs_work_nothing_is_done(batch, capsys) -> None:
    assert batch("--only-if", "c50 > 90") == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_outputs_of_those_passed_over_are_no_clash(batch, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kitchen.flac").write_bytes(b"mine")
    assert batch("--only-if", LIVE) == 0
    assert (tmp_path / "out" / "kitchen.flac").read_bytes() == b"mine"


def test_a_run_with_a_condition_can_be_gone_on_with(batch, tmp_path, capsys) -> None:
    assert batch("--only-if", LIVE) == 0
    stamp = (tmp_path / "out" / "church.flac").stat().st_mtime_ns
    capsys.readouterr()
    assert batch("--only-if", LIVE, "--resume", "--json") == 0
    assert json.loads(capsys.readouterr().out)["failed"] == 0
    assert (tmp_path / "out" / "church.flac").stat().st_mtime_ns == stamp


def test_a_bad_file_is_told_and_not_passed_over(batch, tmp_path, capsys) -> None:
    tapes = tmp_path / "tapes"
    tapes.mkdir()
    (tapes / "torn.wav").write_bytes(b"no audio")
    assert batch("--only-if", LIVE, source=tapes) == 1
    assert "torn.wav" in capsys.readouterr().err


def test_nonsense_is_a_wrong_call(batch, tmp_path, capsys) -> None:
    assert batch("--only-if", "t60 >") == 2
    assert "a number" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_told_is_passed_over(batch, tmp_path: Path) -> None:
    tapes = tmp_path / "tapes"
    tapes.mkdir()
    soundfile.write(tapes / "silent.wav", np.zeros(32_000), 16_000)
    assert batch("--only-if", "c50 < 99", source=tapes) == 0
    assert not (tmp_path / "out" / "silent.wav").exists()


def test_processes_tell_the_figures_and_how_far_they_are(tmp_path, tiny_model_path) -> None:
    told: list[tuple[int, int]] = []
    order = Order([str(SAMPLES)], str(tmp_path / "out"), only_if=parse_condition(LIVE))
    recipe = Recipe(str(tiny_model_path))
    settled = settle(order, recipe, workers=2, progress=lambda *news: told.append(news))
    assert [job.source.name for job in settled.todo] == ["church.flac"]
    assert told == [(1, 2), (2, 2)]
    assert multiprocessing.active_children() == []
