"""The options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from processor.recipe import Recipe

SETTINGS = "How much"
OUTPUT = "Output"
# Without it, typer shows a flag as if it took a value: --quiet <bool>.
FLAG = " "
_FURTHEST_C50_DB = 60.0

Strength = Annotated[
    float,
    typer.Option(
        "--strength",
        "-s",
        metavar="0..1",
        help="How far the reverberation goes down, in decibels: 0.5 is half of 1.",
        rich_help_panel=SETTINGS,
    ),
]
Mix = Annotated[
    float,
    typer.Option(
        "--mix",
        "-m",
        metavar="0..1",
        help="How much of what was found is taken away; 0 gives the input back.",
        rich_help_panel=SETTINGS,
    ),
]
FloorDb = Annotated[
    float,
    typer.Option(
        "--floor-db",
        metavar="DB",
        help="Nothing goes down by more than this; -120 to 0 dB.",
        rich_help_panel=SETTINGS,
    ),
]
Focus = Annotated[
    str,
    typer.Option(
        "--focus",
        metavar="LOW,MID,HIGH",
        help="How much is taken away below 300 Hz, between, and above 3 kHz; 0..1 each.",
        rich_help_panel=SETTINGS,
    ),
]
NoLink = Annotated[
    bool,
    typer.Option(
        "--no-link",
        metavar=FLAG,
        help="Treat each channel alone. Else the level differences between them stay.",
        rich_help_panel=SETTINGS,
    ),
]
GainDb = Annotated[
    float,
    typer.Option(
        "--gain-db",
        metavar="DB",
        help="Makes what comes out louder or softer; -24 to 24 dB.",
        rich_help_panel=SETTINGS,
    ),
]
ModelChoice = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="A name from dryspell models, or a model file (*.pt).",
        rich_help_panel=SETTINGS,
    ),
]
TargetC50 = Annotated[
    float | None,
    typer.Option(
        "--target-c50",
        metavar="DB",
        help="Find the strength at which each recording comes to this C50, such as 22.",
        rich_help_panel=SETTINGS,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        metavar=FLAG,
        help="Replace outputs that exist. Never the source.",
        rich_help_panel=OUTPUT,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        metavar=FLAG,
        help="One JSON document instead of text.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", metavar=FLAG, help="Say only what failed.", rich_help_panel=OUTPUT
    ),
]


def recipe_of(
    model: str | None,
    strength: float,
    mix: float,
    floor_db: float,
    focus: str,
    no_link: bool,
    gain_db: float,
) -> Recipe:
    """Return what the options ask for.

    Raises:
        typer.BadParameter: a value makes no sense.
    """
    try:
        shares = _three_numbers(focus)
        return Recipe(model, strength, mix, floor_db, shares, not no_link, gain_db=gain_db)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def target_of(c50_db: float | None) -> float | None:
    """Return the clarity that is asked for.

    Raises:
        typer.BadParameter: no recording can have it.
    """
    if c50_db is not None and not -_FURTHEST_C50_DB <= c50_db <= _FURTHEST_C50_DB:
        raise typer.BadParameter(
            f"--target-c50 must lie between {-_FURTHEST_C50_DB:g} and {_FURTHEST_C50_DB:g} dB, "
            f"got {c50_db:g}."
        )
    return c50_db


def _three_numbers(text: str) -> tuple[float, float, float]:
    """Return the numbers of "1,1,0.5"; whether they lie in their range is not asked."""
    try:
        low, mid, high = map(float, text.split(","))
    except ValueError:
        raise ValueError(
            f"focus must be three numbers from 0 to 1 with commas between, like 1,1,0.5; "
            f"got '{text}'."
        ) from None
    return low, mid, high
