"""Where the log is, and how it is kept: only the door to the window calls this."""

import faulthandler
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path
from PyQt6.QtCore import QtMsgType, qInstallMessageHandler

LARGEST_BYTES = 1_000_000
OLD_FILES = 3
SHOWN_BYTES = 200_000
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_path() -> Path:
    """Where the log is written."""
    return user_log_path("dryspell", appauthor=False) / "dryspell.log"


def start_logging(path: Path | None = None) -> None:
    """Write warnings to the terminal, and everything of note to a file that does not grow for ever.

    Where no file can be written there is the terminal alone.
    """
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(terminal)
    qInstallMessageHandler(_log_qt)
    path = path or log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            path, maxBytes=LARGEST_BYTES, backupCount=OLD_FILES, encoding="utf-8"
        )
        file.setFormatter(logging.Formatter(FORMAT))
        root.addHandler(file)
        # For what no exception tells of, such as a fault in a library; stays open on purpose.
        faulthandler.enable(path.with_name("crash.log").open("a", encoding="utf-8"))
    except OSError as error:
        root.warning("There is no log file: %s", error)


def last_lines(path: Path | None = None) -> str:
    """The end of the log."""
    try:
        with (path or log_path()).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - SHOWN_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _log_qt(kind: QtMsgType, _: object, text: str | None) -> None:
    log.log(_LEVELS.get(kind, logging.INFO), "%s", text)
