"""Which model takes the room out; out of sight while there is only one."""

from pathlib import Path

from PyQt6.QtCore import QPoint, pyqtSignal
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QMenu, QVBoxLayout, QWidget

from ..models import ModelChoice
from ..session import Session
from ..theme import UNIT
from .controls import button, caption, label, path_tip

TEXT_WIDTH = 22 * UNIT
ENTRY_WIDTH = 40 * UNIT


class ModelChooser(QWidget):
    """A button with the model's name that opens a menu of all, and what the model is for.

    Args:
        session: What is chosen and shown.
    """

    file_asked = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.button = button("", "chooser")
        self.menu = QMenu(self.button)
        self.button.clicked.connect(self._open_menu)
        self.remark = label(role="muted")
        self.remark.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, UNIT)
        column.setSpacing(UNIT)
        column.addWidget(label("MODEL", "section"))
        column.addWidget(self.button)
        column.addWidget(self.remark)
        session.models_changed.connect(self._show)
        session.recipe_changed.connect(self._follow_recipe)
        self._show()

    def _follow_recipe(self) -> None:
        if self._shown != self._session.recipe.model:
            self._show()

    def _choices(self) -> list[ModelChoice]:
        return self._session.models.choices(self._session.recipe.model)

    def _show(self) -> None:
        choices = self._choices()
        self.setVisible(len(choices) > 1)
        self._shown = self._session.recipe.model
        current = next((each for each in choices if each.source == self._shown), None)
        if current is None:  # not even the default model is installed
            return
        self.button.setText(_caption(current, self.button, TEXT_WIDTH))
        self.button.setToolTip(path_tip(current.path))
        self.button.setAccessibleName(f"Model: {current.title}")
        self.remark.setText(current.remark[:1].upper() + current.remark[1:])

    def _open_menu(self) -> None:
        self._fill()
        size = self.menu.sizeHint()
        right_below = self.button.mapToGlobal(self.button.rect().bottomRight())
        self.menu.popup(right_below - QPoint(size.width() - 1, -UNIT // 2))

    def _fill(self) -> None:
        self.menu.clear()
        group = QActionGroup(self.menu)
        for choice in self._choices():
            # What follows a tab stands in a column of its own.
            action = self.menu.addAction(
                f"{_caption(choice, self.menu, ENTRY_WIDTH)}\t{choice.remark}"
            )
            action.setCheckable(True)
            action.setChecked(choice.source == self._session.recipe.model)
            action.setEnabled(choice.spec is not None)
            action.triggered.connect(
                lambda _, source=choice.source: self._session.loading.choose(source)
            )
            group.addAction(action)
        self.menu.addSeparator()
        self.menu.addAction("Open model file…").triggered.connect(lambda _: self.file_asked.emit())


def _caption(choice: ModelChoice, widget: QWidget, width: int) -> str:
    return caption(Path(choice.title.replace("\t", " ")), widget.fontMetrics(), width)
