"""What the commands that work on files have in common: how a run is told and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import typer

from processor.errors import Cancelled, DereverbError
from processor.interruption import EXIT_CANCELLED, heeding, signals_end_the_run
from processor.recipe import Recipe

if TYPE_CHECKING:
    from processor.jobs import FileJob
    from processor.journal import Journal
    from processor.report import Report
    from processor.room import RoomFigures

EXIT_SOME_FAILED = 1
EXIT_USAGE = 2
_MOST_PROCESSES = 8
_FEW_FILES = 3


def refuse_no_name(*places: str | None) -> None:
    """Refuse "", which a path would read as the folder one is in."""
    if "" in places:
        raise typer.BadParameter("A name is empty, as from a variable of a script that is not set.")


def processes_for(asked: int | None, files: int) -> int:
    """Return how many processes analyse so many files: what is asked for, or what is worth it."""
    from processor.batch import usable_cores

    if asked is not None:
        return min(asked, files)
    return min(usable_cores(), _MOST_PROCESSES, files) if files > _FEW_FILES else 0


def condition_of(text: str | None) -> Callable[[RoomFigures], bool] | None:
    """Return the condition that an option asks for, if it does.

    Raises:
        typer.BadParameter: it makes no sense.
    """
    from processor.conditions import parse_condition

    try:
        return None if text is None else parse_condition(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def work_through(
    jobs: Sequence[FileJob],
    recipe: Recipe,
    report: Report,
    *,
    workers: int = 0,
    overwrite: bool = False,
    scheduler: str | None = None,
    journal: Journal | None = None,
) -> None:
    """Do the jobs of a plan; each result is written into the journal, then told.

    Without workers they are done in this process.
    """
    from processor.batch import process_batch

    results = process_batch(
        jobs,
        recipe,
        workers=max(1, workers),
        isolated=workers > 0,
        overwrite=overwrite,
        scheduler=scheduler,
        progress=heeding(report.progress),
    )
    with report, closing(results):
        for result in results:
            if journal is not None:
                journal.record(result)
            report.add(result)


@contextmanager
def told_plainly(as_json: bool) -> Iterator[None]:
    """Turn what went wrong into a sentence and an exit code."""
    try:
        with signals_end_the_run():
            yield
    except DereverbError as error:
        print(error, file=sys.stderr)
        if as_json:
            from processor.report import print_json

            print_json({"error": str(error)})
        raise typer.Exit(EXIT_USAGE) from None
    except (KeyboardInterrupt, Cancelled):
        print("Cancelled. Files that were not finished have left nothing behind.", file=sys.stderr)
        raise typer.Exit(EXIT_CANCELLED) from None
