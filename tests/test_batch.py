"""Plans for many files, and working through them here, on an executor, and in processes."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
from signals import noise

from processor.batch import plan_batch, plan_files, process_batch
from processor.errors import AudioFileError, Cancelled, DereverbError, ModelError
from processor.file_job import FileJob
from processor.recipe import Recipe


@pytest.fixture
def recipe(tiny_model_path):
    return Recipe(str(tiny_model_path))


@pytest.fixture
def folder(tmp_path):
    """Three recordings in two levels, and what a folder of recordings also holds."""
    root = tmp_path / "in"
    for name in ("b.flac", "a.wav", "Session 1/ä b.wav"):
        make(root / name)
    for name in ("notes.txt", "._a.wav", ".dryspell-1.part", ".hidden/c.wav"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("no audio")
    return root


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(1, 4000).T, 16000, "PCM_16")
    return path


def make_long(path):
    """Forty minutes: seconds of work, in which something can happen."""
    soundfile.write(path, np.zeros(16000 * 2400, np.int16), 16000)
    return path


def names(jobs, root):
    return [job.destination.relative_to(root).as_posix() for job in jobs]


def test_a_folder_gives_its_recordings_in_order(folder, tmp_path):
    jobs = plan_batch([folder], tmp_path / "out")
    assert names(jobs, tmp_path / "out") == ["a.wav", "b.flac"]


def test_recursive_keeps_the_folders(folder, tmp_path):
    jobs = plan_batch([folder], tmp_path / "out", recursive=True)
    assert names(jobs, tmp_path / "out") == ["a.wav", "b.flac", "Session 1/ä b.wav"]


def test_the_removed_parts_have_their_own_names(folder, tmp_path):
    jobs = plan_batch([folder], tmp_path / "out", removed_dir=tmp_path / "out")
    assert [job.removed_to.name for job in jobs] == ["a_room.wav", "b_room.flac"]


def test_outputs_inside_the_input_folder_are_not_taken_for_inputs(folder):
    make(folder / "dry" / "earlier.wav")
    jobs = plan_batch([folder], folder / "dry", recursive=True)
    assert "earlier.wav" not in [job.source.name for job in jobs]


def test_a_folder_that_leads_back_to_itself_is_not_followed(folder, tmp_path):
    (folder / "again").symlink_to(folder, target_is_directory=True)
    assert len(plan_batch([folder], tmp_path / "out", recursive=True)) == 3


def test_outputs_on_top_of_the_inputs_are_refused(folder):
    with pytest.raises(AudioFileError, match="it is the source"):
        plan_batch([folder], folder, existing="overwrite")


def test_two_inputs_with_one_output_are_refused(tmp_path):
    inputs = [make(tmp_path / "x" / "a.wav"), make(tmp_path / "y" / "a.wav")]
    with pytest.raises(AudioFileError, match=r"a\.wav' twice"):
        plan_batch(inputs, tmp_path / "out")


def test_an_output_that_is_another_jobs_source_is_refused(tmp_path):
    first, second = make(tmp_path / "x" / "a.wav"), make(tmp_path / "a.wav")
    with pytest.raises(AudioFileError, match="it is the source"):
        plan_batch([first, second], tmp_path, existing="overwrite")


def test_what_exists_is_refused_skipped_or_overwritten(folder, tmp_path):
    make(tmp_path / "out" / "a.wav")
    with pytest.raises(AudioFileError, match="exists already"):
        plan_batch([folder], tmp_path / "out")
    skipping = plan_batch([folder], tmp_path / "out", existing="skip")
    assert names(skipping, tmp_path / "out") == ["b.flac"]
    assert len(plan_batch([folder], tmp_path / "out", existing="overwrite")) == 2


def test_the_message_counts_what_exists(folder, tmp_path):
    make(tmp_path / "out" / "a.wav")
    make(tmp_path / "out" / "b.flac")
    with pytest.raises(AudioFileError, match=r"\(and 1 more\)"):
        plan_batch([folder], tmp_path / "out")


def test_files_without_an_output_get_a_name_beside_the_source(tmp_path):
    [job] = plan_files([tmp_path / "take 3.WAV"])
    assert job == FileJob(tmp_path / "take 3.WAV", tmp_path / "take 3_dry.WAV")


@pytest.mark.parametrize("output", ["out", "out/"])
def test_several_files_go_into_a_folder(tmp_path, output):
    jobs = plan_files(["a.wav", "b.wav"], f"{tmp_path}/{output}", removed_to=f"{tmp_path}/room")
    assert [job.destination for job in jobs] == [tmp_path / "out/a.wav", tmp_path / "out/b.wav"]
    assert jobs[0].removed_to == tmp_path / "room" / "a_room.wav"


@pytest.mark.parametrize("role", ["output", "removed_to"])
def test_one_file_for_several_is_refused(tmp_path, role):
    with pytest.raises(AudioFileError, match=r"one\.wav' names one file for several"):
        plan_files(["a.wav", "b.wav"], **{role: tmp_path / "one.wav"})


def test_one_file_goes_to_a_file_or_into_a_folder(tmp_path):
    assert plan_files(["a.wav"], tmp_path)[0].destination == tmp_path / "a.wav"
    assert plan_files(["a.wav"], f"{tmp_path}/new/")[0].destination == tmp_path / "new" / "a.wav"
    assert plan_files(["a.wav"], tmp_path / "b.flac")[0].destination == tmp_path / "b.flac"


def bad_among_good(tmp_path):
    make(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "b.wav").write_text("not audio")
    make(tmp_path / "in" / "c.flac")
    return plan_batch([tmp_path / "in"], tmp_path / "out")


def run_here(jobs, recipe):
    return process_batch(jobs, recipe)


def run_on_threads(jobs, recipe):
    return process_batch(jobs, recipe, executor=ThreadPoolExecutor(2))


def run_in_processes(jobs, recipe):
    return process_batch(jobs, recipe, workers=2)


@pytest.mark.parametrize("run", [run_here, run_on_threads, run_in_processes])
def test_a_bad_file_does_not_stop_the_others(tmp_path, recipe, run):
    results = {result.job.source.name: result for result in run(bad_among_good(tmp_path), recipe)}
    assert {name: result.ok for name, result in results.items()} == {
        "a.wav": True,
        "b.wav": False,
        "c.flac": True,
    }
    assert "b.wav" in results["b.wav"].error
    assert sorted(os.listdir(tmp_path / "out")) == ["a.wav", "c.flac"]


@pytest.mark.parametrize("run", [run_here, run_on_threads, run_in_processes])
def test_a_model_that_cannot_be_used_stops_the_run(tmp_path, run):
    jobs = bad_among_good(tmp_path)
    with pytest.raises(ModelError, match="none"):
        list(run(jobs, Recipe(str(tmp_path / "none.pt"))))
    assert not (tmp_path / "out").exists()


def test_a_fault_of_ours_is_told_and_does_not_stop_the_others(tmp_path, recipe, monkeypatch):
    import processor.workers as workers

    healthy = workers.process_file

    def faulty(source, *args, **kwargs):
        if source.name == "a.wav":
            raise ZeroDivisionError("a fault")
        return healthy(source, *args, **kwargs)

    monkeypatch.setattr(workers, "process_file", faulty)
    results = list(process_batch(bad_among_good(tmp_path), recipe))
    assert "unforeseen ZeroDivisionError" in results[0].error
    assert results[2].ok


def test_cancelling_ends_the_run_and_leaves_only_what_is_whole(tmp_path, recipe):
    jobs = [FileJob(make(tmp_path / f"{n}.wav"), tmp_path / "out" / f"{n}.wav") for n in range(3)]

    def progress(job, fraction):
        if job is jobs[1] and fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(process_batch(jobs, recipe, progress=progress))
    assert os.listdir(tmp_path / "out") == ["0.wav"]


def test_cancelling_ends_processes_in_the_middle_of_a_file(tmp_path, recipe):
    long = make_long(tmp_path / "long.wav")
    jobs = [FileJob(long, tmp_path / "out" / f"{n}.wav") for n in range(3)]

    def progress(job, fraction):
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(process_batch(jobs, recipe, workers=2, progress=progress))
    assert os.listdir(tmp_path / "out") == []
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_costs_its_file_only(tmp_path, recipe):
    long = make_long(tmp_path / "long.wav")
    sources = [long, make(tmp_path / "a.wav"), make(tmp_path / "b.wav"), make(tmp_path / "c.wav")]
    jobs = [FileJob(source, tmp_path / "out" / source.name) for source in sources]
    killed = []

    def progress(job, fraction):
        if job is jobs[0] and fraction > 0 and not killed:
            # The first process started works on the first job.
            victim = min(multiprocessing.active_children(), key=lambda child: child.pid)
            killed.append(os.kill(victim.pid, signal.SIGKILL))

    results = {
        result.job.source.name: result
        for result in process_batch(jobs, recipe, workers=2, progress=progress)
    }
    assert killed
    assert {name for name, result in results.items() if result.ok} == {"a.wav", "b.wav", "c.wav"}
    assert "its process died" in results["long.wav"].error
    assert not (tmp_path / "out" / "long.wav").exists()


def test_one_process_that_dies_does_not_take_the_run_with_it(tmp_path, recipe):
    jobs = [FileJob(make(tmp_path / name), tmp_path / "out" / name) for name in ("a.wav", "b.wav")]
    killed = []

    def progress(job, fraction):
        if not killed:
            [victim] = multiprocessing.active_children()
            killed.append(os.kill(victim.pid, signal.SIGKILL))

    results = list(process_batch(jobs, recipe, isolated=True, progress=progress))
    assert [result.ok for result in results] in ([False, True], [True, True])


def test_processes_that_never_get_ready_end_the_run(tmp_path, recipe, monkeypatch):
    import processor.crew as crew

    monkeypatch.setattr(crew, "_serve", os._exit)  # with a line for a code: an error
    jobs = [FileJob(make(tmp_path / f"{n}.wav"), tmp_path / "out" / f"{n}.wav") for n in range(9)]
    results = process_batch(jobs, recipe, workers=2)
    told = []
    with pytest.raises(DereverbError, match="die when they start"):
        told.extend(results)
    assert len(told) <= 3
    assert multiprocessing.active_children() == []
