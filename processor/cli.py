"""The command line: says what is asked of the processor, and what came of it.

Nothing heavy is imported before a command runs, so that help is there at once.
Exit codes: 0 done, 1 some files failed, 2 the call itself cannot be carried out, 130 cancelled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from processor.cli_analyze import analyze
from processor.cli_batch import batch
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
from processor.cli_run import (
    EXIT_SOME_FAILED,
    EXIT_USAGE,
    refuse_no_name,
    told_plainly,
    work_through,
)

OpenWindow = Callable[[list[Path]], int]
"""Shows the window with some files in it and returns the exit code when it is closed."""

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
        list[str], typer.Argument(metavar="IN", help="Recordings: wav, flac, mp3, m4a, mp4, ...")
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
    refuse_no_name(*inputs, output, removed)
    with told_plainly(as_json):
        from processor.batch import plan_files
        from processor.report import Report

        jobs = plan_files(inputs, output, removed_to=removed, overwrite=overwrite)
        report = Report(jobs, recipe, as_json=as_json, quiet=quiet)
        work_through(jobs, recipe, report, overwrite=overwrite)
    if report.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


app.command()(batch)
app.command()(analyze)


@app.command()
def info(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]", help="Recordings, or model files (*.pt)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell about recordings, about a model, or, without FILE, about this program."""
    from processor.facts import tell_facts

    with told_plainly(as_json):
        if not tell_facts(paths or [], as_json=as_json):
            raise typer.Exit(EXIT_SOME_FAILED)


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models that --model takes by name."""
    from processor.facts import tell_models

    with told_plainly(as_json):
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
