"""The door to the window: builds it, shows it, and then loads what takes long."""

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PyQt6.QtCore import QLoggingCategory, QObject, QSettings, QTimer, pyqtSignal, pyqtSlot
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication

from .icons import icon
from .keeper import Keeper
from .logs import log_path, start_logging
from .main_window import MainWindow
from .recovery import Recovery, Work
from .session import Session
from .settings import Settings
from .theme import Appearance
from .views.details_dialog import error_dialog, versions

log = logging.getLogger(__name__)

# Python sees a signal only between two of its own instructions, and Qt's loop runs none.
SIGNAL_POLL_MS = 200
SWITCH_S = 0.0005


def main(paths: Sequence[str | Path] = ()) -> int:
    """Run the window until it is closed; returns the exit code.

    Args:
        paths: Files and folders to open.
    """
    start_logging()
    application, window = build()
    log.info("%s", versions())
    _Unexpected(window)
    _close_on_interrupt(window)
    keeper, work = _keep(window)
    window.show()
    # After the first paint: torch takes seconds to import.
    QTimer.singleShot(0, lambda: _begin(window, keeper, work, paths))
    return application.exec()


def build(store: QSettings | None = None) -> tuple[QApplication, MainWindow]:
    """The application and its window, not shown yet.

    Args:
        store: Where settings are kept; the user's own by default.
    """
    if "QT_LOGGING_RULES" not in os.environ:
        # Qt's media backend reports every library that it can do without.
        QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    share_the_interpreter()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    application.setApplicationName("Dryspell")
    application.setOrganizationName("Dryspell")
    QGuiApplication.setDesktopFileName("dryspell")
    application.setWindowIcon(icon("app"))
    settings = Settings(store)
    appearance = Appearance(application, settings.theme)
    return application, MainWindow(Session(), settings, appearance)


def share_the_interpreter() -> None:
    """Have the window wait half a millisecond for its turn, and not five, while a job runs."""
    sys.setswitchinterval(SWITCH_S)


def _keep(window: MainWindow) -> tuple[Keeper, Work]:
    """Begin to keep the window's work; also returns what a crash has left."""
    recovery = Recovery()
    work = recovery.begin()
    keeper = Keeper(window.files, window.batch, recovery)
    window.closed.connect(keeper.end)
    return keeper, work


def _begin(window: MainWindow, keeper: Keeper, work: Work, paths: Sequence[str | Path]) -> None:
    window.session.loading.load()
    if work:
        window.come_back(work, keeper.bring_back(work))
    if paths:
        window.open_paths([Path(path) for path in paths])


def _close_on_interrupt(window: MainWindow) -> None:
    """Ctrl+C and a polite kill close the window as its own button does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close_now())
    poll = QTimer(window, interval=SIGNAL_POLL_MS)
    poll.timeout.connect(lambda: None)
    poll.start()


class _Unexpected(QObject):
    """Logs a bug and shows it with details to copy; the window stays open.

    Args:
        window: The parent of the dialog.
    """

    _happened = pyqtSignal(str)  # from whatever thread it is

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._happened.connect(self._show)
        sys.excepthook = self._take
        threading.excepthook = lambda given: self._take(
            given.exc_type, given.exc_value, given.exc_traceback
        )

    def _take(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.critical("Unexpected error\n%s", details)
        self._happened.emit(details)

    @pyqtSlot(str)
    def _show(self, details: str) -> None:
        if QApplication.activeModalWidget() is None:  # one at a time
            error_dialog(details, log_path(), self._window).open()
