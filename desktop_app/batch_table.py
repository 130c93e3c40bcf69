"""A batch as a table: a row for every file, made only where it is looked at."""

from pathlib import Path

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from .batch_run import BatchRun, Item, Status
from .time_window import time_text

COLUMNS = ("File", "Folder", "State", "Length")
FILE, FOLDER, STATE, LENGTH = range(4)
ITEM = Qt.ItemDataRole.UserRole


class BatchTable(QAbstractTableModel):
    """What a table view shows of a run.

    Args:
        run: The run.
        parent: The owner.
    """

    def __init__(self, run: BatchRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        run.replaced.connect(self._start_again)
        run.items_changed.connect(self._show)

    def _start_again(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def _show(self, rows: list[int]) -> None:
        first, last = self.index(rows[0], 0), self.index(rows[-1], len(COLUMNS) - 1)
        self.dataChanged.emit(first, last)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's default)
        return 0 if parent.isValid() else len(self._run.items)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self._run.items[index.row()]
        if role == ITEM:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(item, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return item.error or str(item.job.source)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[index.column()]}: {_text(item, index.column())}"
        return None


def _text(item: Item, column: int) -> str:
    if column == FILE:
        return _one_line(item.job.source.name)
    if column == FOLDER:
        return _one_line(str(Path(item.job.source).parent))
    if column == STATE:
        return state_text(item)
    result = item.result
    return time_text(result.seconds_audio, 1.0) if result and result.seconds_audio else ""


def state_text(item: Item) -> str:
    """For example "running, 40 %", or why it failed."""
    if item.status is Status.RUNNING:
        return f"{item.status.value}, {round(100 * item.fraction)} %"
    return item.error or item.status.value


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
