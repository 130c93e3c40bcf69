"""A Dask cluster of real processes: one is killed in mid-run, and every file is done once."""

import os
import signal
import threading
import time
from collections import Counter
from contextlib import closing

import pytest
import soundfile
from signals import noise

from processor.batch import process_batch
from processor.cluster import work_on_cluster
from processor.errors import Cancelled, DereverbError, ModelError
from processor.file_job import FileJob
from processor.recipe import Recipe

distributed = pytest.importorskip("distributed", reason="pip install 'dryspell[cluster]'")


@pytest.fixture(scope="module")
def cluster():
    """Two processes with a thread each, and a nanny that replaces one that dies."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.fixture
def recipe(tiny_model_path):
    return Recipe(str(tiny_model_path))


def make(path, seconds=0.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(1, int(16000 * seconds)).T, 16000, "PCM_16")
    return path


def pids(cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_a_cluster_that_loses_a_worker_does_every_file_once(cluster, tmp_path, recipe, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the workers do not stand
    sources = [make(tmp_path / "in" / f"{number:02}.wav", 60) for number in range(10)]
    sources[3].write_bytes(b"no audio")
    out = tmp_path / "out"
    jobs = [FileJob(source.relative_to(tmp_path), out / source.name) for source in sources]
    victim = pids(cluster)[0]
    results, told = [], []
    run = process_batch(
        jobs,
        recipe,
        scheduler=cluster.scheduler_address,
        progress=lambda job, fraction: told.append((job, fraction)),
    )
    with closing(run):
        for result in run:
            results.append(result)
            if len(results) == 2:
                os.kill(victim, signal.SIGKILL)
    assert Counter(result.job for result in results) == Counter(jobs)
    assert [result.job.source.name for result in results if not result.ok] == ["03.wav"]
    assert "03.wav" in next(result.error for result in results if not result.ok)
    assert {job for job, fraction in told if fraction == 1.0} == set(jobs)
    written = sorted(path for path in out.iterdir() if path.suffix == ".wav")
    assert len(written) == 9
    assert {soundfile.info(path).frames for path in written} == {16000 * 60}


def test_ending_a_run_cancels_what_is_in_work(cluster, tmp_path, recipe):
    jobs = [
        FileJob(make(tmp_path / "in" / f"{n}.wav", 1200), tmp_path / "out" / f"{n}.wav")
        for n in range(4)
    ]

    def progress(job, fraction):
        raise Cancelled

    begun = time.monotonic()
    with pytest.raises(Cancelled):
        list(process_batch(jobs, recipe, scheduler=cluster.scheduler_address, progress=progress))
    ended = threading.Event()
    while time.monotonic() < begun + 60:
        if not list((tmp_path / "out").glob(".*.part")):
            break
        ended.wait(0.1)
    assert len(list((tmp_path / "out").iterdir())) < 4
    assert not list((tmp_path / "out").glob(".*.part"))


def test_another_model_on_a_worker_is_refused(cluster, tmp_path, recipe, monkeypatch):
    jobs = [FileJob(make(tmp_path / "a.wav"), tmp_path / "out" / "a.wav")]
    monkeypatch.setattr("processor.cluster.stamp_of", elsewhere)
    with pytest.raises(ModelError, match="has the model tiny-"):
        list(work_on_cluster(cluster.scheduler_address, jobs, recipe, False, None))
    monkeypatch.undo()
    with pytest.raises(ModelError, match="none"):
        list(work_on_cluster(cluster.scheduler_address, jobs, Recipe("/none.pt"), False, None))


def elsewhere(recipe):
    """Return another model in every process."""
    return f"tiny-{os.getpid()}"


def test_a_scheduler_that_is_not_there_is_told_in_a_sentence(tmp_path, recipe, monkeypatch):
    monkeypatch.setattr("processor.cluster._CONNECT_SECONDS", 0.5)
    jobs = [FileJob(make(tmp_path / "a.wav"), tmp_path / "out" / "a.wav")]
    with pytest.raises(DereverbError, match="No Dask scheduler answers"):
        list(work_on_cluster("tcp://127.0.0.1:1", jobs, recipe, False, None))
