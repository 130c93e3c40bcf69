"""The window: two pages, the menus, dropping files, and the dialogs."""

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QFileDialog,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .actions import Actions
from .job import JobSlot
from .open_files import OpenFiles
from .opening import FILE_FILTER, MODEL_FILTER, recordings_in, sort_out
from .session import Kind, Notice, Session, State
from .settings import Settings
from .theme import UNIT, Appearance, Theme
from .views.controls import one_line
from .views.drop_target import DropTarget
from .views.empty_view import EmptyView, samples
from .views.export_bar import ExportBar
from .views.export_dialog import ExportDialog
from .views.file_list_view import FileListView
from .views.help import show_about, show_keys
from .views.notice_bar import NoticeBar
from .views.workspace import Workspace

SIZE = (1280, 800)
SMALLEST = (960, 600)


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
        self.files = OpenFiles(session, self)
        self._looking = JobSlot(self)
        self.empty = EmptyView(self.samples)
        self.workspace = Workspace(session, theme)
        self.workspace.stage.display.recall(settings)
        self.file_list = FileListView(self.files, theme)
        self.export_bar = ExportBar(session, theme)
        self.notice = NoticeBar(session, theme)
        self._pages = QStackedWidget()
        self._lay_out()
        self.drop_target = DropTarget(self, self.empty.isVisible)
        self.actions_ = Actions(self)
        self._connect()
        self._use_theme(theme)
        self._show_page()
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
        self.workspace.columns.insertWidget(0, self.file_list)
        self._pages.addWidget(self.workspace)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        for page in (self.empty, self.workspace):
            page.open_asked.connect(self.ask_for_files)
        self.file_list.open_asked.connect(self.ask_for_files)
        self.drop_target.dropped.connect(self.open_paths)
        self.drop_target.hovered.connect(self.empty.set_hot)
        self.empty.file_asked.connect(self.open_file)
        self.workspace.treatment.export_asked.connect(self.ask_for_export)
        self.workspace.treatment.model.file_asked.connect(self.ask_for_model)
        self.session.models_changed.connect(self._remember_model)
        self.session.recording_changed.connect(self._show_page)
        self.session.state_changed.connect(self._remember_file)
        self.appearance.changed.connect(self._use_theme)

    def _use_theme(self, theme: Theme) -> None:
        for part in (self.empty, self.workspace, self.file_list, self.export_bar, self.notice):
            part.use_theme(theme)

    def _show_page(self) -> None:
        recording = self.session.recording
        self._pages.setCurrentIndex(0 if recording is None else 1)
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
        """Open this file, and put it into the list."""
        self.open_paths([path])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open recordings, all of them in the list; folders; or a model."""
        self.notice.clear()
        given = sort_out(paths)
        if given.models:
            self.open_model(given.models[0])
        if given.files and not given.folders:
            self.files.open(given.files)
        elif given.folders:
            self.open_folders(given.folders, given.files)

    def open_folders(self, folders: Sequence[Path], files: Sequence[Path] = ()) -> None:
        """Open these files and the recordings in these folders, all of them in the list."""
        job = self._looking.start(lambda progress: recordings_in(folders, progress))
        job.succeeded.connect(lambda found: self._open_found([*files, *found], folders))
        job.failed.connect(self.session.complain)

    def _open_found(self, paths: list[Path], folders: Sequence[Path]) -> None:
        if paths:
            self.files.open(paths)
        else:
            text = f"There is no recording in '{folders[0].name}'. Choose another folder."
            self.session.noticed.emit(Notice(Kind.ERROR, text))

    def ask_for_files(self) -> None:
        """Let the user choose files, and open them."""
        names, _ = QFileDialog.getOpenFileNames(
            self, "Open recordings", self.settings.folder, FILE_FILTER
        )
        if names:
            self.settings.folder = Path(names[0]).parent
            self.open_paths([Path(name) for name in names])

    def ask_for_folder(self) -> None:
        """Let the user choose a folder, and open the recordings in it."""
        name = QFileDialog.getExistingDirectory(self, "Open a folder", self.settings.folder)
        if name:
            self.settings.folder = Path(name)
            self.open_paths([Path(name)])

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.notice.clear()
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.geometry = self.saveGeometry()
        # Out of sight first: a job may take a moment to stop and tidy up.
        self.hide()
        self._looking.stop()
        self.files.stop()
        self.workspace.stop()
        self.session.shut_down()
        event.accept()
