"""What one sees first: an invitation to bring a recording."""

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..icons import icon, pixmap, resource
from ..theme import UNIT, Theme
from .controls import button, caption, label, path_tip, set_property

ZONE_WIDTH = 70 * UNIT
ICON_SIZE = 8 * UNIT
MOST_RECENT = 4


def samples() -> list[Path]:
    """The bundled recordings, by name."""
    return sorted(resource("samples").glob("*.flac"))


class EmptyView(QWidget):
    """A place to drop a file on, Open, the samples, and the files opened lately.

    Args:
        sample_files: The recordings that come with the program.
    """

    open_asked = pyqtSignal()
    file_asked = pyqtSignal(object)
    batch_asked = pyqtSignal()

    def __init__(self, sample_files: list[Path]) -> None:
        super().__init__()
        self._samples = sample_files
        self.zone = QFrame()
        self.zone.setObjectName("dropzone")
        self.zone.setFixedWidth(ZONE_WIDTH)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open = button("Open…", "primary", "Choose recordings (Ctrl+O)")
        self.open.clicked.connect(self.open_asked)
        self.batch = button("Treat a folder as a batch", "link")
        self.batch.clicked.connect(self.batch_asked)
        self._recent_title = label("RECENT", "section")
        self._recent_title.setFixedWidth(ZONE_WIDTH - 3 * UNIT)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self.recent_files: list[Path] = []
        self._lay_out()

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self.zone)
        inside.setContentsMargins(4 * UNIT, 5 * UNIT, 4 * UNIT, 5 * UNIT)
        inside.setSpacing(UNIT)
        inside.addWidget(self._picture)
        inside.addSpacing(UNIT)
        inside.addWidget(_centred("Drop recordings here", "title"))
        inside.addWidget(_centred("Dryspell takes the room out of recorded speech.", "muted"))
        inside.addSpacing(2 * UNIT)
        choices = QHBoxLayout()
        choices.setSpacing(UNIT)
        choices.addStretch()
        choices.addWidget(self.open)
        for path in self._samples:
            sample = button(f"Try “{path.stem.replace('_', ' ').capitalize()}”")
            sample.setToolTip(f"Open the sample {path.name}")
            sample.clicked.connect(lambda _, chosen=path: self.file_asked.emit(chosen))
            choices.addWidget(sample)
        choices.addStretch()
        inside.addLayout(choices)
        inside.addSpacing(UNIT)
        inside.addWidget(_centred("Sound files or video, one or many, or a whole folder", "muted"))
        inside.addWidget(self.batch, alignment=Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self.zone, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(2 * UNIT)
        column.addWidget(self._recent_title, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(self._recent)
        column.addStretch(3)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        self._picture.setPixmap(pixmap("app", ICON_SIZE, ratio=self.devicePixelRatioF()))
        self.open.setIcon(icon("open", theme.on_accent))

    def set_hot(self, is_hot: bool) -> None:
        """Light up while a file hovers over the window."""
        set_property(self.zone, "hot", is_hot)

    def show_recent(self, files: list[Path]) -> None:
        """List the files opened lately."""
        self.recent_files = files[:MOST_RECENT]
        self._recent_title.setVisible(bool(files))
        while (item := self._recent.takeAt(0)) is not None:
            item.widget().deleteLater()
        for path in self.recent_files:
            entry = button("", "file", path_tip(path))
            entry.setText(caption(path, entry.fontMetrics(), ZONE_WIDTH - 4 * UNIT))
            entry.setFixedWidth(ZONE_WIDTH)
            entry.clicked.connect(lambda _, chosen=path: self.file_asked.emit(chosen))
            self._recent.addWidget(entry, alignment=Qt.AlignmentFlag.AlignHCenter)


def _centred(text: str, role: str) -> QLabel:
    result = label(text, role)
    result.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return result
