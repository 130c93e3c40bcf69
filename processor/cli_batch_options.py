"""The options of dryspell batch that no other command has."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from processor.cli_options import FLAG, OUTPUT

WHICH = "Which files"
RUNNING = "How it runs"
CORPORA = "Corpora"


class ExistingChoice(str, Enum):
    """What to do about outputs that exist."""

    refuse = "refuse"
    skip = "skip"
    overwrite = "overwrite"
    number = "number"


class FormatChoice(str, Enum):
    """The formats that outputs can have."""

    wav = "wav"
    flac = "flac"
    aiff = "aiff"
    caf = "caf"
    ogg = "ogg"
    opus = "opus"
    mp3 = "mp3"


Inputs = Annotated[
    list[str] | None, typer.Argument(metavar="[IN...]", help="Recordings, and folders of them.")
]
OutputDir = Annotated[
    str | None, typer.Argument(metavar="OUTDIR", help="Where the drier ones go; names are kept.")
]
Recursive = Annotated[
    bool,
    typer.Option(
        "--recursive",
        "-r",
        metavar=FLAG,
        help="The folders below, too, each in its place.",
        rich_help_panel=WHICH,
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Only files like 'take*', or 'day 1/**/*.wav' with folders. Can be repeated.",
        rich_help_panel=WHICH,
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="No files and folders like this. Can be repeated.",
        rich_help_panel=WHICH,
    ),
]
OnlyIf = Annotated[
    str | None,
    typer.Option(
        metavar="CONDITION",
        help='Only recordings whose room is like "c50 < 15 and snr > 10"; see dryspell analyze.',
        rich_help_panel=WHICH,
    ),
]
ShardOf = Annotated[
    str | None,
    typer.Option(
        metavar="N/COUNT",
        help="Only the Nth of COUNT parts, the same ones on every machine.",
        rich_help_panel=WHICH,
    ),
]
Name = Annotated[
    str,
    typer.Option(
        metavar="TEMPLATE",
        help="What outputs are called. Fields: stem, suffix, parent, root, index.",
        rich_help_panel=OUTPUT,
    ),
]
Format = Annotated[
    FormatChoice | None,
    typer.Option("--format", help="Default: the source's.", rich_help_panel=OUTPUT),
]
RemovedDir = Annotated[
    str | None,
    typer.Option(
        metavar="DIR",
        help="Also write what was taken away, as NAME_room.",
        rich_help_panel=OUTPUT,
    ),
]
WhatExists = Annotated[
    ExistingChoice,
    typer.Option(
        "--existing",
        help="About outputs that exist: refuse the whole plan, or deal with each.",
        rich_help_panel=OUTPUT,
    ),
]
SkipExisting = Annotated[
    bool,
    typer.Option(
        "--skip-existing", metavar=FLAG, help="Like --existing skip.", rich_help_panel=OUTPUT
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=0,
        metavar="N",
        help="Files at a time, each in a process of its own. Default: one per core, to 8.",
        rich_help_panel=RUNNING,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        metavar=FLAG,
        help="Go on with an earlier run: do what is not done, has failed, or has changed since.",
        rich_help_panel=RUNNING,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        "-n",
        metavar=FLAG,
        help="Only show what would be done.",
        rich_help_panel=RUNNING,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Have a Dask cluster do it, such as tcp://host:8786. It must see the same files.",
        rich_help_panel=RUNNING,
    ),
]
ReportTo = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write what became of each file: .csv, .json, .jsonl, or a page to look at: .html.",
        rich_help_panel=RUNNING,
    ),
]
ManifestFrom = Annotated[
    str | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        help="Take the recordings from a list: .jsonl, .csv or .json with a column file.",
        rich_help_panel=CORPORA,
    ),
]
WriteManifest = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write the list of outputs, with the columns of --manifest.",
        rich_help_panel=CORPORA,
    ),
]
