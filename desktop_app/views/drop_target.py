"""Files and folders that are dropped anywhere onto the window."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QMainWindow

from .controls import label


class DropTarget(QObject):
    """Takes what is dropped on a window, and veils the window while it hovers.

    Args:
        window: What is watched.
        is_inviting: Whether the window already shows, in itself, where to drop.
    """

    dropped = pyqtSignal(list)
    hovered = pyqtSignal(bool)

    def __init__(self, window: QMainWindow, is_inviting: Callable[[], bool]) -> None:
        super().__init__(window)
        self._is_inviting = is_inviting
        self.veil = label("Drop to open", "veil")
        self.veil.setParent(window.centralWidget())
        self.veil.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.veil.hide()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragEnter and _paths(event):
            event.acceptProposedAction()
            self._set_hot(True)
        elif event.type() == QEvent.Type.DragLeave:
            self._set_hot(False)
        elif event.type() == QEvent.Type.Drop and (paths := _paths(event)):
            self._set_hot(False)
            event.acceptProposedAction()
            self.dropped.emit(paths)
        else:
            return False
        return True

    def _set_hot(self, is_hot: bool) -> None:
        self.hovered.emit(is_hot)
        self.veil.setVisible(is_hot and not self._is_inviting())
        self.veil.setGeometry(self.veil.parentWidget().rect())
        self.veil.raise_()


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
