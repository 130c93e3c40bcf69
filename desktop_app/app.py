"""The door to the window: builds it, shows it, and then loads what takes long."""

import logging
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PyQt6.QtCore import QLoggingCategory, QSettings, QTimer
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QMessageBox

from .icons import icon
from .main_window import MainWindow
from .session import Session
from .settings import Settings
from .theme import Appearance

log = logging.getLogger(__name__)

# Python sees a signal only between two of its own instructions, and Qt's loop runs none.
SIGNAL_POLL_MS = 200


def main(paths: Sequence[str | Path] = ()) -> int:
    """Run the window until it is closed; returns the exit code.

    Args:
        paths: Files and folders to open.
    """
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    application, window = build()
    sys.excepthook = _show_unexpected
    _close_on_interrupt(window)
    window.show()
    # After the first paint: torch takes seconds to import.
    QTimer.singleShot(0, lambda: _begin(window, paths))
    return application.exec()


def build(store: QSettings | None = None) -> tuple[QApplication, MainWindow]:
    """The application and its window, not shown yet.

    Args:
        store: Where settings are kept; the user's own by default.
    """
    if "QT_LOGGING_RULES" not in os.environ:
        # Qt's media backend reports every library that it can do without.
        QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("Dryspell")
    application.setOrganizationName("Dryspell")
    QGuiApplication.setDesktopFileName("dryspell")
    application.setWindowIcon(icon("app"))
    settings = Settings(store)
    appearance = Appearance(application, settings.theme)
    return application, MainWindow(Session(), settings, appearance)


def _begin(window: MainWindow, paths: Sequence[str | Path]) -> None:
    window.session.load_model()
    if paths:
        window.open_paths([Path(path) for path in paths])


def _close_on_interrupt(window: MainWindow) -> None:
    """Ctrl+C and a polite kill close the window as its own button does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    poll = QTimer(window, interval=SIGNAL_POLL_MS)
    poll.timeout.connect(lambda: None)
    poll.start()


def _show_unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log a bug and show it with details to copy; the window stays open."""
    details = "".join(traceback.format_exception(kind, error, trace))
    log.critical("Unexpected error\n%s", details)
    if QApplication.activeModalWidget() is not None:
        return  # one at a time
    box = QMessageBox(QMessageBox.Icon.Critical, "Dryspell", "Something went wrong in Dryspell.")
    box.setInformativeText("Your files are untouched. Please report the details below.")
    box.setDetailedText(details)
    box.exec()
