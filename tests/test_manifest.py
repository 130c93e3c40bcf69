"""Lists of recordings in and out: order, columns, places, and what is refused."""

import csv
import json
from pathlib import PurePath

import pytest

from processor.errors import DereverbError
from processor.file_job import FileJob, FileResult
from processor.manifest import RESULT_COLUMNS, Manifest
from processor.recipe import Recipe
from processor.tables import check_table, read_table, write_table

ROWS = [
    {"file": "b/ü 1.wav", "speaker": 'S, "1"', "text": "so\nso"},
    {"file": "a.flac", "speaker": "2", "text": "", "output": "x/a.flac"},
]


def write(path, rows):
    write_table(path, rows)
    return path


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "CSV"])
def test_a_table_comes_back_as_it_was_written(tmp_path, ending):
    path = write(tmp_path / f"t.{ending}", ROWS)
    rows = read_table(path)
    for given, row in zip(ROWS, rows, strict=True):
        assert {name: value for name, value in row.items() if value or name in given} == given


def test_values_of_json_keep_their_kinds(tmp_path):
    rows = [{"file": "a.wav", "duration": 1.25, "tags": ["x", "y"], "noisy": False, "n": None}]
    assert read_table(write(tmp_path / "t.jsonl", rows)) == rows
    [row] = read_table(write(tmp_path / "t.csv", rows))
    assert (row["duration"], row["tags"], row["noisy"]) == ("1.25", '["x", "y"]', "False")


def test_spreadsheets_mark_of_order_is_no_part_of_the_first_name(tmp_path):
    (tmp_path / "t.csv").write_text("file,n\r\na.wav,1\r\n", encoding="utf-8-sig")
    assert read_table(tmp_path / "t.csv") == [{"file": "a.wav", "n": "1"}]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.jsonl", '{"file": "a.wav"}\n{"file": ', "row 2: not JSON"),
        ("t.jsonl", "[1]\n", "row 1: it is not an object"),
        ("t.json", "{}", "not a list"),
        ("t.csv", "file,n\na.wav\n", "row 2: it has more or fewer cells"),
        ("t.csv", "file\na.wav,1\n", "more or fewer"),
        ("t.txt", "a.wav", "ends in .csv"),
        ("none.csv", None, "no such file"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_row(tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(DereverbError) as refused:
        read_table(tmp_path / name)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["t.xlsx", "none/t.csv", "folder.csv"])
def test_a_table_that_could_not_be_written_is_refused_before_any_work(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DereverbError, match="Cannot write"):
        check_table(tmp_path / name, written=True)


def test_recordings_keep_their_place_below_the_manifest(tmp_path):
    elsewhere = tmp_path.parent / "elsewhere.wav"
    rows = [*ROWS, {"file": str(tmp_path / "c" / "d.wav")}, {"file": str(elsewhere)}]
    found = Manifest(write(tmp_path / "in.jsonl", rows)).found
    assert [each.source for each in found] == [
        *(tmp_path / "b" / "ü 1.wav", tmp_path / "a.flac"),
        *(tmp_path / "c" / "d.wav", elsewhere),
    ]
    assert [each.relative.as_posix() for each in found] == [
        *("b/ü 1.wav", "a.flac", "c/d.wav", "elsewhere.wav")
    ]
    assert [each.output for each in found] == [None, PurePath("x/a.flac"), None, None]


@pytest.mark.parametrize("column", ["file", "source", "audio_filepath", "path"])
def test_the_names_of_others_for_the_column_are_known(tmp_path, column):
    [found] = Manifest(write(tmp_path / "in.csv", [{column: "a.wav", "n": 1}])).found
    assert found.source == tmp_path / "a.wav"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"name": "a.wav"}], "row 1: it names no file"),
        ([{"file": ""}], "names no file"),
        ([{"file": 3}], "names no file"),
        ([{"file": "a.wav", "output": "../a.wav"}], "does not lie below"),
        ([{"file": "a.wav", "output": "/a.wav"}], "does not lie below"),
        ([{"file": "a.wav"}, {"file": "./a.wav", "output": "b.wav"}], "two outputs"),
    ],
)
def test_a_manifest_that_cannot_be_carried_out_is_refused(tmp_path, rows, said):
    with pytest.raises(DereverbError) as refused:
        Manifest(write(tmp_path / "in.jsonl", rows))
    assert said in str(refused.value)


def test_rows_come_out_in_order_with_their_columns_and_what_became_of_them(tmp_path):
    given = [
        {"file": "a.wav", "offset": 0.0, "text": "one", "status": "checked"},
        {"file": "b.wav", "text": "b"},
        {"file": "a.wav", "offset": 2.5, "text": "two"},
        *({"file": f"{name}.wav"} for name in "cde"),
    ]
    manifest = Manifest(write(tmp_path / "in.jsonl", given))
    jobs = [FileJob(found.source, tmp_path / "out" / found.relative) for found in manifest.found]
    a, b, c, d, _ = jobs
    rows = manifest.results(
        jobs,
        [FileResult(b, "no sound"), FileResult(a, None, 1.5, 0.1, 2, "live-0", 16000, 1, 24000)],
        Recipe(strength=0.5),
        kept=[FileResult(c, None, 2.0, 0.1, 0, "live-0", 48000, 2, 96000)],
        skipped=[d],
        beside=tmp_path / "out" / "m.csv",
    )
    assert [row["status"] for row in rows] == ["done", "done", "failed", "kept", "skipped", "left"]
    assert [row.get("text") for row in rows] == ["one", "two", "b", None, None, None]
    assert list(rows[0])[: len(RESULT_COLUMNS)] == list(RESULT_COLUMNS)
    assert (rows[0]["output"], rows[0]["source"]) == ("a.wav", (tmp_path / "a.wav").as_posix())
    assert rows[0]["given_status"] == "checked"
    assert (rows[0]["seconds"], rows[0]["clipped"], rows[0]["frames"]) == (1.5, 2, 24000)
    assert (rows[2]["error"], rows[2]["seconds"]) == ("no sound", None)
    assert "strength=0.5" in rows[3]["recipe"]
    assert rows[3]["sample_rate"] == 48000


def test_a_written_manifest_can_be_read_again(tmp_path):
    jobs = [FileJob(tmp_path / "in" / "a.wav", tmp_path / "out" / "a.wav")]
    rows = Manifest().results(jobs, [], Recipe(), beside=tmp_path / "m.csv")
    write_table(tmp_path / "m.csv", rows, RESULT_COLUMNS)
    with (tmp_path / "m.csv").open(newline="") as file:
        assert next(csv.reader(file)) == list(RESULT_COLUMNS)
    [found] = Manifest(tmp_path / "m.csv").found
    assert (found.source, found.output) == (tmp_path / "in" / "a.wav", PurePath("out/a.wav"))


def test_a_table_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = write(tmp_path / "t.jsonl", [{"n": 1}])
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(DereverbError, match="Cannot write"):
        write_table(path, [{"n": 2}])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"n": 1}]
    assert list(tmp_path.iterdir()) == [path]


def fail(*_):
    raise OSError(28, "No space left on device")
