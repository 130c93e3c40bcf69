"""A batch: planned, run in processes, paused, ended and gone on with."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from enum import Enum
from itertools import groupby
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from processor import FileJob, FileResult, Recipe
from processor.batch import usable_cores
from processor.journal import Journal
from processor.order import Order
from processor.workers import work_in_processes

from .batch_items import Item, Status, items_of
from .job import JobSlot, Progress
from .time_left import TimeLeft

MOST_WORKERS = 8
# News comes from the processes hundreds of times a second; ten times is what one sees.
REFRESH_MS = 100


class Phase(Enum):
    """What a batch is doing."""

    EMPTY = "empty"
    PLANNING = "planning"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    ENDED = "ended"


class BatchRun(QObject):
    """Plans a batch, runs it in processes, and keeps what has become of every file."""

    replaced = pyqtSignal()  # there are other items
    items_changed = pyqtSignal(list)  # rows
    phase_changed = pyqtSignal()
    progressed = pyqtSignal()
    exported = pyqtSignal(object, object)  # source, recipe
    file_failed = pyqtSignal(object, str)  # source, why
    failed = pyqtSignal(object)  # the plan, or the run as a whole
    ended = pyqtSignal()  # nothing is waiting any more

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.phase = Phase.EMPTY
        self.items: list[Item] = []
        self.order: Order | None = None  # what the items come from, if from folders
        self.workers = default_workers()
        self.left = TimeLeft()
        self._overwrite = False
        self._rows: dict[FileJob, int] = {}
        self._counts: Counter[Status] = Counter()
        self._weight_done, self._weight = 0.0, 1
        self._held = False
        self._news: deque[tuple[FileJob, float | FileResult]] = deque()
        self._slot = JobSlot(self)
        self._refresh = QTimer(self, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._take_news)

    @property
    def is_busy(self) -> bool:
        """Whether a run is going on, be it paused."""
        return self.phase in (Phase.RUNNING, Phase.PAUSED, Phase.STOPPING)

    @property
    def fraction(self) -> float:
        """How much of the whole is done, by the files' sizes."""
        return min(1.0, self._weight_done / self._weight)

    def count(self, *statuses: Status) -> int:
        """How many files are at one of these."""
        return sum(self._counts[status] for status in statuses)

    def plan(self, order: Order, recipe: Recipe) -> None:
        """Find out what is to be done, in the background; what was planned before is forgotten."""
        if self.is_busy:
            return
        self.clear()
        self._set_phase(Phase.PLANNING)
        job = self._slot.start(lambda progress: items_of(order, recipe))
        job.succeeded.connect(lambda items: self._take_plan(order, items))
        job.failed.connect(self._fail)

    def _take_plan(self, order: Order, items: list[Item]) -> None:
        overwrite = order.resume or order.existing == "overwrite"
        self.take(items, order=order, overwrite=overwrite)

    def take(
        self, items: Sequence[Item], *, order: Order | None = None, overwrite: bool = False
    ) -> None:
        """Have these files for the next run.

        Args:
            items: The files.
            order: Where they come from; its output folder keeps a journal of the run.
            overwrite: Replace what stands in an output's place.
        """
        self.order, self._overwrite = order, overwrite
        self.items = list(items)
        self._rows = {item.job: row for row, item in enumerate(self.items)}
        self._counts = Counter(item.status for item in self.items)
        self._weigh()
        self.replaced.emit()
        self._set_phase(Phase.PLANNED if items else Phase.EMPTY)

    def clear(self) -> None:
        """Forget the plan."""
        if not self.is_busy:
            self._slot.abandon()
            self.take([])

    def start(self) -> None:
        """Work through what is waiting."""
        todo = [item for item in self.items if item.status is Status.WAITING]
        if self.is_busy or not todo:
            return
        self._held = False
        self._news.clear()
        self.left.restart(self.fraction)
        folder = None if self.order is None else Path(self.order.output_dir)
        groups = [
            (recipe, [item.job for item in group])
            for recipe, group in groupby(sorted(todo, key=_recipe_key), lambda item: item.recipe)
        ]
        overwrite, workers = self._overwrite, self.workers
        job = self._slot.start(
            lambda progress: self._work(groups, folder, overwrite, workers, progress)
        )
        job.succeeded.connect(lambda _: self._end())
        job.cancelled.connect(self._end)
        job.failed.connect(self._fail)
        self._refresh.start()
        self._set_phase(Phase.RUNNING)

    def pause(self) -> None:
        """Begin no more files; those in work are finished."""
        if self.phase is Phase.RUNNING:
            self._held = True
            self.left.hold()
            self._set_phase(Phase.PAUSED)

    def go_on(self) -> None:
        """Begin files again after a pause."""
        if self.phase is Phase.PAUSED:
            self._held = False
            self.left.go_on()
            self._set_phase(Phase.RUNNING)

    def cancel(self) -> None:
        """End the run; files in work leave nothing behind, and are waiting again."""
        if self.is_busy:
            self._slot.cancel()
            self._set_phase(Phase.STOPPING)

    def retry_failed(self) -> None:
        """Try once more what has failed."""
        if self.is_busy:
            return
        rows = [row for row, item in enumerate(self.items) if item.status is Status.FAILED]
        self._put_back(rows)
        self.start()

    def stop(self) -> None:
        """Cancel and wait until every process has tidied up."""
        self._refresh.stop()
        self._slot.stop()

    def _work(
        self,
        groups: Sequence[tuple[Recipe, list[FileJob]]],
        folder: Path | None,
        overwrite: bool,
        workers: int,
        progress: Progress,
    ) -> None:
        """The run, on a thread that only waits for its processes."""

        def tell(job: FileJob, fraction: float) -> None:
            progress(0.0)  # raises Cancelled, if that was asked for
            self._news.append((job, fraction))

        def may_begin() -> bool:
            progress(0.0)
            return not self._held

        with ExitStack() as stack:
            journal = None if folder is None else stack.enter_context(Journal(folder))
            for recipe, jobs in groups:
                if journal is not None:
                    journal.begin(jobs, recipe)
                results = stack.enter_context(
                    closing(work_in_processes(jobs, recipe, overwrite, workers, tell, may_begin))
                )
                for result in results:
                    if journal is not None:
                        journal.record(result)
                    self._news.append((result.job, result))

    def _take_news(self) -> None:
        changed = set()
        while self._news:
            job, news = self._news.popleft()
            row = self._rows[job]
            item = self.items[row]
            changed.add(row)
            if isinstance(news, FileResult):
                self._finish(item, news)
            else:
                self._set_status(item, Status.RUNNING)
                self._advance(item, news)
        if changed:
            self.items_changed.emit(sorted(changed))
        self.progressed.emit()  # the time left changes in any case

    def _finish(self, item: Item, result: FileResult) -> None:
        item.result = result
        self._advance(item, 1.0)
        if result.ok:
            self._set_status(item, Status.DONE)
            self.exported.emit(item.job.source, item.recipe)
        else:
            self._set_status(item, Status.FAILED)
            self.file_failed.emit(item.job.source, item.error)

    def _set_status(self, item: Item, status: Status) -> None:
        self._counts[item.status] -= 1
        self._counts[status] += 1
        item.status = status

    def _advance(self, item: Item, fraction: float) -> None:
        self._weight_done += item.size * (fraction - item.fraction)
        item.fraction = fraction

    def _weigh(self) -> None:
        self._weight = max(1, sum(item.size for item in self.items))
        self._weight_done = sum(item.size * item.fraction for item in self.items)

    def _put_back(self, rows: Sequence[int]) -> None:
        for row in rows:
            item = self.items[row]
            item.result = None
            self._set_status(item, Status.WAITING)
            self._advance(item, 0.0)
        if rows:
            self.items_changed.emit(list(rows))

    def _end(self) -> None:
        self._refresh.stop()
        self._take_news()
        self._put_back(
            [row for row, item in enumerate(self.items) if item.status is Status.RUNNING]
        )
        is_done = not self.count(Status.WAITING)
        self._set_phase(Phase.ENDED if is_done else Phase.PLANNED)
        if is_done:
            self.ended.emit()

    def _fail(self, error: Exception) -> None:
        if self.phase is Phase.PLANNING:
            self._set_phase(Phase.EMPTY)
        else:
            self._end()
        self.failed.emit(error)

    def _set_phase(self, phase: Phase) -> None:
        self.phase = phase
        self.phase_changed.emit()


def default_workers() -> int:
    """How many files at a time: all cores but one, which stays for the window."""
    return max(1, min(usable_cores() - 1, MOST_WORKERS))


_recipe_key: Callable[[Item], str] = lambda item: repr(item.recipe)  # noqa: E731
