"""Where the treated recording goes, and whether the removed part goes beside it."""

import os
from pathlib import Path

from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from processor import AudioInfo

from ..exporter import room_beside, suggested_destination
from ..theme import UNIT
from .controls import button, label, set_property
from .describe import format_text

WIDTH = 72 * UNIT
FILTER = "Sound (*.wav *.flac *.aiff *.aif *.ogg);;All files (*)"


class ExportDialog(QDialog):
    """Asks for a destination and says at once what is wrong with it.

    Args:
        info: The source.
        with_removed: Whether the removed part is ticked at first.
        parent: The window.
    """

    def __init__(self, info: AudioInfo, with_removed: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self.setMinimumWidth(WIDTH)
        self._source = Path(info.path)
        self.name = QLineEdit(str(suggested_destination(self._source)))
        self.name.setAccessibleName("Destination")
        self.browse = button("Browse…")
        self.with_removed = QCheckBox()
        self.with_removed.setChecked(with_removed)
        self.remark = label(role="muted")
        self.remark.setWordWrap(True)
        self.export = button("Export", "primary")
        self.export.setDefault(True)
        self.give_up = button("Cancel")
        self._lay_out(info)
        self.browse.clicked.connect(self._browse)
        self.name.textChanged.connect(self._check)
        self.with_removed.toggled.connect(self._check)
        self.export.clicked.connect(self.accept)
        self.give_up.clicked.connect(self.reject)
        self._check()
        self.export.setFocus()

    @property
    def destination(self) -> Path:
        return Path(self.name.text().strip()).expanduser()

    @property
    def removed_to(self) -> Path | None:
        """Where the removed part goes, if it is wanted."""
        return room_beside(self.destination) if self.with_removed.isChecked() else None

    def _lay_out(self, info: AudioInfo) -> None:
        where = QHBoxLayout()
        where.setSpacing(UNIT)
        where.addWidget(self.name, 1)
        where.addWidget(self.browse)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addStretch()
        buttons.addWidget(self.give_up)
        buttons.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        column.addWidget(label("Save the treated recording as", "lane"))
        column.addLayout(where)
        column.addWidget(label(f"Sound as in the source: {format_text(info)}", "muted"))
        column.addSpacing(UNIT)
        column.addWidget(self.with_removed)
        column.addWidget(self.remark)
        column.addSpacing(UNIT)
        column.addLayout(buttons)

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Export as",
            str(self.destination),
            FILTER,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.name.setText(name)

    def _check(self) -> None:
        problem = self._problem()
        if not problem:
            room = room_beside(self.destination).name
            self.with_removed.setText(f"Also save what is removed, as '{room}'")
        existing = (
            []
            if problem
            else [
                f"'{path.name}'"
                for path in (self.destination, self.removed_to)
                if path is not None and path.is_file()
            ]
        )
        replaced = f"Replaces {' and '.join(existing)}." if existing else " "
        self.remark.setText(problem or replaced)
        set_property(self.remark, "role", "error" if problem else "muted")
        self.export.setEnabled(not problem)
        self.export.setText("Replace" if existing and not problem else "Export")

    def _problem(self) -> str:
        """Why this destination will not do, with the remedy; or an empty string."""
        folder = self.destination.parent
        if not self.destination.name or self.destination.is_dir():
            return "Give the file a name."
        if not folder.is_dir():
            return f"There is no folder '{folder}'. Choose another one."
        if not os.access(folder, os.W_OK):
            return f"You may not write to '{folder}'. Choose another folder."
        written = {self.destination.resolve(), room_beside(self.destination).resolve()}
        if self._source.resolve() in written:
            return "This would overwrite the source. Choose another name."
        return ""
