"""The recordings at hand, each with a recipe of its own, as a list that views show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from processor import AudioInfo, Recipe

from .history import NO_STEPS, Steps
from .time_window import time_text


class FileState(Enum):
    """How far one has come with a recording."""

    NEW = "not looked at"
    OPEN = "open"
    EXPORTED = "exported"
    NOT_EXPORTED = "export failed"
    FAILED = "failed"

    @property
    def is_fault(self) -> bool:
        """Whether there is a reason to be read."""
        return self in (FileState.FAILED, FileState.NOT_EXPORTED)


@dataclass(eq=False)
class FileEntry:
    """One recording of the list.

    Attributes:
        path: Where it lies; absolute.
        recipe: What is asked of it.
        saved: The recipe that it came with, or was exported with last; None where neither is known.
        state: How far one has come.
        info: What the file is, once it is known.
        error: Why it failed.
        steps: What can be undone; while it is open, the session's history has it.
    """

    path: Path
    recipe: Recipe
    saved: Recipe | None
    state: FileState = FileState.NEW
    info: AudioInfo | None = None
    error: str = ""
    steps: Steps = NO_STEPS

    @property
    def duration_s(self) -> float | None:
        return None if self.info is None else self.info.duration_s

    @property
    def sample_rate(self) -> int | None:
        return None if self.info is None else self.info.sample_rate

    @property
    def is_unsaved(self) -> bool:
        """Whether it was set by hand and not exported since."""
        return self.state is not FileState.FAILED and self.recipe != self.saved

    @property
    def remark(self) -> str:
        """For example "0:14 · exported"."""
        state = "changed" if self.state is FileState.EXPORTED and self.is_unsaved else None
        length = "" if self.duration_s is None else f"{time_text(self.duration_s, 1.0)}  ·  "
        return length + (state or self.state.value)


ENTRY = Qt.ItemDataRole.UserRole


class FileList(QAbstractListModel):
    """Entries in the order in which they came; no recording is in it twice."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[FileEntry] = []
        self._known: dict[Path, FileEntry] = {}

    def add(self, paths: Iterable[Path], recipe: Recipe) -> list[FileEntry]:
        """The entries of these files; those that are not in the list yet are put at its end."""
        paths = list(dict.fromkeys(paths))
        new = [FileEntry(path, recipe, recipe) for path in paths if path not in self._known]
        if new:
            end = len(self.entries)
            self.beginInsertRows(QModelIndex(), end, end + len(new) - 1)
            self.entries += new
            self._known.update((entry.path, entry) for entry in new)
            self.endInsertRows()
        return [self._known[path] for path in paths]

    def remove(self, entry: FileEntry) -> None:
        """Take it out of the list; its file stays where it is."""
        row = self.entries.index(entry)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.entries[row]
        del self._known[entry.path]
        self.endRemoveRows()

    def find(self, path: Path) -> FileEntry | None:
        """The entry of this file, if it is in the list."""
        return self._known.get(path)

    def beside(self, entry: FileEntry, step: int) -> FileEntry | None:
        """The next one in that direction, 1 or -1, that has not failed to open, if any."""
        if entry not in self.entries:  # taken out a moment ago
            return None
        row = self.entries.index(entry)
        further = self.entries[row + 1 :] if step > 0 else self.entries[:row][::-1]
        return next((each for each in further if each.state is not FileState.FAILED), None)

    def show(self, entries: Sequence[FileEntry]) -> None:
        """Tell views that these have changed."""
        if len(entries) == 1 and entries[0] in self.entries:
            row = self.entries.index(entries[0])
            self.dataChanged.emit(self.index(row), self.index(row))
        elif entries and self.entries:
            self.dataChanged.emit(self.index(0), self.index(len(self.entries) - 1))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's default)
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(entry.path.name.splitlines())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.path.name}, {entry.remark}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.error or str(entry.path)
        return None
