"""How one recording, or the whole list, is exported, and what would come of it."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from processor import AudioInfo, DereverbError
from processor.plan import Existing

from ..batch_items import Item
from ..export_plan import ExportWish, export_items, outputs_that_exist, room_beside
from ..file_list import FileEntry
from ..theme import UNIT
from ..wording import counted, short_path
from .controls import bottom_row, button, label, set_property
from .describe import format_text
from .export_fields import ExportFields

WIDTH = 76 * UNIT


class ExportDialog(QDialog):
    """Asks how, and shows at once what would come of it.

    Args:
        entries: What is exported: one recording, or the whole list.
        wish: How it was done the last time.
        info: What the recording is, where it is one.
        parent: The window.
    """

    def __init__(
        self,
        entries: Sequence[FileEntry],
        wish: ExportWish,
        info: AudioInfo | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._entries = list(entries)
        self.setWindowTitle("Export" if self._is_one else "Export all")
        self.setMinimumWidth(WIDTH)
        self.fields = ExportFields(self._entries, wish)
        self.with_removed = QCheckBox()
        self.with_removed.setChecked(wish.with_removed)
        self.remark = label(role="muted")
        self.remark.setWordWrap(True)
        self.remark.setMinimumHeight(5 * UNIT)
        self.keep_both = button("Keep both", "link", "Give the new one the next free number")
        self.skip = button("Skip", "link", "Leave out what exists already")
        self.export = button("Export", "primary")
        self.give_up = button("Cancel")
        self._lay_out(info)
        self.keep_both.clicked.connect(lambda: self._answer("number"))
        self.skip.clicked.connect(lambda: self._answer("skip"))
        self.fields.changed.connect(self._check)
        self.with_removed.toggled.connect(self._check)
        self.export.clicked.connect(self.accept)
        self.give_up.clicked.connect(self.reject)
        self._check()
        self.export.setFocus()

    @property
    def _is_one(self) -> bool:
        return len(self._entries) == 1

    def _lay_out(self, info: AudioInfo | None) -> None:
        remarks = QHBoxLayout()
        remarks.setSpacing(UNIT)
        remarks.addWidget(self.remark, 1)
        remarks.addWidget(self.skip)
        remarks.addWidget(self.keep_both)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        column.addWidget(label(self._heading(), "lane"))
        if info is not None:
            column.addWidget(label(f"The recording is {format_text(info)}.", "muted"))
        column.addSpacing(UNIT)
        column.addWidget(self.fields)
        column.addWidget(self.with_removed)
        column.addLayout(remarks)
        column.addLayout(bottom_row(self.give_up, self.export))

    def _heading(self) -> str:
        if self._is_one:
            return "Export the treated recording"
        return f"Export {len(self._entries)} recordings, each with its own settings"

    @property
    def wish(self) -> ExportWish:
        """What is wanted."""
        return replace(self.fields.wish, with_removed=self.with_removed.isChecked())

    @property
    def habit(self) -> ExportWish:
        """What is proposed the next time."""
        return replace(self.fields.habit, with_removed=self.with_removed.isChecked())

    @property
    def may_replace(self) -> bool:
        """Whether what exists may be replaced: that was chosen, or read on the button."""
        return self.wish.existing in ("overwrite", "refuse")

    def items(self, existing: Existing | None = None) -> list[Item]:
        """What is to be made.

        Args:
            existing: Another policy than the one that is chosen.

        Raises:
            AudioFileError: That cannot be.
        """
        policy = existing or ("overwrite" if self.may_replace else self.wish.existing)
        return export_items(self._entries, replace(self.wish, existing=policy))

    def _answer(self, policy: Existing) -> None:
        self.fields.choose_policy(policy)
        self.export.setFocus()

    def _check(self) -> None:
        existing: list[Path] = []
        items: list[Item] = []
        problem = self._why_not()
        if not problem:
            try:
                existing = outputs_that_exist(self.items("overwrite"))
                items = self.items()
            except DereverbError as error:
                problem = str(error)
        is_asking = bool(existing) and self.wish.existing == "refuse"
        self.remark.setText(problem or self._foresight(items, existing))
        set_property(self.remark, "role", "error" if problem else "muted")
        self.keep_both.setVisible(is_asking)
        self.skip.setVisible(is_asking and not self._is_one)
        self.export.setEnabled(bool(items))
        self.export.setText(self._verb(len(items), len(existing) if self.may_replace else 0))
        self._name_removed(items)

    def _why_not(self) -> str:
        """Why it cannot be, with the remedy; or an empty string. The plan finds more."""
        if not self.fields.name.text().strip():
            return "Give the file a name."
        return _why_no_folder(self.wish, self._entries)

    def _verb(self, count: int, replaced: int) -> str:
        if self._is_one:
            return "Replace" if replaced else "Export"
        verb = f"Export {counted(count or len(self._entries), 'recording')}"
        return f"{verb}, replace {counted(replaced, 'file')}" if replaced else verb

    def _name_removed(self, items: Sequence[Item]) -> None:
        room = "NAME_room"
        if self._is_one and items:
            room = room_beside(items[0].job.destination).name
        # In a button's text a lone & would underline what follows it.
        self.with_removed.setText(f"Also save what is removed, as '{room.replace('&', '&&')}'")

    def _foresight(self, items: Sequence[Item], existing: Sequence[Path]) -> str:
        """What would come of it, in a sentence or two."""
        if not items:
            return "All of them exist already: nothing is to be done."
        first = items[0].job.destination
        if self._is_one:
            replaces = existing and self.may_replace
            place = f"in '{short_path(first.parent)}'" if self.wish.folder else "beside it"
            return (
                f"Replaces {_named(existing)}." if replaces else f"Becomes '{first.name}' {place}."
            )
        text = f"The first becomes '{first.name}'."
        if existing:
            what = {
                "refuse": "keep both, skip them, or replace them",
                "number": "new ones get a number",
                "skip": f"{counted(len(self._entries) - len(items), 'recording')} left out",
                "overwrite": "they are replaced",
            }[self.wish.existing]
            text += f" Exist already: {_named(existing)}; {what}."
        return text


def _named(paths: Sequence[Path], most: int = 2) -> str:
    """For example "'a.wav', 'b.wav' and 3 more"."""
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(f"'{path.name}'" for path in paths[:most]) + more


def _why_no_folder(wish: ExportWish, entries: Sequence[FileEntry]) -> str:
    """Why one cannot write there, with the remedy; or an empty string."""
    places = [wish.folder] if wish.folder else [entry.path.parent for entry in entries]
    for folder in dict.fromkeys(places):
        # A folder that is missing is made, in one that is there.
        place = folder if os.path.exists(folder) else folder.parent
        if not os.path.isdir(place):
            return f"There is no folder '{place}'. Choose another one."
        if not os.access(place, os.W_OK):
            return f"You may not write to '{place}'. Choose another folder."
    return ""
