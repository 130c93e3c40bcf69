"""How the whole list is exported: where to, under which names, in which format."""

import os
from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from processor import DereverbError

from ..batch_run import Item
from ..export_plan import ExportWish, example, export_items, outputs_that_exist
from ..file_list import FileEntry
from ..opening import OUTPUT_FORMATS
from ..theme import UNIT
from .controls import button, choice, label, set_property

WIDTH = 72 * UNIT
BESIDE = "Beside each recording"
POLICIES = {
    "refuse": "Ask me",
    "number": "Keep both, with a number",
    "skip": "Skip the recording",
    "overwrite": "Replace it",
}


class ExportAllDialog(QDialog):
    """Asks how, and shows at once what would come of it.

    Args:
        entries: The list.
        wish: How it was done the last time.
        parent: The window.
    """

    def __init__(
        self, entries: Sequence[FileEntry], wish: ExportWish, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export all")
        self.setMinimumWidth(WIDTH)
        self._entries = list(entries)
        self.folder = QLineEdit("" if wish.folder is None else str(wish.folder))
        self.folder.setPlaceholderText(BESIDE)
        self.folder.setAccessibleName("Folder")
        self.browse = button("Choose…")
        self.template = QLineEdit(wish.template)
        self.template.setAccessibleName("Name")
        self.template.setToolTip(
            "{stem} is the recording's name, {suffix} the ending, {parent} its folder's name, "
            "{index} its number in the list."
        )
        self.format = choice("Format", OUTPUT_FORMATS, wish.suffix or "")
        self.existing = choice("If a file exists already", POLICIES, wish.existing)
        self.with_removed = QCheckBox("Also save what is removed, as NAME_room")
        self.with_removed.setChecked(wish.with_removed)
        self.remark = label(role="muted")
        self.remark.setWordWrap(True)
        self.remark.setMinimumHeight(5 * UNIT)
        self.export = button(f"Export {len(self._entries)} recordings", "primary")
        self.export.setDefault(True)
        self.give_up = button("Cancel")
        self._lay_out()
        self.browse.clicked.connect(self._browse)
        for signal in (
            *(self.folder.textChanged, self.template.textChanged, self.with_removed.toggled),
            *(self.format.currentIndexChanged, self.existing.currentIndexChanged),
        ):
            signal.connect(self._check)
        self.export.clicked.connect(self.accept)
        self.give_up.clicked.connect(self.reject)
        self._check()
        self.export.setFocus()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * UNIT)
        grid.setVerticalSpacing(UNIT)
        where = QHBoxLayout()
        where.setSpacing(UNIT)
        where.addWidget(self.folder, 1)
        where.addWidget(self.browse)
        rows = (
            ("Folder", where),
            ("Name", self.template),
            ("Format", self.format),
            ("If it exists", self.existing),
        )
        for number, (name, field) in enumerate(rows):
            grid.addWidget(label(name, "muted"), number, 0)
            if isinstance(field, QWidget):
                grid.addWidget(field, number, 1)
            else:
                grid.addLayout(field, number, 1)
        grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addStretch()
        buttons.addWidget(self.give_up)
        buttons.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        column.addWidget(label("Export every recording with its own settings", "lane"))
        column.addWidget(label("Rate, channels and sample format stay as they are.", "muted"))
        column.addSpacing(UNIT)
        column.addLayout(grid)
        column.addWidget(self.with_removed)
        column.addWidget(self.remark)
        column.addLayout(buttons)

    @property
    def wish(self) -> ExportWish:
        """What the fields say."""
        typed = os.path.expanduser(self.folder.text().strip())
        return ExportWish(
            Path(os.path.abspath(typed)) if typed else None,
            self.template.text(),
            self.format.currentData() or None,
            self.with_removed.isChecked(),
            self.existing.currentData(),
        )

    def items(self, existing: str | None = None) -> list[Item]:
        """What would be made, with another policy for what exists if one is given.

        Raises:
            AudioFileError: Outputs clash.
        """
        wish = self.wish
        policy = existing or wish.existing
        return export_items(
            self._entries,
            ExportWish(wish.folder, wish.template, wish.suffix, wish.with_removed, policy),
        )

    def _browse(self) -> None:
        start = self.folder.text() or str(self._entries[0].path.parent)
        name = QFileDialog.getExistingDirectory(self, "Export into", start)
        if name:
            self.folder.setText(name)

    def _check(self) -> None:
        try:
            count = len(self.items("overwrite" if self.wish.existing == "refuse" else None))
            text, problem = self._foresight(count), False
        except DereverbError as error:
            text, problem = str(error), True
        self.remark.setText(text)
        set_property(self.remark, "role", "error" if problem else "muted")
        self.export.setEnabled(not problem and count > 0)

    def _foresight(self, count: int) -> str:
        existing = len(outputs_that_exist(self.items("overwrite")))
        text = f"The first becomes '{example(self._entries[0], self.wish)}'."
        if existing:
            what = {
                "refuse": "you will be asked",
                "number": "new ones get a number",
                "skip": f"{len(self._entries) - count} recordings are skipped",
                "overwrite": "they are replaced",
            }[self.wish.existing]
            text += f" {existing} of the files exist already: {what}."
        return text
