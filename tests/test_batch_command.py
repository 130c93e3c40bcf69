"""dryspell batch, called in this process: plans, resuming, tables, shards."""

import csv
import json
import os
import re
from pathlib import Path

import pytest
import soundfile
from signals import noise

from processor.cli import main
from processor.journal import Journal
from processor.model_files import MODELS


@pytest.fixture
def batch(tmp_path, tiny_model_path):
    """Call dryspell batch on tmp_path/in, to tmp_path/out, here."""

    def call(*arguments, to="out", source="in"):
        return main(
            [
                *("batch", str(tmp_path / source), str(tmp_path / to), "--recursive"),
                *("--jobs", "0", "--model", str(tiny_model_path), *map(str, arguments)),
            ]
        )

    return call


@pytest.fixture
def tapes(tmp_path):
    """Three recordings in two folders."""
    for number, name in enumerate(("a.wav", "b 2.flac", "ü/c.wav")):
        make(tmp_path / "in" / name, 4000 + number)
    return tmp_path / "in"


def make(path, samples=4000, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(1, samples, seed=seed).T, 16000, "PCM_16")
    return path


def outputs(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_tells_the_plan_and_touches_nothing(tapes, tmp_path, batch, capsys):
    assert batch("--dry-run", "--name", "{stem}_dry{suffix}", "--format", "flac") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[2] == f"{tapes / 'ü' / 'c.wav'} -> {tmp_path / 'out' / 'ü' / 'c_dry.flac'}"
    assert lines[3].startswith("3 to do")
    assert os.listdir(tmp_path) == ["in"]


def test_a_dry_run_finds_what_a_run_would(tapes, tmp_path, batch, capsys):
    make(tmp_path / "out" / "a.wav")
    assert batch("--dry-run", "--json") == 2
    assert "exists" in told(capsys)["error"]
    assert batch("--dry-run", "--json", "--existing", "skip") == 0
    plan = told(capsys)
    assert (plan["planned"], plan["todo"], plan["skipped"]) == (3, 2, 1)
    assert [job["status"] for job in plan["jobs"]] == ["skipped", "todo", "todo"]


def test_several_inputs_and_patterns(tapes, tmp_path, batch, tiny_model_path):
    single = make(tmp_path / "z.wav")
    call = ["batch", str(single), str(tapes), str(tmp_path / "out"), "--exclude", "b*", "--jobs"]
    assert main([*call, "0", "--recursive", "--model", str(tiny_model_path)]) == 0
    assert sorted(outputs(tmp_path / "out")) == ["a.wav", "z.wav", "ü/c.wav"]


def test_outputs_can_have_another_format_and_name(tapes, tmp_path, batch):
    assert batch("--format", "flac", "--name", "{index:02}-{stem}{suffix}") == 0
    assert sorted(outputs(tmp_path / "out")) == ["01-a.flac", "02-b 2.flac", "ü/03-c.flac"]
    assert soundfile.info(tmp_path / "out" / "01-a.flac").frames == 4000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--existing", "skip", "--overwrite"], "exclude each other"),
        (["--existing", "ask"], "ask"),
        (["--shard", "4/3"], "like 3/16"),
        (["--report", "{}/out.xlsx"], "ends in .csv"),
        (["--report", "{}/nowhere/r.csv"], "Cannot write"),
        (["--report", "{}/r.csv", "--write-manifest", "{}/r.csv"], "one file"),
        (["--manifest", "{}/none.csv"], "no such file"),
        (["--name", "{what}"], "no field {what}"),
        (["--include", "nothing*"], "--include"),
        (["--model", "nobody"], "nobody"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_any_work(
    tapes, tmp_path, batch, capsys, arguments, said
):
    assert batch(*(word.format(tmp_path) if "{}/" in word else word for word in arguments)) == 2
    assert said in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["in"]


def test_resuming_does_what_is_missing_has_failed_or_changed(tapes, tmp_path, batch, capsys):
    bad = tapes / "ü" / "bad.wav"
    bad.write_bytes(b"RIFF no audio")
    assert batch() == 1
    before = outputs(tmp_path / "out")
    assert sorted(before) == ["a.wav", "b 2.flac", "ü/c.wav"]

    capsys.readouterr()
    assert batch() == 2  # without the word
    assert "--resume" in capsys.readouterr().err

    make(bad)  # mended
    make(tapes / "new.wav")
    make(tapes / "a.wav", seed=9)  # changed
    (tmp_path / "out" / "b 2.flac").unlink()
    assert batch("--resume", "--json") == 0
    document = told(capsys)
    worked_on = [os.path.basename(result["source"]) for result in document["results"]]
    assert worked_on == ["a.wav", "b 2.flac", "new.wav", "bad.wav"]
    assert (document["planned"], document["kept"]) == (4, 1)
    after = outputs(tmp_path / "out")
    assert after["ü/c.wav"] == before["ü/c.wav"]

    assert batch("--resume") == 0
    assert outputs(tmp_path / "out") == after
    assert batch("--resume", "--strength", "0.5") == 0
    assert all(outputs(tmp_path / "out")[name] != after[name] for name in after)


def test_resuming_leaves_alone_what_is_not_ours(tapes, tmp_path, batch, capsys):
    (tapes / "a.wav").rename(tmp_path / "later.wav")
    assert batch() == 0
    (tmp_path / "later.wav").rename(tapes / "a.wav")
    make(tmp_path / "out" / "a.wav", samples=77)  # somebody's own
    assert batch("--resume") == 2
    assert "a.wav': it exists" in capsys.readouterr().err
    assert batch("--resume", "--existing", "number") == 0
    assert soundfile.info(tmp_path / "out" / "a.wav").frames == 77
    assert soundfile.info(tmp_path / "out" / "a-2.wav").frames == 4000
    before = outputs(tmp_path / "out")
    assert batch("--resume", "--existing", "number") == 0  # the number is remembered
    assert outputs(tmp_path / "out") == before


def test_two_batches_do_not_work_into_one_folder(tapes, tmp_path, batch, capsys):
    with Journal(tmp_path / "out"):
        assert batch() == 2
    assert "Another batch" in capsys.readouterr().err
    assert outputs(tmp_path / "out") == {}


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl"])
def test_a_report_tells_what_became_of_each_file(tapes, tmp_path, batch, ending):
    (tapes / "b 2.flac").write_bytes(b"fLaC no audio")
    report = tmp_path / f"report.{ending}"
    assert batch("--report", report) == 1
    text = report.read_text(encoding="utf-8")
    if ending == "csv":
        rows = list(csv.DictReader(text.splitlines()))
    else:
        rows = json.loads(text) if ending == "json" else list(map(json.loads, text.splitlines()))
    assert [str(row["ok"]) for row in rows] == ["True", "False", "True"]
    assert "b 2.flac" in rows[1]["error"]
    assert (int(rows[2]["frames"]), int(rows[2]["sample_rate"])) == (4002, 16000)


def test_a_corpus_goes_in_and_out_with_its_columns(tapes, tmp_path, batch, tiny_model_path):
    rows = [
        {"file": "in/ü/c.wav", "text": "drei", "speaker": 3},
        {"file": "in/a.wav", "text": "eins", "output": "renamed/one.flac"},
    ]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    call = [
        *("batch", str(tmp_path / "out"), "--manifest", str(tmp_path / "corpus.jsonl")),
        *("--write-manifest", str(tmp_path / "dry.jsonl"), "--model", str(tiny_model_path)),
        *("--jobs", "0"),
    ]
    assert main(call) == 0
    assert sorted(outputs(tmp_path / "out")) == ["in/ü/c.wav", "renamed/one.flac"]
    first = [json.loads(line) for line in (tmp_path / "dry.jsonl").read_text().splitlines()]
    assert [row["output"] for row in first] == ["out/in/ü/c.wav", "out/renamed/one.flac"]
    assert [(row["text"], row.get("speaker")) for row in first] == [("drei", 3), ("eins", None)]
    assert [(row["frames"], row["status"]) for row in first] == [(4002, "done"), (4000, "done")]
    assert main([*call, "--resume"]) == 0
    again = [json.loads(line) for line in (tmp_path / "dry.jsonl").read_text().splitlines()]
    assert again == [{**row, "status": "kept"} for row in first]


def test_shards_do_the_whole_together_and_each_goes_on_alone(tmp_path, batch):
    for number in range(12):
        make(tmp_path / "in" / f"{number}.wav", 1000)
    seen = []
    for number in (1, 2, 3):
        assert batch("--shard", f"{number}/3") == 0
        seen.append(set(outputs(tmp_path / "out")))
    assert seen[0] < seen[1] < seen[2]
    assert len(seen[2]) == 12
    before = outputs(tmp_path / "out")
    assert batch("--shard", "2/3", "--resume") == 0
    assert batch("--resume") == 0  # the whole plan knows what its shards have done
    assert outputs(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("name", "subtype"),
    [("a.wav", "PCM_16"), ("a.wav", "FLOAT"), ("a.flac", "PCM_24"), ("a.aiff", "FLOAT")],
)
def test_the_same_source_and_recipe_give_the_same_bytes(
    tmp_path, batch, monkeypatch, name, subtype
):
    source = tmp_path / "in" / name
    source.parent.mkdir()
    soundfile.write(source, noise(2, 30_000).T, 44100, subtype)
    assert batch() == 0
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert batch(to="again") == 0
    assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_disk_that_is_too_small_is_told_beforehand(tapes, batch, capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda place: type("Usage", (), {"free": 100}))
    assert batch("--dry-run") == 0
    assert "may be too small" in capsys.readouterr().err


def test_a_page_shows_recordings_and_what_was_made_of_them(tmp_path, batch, tapes, capsys):
    source = MODELS / "samples" / "kitchen.flac"
    audio, rate = soundfile.read(source, stop=5 * 48_000)
    soundfile.write(tapes / "kitchen.flac", audio, rate)
    (tapes / "torn.wav").write_bytes(b"RIFF no audio")
    page = tmp_path / "night.html"
    assert batch("--include", "kitchen*", "--include", "torn*", "--report", page) == 1
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/png") == 2  # before and after
    assert "kitchen.flac" in text and "torn.wav" in text and "strength=1 " in text
    assert "<th>" in text and "After" in text
    (tapes / "torn.wav").unlink()
    page.unlink()
    assert batch("--include", "kitchen*", "--report", page, "--resume") == 0  # nothing to do
    assert page.read_text(encoding="utf-8").count("data:image/png") == 2
    assert batch("--report", tmp_path / "none" / "night.html", "--resume") == 2
    assert "Choose another place" in capsys.readouterr().err


def test_the_script_in_the_documents_goes_on_where_it_ended(tmp_path, tapes, monkeypatch):
    tapes.rename(tmp_path / "tapes")
    text = (Path(__file__).parent.parent / "docs" / "batch.md").read_text(encoding="utf-8")
    [script] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        exec(script.replace("workers=4", "workers=1"), {"__name__": "__main__"})
        done = outputs(tmp_path / "tapes_dry")
        assert sorted(done) == ["a.wav", "b 2.flac", "ü/c.wav"]
    journal = (tmp_path / "tapes_dry" / ".dryspell-journal.jsonl").read_text(encoding="ascii")
    assert journal.count('"event": "done"') == 3
