"""Presets: a button with the name of the one in use that opens a menu of all."""

from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QActionGroup
from PyQt6.QtWidgets import QInputDialog, QMenu, QVBoxLayout, QWidget

from ..presets import Preset, PresetError, Presets
from ..session import Kind, Notice, Session
from ..theme import UNIT
from .controls import button, label

NONE = "Own settings"


class PresetBar(QWidget):
    """Chooses, saves, renames and deletes presets.

    Args:
        session: Whose recipe is set.
        presets: Those there are.
    """

    def __init__(self, session: Session, presets: Presets) -> None:
        super().__init__()
        self._session = session
        self._presets = presets
        self._known: list[Preset] = []
        self._told: set[str] = set()
        self.button = button("", "chooser")
        self.menu = QMenu(self.button)
        self.menu.setToolTipsVisible(True)
        self.button.clicked.connect(self._open_menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(label("PRESET", "section"))
        column.addWidget(self.button)
        session.recipe_changed.connect(self._show)
        self._read()
        self._show()

    @property
    def current(self) -> Preset | None:
        """The preset that the recipe is set to, an own one first."""
        fitting = [preset for preset in self._known if preset.fits(self._session.recipe)]
        return next((each for each in fitting if each.is_own), fitting[0] if fitting else None)

    def use(self, preset: Preset) -> None:
        """Set the recipe as the preset says, in one step."""
        self._session.history.set_recipe(f"Preset {preset.name}", **preset.settings)

    def save(self, name: str) -> None:
        """Keep the present settings under this name."""
        self._try(lambda: self._presets.save(name, self._session.recipe))

    def rename(self, preset: Preset, name: str) -> None:
        """Give a preset of one's own another name."""
        self._try(lambda: self._presets.rename(preset, name))

    def delete(self, preset: Preset) -> None:
        """Remove a preset of one's own."""
        self._try(lambda: self._presets.delete(preset))

    def _try(self, do) -> None:
        try:
            do()
        except PresetError as error:
            self._session.noticed.emit(Notice(Kind.ERROR, str(error)))
        self._read()
        self._show()

    def _read(self) -> None:
        self._known, problems = self._presets.read()
        for problem in problems:
            if problem not in self._told:
                self._told.add(problem)
                self._session.noticed.emit(Notice(Kind.ERROR, problem))

    def _show(self) -> None:
        current = self.current
        name = NONE if current is None else current.name
        self.button.setText(name.replace("&", "&&"))
        self.button.setAccessibleName(f"Preset: {name}")
        self.button.setToolTip(current.note if current is not None else "Choose or save a preset.")

    def _open_menu(self) -> None:
        self._fill()  # it is as wide as what is in it
        width = self.menu.sizeHint().width()
        right_below = self.button.mapToGlobal(self.button.rect().bottomRight())
        self.menu.popup(right_below - QPoint(width - 1, -UNIT // 2))

    def _fill(self) -> None:
        self._read()
        self.menu.clear()
        group = QActionGroup(self.menu)
        current = self.current
        for is_own in (False, True):
            part = [preset for preset in self._known if preset.is_own == is_own]
            if part and is_own:
                self.menu.addSeparator()
            for preset in part:
                action = self.menu.addAction(preset.name.replace("&", "&&"))
                action.setToolTip(preset.note)
                action.setCheckable(True)
                action.setChecked(preset is current)
                action.triggered.connect(lambda _, chosen=preset: self.use(chosen))
                group.addAction(action)
        self.menu.addSeparator()
        self.menu.addAction("Save as…").triggered.connect(lambda _: self._ask_to_save())
        own = current if current is not None and current.is_own else None
        for text, ask in (("Rename…", self._ask_to_rename), ("Delete", self.delete)):
            action = self.menu.addAction(text)
            action.setEnabled(own is not None)
            action.triggered.connect(lambda _, do=ask: do(own))

    def _ask_to_save(self) -> None:
        name, is_wanted = QInputDialog.getText(self, "Save preset", "Name of the preset:")
        if is_wanted:
            self.save(name)

    def _ask_to_rename(self, preset: Preset) -> None:
        name, is_wanted = QInputDialog.getText(self, "Rename preset", "New name:", text=preset.name)
        if is_wanted:
            self.rename(preset, name)
