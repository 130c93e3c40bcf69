"""Recordings and outputs in stores: in memory, and in S3."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path, PurePosixPath

import pytest
from stores import contents, fill, fs_of, stages

from processor.cli import main
from processor.ledger import lines_in
from processor.remote import RemotePath, place_of

pytest.importorskip("fsspec", reason="pip install 'dryspell[remote]'")
pytestmark = pytest.mark.usefixtures("temporary")


def told(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


# Places.


def test_urls_and_paths_are_told_apart() -> None:
    assert place_of("s3://tapes/in/a.wav") == RemotePath("s3", PurePosixPath("tapes/in/a.wav"))
    assert place_of("S3://Tapes/A.WAV").suffix == ".WAV"
    assert place_of("file:///tmp/a.wav") == Path("/tmp/a.wav")
    assert place_of("c://a.wav") == Path("c://a.wav")  # a drive of Windows
    assert place_of("s3:/a") == Path("s3:/a")
    assert place_of("a b/c.wav") == Path("a b/c.wav")


def test_a_place_has_the_manners_of_a_path() -> None:
    place = place_of("s3://tapes/in/take 1.wav")
    assert (place.name, place.stem, place.suffix) == ("take 1.wav", "take 1", ".wav")
    assert str(place.parent / "b" / "ü.flac") == "s3://tapes/in/b/ü.flac"
    assert str(place.with_name("x.wav")) == "s3://tapes/in/x.wav"
    assert place.relative_to(place_of("s3://tapes")) == PurePosixPath("in/take 1.wav")
    assert not place.is_relative_to(place_of("gs://tapes"))
    with pytest.raises(ValueError, match="does not lie below"):
        place.relative_to(place_of("gs://tapes"))
    with pytest.raises(TypeError):
        os.fspath(place)  # nothing opens a URL as a file by mistake


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nothing://a/b", "nothing is known of nothing://"),
        ("gs://a/b", "is not installed"),
    ],
)
def test_a_store_that_cannot_be_spoken_to_is_told(batch, tmp_path, capsys, url, said) -> None:
    assert batch(url, tmp_path / "out") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# A batch.


def test_a_store_gives_and_takes_what_folders_do(store, batch, tmp_path, capsys) -> None:
    fill(f"{store}/in", tmp_path)
    assert batch(f"{store}/in", f"{store}/out", "-r", "--removed", f"{store}/room") == 0
    made = contents(f"{store}/out")
    assert sorted(made) == ["a.wav", "b 2.flac", "ü/c.wav"]
    assert sorted(contents(f"{store}/room")) == ["a_room.wav", "b 2_room.flac", "ü/c_room.wav"]
    assert stages() == []

    local = tmp_path / "local"
    fs_of(store).get(f"{store}/in", str(local / "in"), recursive=True)
    assert batch(local / "in", local / "out", "-r") == 0
    assert made == {
        path.relative_to(local / "out").as_posix(): path.read_bytes()
        for path in (local / "out").rglob("*.*")
        if not path.name.startswith(".")
    }
    # From here to there, and from there to here.
    assert batch(local / "in", f"{store}/mixed", "-r") == 0
    assert contents(f"{store}/mixed") == made
    assert batch(f"{store}/in", local / "again", "-r") == 0
    assert (local / "again" / "ü" / "c.wav").read_bytes() == made["ü/c.wav"]


def test_the_journal_lives_with_the_outputs_and_resuming_reads_it(
    store, batch, tmp_path, capsys
) -> None:
    fill(f"{store}/in", tmp_path)
    fs_of(store).pipe_file(f"{store}/in/bad.wav", b"RIFF no audio")
    assert batch(f"{store}/in", f"{store}/out", "-r") == 1
    assert f"'{store}/in/bad.wav'" in capsys.readouterr().err
    assert batch(f"{store}/in", f"{store}/out", "-r") == 2  # without the word
    assert "--resume" in capsys.readouterr().err

    fill(f"{store}/in", tmp_path, ["a.wav", "new.wav"], samples=5000)  # changed, and new
    fs_of(store).rm_file(f"{store}/in/bad.wav")
    fs_of(store).rm_file(f"{store}/out/b 2.flac")
    capsys.readouterr()
    assert batch(f"{store}/in", f"{store}/out", "-r", "--resume", "--json") == 0
    document = told(capsys)
    done = [result["source"].rpartition("/")[2] for result in document["results"]]
    assert (done, document["kept"]) == (["a.wav", "b 2.flac", "new.wav"], 1)
    assert batch(f"{store}/in", f"{store}/out", "-r", "--resume", "--json") == 0
    assert told(capsys)["kept"] == 4
    assert not [line for line in lines_in(place_of(f"{store}/out")) if not json.loads(line)]


def test_clashes_are_found_before_any_work(store, batch, tmp_path, capsys) -> None:
    fill(f"{store}/in", tmp_path, ["a.wav", "b.wav", "x/a.wav"])
    fs_of(store).pipe_file(f"{store}/out/b.wav", b"mine")
    asked = (f"{store}/in", f"{store}/out", "--dry-run", "--json")
    assert batch(*asked) == 2
    assert f"'{store}/out/b.wav': it exists already" in told(capsys)["error"]
    assert batch(*asked, "--existing", "skip") == 0
    assert [job["status"] for job in told(capsys)["jobs"]] == ["todo", "skipped"]
    assert batch(*asked, "--existing", "number") == 0
    assert [job["destination"] for job in told(capsys)["jobs"]] == [
        f"{store}/out/a.wav",
        f"{store}/out/b-2.wav",
    ]
    assert batch(f"{store}/in", f"{store}/in", "--dry-run") == 2
    assert "it is the source" in capsys.readouterr().err
    assert batch(f"{store}/in", f"{store}/out", "-r", "--name", "same.wav", "-n") == 2
    assert "twice" in capsys.readouterr().err
    assert contents(f"{store}/out") == {"b.wav": b"mine"}

    assert batch(f"{store}/in", f"{store}/out", "--existing", "skip") == 0
    assert contents(f"{store}/out")["b.wav"] == b"mine"
    assert batch(f"{store}/in", f"{store}/out", "--overwrite") == 0
    assert contents(f"{store}/out")["b.wav"] != b"mine"


def test_outputs_inside_the_input_are_no_input(memory, batch, tmp_path, capsys) -> None:
    fill(memory, tmp_path, ["a.wav", "out/old.wav", ".hidden/b.wav", "no/c.wav"])
    assert batch(memory, f"{memory}/out", "-r", "--exclude", "no", "-n", "--json") == 0
    assert [job["source"] for job in told(capsys)["jobs"]] == [f"{memory}/a.wav"]


def test_tables_and_conditions_speak_of_urls(memory, batch, tmp_path, capsys) -> None:
    fill(f"{memory}/in", tmp_path)
    listed = tmp_path / "in.csv"
    listed.write_text(f"file,speaker\n{memory}/in/ü/c.wav,me\n{memory}/in/a.wav,you\n")
    report, written = tmp_path / "report.csv", tmp_path / "out.csv"
    tables = ("--report", report, "--write-manifest", written, "--manifest", listed)
    assert batch(f"{memory}/out", *tables, "--only-if", "clipped < 5", "--target-c50", "12") == 0
    with report.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["destination"] for row in rows] == [f"{memory}/out/c.wav", f"{memory}/out/a.wav"]
    with written.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], row["speaker"], row["status"]) for row in rows] == [
        (f"{memory}/in/ü/c.wav", "me", "done"),
        (f"{memory}/in/a.wav", "you", "done"),
    ]
    capsys.readouterr()
    assert main(["analyze", f"{memory}/in", "-r", "--json", "--jobs", "0"]) == 0
    paths = {entry["path"] for entry in told(capsys)["recordings"]}
    assert paths == {f"{memory}/in/{name}" for name in ("a.wav", "b 2.flac", "ü/c.wav")}


def test_what_other_processes_do_not_see_is_refused(memory, batch, tmp_path, capsys) -> None:
    fill(f"{memory}/in", tmp_path)
    assert batch(f"{memory}/in", tmp_path / "out", jobs=2) == 2
    assert "--jobs 0" in capsys.readouterr().err


def test_processes_work_on_a_store(s3, batch, tmp_path, capsys) -> None:
    fill(f"{s3}/in", tmp_path, [f"{number}.wav" for number in range(6)])
    assert batch(f"{s3}/in", f"{s3}/out", "--json", "--only-if", "clipped < 5", jobs=2) == 0
    assert told(capsys)["done"] == 6
    assert len(contents(f"{s3}/out")) == 6
    assert stages() == []


def test_a_cluster_works_on_a_store(s3, batch, tmp_path, capsys) -> None:
    distributed = pytest.importorskip("distributed")
    fill(f"{s3}/in", tmp_path, [f"{number}.wav" for number in range(4)])
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = ("--scheduler", cluster.scheduler_address)
        assert batch(f"{s3}/in", f"{s3}/out", *address, "--json") == 0
        assert told(capsys)["done"] == 4
        assert batch(f"{s3}/in", f"{s3}/out", *address, "--json", "--resume") == 0
        assert told(capsys)["kept"] == 4
    assert len(contents(f"{s3}/out")) == 4


def test_a_bucket_that_is_not_there_is_refused_before_any_work(s3, batch, tmp_path, capsys) -> None:
    fill(f"{s3}/in", tmp_path)
    assert batch(f"{s3}/in", "s3://nobody/out") == 2
    assert "no such file, folder or bucket" in capsys.readouterr().err
    assert batch("s3://nobody/in", tmp_path / "out") == 2
    assert "no such file, folder or bucket" in capsys.readouterr().err
    assert batch(f"{s3}/nothing", tmp_path / "out") == 2
    assert "No recording in" in capsys.readouterr().err
    assert not fs_of(s3).exists("nobody")  # nor is it made


def test_missing_credentials_and_a_dead_network_are_told(s3, batch, tmp_path, capsys, monkeypatch):
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    s3fs.S3FileSystem.clear_instance_cache()
    assert batch(f"{s3}/in", tmp_path / "out") == 2
    assert "no credentials" in capsys.readouterr().err
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    assert batch(f"{s3}/in", tmp_path / "out") == 2
    assert "Check the name, the network" in capsys.readouterr().err
