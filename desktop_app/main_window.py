"""The window: two pages, the menus, dropping files, and the dialogs."""

import os
from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeyEvent,
)
from PyQt6.QtWidgets import QFileDialog, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from .actions import Actions
from .session import Kind, Notice, Session, State
from .settings import Settings
from .theme import UNIT, Appearance, Theme
from .views.controls import label, one_line
from .views.empty_view import EmptyView, samples
from .views.export_bar import ExportBar
from .views.export_dialog import ExportDialog
from .views.help import show_about, show_keys
from .views.notice_bar import NoticeBar
from .views.workspace import Workspace

SIZE = (1280, 800)
SMALLEST = (960, 600)
MODEL_ENDING = ".pt"
MODEL_FILTER = f"Dryspell model (*{MODEL_ENDING});;All files (*)"
FILE_FILTER = "Sound (*.wav *.wave *.flac *.aiff *.aif *.ogg *.oga);;All files (*)"


class MainWindow(QMainWindow):
    """Shows a session.

    Args:
        session: What is shown and worked on.
        settings: What is remembered.
        appearance: The theme.
    """

    def __init__(self, session: Session, settings: Settings, appearance: Appearance) -> None:
        super().__init__()
        self.session = session
        self.settings = settings
        self.appearance = appearance
        self.samples = samples()
        theme = appearance.theme
        self._recall_model()
        self.empty = EmptyView(self.samples)
        self.workspace = Workspace(session, theme)
        self.export_bar = ExportBar(session, theme)
        self.notice = NoticeBar(session, theme)
        self._pages = QStackedWidget()
        self._lay_out()
        self._veil = label("Drop to open", "veil")
        self._veil.setParent(self.centralWidget())
        self._veil.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._veil.hide()
        self.actions_ = Actions(self)
        self._connect()
        self._use_theme(theme)
        self._show_page()
        self.setAcceptDrops(True)
        self.setMinimumSize(*SMALLEST)
        self.resize(*SIZE)
        if settings.geometry is not None:
            self.restoreGeometry(settings.geometry)

    def _lay_out(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        frame = QVBoxLayout()
        frame.setContentsMargins(UNIT, UNIT // 2, UNIT, 0)
        frame.setSpacing(UNIT // 2)
        frame.addWidget(self.export_bar)
        frame.addWidget(self.notice)
        column.addLayout(frame)
        column.addWidget(self._pages, 1)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.workspace)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        for page in (self.empty, self.workspace):
            page.open_asked.connect(self.ask_for_file)
        self.empty.file_asked.connect(self.open_file)
        self.workspace.treatment.export_asked.connect(self.ask_for_export)
        self.workspace.treatment.model.file_asked.connect(self.ask_for_model)
        self.session.models_changed.connect(self._remember_model)
        self.session.recording_changed.connect(self._show_page)
        self.session.state_changed.connect(self._remember_file)
        self.appearance.changed.connect(self._use_theme)

    def _use_theme(self, theme: Theme) -> None:
        for part in (self.empty, self.workspace, self.export_bar, self.notice):
            part.use_theme(theme)

    def _show_page(self) -> None:
        recording = self.session.recording
        self._pages.setCurrentWidget(self.empty if recording is None else self.workspace)
        self.empty.show_recent(self.settings.recent_files)
        self.setFocus()  # no button has the keyboard until Tab is pressed
        name = "" if recording is None else f"{one_line(recording.path.name)} – "
        self.setWindowTitle(f"{name}Dryspell")

    def _remember_file(self) -> None:
        if self.session.state is State.RENDERING and self.session.recording is not None:
            self.settings.add_recent_file(self.session.recording.path)

    def _recall_model(self) -> None:
        self.session.models.files = self.settings.model_files
        if self.settings.model is not None:
            self.session.set_recipe(model=self.settings.model)

    def _remember_model(self) -> None:
        self.settings.model = self.session.recipe.model
        self.settings.model_files = self.session.models.files

    def open_file(self, path: Path) -> None:
        """Open this file in place of what is open."""
        self.notice.clear()
        self.session.open(path)

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open the first of these that is a file, and say what became of the others."""
        chosen = next(filter(os.path.isfile, paths), paths[0])
        if chosen.suffix.lower() == MODEL_ENDING:
            self.open_model(chosen)
            return
        self.open_file(chosen)
        if len(paths) > 1:
            self.session.noticed.emit(
                Notice(
                    Kind.DONE,
                    f"Opened '{chosen.name}', one of {len(paths)}. "
                    "Open the others one by one, or use 'dryspell batch' for a folder.",
                )
            )

    def ask_for_file(self) -> None:
        """Let the user choose a file, and open it."""
        name, _ = QFileDialog.getOpenFileName(
            self, "Open a recording", self.settings.folder, FILE_FILTER
        )
        if name:
            self.settings.folder = Path(name).parent
            self.open_file(Path(name))

    def open_model(self, path: Path) -> None:
        """Take the room out with the model in this file from now on."""
        self.notice.clear()
        self.session.choose_model(str(path.absolute()))

    def ask_for_model(self) -> None:
        """Let the user choose a model file, and use it."""
        name, _ = QFileDialog.getOpenFileName(
            self, "Open a model", self.settings.folder, MODEL_FILTER
        )
        if name:
            self.open_model(Path(name))

    def ask_for_export(self) -> None:
        """Let the user choose a destination, and export."""
        recording = self.session.recording
        if recording is None or self.session.exporter.is_busy:
            return
        dialog = ExportDialog(recording.info, self.settings.export_removed, self)
        if dialog.exec() == ExportDialog.DialogCode.Accepted:
            self.settings.export_removed = dialog.with_removed.isChecked()
            self.notice.clear()
            self.session.export(dialog.destination, dialog.removed_to)

    def choose_theme(self, choice: str) -> None:
        """Use "system", "light" or "dark" from now on."""
        self.settings.theme = choice
        self.appearance.choose(choice)

    def show_keys(self) -> None:
        show_keys(self)

    def show_about(self) -> None:
        show_about(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_files(event):
            event.acceptProposedAction()
            self._set_hot(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_hot(False)
        files = _dropped_files(event)
        if files:
            event.acceptProposedAction()
            self.open_files(files)

    def _set_hot(self, is_hot: bool) -> None:
        self.empty.set_hot(is_hot)
        over_workspace = self._pages.currentWidget() is self.workspace
        self._veil.setVisible(is_hot and over_workspace)
        self._veil.setGeometry(self.centralWidget().rect())
        self._veil.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.notice.clear()
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.geometry = self.saveGeometry()
        # Out of sight first: a job may take a moment to stop and tidy up.
        self.hide()
        self.session.shut_down()
        event.accept()


def _dropped_files(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
