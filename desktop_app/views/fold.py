"""A section that can be folded away."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..theme import UNIT


class Fold(QWidget):
    """A heading that opens and closes what stands below it.

    Args:
        title: The heading.
        content: What is folded away at first.
    """

    toggled = pyqtSignal(bool)

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self.content = content
        self.heading = QToolButton()
        self.heading.setObjectName("fold")
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setAccessibleName(f"{title} settings")
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.setCursor(Qt.CursorShape.PointingHandCursor)
        self.heading.toggled.connect(self._show)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.heading)
        column.addWidget(content)
        self._show(False)

    @property
    def is_open(self) -> bool:
        """Whether the content is in sight."""
        return self.heading.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Open or close it."""
        self.heading.setChecked(is_open)

    def _show(self, is_open: bool) -> None:
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.heading.setArrowType(arrow)
        self.content.setVisible(is_open)
        self.toggled.emit(is_open)
