"""The files of a batch: what is made of each, and how far it is."""

import os
from dataclasses import dataclass
from enum import Enum

from processor import FileJob, FileResult, Recipe
from processor.order import Order, settle

from .wording import in_the_window


class Status(Enum):
    """How far a batch is with a file."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    KEPT = "done before"
    SKIPPED = "skipped, exists already"
    FAILED = "failed"


FINISHED = (Status.DONE, Status.KEPT, Status.SKIPPED)


@dataclass(eq=False)
class Item:
    """One file of a batch.

    Attributes:
        job: What is made of it.
        recipe: How.
        status: How far it is.
        fraction: 0 ... 1 of it is done.
        result: What became of it, once that is known.
        size: Its weight in the progress of all: bytes, 1 at least.
    """

    job: FileJob
    recipe: Recipe
    status: Status = Status.WAITING
    fraction: float = 0.0
    result: FileResult | None = None
    size: int = 1

    @property
    def error(self) -> str:
        return "" if self.result is None else in_the_window(self.result.error or "")


def items_of(order: Order, recipe: Recipe) -> list[Item]:
    """What is to be done, and what need not be, in the order of the plan.

    Raises:
        DereverbError: Nothing is found, or outputs clash.
    """
    settled = settle(order, recipe)
    status: dict[FileJob, tuple[Status, FileResult | None]] = {
        **dict.fromkeys(settled.skipped, (Status.SKIPPED, None)),
        **{result.job: (Status.KEPT, result) for result in settled.kept},
    }
    return [
        item_of(job, recipe, *status.get(job, (Status.WAITING, None))) for job in settled.planned
    ]


def item_of(
    job: FileJob,
    recipe: Recipe,
    status: Status = Status.WAITING,
    result: FileResult | None = None,
) -> Item:
    """A file of a batch, with its size."""
    try:
        size = max(1, os.stat(job.source).st_size)
    except OSError:
        size = 1  # told when it is its turn
    fraction = 1.0 if status in FINISHED else 0.0
    return Item(job, recipe, status, fraction, result, size)
