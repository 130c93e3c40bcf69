"""What can go wrong in a night: bad files, full disks, lost rights, and the power switch."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from signals import noise

from processor.batch import process_batch
from processor.cli import main
from processor.file_job import FileJob
from processor.part_files import is_running, process_of
from processor.plan import plan_batch
from processor.recipe import Recipe

ROOT = Path(__file__).parent.parent


@pytest.fixture
def recipe(tiny_model_path):
    return Recipe(str(tiny_model_path))


def make(path, samples=4000, subtype="PCM_16", seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(1, samples, seed=seed).T, 16000, subtype)
    return path


def parts_in(folder):
    return sorted(path.name for path in folder.rglob("*.part"))


def spoilt_header(path):
    content = bytearray(make(path).read_bytes())
    content[8:40] = bytes(range(200, 232))
    path.write_bytes(content)


def cut_off(path):
    make(path)
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    path.touch()


def no_samples(path):
    make(path, 0)


def one_sample(path):
    make(path, 1)


def not_a_number(path):
    waveform = noise(1, 4000)
    waveform[0, 3999] = np.nan
    soundfile.write(path, waveform.T, 16000, "FLOAT")


def infinite(path):
    waveform = noise(1, 4000)
    waveform[0, 0] = -np.inf
    soundfile.write(path, waveform.T, 16000, "FLOAT")


def a_picture(path):
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))


def a_dangling_link(path):
    path.symlink_to("nowhere.wav")


def a_pipe(path):
    os.mkfifo(path)


SPOILERS = (
    *(spoilt_header, cut_off, empty, no_samples, not_a_number, infinite, a_picture),
    *(a_dangling_link, a_pipe),
)


def test_bad_files_of_all_kinds_cost_themselves_only(tmp_path, recipe):
    (tmp_path / "in").mkdir()
    for number, spoil in enumerate(SPOILERS):
        spoil(tmp_path / "in" / f"{number:02}-{spoil.__name__}.wav")
    good = [make(tmp_path / "in" / "00.flac"), make(tmp_path / "in" / "zz.wav")]
    one_sample(tmp_path / "in" / "1.wav")
    results = list(process_batch(plan_batch([tmp_path / "in"], tmp_path / "out"), recipe))
    assert [result.job.source for result in results if result.ok] == [
        *(good[0], tmp_path / "in" / "1.wav", good[1])
    ]
    assert sorted(os.listdir(tmp_path / "out")) == ["00.flac", "1.wav", "zz.wav"]
    assert soundfile.info(tmp_path / "out" / "1.wav").frames == 1
    for result in results:
        assert result.ok or (result.job.source.name in result.error and result.error.count(". "))


def test_a_recording_that_changes_while_it_is_read_is_refused(tmp_path, recipe):
    source = make(tmp_path / "a.wav", 200_000)

    def progress(job, fraction):
        os.utime(source, ns=(0, int(1e9 * fraction)))

    jobs = [FileJob(source, tmp_path / "out" / "a.wav")]
    [result] = process_batch(jobs, recipe, progress=progress)
    assert "changed while it was read" in result.error
    assert os.listdir(tmp_path / "out") == []


@contextmanager
def files_no_larger_than(number):
    """Have the system refuse to write more into a file, as it refuses on a full disk."""
    resource = pytest.importorskip("resource", reason="no such limits on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_full_disk_costs_what_does_not_fit_and_resuming_does_it(
    tmp_path, tiny_model_path, capsys, ending
):
    for name, samples in (("a", 4000), ("b", 400_000), ("c", 5000)):
        make(tmp_path / "in" / f"{name}.{ending}", samples)
    out = tmp_path / "out"
    call = ["batch", str(tmp_path / "in"), str(out), "--jobs", "0", "--model", str(tiny_model_path)]
    with files_no_larger_than(100_000):
        assert main(call) == 1
    assert "Free some space" in capsys.readouterr().err
    assert [path.name for path in sorted(out.glob("[a-z]*"))] == [f"a.{ending}", f"c.{ending}"]
    assert parts_in(out) == []
    assert main([*call, "--resume"]) == 0
    assert soundfile.info(out / f"b.{ending}").frames == 400_000


def test_a_disk_too_full_for_the_journal_costs_no_file(tmp_path, tiny_model_path, capsys):
    for number in range(12):
        make(tmp_path / "in" / f"{number:02}.wav", 100)
    out = tmp_path / "out"
    call = ["batch", str(tmp_path / "in"), str(out), "--jobs", "0", "--model", str(tiny_model_path)]
    with files_no_larger_than(5000):
        assert main(call) == 1
    assert "Cannot write the journal" in capsys.readouterr().err
    assert len(list(out.glob("*.wav"))) == 12
    assert main([*call, "--resume"]) == 0  # makes again what the journal does not hold
    assert len(list(out.glob("*.wav"))) == 12


@pytest.fixture
def as_nobody():
    """A folder of a user who is not root, and that user's rights."""
    if not hasattr(os, "setresuid") and os.geteuid() == 0:
        pytest.skip("root can do everything here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        assert main(["batch", name, name]) == 2  # imports what nobody may not
        os.chown(folder, 65534, 65534)
        os.setresuid(65534, 65534, 0)
        try:
            yield folder
        finally:
            os.setresuid(0, 0, 0)


def test_what_may_not_be_read_or_written_costs_itself_only(as_nobody, tiny_model, monkeypatch):
    monkeypatch.setattr("processor.model.Model.load", lambda model=None: tiny_model)
    sources = [make(as_nobody / "in" / name) for name in ("a.wav", "b.wav", "no/c.wav")]
    sources[0].chmod(0)
    (as_nobody / "out" / "no").mkdir(parents=True)
    (as_nobody / "out" / "no").chmod(0o500)
    try:
        jobs = plan_batch([as_nobody / "in"], as_nobody / "out", recursive=True)
        results = {result.job.source: result for result in process_batch(jobs)}
    finally:
        (as_nobody / "out" / "no").chmod(0o700)
    assert "permission denied" in results[sources[0]].error
    assert results[sources[1]].ok
    assert "permission denied" in results[sources[2]].error
    assert parts_in(as_nobody) == []


@pytest.mark.parametrize("locked", ["in", "out"])
def test_a_folder_without_rights_is_told_before_any_work(as_nobody, capsys, locked, monkeypatch):
    monkeypatch.setattr("processor.order.stamp_of", lambda recipe: "tiny-0")
    capsys.readouterr()
    make(as_nobody / "in" / "a.wav")
    (as_nobody / "out").mkdir()
    (as_nobody / locked).chmod(0o500 if locked == "out" else 0)
    try:
        assert main(["batch", str(as_nobody / "in"), str(as_nobody / "out"), "--jobs", "0"]) == 2
    finally:
        (as_nobody / locked).chmod(0o700)
    error = capsys.readouterr().err.lower()
    assert "permission denied" in error
    assert "choose" in error or "check" in error
    assert os.listdir(as_nobody / "out") == []


def test_a_run_killed_at_once_with_all_its_processes_is_gone_on_with(tmp_path, tiny_model_path):
    for number in range(6):
        make(tmp_path / "in" / f"{number}.wav", 16000 * 300)
    out = tmp_path / "out"
    call = ["batch", str(tmp_path / "in"), str(out), "--model", str(tiny_model_path)]
    run = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *call, "--jobs", "2"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert b".wav" in run.stdout.readline()  # one is done
    wait_for(lambda: parts_in(out))  # another is in work
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    wait_for(lambda: not any(is_running(process_of(name)) for name in parts_in(out)))
    done = {path: path.stat().st_mtime_ns for path in out.glob("*.wav")}
    assert 1 <= len(done) < 6
    assert {soundfile.info(path).frames for path in done} == {16000 * 300}

    assert main([*call, "--jobs", "0", "--resume"]) == 0
    assert parts_in(out) == []
    assert sorted(path.name for path in out.glob("*.wav")) == [f"{n}.wav" for n in range(6)]
    made_again = [path for path, changed in done.items() if path.stat().st_mtime_ns != changed]
    assert len(made_again) <= 1  # in its place, but not written down when the run was killed


def wait_for(what):
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)
