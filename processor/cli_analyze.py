"""dryspell analyze: which recordings need work, and what a recipe would make of them."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from processor.cli_options import (
    FLAG,
    OUTPUT,
    SETTINGS,
    AsJson,
    FloorDb,
    Focus,
    GainDb,
    Mix,
    ModelChoice,
    NoLink,
    Quiet,
    Strength,
    TargetC50,
    recipe_of,
    target_of,
)
from processor.cli_page import page_at, shown_bar, write_page
from processor.cli_run import (
    EXIT_SOME_FAILED,
    condition_of,
    processes_for,
    refuse_no_name,
    told_plainly,
)
from processor.errors import DereverbError
from processor.recipe import Recipe

if TYPE_CHECKING:
    from processor.analysis import Analysis
    from processor.remote import Place

# Each of them asks for the figures after, too.
_RECIPE_OPTIONS = ("strength", "mix", "floor_db", "focus", "no_link", "gain_db", "model")


def analyze(
    context: typer.Context,
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN...", help="Recordings, and folders of them.")
    ],
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", metavar=FLAG, help="The folders below, too.")
    ] = False,
    only_if: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help='Tell only of those, like "c50 < 15 and snr > 10". Figures: t60, c50, drr, '
            "reverberation, speech, noise, snr, clipped, confidence.",
        ),
    ] = None,
    after: Annotated[
        bool,
        typer.Option(
            "--after",
            metavar=FLAG,
            help="Also tell the figures after, with these settings; each of them asks for it, too.",
            rich_help_panel=SETTINGS,
        ),
    ] = False,
    strength: Strength = 1.0,
    mix: Mix = 1.0,
    floor_db: FloorDb = -60.0,
    focus: Focus = "1,1,1",
    no_link: NoLink = False,
    gain_db: GainDb = 0.0,
    model: ModelChoice = None,
    target_c50: TargetC50 = None,
    html: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Also write a report with spectrograms, one file for any browser.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_csv: Annotated[
        bool,
        typer.Option("--csv", metavar=FLAG, help="CSV instead of text.", rich_help_panel=OUTPUT),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            min=0,
            metavar="N",
            help="Files at a time, each in a process of its own. Default: one per core, to 8; up "
            "to three files take none.",
        ),
    ] = None,
) -> None:
    """Tell which recordings need work most: T60, C50, levels, noise, clipping. Changes nothing."""
    if as_csv and as_json:
        raise typer.BadParameter("--csv and --json exclude each other.")
    recipe = recipe_of(model, strength, mix, floor_db, focus, no_link, gain_db)
    wanted = recipe if after or any(_was_given(context, it) for it in _RECIPE_OPTIONS) else None
    target_db = target_of(target_c50)
    refuse_no_name(*inputs, html)
    with told_plainly(as_json):
        from processor.analyses import with_strengths

        condition = condition_of(only_if)
        page = None if html is None else page_at(html)
        paths = _recordings(inputs, recursive)
        workers = processes_for(jobs, len(paths))
        analyses = _found(paths, wanted, pictures=page is not None, workers=workers, quiet=quiet)
        chosen = [
            each for each in analyses if not each.ok or condition is None or condition(each.before)
        ]
        if target_db is not None:
            with shown_bar("Strengths", len(chosen), quiet=quiet) as (_, progress):
                chosen = with_strengths(
                    chosen, recipe, target_db, workers=workers, progress=progress
                )
        if page is not None:
            write_page(page, chosen, settings=None if wanted is None else wanted.settings)
        _tell(chosen, wanted, as_json=as_json, as_csv=as_csv, quiet=quiet)
        if page is not None and not quiet:
            print(f"The report is in '{page}'.", file=sys.stderr)
    if not all(each.ok for each in analyses):
        raise typer.Exit(EXIT_SOME_FAILED)


def _was_given(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name != "DEFAULT"


def _recordings(inputs: list[str], recursive: bool) -> list[Place]:
    from processor.finding import find_recordings

    paths = [found.source for found in find_recordings(inputs, recursive=recursive)]
    if not paths:
        remedy = "" if recursive else " Add --recursive to look into the folders below."
        raise DereverbError(f"No recording in '{inputs[0]}'.{remedy}")
    return list(dict.fromkeys(paths))


def _found(
    paths: list[Place], recipe: Recipe | None, *, pictures: bool, workers: int, quiet: bool
) -> list[Analysis]:
    from processor.analyses import analyze_files
    from processor.analysis import by_need

    analyses: list[Analysis] = []
    with shown_bar("Analysing", len(paths), quiet=quiet) as (bar, progress):
        found = analyze_files(paths, recipe, pictures=pictures, workers=workers, progress=progress)
        with closing(found):
            for analysis in found:
                analyses.append(analysis)
                progress(analysis.path, 1.0)
                if not analysis.ok:
                    bar.console.print(analysis.error, markup=False, highlight=False, soft_wrap=True)
    return by_need(analyses)


def _tell(
    analyses: list[Analysis], recipe: Recipe | None, *, as_json: bool, as_csv: bool, quiet: bool
) -> None:
    from dataclasses import asdict

    from processor.analysis_tables import document, print_table, write_csv
    from processor.file_job import version
    from processor.report import print_json

    if as_json:
        settings = None if recipe is None else asdict(recipe)
        print_json({"dryspell": version(), "recipe": settings, "recordings": document(analyses)})
    elif as_csv:
        write_csv(analyses, sys.stdout)
    elif not quiet:
        print_table(analyses)
