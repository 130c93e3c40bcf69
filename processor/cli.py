"""The command line: says what is asked of the processor, and what came of it.

Nothing heavy is imported before a command runs, so that help is there at once.
Exit codes: 0 done, 1 some files failed, 2 the call itself cannot be carried out, 130 cancelled.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from processor.cli_options import (
    FLAG,
    OUTPUT,
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
    recipe_of,
)
from processor.errors import Cancelled, DereverbError
from processor.interruption import EXIT_CANCELLED, heeding, signals_end_the_run
from processor.recipe import Recipe

if TYPE_CHECKING:
    from processor.file_job import FileJob

OpenWindow = Callable[[list[Path]], int]
"""Shows the window with some files in it and returns the exit code when it is closed."""

EXIT_SOME_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(
    name="dryspell",
    help="Takes the room out of recorded speech. Called without a command, it opens the window.",
    epilog="Exit codes: 0 done, 1 some files failed, 2 wrong call, 130 cancelled.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(argv: Sequence[str] | None = None, *, open_window: OpenWindow | None = None) -> int:
    """Carry out a command line and return the exit code.

    Args:
        argv: arguments without the program's name; None takes this process's own.
        open_window: what `gui`, or no argument at all, calls. The command line knows no window.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a file's name may be more than a console can show
            stream.reconfigure(errors="backslashreplace")
    try:
        app(
            args=list(sys.argv[1:] if argv is None else argv),
            prog_name="dryspell",
            obj=open_window,
        )
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else EXIT_USAGE
    except OSError as error:  # recordings have errors of their own: it is stdout that is full
        print(f"Cannot go on: {error.strerror}. Check where the output goes.", file=sys.stderr)
        return EXIT_SOME_FAILED
    return 0


@app.callback(invoke_without_command=True)
def _dryspell(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", metavar=FLAG, help="Show the version.")
    ] = False,
) -> None:
    if version:
        from processor.file_job import version as version_of_dryspell

        print(f"dryspell {version_of_dryspell()}")
    elif context.invoked_subcommand is None:
        _show_window(context, [])


@app.command()
def process(
    inputs: Annotated[
        list[str], typer.Argument(metavar="IN", help="Recordings: wav, flac, aiff, ogg.")
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="A file, or a folder in which names are kept. Without it: NAME_dry beside IN.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    removed: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Also write what was taken away: a file, or a folder for NAME_room.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    strength: Strength = 1.0,
    mix: Mix = 1.0,
    floor_db: FloorDb = -60.0,
    focus: Focus = "1,1,1",
    no_link: NoLink = False,
    gain_db: GainDb = 0.0,
    model: ModelChoice = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make recordings drier; same rate, channels, sample format and length."""
    recipe = recipe_of(model, strength, mix, floor_db, focus, no_link, gain_db)
    _refuse_no_name(*inputs, output, removed)
    with _told_plainly(as_json):
        from processor.batch import plan_files

        jobs = plan_files(inputs, output, removed_to=removed, overwrite=overwrite)
        _run(jobs, recipe, workers=1, overwrite=overwrite, as_json=as_json, quiet=quiet)


@app.command()
def batch(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A folder of recordings.")],
    output_dir: Annotated[
        str, typer.Argument(metavar="OUTDIR", help="Where the drier ones go; names are kept.")
    ],
    recursive: Annotated[
        bool,
        typer.Option(
            "--recursive", "-r", metavar=FLAG, help="The folders below, too, each in its place."
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, metavar="N", help="Files at a time. Default: one per core, to 8."
        ),
    ] = None,
    removed: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Also write what was taken away, as NAME_room.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    skip_existing: Annotated[
        bool,
        typer.Option(
            "--skip-existing",
            metavar=FLAG,
            help="Pass over what is done: goes on with a run that was ended.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    strength: Strength = 1.0,
    mix: Mix = 1.0,
    floor_db: FloorDb = -60.0,
    focus: Focus = "1,1,1",
    no_link: NoLink = False,
    gain_db: GainDb = 0.0,
    model: ModelChoice = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a folder of recordings drier. A bad file does not stop the others."""
    if skip_existing and overwrite:
        raise typer.BadParameter("--skip-existing and --overwrite exclude each other.")
    recipe = recipe_of(model, strength, mix, floor_db, focus, no_link, gain_db)
    _refuse_no_name(folder, output_dir, removed)
    with _told_plainly(as_json):
        from processor.batch import plan_batch, usable_cores

        if not os.path.isdir(folder):
            raise DereverbError(f"'{folder}' is not a folder. For files, use dryspell process.")
        plan = plan_batch(
            [folder],
            output_dir,
            recursive=recursive,
            existing="skip" if skip_existing else "overwrite" if overwrite else "refuse",
            removed_dir=removed,
        )
        if not plan and not skip_existing:
            remedy = "" if recursive else " Add --recursive to look into the folders below."
            raise DereverbError(f"No wav, flac, aiff or ogg file in '{folder}'.{remedy}")
        _run(
            plan,
            recipe,
            workers=jobs or min(usable_cores(), 8),
            overwrite=overwrite,
            as_json=as_json,
            quiet=quiet,
        )


@app.command()
def info(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]", help="Recordings, or model files (*.pt)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell about recordings, about a model, or, without FILE, about this program."""
    from processor.report import tell_facts

    with _told_plainly(as_json):
        if not tell_facts(paths or [], as_json=as_json):
            raise typer.Exit(EXIT_SOME_FAILED)


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models that --model takes by name."""
    from processor.report import tell_models

    with _told_plainly(as_json):
        tell_models(as_json=as_json)


@app.command()
def gui(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]", help="Recordings to open.")
    ] = None,
) -> None:
    """Open the window."""
    _show_window(context, files or [])


def _show_window(context: typer.Context, files: list[Path]) -> None:
    open_window: OpenWindow | None = context.find_root().obj
    if open_window is None:
        print("No window comes with this command line. See dryspell --help.", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE)
    raise typer.Exit(open_window(files))


def _refuse_no_name(*places: str | None) -> None:
    """Refuse "", which a path would read as the folder one is in."""
    if "" in places:
        raise typer.BadParameter("A name is empty, as from a variable of a script that is not set.")


def _run(
    jobs: Sequence[FileJob],
    recipe: Recipe,
    *,
    workers: int,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from contextlib import closing

    from processor.batch import process_batch
    from processor.report import Report

    with Report(jobs, recipe, as_json=as_json, quiet=quiet) as report:
        results = process_batch(
            jobs, recipe, workers=workers, overwrite=overwrite, progress=heeding(report.progress)
        )
        with closing(results):
            for result in results:
                report.add(result)
    if report.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


@contextmanager
def _told_plainly(as_json: bool) -> Iterator[None]:
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
