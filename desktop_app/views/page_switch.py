"""One recording at a time, or many by themselves: the two pages of the window."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout

from .controls import button


class PageSwitch(QFrame):
    """Two buttons, of which one is down."""

    chosen = pyqtSignal(bool)  # whether it is the batch

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("pages")
        self.setAccessibleName("Page")
        self.recording = button("Recording", tooltip="Listen, set, export (F2)")
        self.batch = button("Batch", tooltip="Treat many files in the background (F3)")
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for each in (self.recording, self.batch):
            each.setCheckable(True)
            group.addButton(each)
            row.addWidget(each)
        self.recording.clicked.connect(lambda: self.chosen.emit(False))
        self.batch.clicked.connect(lambda: self.chosen.emit(True))
        self.show_page(is_batch=False)

    def show_page(self, *, is_batch: bool) -> None:
        """Show which page it is, without telling anyone."""
        (self.batch if is_batch else self.recording).setChecked(True)
