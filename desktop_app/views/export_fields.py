"""The fields that say how recordings are exported: where to, which name, which form."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from processor import DereverbError
from processor.audio_format import writable_suffix
from processor.delivery import DEPTHS, Delivery
from processor.plan import Existing

from ..export_plan import (
    ExportWish,
    depths_for,
    endings_of,
    filled_in,
    folder_for,
    is_template,
    rates_for,
    template_of,
)
from ..file_list import FileEntry
from ..opening import OUTPUT_FILTER, OUTPUT_FORMATS
from ..theme import UNIT
from .controls import button, choice, label

AS_IT_IS = "As the recording"
SUFFIX_FIELD = "{suffix}"
POLICIES = {
    "refuse": "Ask me",
    "number": "Keep both, with a number",
    "skip": "Skip the recording",
    "overwrite": "Replace it",
}
FIELDS = (
    "{stem} is the recording's name, {suffix} the ending, {parent} its folder's name, "
    "{index} its number in the list."
)


class ExportFields(QWidget):
    """Six fields that agree with each other.

    One recording's name is shown as it will be, several have a pattern; a pattern can be typed for
    one, too.

    Args:
        entries: What is exported.
        last: How it was done the last time.
    """

    changed = pyqtSignal()

    def __init__(self, entries: Sequence[FileEntry], last: ExportWish) -> None:
        super().__init__()
        self._entries, self._last = entries, last
        self._is_one = len(entries) == 1
        self.folder = QLineEdit(str(self._proposed_folder() or ""))
        self.folder.setPlaceholderText(f"Beside {'the' if self._is_one else 'each'} recording")
        self.folder.setAccessibleName("Folder")
        self.browse = button("Choose…")
        self.browse.setAccessibleName("Choose where to")
        self.name = QLineEdit(self._proposed_name())
        self.name.setAccessibleName("Name")
        self.name.setToolTip(FIELDS)
        self.format = choice("Format", OUTPUT_FORMATS, last.suffix or "")
        self.depth = choice("Bit depth", {})
        self.rate = choice("Sample rate", {})
        policies = {name: POLICIES[name] for name in POLICIES if name != "skip" or not self._is_one}
        self.existing = choice("If a file exists already", policies, last.existing)
        self._lay_out()
        self._connect()
        self._offer_forms(last.delivery)
        self._follow_name()

    def _proposed_folder(self) -> Path | None:
        return self._last.folder or (folder_for(self._entries[0]) if self._is_one else None)

    def _proposed_name(self) -> str:
        if not self._is_one:
            return self._last.template
        try:
            return filled_in(self._entries[0], self._last)
        except DereverbError:  # too long; told at once
            return self._entries[0].path.name

    def _lay_out(self) -> None:
        where = QHBoxLayout()
        where.setSpacing(UNIT)
        where.addWidget(self.folder, 1)
        where.addWidget(self.browse)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * UNIT)
        grid.setVerticalSpacing(UNIT)
        grid.addWidget(label("Folder", "muted"), 0, 0)
        grid.addLayout(where, 0, 1, 1, 3)
        grid.addWidget(label("Name", "muted"), 1, 0)
        grid.addWidget(self.name, 1, 1, 1, 3)
        boxes = (
            *(("Format", self.format), ("Bit depth", self.depth)),
            *(("If it exists", self.existing), ("Sample rate", self.rate)),
        )
        for number, (name, box) in enumerate(boxes):
            row, column = 2 + number // 2, 2 * (number % 2)
            grid.addWidget(label(name, "muted"), row, column)
            grid.addWidget(box, row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)

    def _connect(self) -> None:
        self.browse.clicked.connect(self._browse)
        self.name.textChanged.connect(self._follow_name)
        self.format.activated.connect(self._follow_format)
        for signal in (
            *(self.folder.textChanged, self.existing.currentIndexChanged),
            *(self.depth.activated, self.rate.activated),
        ):
            signal.connect(lambda _: self.changed.emit())

    @property
    def wish(self) -> ExportWish:
        """What they say."""
        typed = os.path.expanduser(self.folder.text().strip())
        name = self.name.text()
        return ExportWish(
            folder=Path(os.path.abspath(typed)) if typed else None,
            template=template_of(name) if self._is_one else name,
            suffix=self.format.currentData() or None,
            delivery=Delivery(
                self.depth.currentData() or None, int(self.rate.currentData() or 0) or None
            ),
            existing=self.existing.currentData(),
        )

    @property
    def habit(self) -> ExportWish:
        """What is proposed the next time: a name that is one recording's own is not."""
        wish = replace(self.wish, folder=None)
        if self._is_one and not is_template(self.name.text()):
            return replace(wish, template=self._last.template)
        return wish

    def choose_policy(self, policy: Existing) -> None:
        """Do this about what exists already."""
        self.existing.setCurrentIndex(self.existing.findData(policy))

    def _browse(self) -> None:
        start = Path(self.folder.text() or self._entries[0].path.parent)
        if not self._is_one:
            chosen = QFileDialog.getExistingDirectory(self, "Export into", str(start))
            self.folder.setText(chosen or self.folder.text())
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            "Export as",
            str(start / self.name.text()),
            OUTPUT_FILTER,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self.folder.setText(str(Path(chosen).parent))
            self.name.setText(Path(chosen).name)

    def _follow_format(self) -> None:
        """Give the name the chosen format's ending."""
        name, ending = self.name.text(), self.format.currentData()
        if name.endswith(SUFFIX_FIELD):
            self._follow_name()
        elif self._is_one and not is_template(name):
            ending = ending or writable_suffix(self._entries[0].path)
            self.name.setText(f"{Path(name).stem}{ending}")
        else:
            self.name.setText(f"{Path(name).stem}{SUFFIX_FIELD}")

    def _follow_name(self) -> None:
        """The format follows from a name's ending, however it came about."""
        name = self.name.text()
        if not name.endswith(SUFFIX_FIELD):
            ending = Path(name).suffix.lower()
            is_own = [ending] == endings_of(self._entries, None)
            self.format.setCurrentIndex(0 if is_own else max(0, self.format.findData(ending)))
        self._offer_forms(self.wish.delivery)
        self.changed.emit()

    def _offer_forms(self, chosen: Delivery) -> None:
        """Offer what the format has; a choice that it does not have gives way."""
        endings = endings_of(self._entries, self.format.currentData() or None)
        depths = depths_for(endings)
        _fill(self.depth, {name: DEPTHS[name] for name in depths}, chosen.subtype)
        self.depth.setEnabled(bool(depths))
        self.depth.setToolTip("" if depths else "This format has no bit depth")
        rates = {str(rate): f"{rate / 1000:g} kHz" for rate in rates_for(endings)}
        _fill(self.rate, rates, chosen.sample_rate)


def _fill(box: QComboBox, choices: dict[str, str], chosen: object) -> None:
    """Offer these behind "as the recording"."""
    box.clear()
    for value, text in {"": AS_IT_IS, **choices}.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(str(chosen or ""))))
