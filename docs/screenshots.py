"""Draw the window in all its states, to be looked at: light and dark, small and large.

python docs/screenshots.py FOLDER [SCALE]

SCALE is 1 for 100 %, 2 for 200 %. With a screen (or xvfb-run) and QT_QPA_PLATFORM=xcb the fonts are
the system's; without, everything works the same. The dark list and batch at 100 % stand in the user
guide as window-list.png and window-batch.png; the README's pictures are made by screenshot.py.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from PyQt6.QtCore import QEventLoop, QSettings, QTimer
from PyQt6.QtWidgets import QApplication, QWidget
from screenshot import ROOT, wait, wait_until_ready

from desktop_app.app import build
from desktop_app.batch_items import FINISHED, Status
from desktop_app.batch_run import Phase
from desktop_app.main_window import MainWindow
from desktop_app.views.details_dialog import error_dialog
from desktop_app.views.export_dialog import ExportDialog

SAMPLES = ROOT / "resources" / "samples"
NAMES = ("Interview 1", "Interview 2", "Panel, hall 3", "Voice-over, take 7", "Closing words")
LONG, REPEATS = 2, 40
SETTLE_MS = 400
LONGEST_MS = 240_000
SMALL, LARGE = (960, 600), (1280, 800)
FAULT = 'Traceback (most recent call last):\n  File "x.py", line 1\nZeroDivisionError: division'


def main() -> None:
    """Go through the states one after the other, in both themes."""
    folder = Path(sys.argv[1])
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = scale = sys.argv[2] if len(sys.argv) > 2 else "1"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOME"] = place  # so that no path tells whose machine it is
        recordings = make_recordings(Path(place) / "Podcast, season 2")
        store = QSettings(str(Path(place) / "settings.ini"), QSettings.Format.IniFormat)
        application, window = build(store)
        shots = Shots(window, folder, scale)
        window.show()
        shots.both("empty", SMALL)
        window.open_paths(recordings)
        wait_until_ready(window)
        window.session.set_recipe(strength=0.8)
        wait_until_ready(window)
        window.session.player.seek(5.35)
        shots.both("list", LARGE)
        shots.both("list-small", SMALL)
        shots.dialogs(recordings[0])
        show_batch(window, recordings[0].parent, shots)
        window.close_now()
        application.processEvents()


class Shots:
    """Takes pictures of a window into a folder.

    Args:
        window: The window.
        folder: Where the pictures go.
        scale: What stands in their names.
    """

    def __init__(self, window: MainWindow, folder: Path, scale: str) -> None:
        self.window = window
        self._folder, self._scale = folder, scale

    def both(self, name: str, size: tuple[int, int]) -> None:
        """The window in both themes."""
        self.window.resize(*size)
        for theme in ("light", "dark"):
            self.window.choose_theme(theme)
            wait(SETTLE_MS)
            self.one(self.window, f"{name}-{theme}")

    def one(self, widget: QWidget, name: str) -> None:
        """A widget as it is."""
        path = self._folder / f"{name}@{self._scale}.png"
        widget.grab().save(str(path))
        print(path)

    def dialogs(self, recording: Path) -> None:
        """What is asked and told in windows of its own."""
        window = self.window
        entries, wish = window.files.list.entries, window.settings.export_wish
        shown = [
            ("export", ExportDialog(entries[:1], wish, window.session.recording.info, window)),
            ("export-all", ExportDialog(entries, wish, None, window)),
            ("error", error_dialog(FAULT, Path.home() / "dryspell.log", window)),
        ]
        for name, dialog in shown:
            dialog.show()
            wait(SETTLE_MS)
            self.one(dialog, name)
            dialog.close()
        for name, show in (("keys", window.show_keys), ("about", window.show_about)):
            show()
            wait(SETTLE_MS)
            self.one(QApplication.activeModalWidget(), name)
            QApplication.activeModalWidget().close()


def show_batch(window: MainWindow, folder: Path, shots: Shots) -> None:
    """The batch page: empty, in the middle of a run, and after it, with a file that failed."""
    window.show_batch()
    shots.both("batch-empty", SMALL)
    (folder / "Cut off.wav").write_bytes(b"RIFF, but no more than that")
    window.open_paths([folder])
    run = window.batch
    wait_until(lambda: run.phase is Phase.PLANNED)
    window.batch_page.begin()
    wait_until(lambda: run.count(*FINISHED) >= 2 and run.count(Status.RUNNING) > 0)
    shots.both("batch", LARGE)
    wait_until(lambda: run.phase is Phase.ENDED)
    shots.both("batch-done", SMALL)


def make_recordings(folder: Path) -> list[Path]:
    """Some recordings with names of everyday; one is long, to be seen at work in a batch."""
    folder.mkdir()
    samples = sorted(SAMPLES.glob("*.flac"))
    paths = [folder / f"{name}.flac" for name in NAMES]
    for number, path in enumerate(paths):
        shutil.copyfile(samples[number % len(samples)], path)
    sound, rate = soundfile.read(paths[LONG])
    soundfile.write(paths[LONG], np.tile(sound, REPEATS), rate)
    return paths


def wait_until(is_there) -> None:
    """Let the window go on until something has happened.

    Raises:
        RuntimeError: It takes far too long.
    """
    for _ in range(LONGEST_MS // 50):
        if is_there():
            return
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()
    raise RuntimeError("The window did not come to the state that was waited for.")


if __name__ == "__main__":
    main()
