"""dryspell analyze on the command line."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
import soundfile
from signals import noise

from processor.cli import main
from processor.model_files import MODELS

SAMPLES = str(MODELS / "samples")


@pytest.fixture
def model(tiny_model_path: Path) -> list[str]:
    return ["--model", str(tiny_model_path)]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["analyze", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_table_tells_of_every_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", SAMPLES]) == 0
    out, err = capsys.readouterr()
    assert "kitchen.flac" in out and "church.flac" in out
    assert "very reverberant" in out
    assert "→" not in out
    assert err == ""


def test_nothing_is_written(tmp_path: Path) -> None:
    before = sorted(os.listdir(SAMPLES))
    assert main(["analyze", SAMPLES]) == 0
    assert sorted(os.listdir(SAMPLES)) == before


def test_json_is_one_document_in_order_of_need(capsys: pytest.CaptureFixture[str]) -> None:
    document = answer(capsys, SAMPLES)
    assert document["recipe"] is None
    clarity = [entry["before"]["c50_db"] for entry in document["recordings"]]
    assert clarity == sorted(clarity)
    assert all(entry["after"] is None for entry in document["recordings"])
    assert {"t60_s", "snr_db", "clipped_samples"} <= document["recordings"][0]["before"].keys()


@pytest.mark.parametrize("options", [["--after"], ["--strength", "1.0"], ["-m", "0.5"]])
def test_any_setting_asks_for_after(
    options: list[str], model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    document = answer(capsys, f"{SAMPLES}/kitchen.flac", *options, *model)
    (entry,) = document["recordings"]
    before, after = entry["before"], entry["after"]
    assert after["speech_level_db"] < before["speech_level_db"] - 4
    assert document["recipe"]["model"] == model[1]


def test_csv_has_a_line_for_each_recording(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    odd = tmp_path / 'a, "b".wav'
    soundfile.write(odd, noise(1, 16_000).T, 16_000)
    missing = str(tmp_path / "missing.wav")
    assert main(["analyze", f"{SAMPLES}/kitchen.flac", str(odd), missing, "--csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["path"] for row in rows] == [f"{SAMPLES}/kitchen.flac", str(odd), missing]
    assert float(rows[0]["before_t60_s"]) > 0.3
    assert rows[0]["after_t60_s"] == ""
    assert rows[1]["before_t60_s"] == ""
    assert "no such file" in rows[2]["error"]


def test_only_those_that_fulfil_the_condition_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = answer(capsys, SAMPLES, "--only-if", "t60 > 1")
    assert [Path(entry["path"]).name for entry in document["recordings"]] == ["church.flac"]


def test_a_condition_that_makes_no_sense_is_a_wrong_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["analyze", SAMPLES, "--only-if", "loud > 1"]) == 2
    assert "loud" in capsys.readouterr().err


def test_folders_below_are_looked_into_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    below = tmp_path / "day 1"
    below.mkdir()
    soundfile.write(below / "take.wav", noise(1, 16_000).T, 16_000)
    assert main(["analyze", str(tmp_path)]) == 2
    assert "--recursive" in capsys.readouterr().err
    assert len(answer(capsys, str(tmp_path), "-r")["recordings"]) == 1


def test_a_file_named_twice_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    kitchen = f"{SAMPLES}/kitchen.flac"
    assert len(answer(capsys, kitchen, kitchen)["recordings"]) == 1


def test_bad_files_do_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "torn [1].wav"
    bad.write_bytes(b"no audio")
    assert main(["analyze", str(bad), f"{SAMPLES}/kitchen.flac"]) == 1
    out, err = capsys.readouterr()
    assert "kitchen.flac" in out
    assert "torn [1].wav" in err


def test_report_is_written_whole(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "rooms.html"
    assert main(["analyze", SAMPLES, "--html", str(page), "--after", *model]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<img") == 4
    assert text.endswith("</html>\n")
    assert os.listdir(tmp_path) == ["rooms.html"]
    assert "rooms.html" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["take.wav", "none/rooms.html", "folder.html"])
def test_report_that_cannot_be_written_is_refused_before_any_work(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.html").mkdir()
    assert main(["analyze", SAMPLES, "--html", str(tmp_path / name)]) == 2
    assert "Cannot write" in capsys.readouterr().err


def test_strengths_are_told_for_a_clarity(
    tmp_path: Path, model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    kitchen = f"{SAMPLES}/kitchen.flac"
    # This model lowers all alike: either the clarity is there, or no strength gives it.
    for target, strength in (("-20", 0.0), ("30", 1.0)):
        (entry,) = answer(capsys, kitchen, "--target-c50", target, *model)["recordings"]
        assert entry["strength"] == strength
    assert main(["analyze", kitchen, "--target-c50", "30", *model]) == 0
    assert "strength" in capsys.readouterr().out


def test_csv_and_json_exclude_each_other() -> None:
    assert main(["analyze", SAMPLES, "--csv", "--json"]) == 2


def test_quiet_says_only_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", f"{SAMPLES}/kitchen.flac", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("processor.analyses.analyze_file", interrupted)
    assert main(["analyze", SAMPLES]) == 130
    assert "Cancelled" in capsys.readouterr().err
