"""Stores that fail, change or are shared: nothing is partial, nothing lost, each batch alone."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest
import soundfile
from signals import noise
from stores import contents, fill, fs_of, stages
from test_reliability import files_no_larger_than

from processor.errors import AudioFileError
from processor.journal import Journal
from processor.ledger import StoreLedger, lines_in
from processor.part_files import part_name
from processor.remote import fetch, place_of, put, remote_state, survey

fsspec = pytest.importorskip("fsspec", reason="pip install 'dryspell[remote]'")
pytestmark = pytest.mark.usefixtures("temporary")


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
