"""What a batch is asked to do: the folders, the names, and what to do about files that exist."""

import os
from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QSpinBox,
)

from processor import DereverbError, Recipe
from processor.batch import usable_cores
from processor.history import JOURNAL
from processor.naming import DEFAULT_NAME, check_template
from processor.order import Order

from ..batch_items import Status
from ..batch_run import BatchRun
from ..models import title_of
from ..opening import OUTPUT_FORMATS
from ..session import Session
from ..settings import Settings
from ..theme import UNIT, Theme
from ..wording import in_the_window, short_path
from .controls import button, choice, label, set_property

# Who is still typing wants no answer yet.
SETTLE_MS = 400
POLICIES = {
    "refuse": "Stop and ask",
    "number": "Keep both",
    "skip": "Skip the file",
    "overwrite": "Replace it",
}


class BatchForm(QFrame):
    """The fields, and a line that says what is wrong with them.

    Every change makes a new plan, so that one sees what would be done before it is done.

    Args:
        run: What plans.
        session: Whose settings are used.
        settings: What is remembered.
    """

    list_asked = pyqtSignal(list)

    def __init__(self, run: BatchRun, session: Session, settings: Settings) -> None:
        super().__init__()
        self._run, self._session, self._settings = run, session, settings
        self._inputs: list[Path] = []
        self._earlier: Recipe | None = None  # of a run that is gone on with
        self._is_outdated = False
        self.source = _field("Folder with the recordings")
        self.target = _field("Folder for the results")
        self.browse_source = button("Choose…")
        self.browse_target = button("Choose…")
        self.browse_source.setAccessibleName("Choose the folder with the recordings")
        self.browse_target.setAccessibleName("Choose the folder for the results")
        self.as_list = button("Open as a list", "link", "Open its recordings one by one instead")
        self.recursive = QCheckBox("With the folders below")
        self.recursive.setChecked(True)
        self.name = _field("Name of the results")
        self.name.setText(DEFAULT_NAME)
        self.name.setToolTip(
            "What the results are called. {stem} is the recording's name, {suffix} its ending, "
            "{parent} its folder's name, {index} its number."
        )
        self.format = choice("Format of the results", OUTPUT_FORMATS)
        self.existing = choice("If a result exists already", POLICIES)
        self.removed = QCheckBox("Also save what is removed")
        self.removed.setToolTip("As NAME_room, beside each result")
        self.resume = QCheckBox("Go on with the earlier run")
        self.resume.setToolTip("Take what the earlier run into this folder has done as done")
        self.workers = QSpinBox()
        self.workers.setAccessibleName("Files at a time")
        self.workers.setRange(1, max(2, usable_cores()))
        self.workers.setValue(run.workers)
        self.remark = label(role="muted")
        self.recipe = label(role="muted")
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.plan)
        self.workers.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.workers.setFixedWidth(6 * UNIT)
        self._lay_out()
        self._connect()
        self._set_inputs([])
        self._show_recipe()
        self._show_journal()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * UNIT)
        grid.setVerticalSpacing(UNIT)
        grid.setColumnStretch(1, 1)
        rows = (
            ("From", _row(self.source, self.browse_source), _row(self.recursive, self.as_list)),
            ("To", _row(self.target, self.browse_target), _row(self.removed, self.resume)),
            ("Name", _row(self.name, label("Format", "muted"), self.format), self._policy_row()),
            ("Settings", _row(self.recipe), self._workers_row()),
        )
        for number, (name, left, right) in enumerate(rows):
            grid.addWidget(label(name, "muted"), number, 0)
            grid.addLayout(left, number, 1)
            grid.addLayout(right, number, 2)
        grid.addWidget(self.remark, len(rows), 1, 1, 2)
        self.remark.setWordWrap(True)

    def _policy_row(self) -> QHBoxLayout:
        return _row(label("If it exists", "muted"), self.existing)

    def _workers_row(self) -> QHBoxLayout:
        return _row(label("Files at a time", "muted"), self.workers)

    def _connect(self) -> None:
        self.browse_source.clicked.connect(self._browse_source)
        self.browse_target.clicked.connect(self._browse_target)
        self.as_list.clicked.connect(lambda: self.list_asked.emit(self._inputs))
        self.source.textEdited.connect(
            lambda text: self._set_inputs([Path(os.path.expanduser(text))] if text else [])
        )
        self.source.editingFinished.connect(self._propose_target)
        self.target.textChanged.connect(self._show_journal)
        for signal in (
            *(self.source.textChanged, self.target.textChanged, self.name.textChanged),
            *(self.format.currentIndexChanged, self.existing.currentIndexChanged),
            *(self.recursive.toggled, self.removed.toggled, self.resume.toggled),
        ):
            signal.connect(lambda _: self._settle.start())
        self.workers.valueChanged.connect(lambda number: setattr(self._run, "workers", number))
        self._session.recipe_changed.connect(self._follow_recipe)
        self._run.failed.connect(self._complain)
        self.remark.hide()
        self._run.replaced.connect(self._clear_remark)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""

    def choose(self, folders: list[Path]) -> None:
        """Take these folders, and propose where the results go."""
        self._set_inputs(folders)
        self.source.setText(" | ".join(map(short_path, folders)))
        self.target.setText(short_path(proposed_target(folders[0])))
        self._show_journal()
        self._settle.start()

    def show_order(self, order: Order, recipe: Recipe) -> None:
        """Fill the fields with what was asked for, to go on with it."""
        self._earlier = recipe
        self._set_inputs([Path(place) for place in order.inputs])
        self.source.setText(" | ".join(map(short_path, order.inputs)))
        self.target.setText(short_path(order.output_dir))
        self.name.setText(order.name)
        self.recursive.setChecked(order.recursive)
        self.removed.setChecked(order.removed_dir is not None)
        self.format.setCurrentIndex(max(0, self.format.findData(order.suffix or "")))
        self.existing.setCurrentIndex(max(0, self.existing.findData(order.existing)))
        self._show_journal()
        self.resume.setChecked(True)
        self._show_recipe()
        self.plan()

    @property
    def order(self) -> Order | None:
        """What is asked for; None while it is not complete."""
        target = self._target
        if not self._inputs or not target:
            return None
        return Order(
            [str(path) for path in self._inputs],
            target,
            recursive=self.recursive.isChecked(),
            name=self.name.text(),
            suffix=self.format.currentData() or None,
            removed_dir=target if self.removed.isChecked() else None,
            existing=self.existing.currentData(),
            resume=self.resume.isVisibleTo(self) and self.resume.isChecked(),
        )

    def plan(self) -> None:
        """Find out what would be done."""
        self._settle.stop()
        order = self.order
        if self._run.is_busy:
            return
        if order is None:
            self._run.clear()
            return
        try:
            check_template(order.name)
        except DereverbError as error:
            self._run.clear()
            self._complain(error)
        else:
            self._is_outdated = False
            self._run.plan(order, self._wanted_recipe)

    def remember(self) -> None:
        """Keep where files came from for the next time."""
        if self._inputs:
            self._settings.folder = self._inputs[0]

    def _set_inputs(self, folders: list[Path]) -> None:
        self._inputs = folders
        self.as_list.setVisible(bool(folders))

    def _propose_target(self) -> None:
        """Propose where the results of a typed folder go, unless that is said already."""
        if self._inputs and not self._target and os.path.isdir(self._inputs[0]):
            self.target.setText(short_path(proposed_target(self._inputs[0])))

    def _browse_source(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Recordings", self._settings.folder)
        if name:
            self.choose([Path(name)])

    def _browse_target(self) -> None:
        start = self._target or self._settings.folder
        name = QFileDialog.getExistingDirectory(self, "Results", start)
        if name:
            self.target.setText(short_path(name))

    @property
    def _target(self) -> str:
        return os.path.expanduser(self.target.text().strip())

    def _show_journal(self) -> None:
        """Offer to go on where a run into this folder was ended."""
        target = self._target
        has_journal = bool(target) and any(Path(target).glob(f"{JOURNAL}*.jsonl"))
        if has_journal and not self.resume.isVisibleTo(self):
            self.resume.setChecked(True)
        self.resume.setVisible(has_journal)

    def _follow_recipe(self) -> None:
        """Plan with the new settings, unless something was done with the old ones already."""
        run = self._run
        if not run.is_busy and not run.count(Status.DONE, Status.FAILED):
            self._earlier, self._is_outdated = None, True
            if self.isVisible():
                self._settle.start()
        self._show_recipe()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_outdated:
            self.plan()

    @property
    def _wanted_recipe(self) -> Recipe:
        return self._earlier or self._session.recipe

    def _show_recipe(self) -> None:
        recipe = self._wanted_recipe
        model = title_of(os.path.basename(recipe.model or "live"))
        text = f"{model}, strength {recipe.strength:.0%}, mix {recipe.mix:.0%}"
        origin = "of the earlier run" if self._earlier else "of the recording page"
        self.recipe.setText(f"{text}  –  the settings {origin}")

    def _complain(self, error: Exception) -> None:
        self.remark.setText(in_the_window(error))
        self.remark.show()
        set_property(self.remark, "role", "error")

    def _clear_remark(self) -> None:
        self.remark.clear()
        self.remark.hide()


def proposed_target(folder: Path) -> Path:
    """NAME_dry beside the folder NAME."""
    return Path(os.path.abspath(folder)).with_name(f"{Path(os.path.abspath(folder)).name}_dry")


def _field(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setAcceptDrops(False)
    return field


def _row(*parts: object) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(UNIT)
    for part in parts:
        if isinstance(part, QLayout):
            row.addLayout(part)
        else:
            row.addWidget(part, 1 if isinstance(part, QLineEdit) else 0)
    if not any(isinstance(part, QLineEdit) for part in parts):
        row.addStretch()
    return row
