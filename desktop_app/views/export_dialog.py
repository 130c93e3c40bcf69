"""Where the treated recording goes, and whether the removed part goes beside it."""

import os
from pathlib import Path

from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from processor import AudioFileError, AudioInfo
from processor.audio_file import reason_of
from processor.audio_format import container_for, writable_suffix

from ..exporter import free_beside, room_beside, suggested_destination
from ..opening import OUTPUT_FILTER, OUTPUT_FORMATS
from ..theme import UNIT
from .controls import button, label, set_property
from .describe import format_text

WIDTH = 72 * UNIT


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
        self.format = QComboBox()
        self.format.setAccessibleName("Format")
        for ending, title in OUTPUT_FORMATS.items():
            self.format.addItem(title, ending)
        self.keep_both = button("Keep both", "link", "Choose the next free name")
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
        self.format.activated.connect(self._change_format)
        self.keep_both.clicked.connect(self._take_free_name)
        self.with_removed.toggled.connect(self._check)
        self.export.clicked.connect(self.accept)
        self.give_up.clicked.connect(self.reject)
        self._check()
        self.export.setFocus()

    @property
    def destination(self) -> Path:
        """What is typed; without a folder, a file beside the source."""
        typed = os.path.expanduser(self.name.text().strip())
        return self._source.resolve().parent / typed

    @property
    def removed_to(self) -> Path | None:
        """Where the removed part goes, if it is wanted."""
        return room_beside(self.destination) if self.with_removed.isChecked() else None

    @property
    def _outputs(self) -> list[Path]:
        return [path for path in (self.destination, self.removed_to) if path is not None]

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
        format_row = QHBoxLayout()
        format_row.setSpacing(UNIT)
        format_row.addWidget(label("Format", "muted"))
        format_row.addWidget(self.format)
        format_row.addWidget(label(f"The recording is {format_text(info)}", "muted"), 1)
        column.addLayout(format_row)
        column.addSpacing(UNIT)
        column.addWidget(self.with_removed)
        remarks = QHBoxLayout()
        remarks.setSpacing(UNIT)
        remarks.addWidget(self.remark, 1)
        remarks.addWidget(self.keep_both)
        column.addLayout(remarks)
        column.addSpacing(UNIT)
        column.addLayout(buttons)

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Export as",
            str(self.destination),
            OUTPUT_FILTER,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.name.setText(name)

    def _take_free_name(self) -> None:
        self.name.setText(str(free_beside(self.destination)))

    def _change_format(self) -> None:
        ending = self.format.currentData() or writable_suffix(self._source)
        self.name.setText(str(self.destination.with_suffix(ending)))

    def _show_format(self) -> None:
        """The format follows from the name, however it came about."""
        ending = self.destination.suffix.lower()
        is_own = ending == writable_suffix(self._source).lower()
        self.format.setCurrentIndex(0 if is_own else max(0, self.format.findData(ending)))

    def _check(self) -> None:
        self._show_format()
        problem = self._problem()
        if not problem:
            # In a button's text a lone & would underline what follows it.
            room = room_beside(self.destination).name.replace("&", "&&")
            self.with_removed.setText(f"Also save what is removed, as '{room}'")
        existing = [] if problem else [f"'{path.name}'" for path in self._outputs if path.is_file()]
        replaced = f"Replaces {' and '.join(existing)}." if existing else " "
        self.keep_both.setVisible(bool(existing))
        self.remark.setText(problem or replaced)
        set_property(self.remark, "role", "error" if problem else "muted")
        self.export.setEnabled(not problem)
        self.export.setText("Replace" if existing and not problem else "Export")

    def _problem(self) -> str:
        """Why this destination will not do, with the remedy; or an empty string."""
        folder = self.destination.parent
        # os.path answers where Path raises: for names that no system takes.
        if os.path.isdir(self.destination):
            return "Give the file a name."
        if not os.path.isdir(folder):
            return f"There is no folder '{folder}'. Choose another one."
        if not os.access(folder, os.W_OK):
            return f"You may not write to '{folder}'. Choose another folder."
        if str(self._source.resolve()) in map(os.path.realpath, self._outputs):
            return "This would overwrite the source. Choose another name."
        return next(filter(None, map(_why_unfit, self._outputs)), "")


def _why_unfit(path: Path) -> str:
    """Why no sound can be written under this name, or an empty string."""
    try:
        container_for(path, verb="write")
        os.lstat(path)
    except FileNotFoundError:
        pass
    except AudioFileError as error:
        return str(error)
    except OSError as error:
        return f"'{path.name}' will not do: {reason_of(error)}. Choose another name."
    return ""
