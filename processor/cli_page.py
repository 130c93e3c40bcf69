"""Reports for the eye: where they go, how they are written, and the bar that is seen meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from processor.errors import DereverbError

if TYPE_CHECKING:
    from rich.progress import Progress

    from processor.analysis import Analysis
    from processor.remote import Place

PAGES = (".html", ".htm")


@contextmanager
def shown_bar(
    what: str, total: int, *, quiet: bool
) -> Iterator[tuple[Progress, Callable[[Place, float], None]]]:
    """Show on a terminal how far some recordings are, several of which may be in work."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    done: dict[Place, float] = {}
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def progress(path: Place, fraction: float) -> None:
            done[path] = fraction
            finished = sum(share == 1.0 for share in done.values())
            told = f"{what}: {finished} of {total}"
            bar.update(task, completed=sum(done.values()), description=told)

        yield bar, progress


def page_at(name: str) -> Path:
    """Return where the report goes, or refuse it before any work."""
    path = Path(name)
    if path.suffix.lower() not in PAGES:
        raise DereverbError(f"Cannot write '{path}': a report ends in .html. Name it so.")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise DereverbError(
            f"Cannot write '{path}': it is a folder, or lies in one that is not there or that you "
            "may not write to. Choose another place."
        )
    return path


def write_page(path: Path, analyses: Sequence[Analysis], *, settings: str | None) -> None:
    """Write a report whole, or not at all.

    Raises:
        DereverbError: the disk is full, or the folder is gone.
    """
    from processor.html_report import html_report
    from processor.tables import write_whole

    write_whole(path, html_report(analyses, settings=settings))
