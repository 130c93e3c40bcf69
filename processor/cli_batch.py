"""dryspell batch: many recordings, over night if need be."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from processor import cli_batch_options as options
from processor.cli_options import (
    AsJson,
    FloorDb,
    Focus,
    GainDb,
    Mix,
    ModelChoice,
    NoLink,
    Overwrite,
    Quiet,
    Strength,
    TargetC50,
    recipe_of,
    target_of,
)
from processor.cli_results import RunFiles
from processor.cli_run import (
    EXIT_SOME_FAILED,
    condition_of,
    refuse_no_name,
    told_plainly,
    work_through,
)
from processor.naming import Shard
from processor.recipe import Recipe

if TYPE_CHECKING:
    from processor.order import Order, Settled
    from processor.plan import Existing


def batch(
    inputs: options.Inputs = None,
    output_dir: options.OutputDir = None,
    recursive: options.Recursive = False,
    include: options.Include = None,
    exclude: options.Exclude = None,
    only_if: options.OnlyIf = None,
    shard: options.ShardOf = None,
    strength: Strength = 1.0,
    mix: Mix = 1.0,
    floor_db: FloorDb = -60.0,
    focus: Focus = "1,1,1",
    no_link: NoLink = False,
    gain_db: GainDb = 0.0,
    target_c50: TargetC50 = None,
    model: ModelChoice = None,
    name: options.Name = "{stem}{suffix}",
    output_format: options.Format = None,
    removed: options.RemovedDir = None,
    existing: options.WhatExists = options.ExistingChoice.refuse,
    skip_existing: options.SkipExisting = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    jobs: options.Jobs = None,
    scheduler: options.Scheduler = None,
    resume: options.Resume = False,
    dry_run: options.DryRun = False,
    report: options.ReportTo = None,
    manifest: options.ManifestFrom = None,
    write_manifest: options.WriteManifest = None,
) -> None:
    """Make many recordings drier. A bad file does not stop the others."""
    recipe = recipe_of(model, strength, mix, floor_db, focus, no_link, gain_db)
    target_db = target_of(target_c50)
    policy = _policy(existing, skip_existing, overwrite)
    if output_dir is None:
        raise typer.BadParameter("Missing argument 'OUTDIR'.")
    refuse_no_name(*(inputs or ()), output_dir, removed, report, manifest, write_manifest)
    part = _shard(shard)
    with told_plainly(as_json):
        from processor.order import Order, settle

        order = Order(
            inputs or (),
            output_dir,
            recursive=recursive,
            include=tuple(include or ()),
            exclude=tuple(exclude or ()),
            name=name,
            suffix=None if output_format is None else f".{output_format.value}",
            removed_dir=removed,
            existing=policy,
            shard=part,
            manifest=manifest,
            resume=resume,
            only_if=condition_of(only_if),
            target_c50_db=target_db,
        )
        files = RunFiles(report, write_manifest)
        workers = _workers(jobs)
        with _progress_of_figures(shown=only_if is not None and not quiet) as progress:
            settled = settle(order, recipe, workers=workers, progress=progress)
        if not quiet:
            for notice in settled.notices(output_dir):
                print(notice, file=sys.stderr)
        if dry_run:
            _tell_plan(settled, as_json=as_json)
            return
        _carry_out(order, settled, recipe, files, workers, scheduler, as_json, quiet)


@contextmanager
def _progress_of_figures(*, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how many recordings have told their room figures, on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, disable=not (shown and console.is_terminal)
    ) as bar:
        task = bar.add_task("Room figures", total=None)

        def progress(done: int, total: int) -> None:
            told = f"Room figures: {done} of {total} recordings"
            bar.update(task, completed=done, total=total, description=told)

        yield progress


def _carry_out(
    order: Order,
    settled: Settled,
    recipe: Recipe,
    files: RunFiles,
    workers: int,
    scheduler: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    from processor.journal import Journal
    from processor.part_files import remove_leftovers
    from processor.report import Report
    from processor.staging import remove_old_stages

    report = Report(settled.todo, recipe, as_json=as_json, quiet=quiet, kept=settled.kept)
    with Journal(order.output_dir, shard=order.shard) as journal:
        if order.resume:
            outputs = (output for job in settled.planned for output in job.outputs)
            remove_leftovers({path.parent for path in outputs if isinstance(path, Path)})
        remove_old_stages()
        journal.begin(settled.todo, recipe)
        try:
            work_through(
                settled.todo,
                recipe,
                report,
                workers=workers,
                # Under the lock, what stands at a place that an earlier run planned is its work.
                overwrite=order.existing == "overwrite" or order.resume,
                scheduler=scheduler,
                journal=journal,
            )
        finally:
            files.write(settled, report, recipe)
        files.write_page(settled, report, recipe, workers, quiet=quiet)
    if journal.fault is not None:
        print(journal.fault, file=sys.stderr)
    if report.failed or journal.fault is not None:
        raise typer.Exit(EXIT_SOME_FAILED)


def _tell_plan(settled: Settled, *, as_json: bool) -> None:
    """Print what would be done, in the order in which it would be."""
    from processor.report import print_json

    todo, skipped = set(settled.todo), set(settled.skipped)
    counts = {"todo": len(todo), "kept": len(settled.kept), "skipped": len(skipped)}
    status = {
        job: "todo" if job in todo else "skipped" if job in skipped else "kept"
        for job in settled.planned
    }
    if as_json:
        print_json(
            {
                "planned": len(settled.planned),
                **counts,
                "jobs": [
                    {
                        "source": str(job.source),
                        "destination": str(job.destination),
                        "removed_to": None if job.removed_to is None else str(job.removed_to),
                        "status": status[job],
                    }
                    for job in settled.planned
                ],
            }
        )
        return
    for job in settled.planned:
        mark = "" if job in todo else f"  ({status[job]})"
        print(f"{job.source} -> {' + '.join(map(str, job.outputs))}{mark}")
    print(f"{counts['todo']} to do, {counts['kept']} done before, {counts['skipped']} skipped.")


def _policy(choice: options.ExistingChoice, skip: bool, overwrite: bool) -> Existing:
    asked = {choice.value} - {"refuse"}
    asked |= {name for name, flag in (("skip", skip), ("overwrite", overwrite)) if flag}
    if len(asked) > 1:
        raise typer.BadParameter(
            f"{' and '.join(sorted(asked))} of existing outputs exclude each other."
        )
    return cast("Existing", asked.pop() if asked else "refuse")


def _shard(text: str | None) -> Shard | None:
    try:
        return None if text is None else Shard.from_text(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _workers(asked: int | None) -> int:
    from processor.batch import usable_cores

    return min(usable_cores(), 8) if asked is None else asked
