"""The files in which a run leaves what became of it: a table or a page, and a manifest."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from processor.cli_page import PAGES, page_at, shown_bar, write_page
from processor.errors import DereverbError
from processor.recipe import Recipe

if TYPE_CHECKING:
    from processor.order import Settled
    from processor.report import Report


class RunFiles:
    """The files in which the results of a run are left."""

    def __init__(self, report: str | None, manifest: str | None) -> None:
        from processor.tables import check_table

        is_page = report is not None and Path(report).suffix.lower() in PAGES
        self._page = page_at(report) if is_page and report is not None else None
        self._report = None if report is None or is_page else Path(report)
        self._manifest = None if manifest is None else Path(manifest)
        self._paths = [path for path in (self._report, self._manifest) if path is not None]
        for path in self._paths:
            check_table(path, written=True)
        if len(set(map(os.path.realpath, self._paths))) < len(self._paths):
            raise DereverbError(f"--report and --write-manifest are one file: '{report}'.")

    def write(self, settled: Settled, report: Report, recipe: Recipe) -> None:
        """Write what is asked for, whatever ended the run."""
        from processor.manifest import RESULT_COLUMNS
        from processor.report import entry_of
        from processor.tables import write_table

        if self._report is not None:
            write_table(self._report, [entry_of(result) for result in report.in_order()])
        if self._manifest is not None:
            rows = settled.manifest.results(
                settled.planned,
                report.results,
                recipe,
                kept=settled.kept,
                skipped=settled.skipped,
                beside=self._manifest,
            )
            write_table(self._manifest, rows, RESULT_COLUMNS)

    def write_page(
        self, settled: Settled, report: Report, recipe: Recipe, workers: int, *, quiet: bool
    ) -> None:
        """Write the page, if one is asked for: figures and pictures before and after."""
        from processor.analyses import compare_files
        from processor.analysis import Analysis, by_need

        if self._page is None:
            return
        results = [*settled.kept, *report.results]
        strengths = {
            result.job.source: result.strength
            for result in results
            if result.job.target_c50_db is not None
        }
        failed = [Analysis(it.job.source, error=it.error) for it in results if not it.ok]
        pairs = [(it.job.source, it.job.destination) for it in results if it.ok]
        found = []
        with shown_bar("Report", len(pairs), quiet=quiet) as (_, progress):
            compared = compare_files(pairs, workers=min(workers, len(pairs)), progress=progress)
            with closing(compared):
                for analysis in compared:
                    found.append(replace(analysis, strength=strengths.get(analysis.path)))
                    progress(analysis.path, 1.0)
        write_page(self._page, [*by_need(found), *failed], settings=recipe.settings)
