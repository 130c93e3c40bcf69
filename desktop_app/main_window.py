"""The window: two pages, the menus, dropping files, and the dialogs."""

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .actions import Actions
from .batch_items import FINISHED, Status
from .batch_run import BatchRun
from .dialogs import Dialogs, reasons_to_stay
from .job import JobSlot
from .open_files import OpenFiles
from .opening import recordings_in, sort_out
from .recovery import Work
from .session import Kind, Notice, Session, State
from .settings import Settings
from .theme import UNIT, Appearance, Theme
from .views.batch_view import BatchView
from .views.controls import one_line
from .views.drop_target import DropTarget
from .views.empty_view import EmptyView, samples
from .views.export_bar import BatchBar, ExportBar
from .views.file_list_view import FileListView
from .views.help import show_about, show_keys
from .views.notice_bar import NoticeBar
from .views.page_switch import PageSwitch
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

    closed = pyqtSignal()  # all work has ended

    def __init__(self, session: Session, settings: Settings, appearance: Appearance) -> None:
        super().__init__()
        self._is_closing = self._page_is_batch = False
        self.session = session
        self.settings = settings
        self.appearance = appearance
        self.samples = samples()
        theme = appearance.theme
        self._recall_model()
        self.files = OpenFiles(session, self)
        self.batch = BatchRun(self)
        self.dialogs = Dialogs(self)
        self._looking = JobSlot(self)
        self.empty = EmptyView(self.samples)
        self.workspace = Workspace(session, theme)
        self.workspace.stage.display.recall(settings)
        self.workspace.treatment.recall(settings)
        self.file_list = FileListView(self.files, theme)
        self.batch_page = BatchView(self.batch, session, settings, theme)
        self.page_switch = PageSwitch()
        self.export_bar = ExportBar(session, theme)
        self.batch_bar = BatchBar(self.batch, theme)
        self.notice = NoticeBar(session, theme)
        self.pages = QStackedWidget()
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
        if self.menuBar().isNativeMenuBar():  # at the top of the screen, and not ours to fill
            frame.addWidget(self.page_switch, alignment=Qt.AlignmentFlag.AlignRight)
        else:
            self.menuBar().setCornerWidget(self.page_switch)
        frame.addWidget(self.export_bar)
        frame.addWidget(self.batch_bar)
        frame.addWidget(self.notice)
        column.addLayout(frame)
        column.addWidget(self.pages, 1)
        self.pages.addWidget(self.empty)
        self.workspace.columns.insertWidget(0, self.file_list)
        self.pages.addWidget(self.workspace)
        self.pages.addWidget(self.batch_page)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        for page in (self.empty, self.workspace):
            page.open_asked.connect(self.dialogs.ask_for_files)
        self.file_list.open_asked.connect(self.dialogs.ask_for_files)
        self.file_list.export_asked.connect(self.dialogs.ask_for_export_of_all)
        self.page_switch.chosen.connect(
            lambda is_batch: self.show_batch() if is_batch else self.show_recording()
        )
        self.empty.batch_asked.connect(self.show_batch)
        self.batch_bar.show_asked.connect(self.show_batch)
        self.batch_page.list_asked.connect(self.open_folders)
        self.batch_page.report_asked.connect(self.dialogs.ask_for_report)
        self.batch.exported.connect(self.files.note_exported)
        self.batch.file_failed.connect(self.files.note_not_exported)
        self.batch.failed.connect(self._tell_batch_failed)
        self.batch.ended.connect(self._tell_batch_ended)
        self.drop_target.dropped.connect(self.open_paths)
        self.drop_target.hovered.connect(self.empty.set_hot)
        self.empty.file_asked.connect(self.open_file)
        self.workspace.treatment.export_asked.connect(self.dialogs.ask_for_export)
        self.workspace.treatment.model.file_asked.connect(self.dialogs.ask_for_model)
        self.session.models_changed.connect(self._remember_model)
        self.session.recipe_changed.connect(self._remember_model)  # undone, or another recording's
        self.session.recording_changed.connect(self._show_page)
        self.files.changed.connect(self._show_page_of_list)
        self.session.state_changed.connect(self._remember_file)
        self.appearance.changed.connect(self._use_theme)

    def _use_theme(self, theme: Theme) -> None:
        for part in (
            *(self.empty, self.workspace, self.file_list, self.batch_page),
            *(self.export_bar, self.batch_bar, self.notice),
        ):
            part.use_theme(theme)

    def _show_page(self) -> None:
        recording = self.session.recording
        # A list of which nothing can be opened is seen; one of which something is about to be, not.
        is_list = bool(self.files.list.entries) and self.files.current is None
        page = self.workspace if recording is not None or is_list else self.empty
        self.pages.setCurrentWidget(self.batch_page if self._page_is_batch else page)
        self.page_switch.show_page(is_batch=self._page_is_batch)
        self.batch_bar.set_wanted(not self._page_is_batch)
        self.empty.show_recent(self.settings.recent_files)
        self.setFocus()  # no button has the keyboard until Tab is pressed
        name = "" if recording is None else f"{one_line(recording.path.name)} – "
        self.setWindowTitle(f"{name}Dryspell")

    def _show_page_of_list(self) -> None:
        """The first recording of the list, or the last to go, may be one that cannot be opened."""
        if self.session.recording is None:
            self._show_page()

    def _tell_batch_failed(self, error: Exception) -> None:
        if self.batch.items or not self._page_is_batch:  # else the form tells
            self.session.complain(error)

    def _tell_batch_ended(self) -> None:
        failed = self.batch.count(Status.FAILED)
        done = self.batch.count(*FINISHED)
        text = f"The batch is done: {done} of {len(self.batch.items)} files."
        kind = Kind.ERROR if failed else Kind.DONE
        if failed:
            text += f" {failed} failed; the reasons stand in the table."
        self.session.noticed.emit(Notice(kind, text, self.batch.items[0].job.destination))

    def _remember_file(self) -> None:
        if self.session.state is State.RENDERING and self.session.recording is not None:
            self.settings.add_recent_file(self.session.recording.path)

    def _recall_model(self) -> None:
        self.session.models.files = self.settings.model_files
        if self.settings.model is not None:
            self.session.set_recipe(model=self.settings.model)

    def _remember_model(self) -> None:
        if self.settings.model != self.session.recipe.model:
            self.settings.model = self.session.recipe.model
        self.settings.model_files = self.session.models.files

    def open_file(self, path: Path) -> None:
        """Open this file, and put it into the list."""
        self.open_paths([path])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open recordings, all of them in the list; a folder, as a batch; or a model."""
        self.notice.clear()
        given = sort_out(paths)
        if given.files and given.folders:
            self.open_folders(given.folders, given.files, given.models)
            return
        if given.files:
            self._open_files(given.files, given.models)
            return
        if given.folders:
            self.show_batch(given.folders)
        if given.models:
            self.open_model(given.models[0])

    def open_folders(
        self, folders: Sequence[Path], files: Sequence[Path] = (), models: Sequence[Path] = ()
    ) -> None:
        """Open these files and the recordings in these folders, all of them in the list."""

        def open_found(found: list[Path]) -> None:
            if files or found:
                self._open_files([*files, *found], models)
            else:
                text = f"There is no recording in '{folders[0].name}'. Choose another folder."
                self.session.noticed.emit(Notice(Kind.ERROR, text))

        job = self._looking.start(lambda progress: recordings_in(folders, progress))
        job.succeeded.connect(open_found)
        job.failed.connect(self.session.complain)

    def _open_files(self, files: Sequence[Path], models: Sequence[Path] = ()) -> None:
        """Open these recordings, and have the first of these models treat the first of them."""
        self.show_recording()
        self.files.open(files)
        if models:
            self.open_model(models[0])

    def open_model(self, path: Path) -> None:
        """Take the room out with the model in this file from now on."""
        self.notice.clear()
        self.session.loading.choose(str(path.absolute()))

    def show_batch(self, folders: Sequence[Path] = ()) -> None:
        """Turn to the page for many files, with these folders if there are any."""
        if folders and self.batch.is_busy:
            self.dialogs.tell_busy()
        elif folders:
            self.batch_page.form.choose(list(folders))
        self._page_is_batch = True
        self._show_page()

    def show_recording(self) -> None:
        """Turn to the page for one recording."""
        self._page_is_batch = False
        self._show_page()

    def come_back(self, work: Work, opened: Path | None) -> None:
        """Go on where the last window ended before its time, or with its batch.

        Args:
            work: What it has left; its list is back already.
            opened: The recording that it had open, if that is to be opened again.
        """
        entry = None if opened is None else self.files.list.find(opened)
        if entry is not None:
            self.files.choose(entry)
        if work.order is not None:
            self.batch_page.form.show_order(work.order, work.order_recipe)
            self.show_batch()
        if work.recipes:
            text = "Dryspell was not closed properly. Your recordings and settings are back."
        else:
            text = "The batch of the last time was not finished. Press Resume to go on with it."
        self.session.noticed.emit(Notice(Kind.DONE, text))

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
        reasons = [] if self._is_closing else reasons_to_stay(self)
        if reasons:
            event.ignore()
            self.dialogs.ask_whether_to_close(reasons)
            return
        self.settings.geometry = self.saveGeometry()
        # Out of sight first: a job may take a moment to stop and tidy up.
        self.hide()
        self._looking.stop()
        self.files.stop()
        self.batch.stop()
        self.workspace.stop()
        self.session.shut_down()
        self.closed.emit()
        event.accept()

    def close_now(self) -> None:
        """Close without asking whether something would be lost."""
        self._is_closing = True
        self.close()
