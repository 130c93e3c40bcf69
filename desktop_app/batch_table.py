"""A batch as a table: a row for every file, made only where it is looked at."""

from pathlib import Path

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from .batch_items import Item, Status
from .batch_run import BatchRun
from .time_window import time_text

COLUMNS = ("File", "Folder", "State", "Length")
FILE, FOLDER, STATE, LENGTH = range(4)
ITEM = Qt.ItemDataRole.UserRole
SORT_KEY = Qt.ItemDataRole.UserRole + 1


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
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self._run.items[index.row()]
        if role == ITEM:
            return item
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(item, column)
        if role == SORT_KEY:
            return _length_s(item) if column == LENGTH else self._text(item, column).casefold()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return item.error or str(item.job.source)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{COLUMNS[column]}: {self._text(item, column)}"
        return None

    def _text(self, item: Item, column: int) -> str:
        if column == FILE:
            return _one_line(item.job.source.name)
        if column == FOLDER:
            return _one_line(self._folder_of(item))
        if column == STATE:
            return state_text(item)
        return time_text(_length_s(item), 1.0) if _length_s(item) else ""

    def _folder_of(self, item: Item) -> str:
        """Where it lies, seen from the folder that was given."""
        folder, order = item.job.source.parent, self._run.order
        for given in map(Path, order.inputs if order else ()):
            if folder.is_relative_to(given):
                return str(Path(given.name, folder.relative_to(given)))
        return str(folder)


def _alignment(column: int) -> Qt.AlignmentFlag:
    """Lengths stand below each other, digit below digit."""
    side = Qt.AlignmentFlag.AlignRight if column == LENGTH else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _length_s(item: Item) -> float:
    return item.result.seconds_audio if item.result else 0.0


def state_text(item: Item) -> str:
    """For example "running, 40 %", or "failed: no audio data"."""
    if item.status is Status.RUNNING:
        return f"{item.status.value}, {round(100 * item.fraction)} %"
    if item.status is Status.FAILED:
        # Which file it is stands at the row's beginning.
        before, _, reason = item.error.partition(f"'{item.job.source}': ")
        return f"{item.status.value}: {_one_line(reason or before)}"
    return item.status.value


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())
