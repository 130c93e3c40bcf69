"""What the window asks its user: which files, which folder, which names, and whether to close."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from processor import AudioInfo, DereverbError

from .batch_items import Item
from .file_list import FileEntry, FileState
from .logs import last_lines, log_path
from .opening import FILE_FILTER, MODEL_FILTER
from .session import Kind, Notice
from .views.details_dialog import DetailsDialog, versions
from .views.export_dialog import ExportDialog

if TYPE_CHECKING:
    from .main_window import MainWindow

MOST_NAMED = 5


class Dialogs:
    """Asks, and has the window do what was answered.

    Args:
        window: The parent of all dialogs.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._settings = window.settings

    def ask_for_files(self) -> None:
        """Let the user choose files, and open them."""
        names, _ = QFileDialog.getOpenFileNames(
            self._window, "Open recordings", self._settings.folder, FILE_FILTER
        )
        if names:
            self._settings.folder = Path(names[0]).parent
            self._window.open_paths([Path(name) for name in names])

    def ask_for_folder(self) -> None:
        """Let the user choose a folder, and open the recordings in it."""
        name = QFileDialog.getExistingDirectory(
            self._window, "Open the recordings of a folder", self._settings.folder
        )
        if name:
            self._settings.folder = Path(name)
            self._window.open_folders([Path(name)])

    def ask_for_model(self) -> None:
        """Let the user choose a model file, and use it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open a model", self._settings.folder, MODEL_FILTER
        )
        if name:
            self._window.open_model(Path(name))

    def ask_for_export(self) -> None:
        """Let the user choose a destination, and export."""
        window = self._window
        recording = window.session.recording
        if recording is None or window.session.exporter.is_busy:
            return
        recipe = window.session.recipe
        entry = FileEntry(recording.path, recipe, saved=None, info=recording.info)
        items, overwrite = self._ask_how([entry], recording.info)
        for job in [item.job for item in items]:
            window.session.export(job.destination, job.removed_to, job.delivery, overwrite)

    def ask_for_export_of_all(self) -> None:
        """Let the user choose how, and export the whole list as a batch."""
        window = self._window
        known = window.files.list.entries
        entries = [entry for entry in known if entry.state is not FileState.FAILED]
        if not entries:
            return
        if window.batch.is_busy:
            self.tell_busy()
            return
        items, overwrite = self._ask_how(entries)
        if items:
            window.batch.take(items, overwrite=overwrite)
            window.show_batch()
            window.batch.start()

    def _ask_how(
        self, entries: list[FileEntry], info: AudioInfo | None = None
    ) -> tuple[list[Item], bool]:
        """What is to be made of these entries, and whether it may replace what is there.

        Nothing where the user thinks better of it.
        """
        dialog = ExportDialog(entries, self._settings.export_wish, info, self._window)
        if dialog.exec() != ExportDialog.DialogCode.Accepted:
            return [], False
        self._settings.export_wish = dialog.habit
        self._window.notice.clear()
        return dialog.items(), dialog.may_replace

    def tell_busy(self) -> None:
        """Say that there is one batch at a time."""
        text = "A batch is running. Wait until it is done, or cancel it."
        self._window.session.noticed.emit(Notice(Kind.ERROR, text))

    def ask_for_report(self) -> None:
        """Let the user choose where, and save what became of every file of the batch."""
        # What they bring along is not needed before the window is on the screen.
        from processor.report import entry_of
        from processor.tables import write_table

        name, _ = QFileDialog.getSaveFileName(
            self._window,
            "Save the report",
            str(Path(self._settings.folder) / "dryspell-report.csv"),
            "Table (*.csv *.json *.jsonl)",
        )
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".csv")
        session = self._window.session
        try:
            results = [item.result for item in self._window.batch.items if item.result]
            write_table(path, [entry_of(result) for result in results])
        except DereverbError as error:
            session.complain(error)
        else:
            session.noticed.emit(Notice(Kind.DONE, f"Saved the report '{path.name}'.", path))

    def ask_whether_to_close(self, reasons: list[str]) -> None:
        """Close the window if its user really wants to; returns at once."""
        if self._window.findChild(QMessageBox, "closing") is not None:
            return  # being asked already
        box = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setObjectName("closing")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Dryspell")
        box.setText("Close Dryspell?")
        box.setInformativeText("\n\n".join(reasons))
        leave = box.addButton("Close anyway", QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        leave.clicked.connect(self._window.close_now)
        box.open()

    def show_log(self) -> None:
        """Show the end of the log."""
        path = log_path()
        dialog = DetailsDialog(
            "Log of Dryspell",
            "What Dryspell has noted",
            "Send this along when you report a problem. It names files, and holds no sound.",
            last_lines(path) or f"{versions()}\n\nNothing yet.",
            path,
            self._window,
        )
        dialog.open()


def reasons_to_stay(window: MainWindow) -> list[str]:
    """What would be lost if the window were closed now, in sentences."""
    reasons = []
    exporter = window.session.exporter
    if exporter.is_busy:
        reasons.append(f"'{exporter.job.destination.name}' is being exported; that would be ended.")
    if window.batch.is_busy:
        left = "It can be gone on with later." if window.batch.order else ""
        reasons.append(f"A batch is running; it would be ended. {left}".strip())
    samples = {path.resolve() for path in window.samples}
    names = [
        f"'{entry.path.name}'"
        for entry in window.files.unsaved
        if entry.path.resolve() not in samples
    ]
    if names:
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        what = "was" if len(names) == 1 else "were"
        reasons.append(
            f"{', '.join(names[:MOST_NAMED])}{more} {what} set by hand and not exported since."
        )
    return reasons
