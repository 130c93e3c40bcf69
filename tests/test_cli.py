"""The command line, in this process and in real ones."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from signals import noise

from processor.cli import main
from processor.stream import DereverbStream

ROOT = Path(__file__).parent.parent


@pytest.fixture
def model(tiny_model_path):
    return ["--model", str(tiny_model_path)]


@pytest.fixture
def take(tmp_path):
    """A second of a recording: tmp_path/take.wav."""
    return make(tmp_path / "take.wav")


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(1, 16000).T, 16000, "PCM_16")
    return path


def make_long(path):
    """Forty minutes: seconds of work, in which a signal arrives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(16000 * 2400, np.int16), 16000)
    return path


def start(*arguments):
    """Start the program as a user does."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_file_gets_a_drier_neighbour(take, model, capsys):
    assert main(["process", str(take), *model]) == 0
    assert sorted(os.listdir(take.parent)) == ["take.wav", "take_dry.wav"]
    out, err = capsys.readouterr()
    assert "take_dry.wav" in out
    assert err == ""


def test_settings_reach_the_model(take, model):
    target = take.with_name("half.wav")
    call = ["process", str(take), "-o", str(target), "--strength", "1", "--mix", "0.5"]
    assert main([*call, "--floor-db", "-6", *model]) == 0
    before, after = soundfile.read(take)[0], soundfile.read(target)[0]
    gain = 1 - 0.5 * (1 - 10 ** (-6 / 20))
    np.testing.assert_allclose(after, gain * before, atol=2**-14)  # dither and rounding


def test_focus_and_link_reach_the_model_and_the_report(take, model, capsys):
    target = take.with_name("half.wav")
    call = ["process", str(take), "-o", str(target), "--focus", "1, 0.5,0", "--no-link", "--json"]
    assert main([*call, *model]) == 0
    recipe = json.loads(capsys.readouterr().out)["recipe"]
    assert (recipe["focus"], recipe["link"], recipe["output"]) == ([1.0, 0.5, 0.0], False, "dry")
    before, after = soundfile.read(take)[0], soundfile.read(target)[0]
    # The model with a known answer takes the middle number.
    np.testing.assert_allclose(after, (1 - 0.5 * 0.9) * before, atol=2**-14)


def test_several_files_and_what_was_removed_go_into_folders(tmp_path, model):
    inputs = [str(make(tmp_path / name)) for name in ("a.wav", "b.flac")]
    out, room = str(tmp_path / "out"), str(tmp_path / "room")
    assert main(["process", *inputs, "-o", out, "--removed", room, *model]) == 0
    assert sorted(os.listdir(out)) == ["a.wav", "b.flac"]
    assert sorted(os.listdir(room)) == ["a_room.wav", "b_room.flac"]


def test_json_is_one_document_on_stdout(tmp_path, take, model, capsys):
    missing = tmp_path / "missing.wav"
    assert (
        main(["process", str(take), str(missing), "-o", f"{tmp_path}/out", "--json", *model]) == 1
    )
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert (document["planned"], document["done"], document["failed"]) == (2, 1, 1)
    good, bad = document["results"]
    assert good["source"] == str(take)
    assert good["seconds_audio"] == 1.0
    assert good["speed"] > 0
    assert good["error"] is None
    assert "missing.wav" in bad["error"]
    assert "missing.wav" in err


def test_json_reports_a_refusal_too(take, capsys):
    assert main(["process", str(take), "-o", str(take), "--json"]) == 2
    assert "it is the source" in json.loads(capsys.readouterr().out)["error"]


def test_quiet_says_only_what_failed(take, model, capsys):
    assert main(["process", str(take), "--quiet", *model]) == 0
    assert capsys.readouterr() == ("", "")


def test_an_existing_output_needs_a_word(take, model, capsys):
    assert main(["process", str(take), *model]) == 0
    assert main(["process", str(take), *model]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["process", str(take), "--overwrite", *model]) == 0


def test_batch_keeps_names_and_folders(tmp_path, model):
    make(tmp_path / "in" / "a.wav")
    make(tmp_path / "in" / "deep" / "er" / "b.flac")
    call = ["batch", str(tmp_path / "in"), str(tmp_path / "out"), "--jobs", "0", *model]
    assert main(call) == 0
    assert not (tmp_path / "out" / "deep").exists()
    assert main([*call, "--recursive", "--skip-existing"]) == 0
    assert (tmp_path / "out" / "deep" / "er" / "b.flac").exists()


def test_batch_goes_on_where_it_was_ended(tmp_path, model, capsys):
    for name in ("a.wav", "b.wav"):
        make(tmp_path / "in" / name)
    make(tmp_path / "out" / "a.wav")
    done_before = (tmp_path / "out" / "a.wav").stat().st_mtime_ns
    call = ["batch", str(tmp_path / "in"), str(tmp_path / "out"), "--jobs", "0", *model]
    assert main([*call, "--skip-existing"]) == 0
    assert (tmp_path / "out" / "b.wav").exists()
    assert (tmp_path / "out" / "a.wav").stat().st_mtime_ns == done_before
    assert main([*call, "--skip-existing"]) == 0
    assert "Nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["batch", "{}/none", "{}/out"], "not a folder"),
        (["batch", "{}/take.wav", "{}/take.wav"], "not a folder"),
        (["batch", "{}/out"], "nothing to work on"),
        (["batch"], "OUTDIR"),
        (["batch", "{}/empty", "{}/out"], "--recursive"),
        (["process", "{}/empty"], "dryspell batch"),
        (["process", "{}/take.wav", "--strength", "2"], "strength must lie between 0 and 1"),
        (["process", "{}/take.wav", "--mix", "nan"], "mix"),
        (["process", "{}/take.wav", "--floor-db", "3"], "floor_db"),
        (["process", "{}/take.wav", "--focus", "1,1"], "like 1,1,0.5"),
        (["process", "{}/take.wav", "--focus", "1,1,2"], "focus must lie between 0 and 1"),
        (["batch", "{}", "{}/out", "--focus", "low"], "got 'low'"),
        (["process"], "Missing"),
        (["process", ""], "empty"),
        (["process", "{}/take.wav", "-o", ""], "empty"),
        (["batch", "", "{}/out"], "empty"),
        (["batch", "{}", ""], "empty"),
        (["polish", "{}/take.wav"], "polish"),
    ],
)
def test_a_wrong_call_is_refused_with_code_2(tmp_path, take, capsys, arguments, said):
    (tmp_path / "empty").mkdir()
    assert main([argument.format(tmp_path) for argument in arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_info_tells_about_recordings_and_models(take, model, capsys):
    assert main(["info", str(take), model[1], "--json"]) == 0
    audio, network = json.loads(capsys.readouterr().out)["files"]
    assert (audio["sample_rate"], audio["subtype"], audio["duration_s"]) == (16000, "PCM_16", 1.0)
    assert (network["name"], network["latency_ms"]) == ("tiny", 20.0)


def test_info_names_what_cannot_be_read_and_goes_on(take, capsys):
    assert main(["info", "nowhere.wav", str(take)]) == 1
    out, err = capsys.readouterr()
    assert "nowhere.wav" in err
    assert "PCM_16" in out


def test_info_alone_tells_about_the_program(bundled_model, capsys):
    assert main(["info", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["licence"] == "GPL-3.0-or-later"
    assert about["model"]["sha256"] == bundled_model.spec.sha256
    assert about["model_card"]["file_sha256"] == bundled_model.spec.sha256


def test_info_alone_sums_the_model_card_up_on_a_screen(capsys):
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 30 and max(map(len, lines)) < 300
    assert any("pesq_wb" in line and "->" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "files"), [([], []), (["gui"], []), (["gui", "a.wav"], [Path("a.wav")])]
)
def test_the_window_is_called_with_the_files_and_its_code_is_ours(arguments, files):
    calls = []

    def window(paths):
        calls.append(paths)
        return 7

    assert main(arguments, open_window=window) == 7
    assert calls == [files]


def test_help_is_there_before_anything_heavy_is_loaded():
    program = (
        "import sys; from processor.cli import main; code = main(['--help']);"
        "sys.exit(code or any(name in sys.modules for name in ('torch', 'numpy', 'soundfile')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "process" in done.stdout


def test_a_console_that_cannot_show_a_name_is_no_failure(tmp_path, model):
    take = make(tmp_path / "naïve 声.wav")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, ROOT / "main.py", "process", take, *model],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "naïve 声_dry.wav").exists()


def test_a_console_that_is_not_there_is_no_failure(take, model, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)  # as after `>&-`, and in a program without a console
    assert main(["process", str(take), *model]) == 0
    assert take.with_name("take_dry.wav").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["process", "{}"], ["info", "{}"], ["info", "{}", "--json"]])
def test_results_that_cannot_be_printed_are_a_sentence(take, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, ROOT / "main.py", *(word.format(take) for word in arguments)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode != 0
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_ended_run_leaves_no_half_file(tmp_path, model, number):
    short = make(tmp_path / "in" / "a.wav")
    long = make_long(tmp_path / "in" / "b.wav")
    before = long.read_bytes()
    run = start("process", short, long, "-o", tmp_path / "out", *model)
    assert "a.wav" in run.stdout.readline()  # the second file's turn has come
    run.send_signal(getattr(signal, number))
    _, err = run.communicate(timeout=60)
    assert "Traceback" not in err
    assert long.read_bytes() == before
    left = [name for name in os.listdir(tmp_path / "out") if not name.startswith(".")]
    assert left == ["a.wav"]
    if number != "SIGKILL":
        assert run.returncode == 130
        assert os.listdir(tmp_path / "out") == ["a.wav"]


def test_an_interrupt_that_native_code_swallows_still_ends_the_run(
    tmp_path, model, monkeypatch, capsys
):
    long = make_long(tmp_path / "in" / "b.wav")
    (tmp_path / "out").mkdir()
    separate, asked = DereverbStream.separate, []

    def swallowing(*arguments, **options):
        if not asked:
            asked.append(True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        return separate(*arguments, **options)

    monkeypatch.setattr(DereverbStream, "separate", swallowing)
    assert main(["process", str(long), "-o", str(tmp_path / "out"), *model]) == 130
    assert os.listdir(tmp_path / "out") == []


def test_an_ended_batch_ends_all_its_processes(tmp_path, model):
    long = make_long(tmp_path / "in" / "1.wav")
    for number in range(2, 6):
        os.link(long, tmp_path / "in" / f"{number}.wav")
    run = start("batch", tmp_path / "in", tmp_path / "out", "--jobs", "2", *model)
    assert ".wav" in run.stdout.readline()  # one is done, and others are in work
    # A service manager sends it to every process; Ctrl-C reaches every process, too.
    for kind in (signal.SIGTERM, signal.SIGINT):
        os.killpg(run.pid, kind)
    _, err = run.communicate(timeout=60)  # returns when every process has closed its stderr
    assert run.returncode == 130
    assert "Traceback" not in err
    done = [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")]
    assert 1 <= len(done) < 5
    assert {soundfile.info(path).frames for path in done} == {soundfile.info(long).frames}
