"""The journal of a batch: what it takes for done, what it survives, and that one batch has it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import processor.folder_lock
from processor.errors import AudioFileError
from processor.file_job import FileJob, FileResult, state_of
from processor.folder_lock import FileLock
from processor.history import History
from processor.journal import Journal
from processor.naming import Shard
from processor.part_files import part_beside, remove_leftovers
from processor.recipe import Recipe

ROOT = Path(__file__).parent.parent
MODEL = "tiny-0123456789ab"
RECIPE = Recipe(strength=0.8)


@pytest.fixture
def jobs(tmp_path):
    """Two jobs with their sources; the second has what was removed, too."""
    made = []
    for name in ("a.wav", "ü b.wav"):
        source = tmp_path / "in" / name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(b"recording " + name.encode())
        made.append(FileJob(source, tmp_path / "out" / "deep" / name))
    return [made[0], replace(made[1], removed_to=tmp_path / "room" / "ü b_room.wav")]


def done(job):
    """Pretend that a job was done: make its outputs, and the result."""
    for output in job.outputs:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(b"dry")
    size, changed = state_of(job.source)
    return FileResult(
        job, None, 1.5, 0.1, 7, MODEL, 16000, 2, 24000, source_bytes=size, source_mtime_ns=changed
    )


def write(jobs, results, folder, recipe=RECIPE):
    with Journal(folder) as journal:
        journal.begin(jobs, recipe)
        for result in results:
            journal.record(result)
    return journal


@pytest.fixture
def out(jobs, tmp_path):
    """An output folder in which both are done."""
    write(jobs, map(done, jobs), tmp_path / "out")
    return tmp_path / "out"


def is_done(job, out, recipe=RECIPE, model=MODEL):
    return History(out).result_of(job, recipe, model) is not None


def test_what_is_done_comes_back_as_it_was(jobs, out):
    history = History(out)
    for job in jobs:
        assert history.result_of(job, RECIPE, MODEL) == done(job)


def test_without_a_journal_nothing_is_done(jobs, tmp_path):
    history = History(tmp_path / "nowhere")
    assert not history
    assert history.ours(jobs) == set()
    assert history.result_of(jobs[0], RECIPE, MODEL) is None


def changed_source(job, out):
    job.source.write_bytes(b"other")


def touched_source(job, out):
    os.utime(job.source, ns=(0, 12345))


def no_source(job, out):
    job.source.unlink()


def no_output(job, out):
    job.outputs[-1].unlink()


def shortened_output(job, out):
    job.outputs[-1].write_bytes(b"d")


@pytest.mark.parametrize(
    "change", [changed_source, touched_source, no_source, no_output, shortened_output]
)
@pytest.mark.parametrize("number", [0, 1])
def test_what_has_changed_is_not_done_any_more(jobs, out, number, change):
    change(jobs[number], out)
    assert not is_done(jobs[number], out)
    assert is_done(jobs[1 - number], out)


def test_another_recipe_model_or_list_of_outputs_is_not_done(jobs, out):
    job = jobs[0]
    assert is_done(job, out)
    assert not is_done(job, out, recipe=Recipe(strength=0.81))
    assert not is_done(job, out, recipe=Recipe(strength=0.8, output="removed"))
    assert not is_done(job, out, model="tiny-ffffffffffff")
    assert not is_done(replace(job, removed_to=out / "room.wav"), out)
    assert not is_done(replace(job, source=jobs[1].source), out)


def test_the_name_of_the_model_does_not_matter_but_its_content_does(jobs, out):
    assert is_done(jobs[0], out, recipe=replace(RECIPE, model="/another/place/tiny.pt"))


def test_folders_may_be_moved_together(jobs, out, tmp_path):
    for name in ("in", "out", "room"):
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / name).rename(tmp_path / "new" / name)
    moved = [
        FileJob(
            *(tmp_path / "new" / path.relative_to(tmp_path) for path in (job.source, *job.outputs))
        )
        for job in jobs
    ]
    assert all(is_done(job, tmp_path / "new" / "out") for job in moved)


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_torn_last_line_costs_its_file_only(jobs, out, cut):
    path = out / ".dryspell-journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert [is_done(job, out) for job in jobs] == ([True, True] if cut == 1 else [True, False])
    write(jobs[1:], [done(jobs[1])], out)
    assert all(is_done(job, out) for job in jobs)


@pytest.mark.parametrize(
    "junk", [b"\0" * 4096, b"\xff\xfe\n", b"[]\n", b'{"event": "done"}\n', b'{"time": 1.5}\n']
)
def test_lines_that_make_no_sense_are_passed_over(jobs, out, junk):
    with (out / ".dryspell-journal.jsonl").open("ab") as file:
        file.write(junk)
    write([], [], out)
    assert all(is_done(job, out) for job in jobs)


def test_what_failed_is_not_done_and_what_was_planned_is_ours(jobs, tmp_path):
    out = tmp_path / "out"
    write(jobs, [FileResult(jobs[0], "no sound")], out)
    assert not is_done(jobs[0], out)
    assert History(out).ours(jobs) == {job.destination for job in jobs}
    done(jobs[1])  # killed between the moving and the line
    assert not is_done(jobs[1], out)


def test_the_last_line_counts(jobs, out):
    write(jobs, [FileResult(jobs[0], "disk full")], out)
    assert not is_done(jobs[0], out)
    assert is_done(jobs[1], out)


def test_numbers_given_in_an_earlier_run_are_kept(jobs, tmp_path):
    out = tmp_path / "out"
    numbered = replace(jobs[1], destination=jobs[1].destination.with_name("ü b-3.wav"))
    write([jobs[0], numbered], [], out)
    first, second = History(out).follow(jobs)
    assert first == jobs[0]
    assert second.destination == numbered.destination
    assert second.removed_to.name == "ü b_room-3.wav"


def test_numbers_do_not_run_into_names_that_look_like_them(tmp_path):
    plain = [FileJob(tmp_path / name, tmp_path / "out" / name) for name in ("a.wav", "a-2.wav")]
    outputs = ("a-2.wav", "a-2-2.wav")  # a.wav was somebody's own
    numbered = [
        replace(job, destination=tmp_path / "out" / name)
        for job, name in zip(plain, outputs, strict=True)
    ]
    write(numbered, [], tmp_path / "out")
    assert History(tmp_path / "out").follow(plain) == numbered


def test_a_disk_that_takes_no_more_lines_does_not_end_the_run(jobs, tmp_path, monkeypatch):
    real = os.fsync
    with Journal(tmp_path / "out") as journal:
        journal.begin(jobs, RECIPE)
        result = done(jobs[0])
        monkeypatch.setattr(os, "fsync", full)
        journal.record(result)
        assert "No space left" in journal.fault.replace("no", "No")
        monkeypatch.setattr(os, "fsync", real)
        journal.record(done(jobs[1]))
    assert is_done(jobs[1], tmp_path / "out")


def full(descriptor):
    raise OSError(28, "No space left on device")


def test_a_line_comes_after_the_files_are_on_the_disk(jobs, tmp_path, monkeypatch):
    real, synced = os.fsync, []

    def watched(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    with Journal(tmp_path / "out") as journal:
        journal.begin(jobs, RECIPE)
        result = done(jobs[1])
        monkeypatch.setattr(os, "fsync", watched)
        journal.record(result)
    expected = {
        path.stat().st_ino for output in jobs[1].outputs for path in (output, output.parent)
    }
    assert set(synced[:-1]) == expected
    assert synced[-1] == (tmp_path / "out" / ".dryspell-journal.jsonl").stat().st_ino


def test_one_batch_has_a_folder(tmp_path):
    with Journal(tmp_path):
        with pytest.raises(AudioFileError, match=r"Another batch .* process \d+|just starting"):
            Journal(tmp_path).__enter__()
        with pytest.raises(AudioFileError, match="Another batch"):
            Journal(tmp_path, shard=Shard(1, 2)).__enter__()
    with Journal(tmp_path):
        pass


def test_shards_share_a_folder_and_are_read_together(jobs, tmp_path):
    out = tmp_path / "out"
    with Journal(out, shard=Shard(1, 2)) as one, Journal(out, shard=Shard(2, 2)) as two:
        with pytest.raises(AudioFileError, match="Another batch"):
            Journal(out, shard=Shard(2, 2)).__enter__()
        with pytest.raises(AudioFileError, match="Another batch"):
            Journal(out).__enter__()
        for journal, job in ((one, jobs[0]), (two, jobs[1])):
            journal.begin([job], RECIPE)
            journal.record(done(job))
    assert all(is_done(job, out) for job in jobs)


HOLD = """
import sys, time
from pathlib import Path
from processor.{module} import {name}
held = {name}(Path(sys.argv[1])){enter}
print("held", flush=True)
time.sleep(600)
"""


def test_a_killed_batch_lets_its_folder_go(tmp_path):
    code = HOLD.format(module="journal", name="Journal", enter=".__enter__()")
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    part = part_beside(tmp_path / "x.wav")
    theirs = part.with_name(part.name.replace(str(os.getpid()), str(holder.pid)))
    for path in (part, theirs):
        path.touch()
    try:
        with pytest.raises(AudioFileError, match="Another batch"):
            Journal(tmp_path).__enter__()
        assert remove_leftovers([tmp_path]) == []
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with Journal(tmp_path):
        assert remove_leftovers([tmp_path]) == [theirs]
    assert part.exists()  # this process lives


def test_part_files_of_other_hosts_go_when_they_have_been_silent_for_an_hour(tmp_path):
    old, new = (tmp_path / f".dryspell-0000000{n}-1-abcdef01.part" for n in (1, 2))
    others = [tmp_path / name for name in (".dryspell-journal.jsonl", "x.part", ".dryspell.part")]
    for path in (old, new, *others):
        path.touch()
    for path in (old, *others):
        os.utime(path, (0, 0))
    assert remove_leftovers([tmp_path, tmp_path / "nowhere"]) == [old]


def no_locks(descriptor, shared):
    raise OSError(37, "No locks available")


@pytest.mark.skipif(sys.platform != "linux", reason="the number of the error is Linux's")
def test_without_locks_of_the_system_a_file_names_the_owner(tmp_path, monkeypatch):
    monkeypatch.setattr(processor.folder_lock, "_lock", no_locks)
    owner = tmp_path / "journal.owner"
    lock = FileLock(tmp_path / "journal")
    assert str(os.getpid()) in owner.read_text()
    with pytest.raises(BlockingIOError):
        FileLock(tmp_path / "journal")
    lock.release()
    assert not owner.exists()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    owner.write_text(f"{os.uname().nodename} {gone.pid}")  # as kill -9 leaves it
    FileLock(tmp_path / "journal").release()
    owner.write_text("elsewhere 1")
    with pytest.raises(BlockingIOError, match=r"journal\.owner"):
        FileLock(tmp_path / "journal")


def test_a_folder_that_cannot_be_written_to_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AudioFileError, match="Cannot write into"):
        Journal(tmp_path / "file" / "out").__enter__()


def test_every_line_is_an_object_with_its_time(out):
    lines = (out / ".dryspell-journal.jsonl").read_text(encoding="ascii").splitlines()
    assert [json.loads(line)["event"] for line in lines] == [
        *("run", "planned", "planned", "done", "done")
    ]
