"""Draw the pictures of the window in docs/images: the real window, with a bundled sample.

python docs/screenshot.py

Needs no screen. Where there is no sound device either, the pictures show that the window says so.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from PyQt6.QtCore import QEventLoop, QSettings, QTimer

from desktop_app.app import build
from desktop_app.main_window import MainWindow
from desktop_app.session import State

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "resources" / "samples" / "church.flac"
IMAGES = ROOT / "docs" / "images"
SIZE = (1120, 720)
PLAYHEAD_S = 5.35
LONGEST_MS = 120_000
SETTLE_MS = 300  # the last drawing waits for one turn of the event loop


def main() -> None:
    """Open the sample and take the pictures, each as soon as what it shows is there."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("QT_SCALE_FACTOR", "1.5")
    with tempfile.TemporaryDirectory() as folder:
        store = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        application, window = build(store)
        window.resize(*SIZE)
        window.choose_theme("dark")
        window.show()
        picture(window, "window-empty")
        window.open_file(SAMPLE)
        wait_until_ready(window)
        window.session.player.seek(PLAYHEAD_S)
        picture(window, "window")
        window.choose_theme("light")
        picture(window, "window-light")
        window.close_now()
        application.processEvents()


def picture(window: MainWindow, name: str) -> None:
    """Let the window finish drawing, then save it as docs/images/NAME.png."""
    wait(SETTLE_MS)
    path = IMAGES / f"{name}.png"
    IMAGES.mkdir(exist_ok=True)
    window.grab().save(str(path))
    print(path.relative_to(ROOT))


def wait_until_ready(window: MainWindow) -> None:
    """Wait for the rendering to be complete.

    Raises:
        RuntimeError: It failed, or takes far too long.
    """
    loop = QEventLoop()
    session = window.session
    session.state_changed.connect(
        lambda: loop.quit() if session.state in (State.READY, State.UNTREATED) else None
    )
    session.noticed.connect(loop.quit)
    QTimer.singleShot(LONGEST_MS, loop.quit)
    loop.exec()
    if session.state is not State.READY:
        raise RuntimeError(f"The sample was not rendered: {window.notice.text.text()}")


def wait(duration_ms: int) -> None:
    """Let the window go on for a while."""
    loop = QEventLoop()
    QTimer.singleShot(duration_ms, loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
