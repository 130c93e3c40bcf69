"""Many recordings analysed, here or in processes; a bad one does not stop the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from functools import partial

from processor.analysis import Analysis, Progress, analyze_file
from processor.crew import Trade, work_in_crew
from processor.errors import AudioFileError, Cancelled, ModelError
from processor.recipe import Recipe
from processor.remote import Place, RemotePath, place_of, refuse_unshared
from processor.staging import local_copy, remove_stages_of
from processor.strengths import strength_for_c50

_log = logging.getLogger(__name__)

Task = tuple[Place, ...]
"""A recording, and perhaps what was made of it."""


def analyze_files(
    paths: Iterable[str | os.PathLike[str] | RemotePath],
    recipe: Recipe | None = None,
    *,
    pictures: bool = False,
    workers: int = 0,
    progress: Callable[[Place, float], None] | None = None,
) -> Generator[Analysis, None, None]:
    """Yield what is found of each recording as it comes. A bad file does not stop the others.

    Args:
        paths: recordings.
        recipe: as for `analyze_file`.
        pictures: as for `analyze_file`.
        workers: how many processes to start; 0 works in this one.
        progress: called with a path and 0 ... 1; may raise Cancelled to end the work.

    Raises:
        ModelError: the recipe's model cannot be used; no other file would fare better.
        DereverbError: no process gets as far as to its first file.
        Cancelled: from `progress`.
    """
    tasks = [(place_of(path),) for path in paths]
    yield from _each(tasks, partial(_analysis_of, recipe, pictures), workers, progress)


def compare_files(
    pairs: Iterable[tuple[Place, Place]],
    *,
    workers: int = 0,
    progress: Callable[[Place, float], None] | None = None,
) -> Generator[Analysis, None, None]:
    """Yield what is found of recordings and of what was made of them, with pictures of both.

    Args:
        pairs: each a recording and an output.
        workers: as for `analyze_files`.
        progress: as for `analyze_files`.

    Raises:
        DereverbError, Cancelled: as for `analyze_files`.
    """
    yield from _each(list(pairs), _comparison_of, workers, progress)


def with_strengths(
    analyses: Iterable[Analysis],
    recipe: Recipe,
    target_db: float,
    *,
    workers: int = 0,
    progress: Callable[[Place, float], None] | None = None,
) -> list[Analysis]:
    """Return analyses, in their order, with the strength at which each comes to a C50.

    Those of recordings that could not be read stay as they are.

    Args:
        analyses: from `analyze_files`.
        recipe: as for `strength_for_c50`.
        target_db: what to come to [dB].
        workers: as for `analyze_files`.
        progress: as for `analyze_files`.

    Raises:
        ModelError, DereverbError, Cancelled: as for `analyze_files`.
    """
    analyses = list(analyses)
    tasks = [(analysis.path,) for analysis in analyses if analysis.ok]
    looked = _each(tasks, partial(_strength_of, recipe, target_db), workers, progress)
    found = {each.path: each for each in looked}
    return [
        replace(each, strength=found[each.path].strength, error=found[each.path].error)
        if each.ok
        else each
        for each in analyses
    ]


def _each(
    tasks: Sequence[Task],
    work: Callable[[Task, Progress], Analysis],
    workers: int,
    progress: Callable[[Place, float], None] | None,
) -> Generator[Analysis, None, None]:
    """Do one thing with each recording, here or in processes."""
    guarded = partial(_guarded, work)

    def told(task: Task, fraction: float) -> None:
        if progress is not None:
            progress(task[0], fraction)

    if workers:
        refuse_unshared(place for task in tasks for place in task)
        yield from work_in_crew(tasks, Trade(guarded, _lost, _clear_up), workers, progress=told)
        return
    for task in tasks:
        yield guarded(task, partial(told, task))


def _analysis_of(recipe: Recipe | None, pictures: bool, task: Task, tell: Progress) -> Analysis:
    tell(0.0)
    with local_copy(task[0]) as local:
        analysis = analyze_file(local, recipe, pictures=pictures, progress=tell)
    return replace(analysis, path=task[0])


def _comparison_of(task: Task, tell: Progress) -> Analysis:
    recording, output = task
    source = _analysis_of(None, True, (recording,), lambda done: tell(done / 2))
    made = _analysis_of(None, True, (output,), lambda done: tell((1 + done) / 2))
    return replace(source, after=made.before, pictures=(*source.pictures, *made.pictures))


def _strength_of(recipe: Recipe, target_db: float, task: Task, tell: Progress) -> Analysis:
    with local_copy(task[0]) as local:
        strength = strength_for_c50(local, recipe, target_db, progress=tell)
    return Analysis(task[0], strength=strength)


def _guarded(work: Callable[[Task, Progress], Analysis], task: Task, tell: Progress) -> Analysis:
    """Have what is wrong with a recording become part of what is found."""
    try:
        return work(task, tell)
    except AudioFileError as error:
        return Analysis(task[0], error=str(error))
    except (Cancelled, ModelError):
        raise
    except Exception as error:  # a fault of ours must not cost the files after this one
        _log.exception("Unforeseen failure at '%s'", task[0])
        return Analysis(
            task[0],
            error=f"Cannot analyse '{task[0]}': unforeseen {type(error).__name__}: {error}. "
            "Please report it, with the file if you may.",
        )


def _clear_up(task: Task, process: int) -> None:
    remove_stages_of(process)


def _lost(task: Task) -> Analysis:
    return Analysis(
        task[0],
        error=f"Cannot analyse '{task[0]}': its process died, killed or out of memory. "
        "Try it again alone, or with fewer --jobs.",
    )
