"""The real program in a process of its own: it opens a file, closes, and ends with 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from signals import noise

ROOT = Path(__file__).resolve().parent.parent

# Runs the program as it is, and does in place of the user what WHEN_READY says.
RUN = """
import os, signal, sys
from desktop_app import app
from desktop_app.session import State
from PyQt6.QtCore import QTimer

build = app.build

def build_and_watch():
    application, window = build()
    show = window.show
    def show_and_tell():
        show()
        heavy = [name for name in ("torch", "rich", "typer", "scipy") if name in sys.modules]
        print("shown, loaded:", heavy, flush=True)
    window.show = show_and_tell
    def look():
        if window.session.state is State.READY:
            print("ready", window.windowTitle(), flush=True)
            QTimer.singleShot(0, lambda: WHEN_READY)
    window.session.state_changed.connect(look)
    return application, window

app.build = build_and_watch
sys.exit(app.main(sys.argv[1:]))
"""


def run(when_ready: str, home: Path, *paths: Path) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        # On each system one of these is where settings, state and log are kept.
        **{name: str(home) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME")},
        **{name: str(home) for name in ("LOCALAPPDATA", "APPDATA")},
    }
    return subprocess.run(
        [sys.executable, "-c", RUN.replace("WHEN_READY", when_ready), *map(str, paths)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def take(tmp_path) -> Path:
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(1, 48_000).T, 48_000)
    return path


@pytest.fixture
def home(tmp_path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_the_window_opens_a_file_and_closes(take, home):
    result = run("window.close()", home, take)
    assert result.returncode == 0, result.stderr
    assert "ready take.wav" in result.stdout
    assert "shown, loaded: []" in result.stdout  # what takes long comes after the first sight
    assert "Traceback" not in result.stderr
    (log,) = home.rglob("dryspell.log")
    assert "Dryspell" in log.read_text()
    assert not list(home.rglob("window-*.json"))


CRASH = """(
    window.session.set_recipe(strength=0.25),
    QTimer.singleShot(1500, lambda: os.kill(os.getpid(), signal.SIGKILL)),
)"""
POLITE_KILL = """(
    print("strength", window.session.recipe.strength),
    print("list", [entry.path.name for entry in window.files.list.entries], flush=True),
    os.kill(os.getpid(), signal.SIGTERM),
)"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a kill of this kind is POSIX's")
def test_after_a_crash_the_work_is_back_and_a_polite_kill_closes_the_window(take, home):
    crashed = run(CRASH, home, take, take.with_name("other.wav"))
    assert crashed.returncode == -signal.SIGKILL, crashed.stderr
    again = run(POLITE_KILL, home)
    assert again.returncode == 0, again.stderr
    assert "strength 0.25" in again.stdout and "['take.wav', 'other.wav']" in again.stdout
    assert "Traceback" not in again.stderr
    assert not list(home.rglob("window-*.json"))
