"""The page for many files: from where to where, how far it is, and what became of each."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..batch_items import FINISHED, Status
from ..batch_run import BatchRun, Phase
from ..icons import icon, pixmap
from ..session import Session
from ..settings import Settings
from ..theme import UNIT, Theme
from .batch_form import BatchForm
from .batch_rows import BatchRows
from .controls import ElidedLabel, button, label, show_fraction

GAP = 2 * UNIT


class BatchView(QWidget):
    """A form, a table, and a line that tells how far it is.

    Args:
        run: The batch.
        session: Whose settings the files are treated with.
        settings: What is remembered.
        theme: The colours to start with.
    """

    list_asked = pyqtSignal(list)  # folders whose recordings are to be opened instead
    report_asked = pyqtSignal()

    def __init__(self, run: BatchRun, session: Session, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self._run = run
        self.form = BatchForm(run, session, settings)
        self.rows = BatchRows(run)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Batch, progress")
        self.summary = ElidedLabel()
        self.start = button("Start", "primary", "Work through the files that are waiting")
        self.pause = button("Pause", tooltip="Finish the files in work, and begin no others")
        self.cancel = button("Cancel", tooltip="End now; what is unfinished leaves nothing behind")
        self._verbs = (self.start, self.pause, self.cancel)
        self.retry = button("Retry failed")
        self.report = button("Save report…", tooltip="What became of every file, as a CSV table")
        self.show_folder = button("Show folder", tooltip="Open the folder of the results")
        self._empty = _Nothing()
        self._table = QStackedWidget()
        self._lay_out()
        self._connect()
        self.use_theme(theme)
        self._show()

    def _lay_out(self) -> None:
        self._table.addWidget(self._empty)
        self._table.addWidget(self.rows)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addWidget(self.summary, 1)
        for each in (
            *(self.show_folder, self.report, self.retry),
            *(self.cancel, self.pause, self.start),
        ):
            buttons.addWidget(each)
        foot = QFrame()
        foot.setObjectName("transport")
        bottom = QVBoxLayout(foot)
        bottom.setContentsMargins(GAP, UNIT, GAP, UNIT)
        bottom.setSpacing(UNIT)
        bottom.addWidget(self.progress)
        bottom.addLayout(buttons)
        inside = QVBoxLayout()
        inside.setContentsMargins(GAP, UNIT, GAP, UNIT)
        inside.setSpacing(GAP)
        inside.addWidget(self.form)
        inside.addWidget(self._table, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(inside, 1)
        column.addWidget(foot)

    def _connect(self) -> None:
        run = self._run
        self.start.clicked.connect(self.begin)
        self.pause.clicked.connect(self._pause_or_go_on)
        self.cancel.clicked.connect(run.cancel)
        self.retry.clicked.connect(run.retry_failed)
        self.report.clicked.connect(self.report_asked)
        self.show_folder.clicked.connect(self.rows.open_folder)
        self.form.list_asked.connect(self.list_asked)
        run.phase_changed.connect(self._show)
        run.progressed.connect(self._show_progress)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.rows.use_theme(theme)
        self.form.use_theme(theme)
        self._empty.use_theme(theme)
        self.start.setIcon(icon("play", theme.on_accent, theme.muted))

    def begin(self) -> None:
        """Work through what is waiting; where nothing is, plan anew."""
        self.form.remember()
        if self._run.phase is Phase.ENDED:
            self.form.plan()
        else:
            self._run.start()

    def _pause_or_go_on(self) -> None:
        if self._run.phase is Phase.PAUSED:
            self._run.go_on()
        else:
            self._run.pause()

    def _show(self) -> None:
        run, phase = self._run, self._run.phase
        holder = self.window().focusWidget()
        self.start.setVisible(not run.is_busy)
        self.start.setEnabled(
            (phase is Phase.ENDED and run.order is not None)
            or (phase is Phase.PLANNED and run.count(Status.WAITING) > 0)
        )
        has_begun = run.count(Status.DONE, Status.KEPT) > 0
        self.start.setText(
            "Plan again" if phase is Phase.ENDED else "Resume" if has_begun else "Start"
        )
        self.pause.setVisible(run.is_busy)
        self.pause.setEnabled(phase is not Phase.STOPPING)
        self.pause.setText("Go on" if phase is Phase.PAUSED else "Pause")
        self.cancel.setVisible(run.is_busy)
        self.cancel.setEnabled(phase is not Phase.STOPPING)
        self.form.setEnabled(not run.is_busy)
        self.progress.setVisible(bool(run.items))
        self._table.setCurrentWidget(self.rows if run.items else self._empty)
        self._empty.show_phase(phase)
        self._show_progress()
        self._keep_keyboard(holder)

    def _keep_keyboard(self, holder: QWidget | None) -> None:
        """Hand the keyboard on where its holder goes; Qt would take it to another page."""
        if holder is None or not (holder is self or self.isAncestorOf(holder)):
            return
        if holder is not self and holder.isEnabled() and holder.isVisibleTo(self):
            return
        usable = [each for each in self._verbs if each.isEnabled() and not each.isHidden()]
        (usable or [self])[0].setFocus()

    def _show_progress(self) -> None:
        run = self._run
        idle = not run.is_busy
        show_fraction(self.progress, run.fraction)
        self.summary.setText(summary_of(run))
        self.retry.setVisible(idle and run.count(Status.FAILED) > 0)
        self.report.setVisible(idle and run.count(Status.DONE, Status.FAILED) > 0)
        self.show_folder.setVisible(run.count(Status.DONE, Status.KEPT) > 0)


class _Nothing(QFrame):
    """What stands in the table's place before there is a plan."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dropzone")
        self._picture = label()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title = label("Drop a folder here", "title")
        self.text = label(
            "Every recording in it is treated with the same settings, in the background.", "muted"
        )
        column = QVBoxLayout(self)
        column.setSpacing(UNIT)
        column.addStretch()
        for each in (self._picture, self.title, self.text):
            each.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(each)
        column.addStretch()

    def use_theme(self, theme: Theme) -> None:
        self._picture.setPixmap(pixmap("folder", 48, theme.muted, self.devicePixelRatioF()))

    def show_phase(self, phase: Phase) -> None:
        looking = phase is Phase.PLANNING
        self.title.setText("Looking for recordings …" if looking else "Drop a folder here")


def summary_of(run: BatchRun) -> str:
    """For example "12 of 40 done, 1 failed  ·  about 3 min left"."""
    if not run.items:
        return ""
    total, failed = len(run.items), run.count(Status.FAILED)
    parts = [f"{run.count(*FINISHED)} of {total} done"]
    if failed:
        parts[0] += f", {failed} failed"
    if run.phase is Phase.RUNNING:
        parts += [run.left.text(run.fraction)]
    elif run.phase is Phase.PAUSED:
        running = run.count(Status.RUNNING)
        parts += [f"finishing {running}, then paused" if running else "paused"]
    elif run.phase is Phase.STOPPING:
        parts += ["stopping …"]
    elif run.phase is Phase.PLANNED:
        parts = [f"{run.count(Status.WAITING)} of {total} to do", *parts[1:]]
    return "   ·   ".join(filter(None, parts))
