"""Recordings and outputs in stores: in memory, in one that shows unfinished files, and in S3."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
import soundfile
from signals import noise
from test_reliability import files_no_larger_than

from processor.cli import main
from processor.errors import AudioFileError
from processor.journal import Journal
from processor.ledger import StoreLedger, lines_in
from processor.part_files import part_name
from processor.remote import RemotePath, fetch, place_of, put, remote_state, survey

fsspec = pytest.importorskip("fsspec", reason="pip install 'dryspell[remote]'")
ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have temporary files in a folder of the test's own, in processes that it starts, too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def memory() -> Iterator[str]:
    """An empty store of this process."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    yield "memory://tapes"
    fs.store.clear()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """A real object store, as far as one comes from PyPI: a server of its own on loopback."""
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import logging, time; logging.disable()\n"
        "from moto.server import ThreadedMotoServer\n"
        f"ThreadedMotoServer('127.0.0.1', {port}, verbose=False).start()\n"
        "time.sleep(3600)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/moto-api/data.json", timeout=5).read()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    server.kill()
    server.wait()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    request = urllib.request.Request(f"{s3_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(request, timeout=30).read()
    s3fs.S3FileSystem().mkdir("tapes")
    yield "s3://tapes"
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> str:
    """Each of the two in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def batch(tiny_model_path: Path):
    """Call dryspell batch here."""

    def call(*arguments: object, jobs: int = 0) -> int:
        words = map(str, arguments)
        return main(["batch", *words, "--jobs", str(jobs), "--model", str(tiny_model_path)])

    return call


def fs_of(url: str):
    return fsspec.core.url_to_fs(url, use_listings_cache=False)[0]


def fill(url: str, tmp_path: Path, names=("a.wav", "b 2.flac", "ü/c.wav"), samples=4000) -> None:
    """Put recordings below a folder of a store."""
    fs = fs_of(url)
    for number, name in enumerate(names):
        local = tmp_path / f"{number}{Path(name).suffix}"
        soundfile.write(local, noise(1, samples + number, seed=number).T, 16_000, "PCM_16")
        fs.put_file(str(local), f"{url}/{name}")


def contents(url: str) -> dict[str, bytes]:
    """Return what lies below a folder of a store, but for the journal."""
    fs, root = fs_of(url), place_of(url)
    return {
        place.relative_to(root).as_posix(): fs.cat_file(str(place))
        for place in survey(root)
        if not place.name.startswith(".")
    }


def stages() -> list[str]:
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(".dryspell-")]


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


# Nothing partial, nothing lost.


class Showing(fsspec.get_filesystem_class("file")):  # type: ignore[misc]
    """A store like SFTP: folders have to be made, and a file is seen while it grows."""

    protocol = "showing"
    root_marker = "/"
    fails = False

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(str(path).replace("showing://", "/"))

    def put_file(self, lpath, rpath, **kwargs):
        super().put_file(lpath, rpath, **kwargs)
        if Showing.fails:
            raise ConnectionResetError("the line was cut")


def test_a_file_that_is_not_whole_never_has_its_name(batch, tmp_path, capsys) -> None:
    fsspec.register_implementation("showing", Showing, clobber=True)
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", noise(1, 4000).T, 16_000)
    url = f"showing://{str(tmp_path).lstrip('/')}/out"
    Showing.fails = True
    try:
        assert batch(tmp_path / "in", url) == 1
    finally:
        Showing.fails = False
    assert "the line was cut" in capsys.readouterr().err
    assert contents(url) == {}
    assert not list(tmp_path.rglob("*.part"))
    assert batch(tmp_path / "in", url, "--resume") == 0
    assert sorted(contents(url)) == ["a.wav"]
    assert batch(tmp_path / "in", url, "--overwrite") == 0
    assert not list(tmp_path.rglob("*.part"))


def test_what_changes_while_it_is_fetched_is_refused(memory, tmp_path, monkeypatch) -> None:
    place = place_of(f"{memory}/a.wav")
    fs = fs_of(memory)
    fs.pipe_file(str(place), b"before")
    real = type(fs).get_file

    def meanwhile(self, *args, **kwargs):
        real(self, *args, **kwargs)
        self.pipe_file(str(place), b"after!")

    monkeypatch.setattr(type(fs), "get_file", meanwhile)
    with pytest.raises(AudioFileError, match="changed while it was read"):
        fetch(place, tmp_path / "a.wav")
    with pytest.raises(AudioFileError, match="no such file"):
        fetch(place.with_name("none.wav"), tmp_path / "a.wav")


def test_no_room_for_temporary_files_costs_what_does_not_fit(
    memory, batch, tmp_path, capsys
) -> None:
    fill(f"{memory}/in", tmp_path, ["a.wav"])
    fill(f"{memory}/in", tmp_path, ["b.wav"], samples=400_000)
    with files_no_larger_than(100_000):
        assert batch(f"{memory}/in", f"{memory}/out") == 1
    assert "TMPDIR" in capsys.readouterr().err
    assert sorted(contents(f"{memory}/out")) == ["a.wav"]
    assert stages() == []


def test_what_does_not_arrive_whole_is_an_error(memory, tmp_path, monkeypatch) -> None:
    local = tmp_path / "a.wav"
    local.write_bytes(b"0123456789")
    fs = fs_of(memory)
    monkeypatch.setattr(
        type(fs), "put_file", lambda self, lpath, rpath, **_: self.pipe_file(rpath, b"012")
    )
    with pytest.raises(AudioFileError, match="3 of 10 bytes arrived"):
        put(local, place_of(f"{memory}/a.wav"), part_name=part_name())


def test_a_plan_asks_a_store_once(memory, batch, tmp_path, monkeypatch) -> None:
    fill(f"{memory}/in", tmp_path, [f"{number}.wav" for number in range(9)])
    fs, asked = fs_of(memory), []
    real = type(fs).info

    def counted(self, path, **kwargs):
        asked.append(path)
        return real(self, path, **kwargs)

    monkeypatch.setattr(type(fs), "info", counted)
    assert batch(f"{memory}/in", f"{memory}/out", "--dry-run") == 0
    assert not [path for path in asked if "wav" in path]


# The journal.


def test_one_batch_has_a_folder_of_a_store(store) -> None:
    place = place_of(f"{store}/out")
    with Journal(place), pytest.raises(AudioFileError, match="Another batch"):
        Journal(place).__enter__()
    with Journal(f"{store}/out"):
        pass
    assert [path.name for path in survey(place)] == []


def test_shards_share_a_folder_of_a_store(memory) -> None:
    from processor.naming import Shard

    place = place_of(f"{memory}/out")
    with Journal(place, shard=Shard(1, 2)), Journal(place, shard=Shard(2, 2)):
        for shard in (None, Shard(2, 2)):
            with pytest.raises(AudioFileError, match="Another batch"):
                Journal(place, shard=shard).__enter__()


@pytest.mark.parametrize(
    ("owner", "lives"),
    [
        ({"host": socket.gethostname(), "process": os.getpid()}, True),
        ({"host": socket.gethostname(), "process": 2**22 + 1}, False),
        ({"host": "elsewhere", "process": 1, "age": 30}, True),
        ({"host": "elsewhere", "process": 1, "age": 3600}, False),
        ({}, False),
    ],
)
def test_a_folder_of_the_dead_is_free(memory, owner, lives) -> None:
    place = place_of(f"{memory}/out")
    if "age" in owner:
        owner = {**owner, "time": time.time() - owner["age"]}
    path = place / ".dryspell-journal.owner"
    fs_of(memory).pipe_file(str(path), json.dumps(owner).encode())
    if lives:
        with pytest.raises(AudioFileError, match="Another batch"):
            Journal(place).__enter__()
    else:
        with Journal(place):
            pass


def test_lines_are_in_the_store_one_by_one_and_in_few_objects(memory) -> None:
    place = place_of(f"{memory}/out")
    ledger = StoreLedger(place, "")
    ledger.take()
    for number in range(150):
        ledger.append([json.dumps({"number": number})])
        assert len(list(lines_in(place))) == number + 1
    ledger.release()
    assert [json.loads(line)["number"] for line in lines_in(place)] == list(range(150))
    assert len(survey(place)) == 3
    assert remote_state(place / "none", fresh=True) is None
