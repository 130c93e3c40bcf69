"""The real program in a process of its own: it opens a file, closes, and ends with 0."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
        print("shown, torch is", "there" if "torch" in sys.modules else "not there", flush=True)
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


def run(when_ready: str, path: Path, home: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-c", RUN.replace("WHEN_READY", when_ready), str(path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_window_opens_a_file_and_closes(tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(1, 48_000).T, 48_000)
    result = run("window.close()", path, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "ready take.wav" in result.stdout
    assert "shown, torch is not there" in result.stdout  # seconds, which come after the first sight
    assert "Traceback" not in result.stderr


def test_a_polite_kill_closes_the_window(tmp_path):
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(1, 48_000).T, 48_000)
    result = run("os.kill(os.getpid(), signal.SIGTERM)", path, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
