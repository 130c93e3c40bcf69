"""The models that come with Dryspell, by name, and where a model lies that somebody names."""

from __future__ import annotations

import os
from pathlib import Path

from processor.errors import ModelError

MODELS = Path(__file__).parents[1] / "resources"
DEFAULT_MODEL = "live"


def installed_models() -> dict[str, Path]:
    """Return the model files that are installed, by name; the one used by default comes first."""
    found = {path.stem: path for path in sorted(MODELS.glob("*.pt"))}
    default = {name: found.pop(name) for name in (DEFAULT_MODEL,) if name in found}
    return {**default, **found}


def model_file(model: str | os.PathLike[str] | None) -> tuple[str | None, Path]:
    """Return the name, if it is an installed one, and the file of the model that is meant.

    Args:
        model: a name ("live"), the path of a model file, or None for the default. What has no
            folder and no ending is taken for a name, unless only a file is called so.

    Raises:
        ModelError: no such name is installed. Whether a file is there is not asked.
        TypeError: neither a string nor a path.
    """
    installed = installed_models()
    if model is None and DEFAULT_MODEL not in installed:
        raise ModelError(
            f"The bundled model '{MODELS / DEFAULT_MODEL}.pt' is missing. Install Dryspell again, "
            "or name a model file."
        )
    place = DEFAULT_MODEL if model is None else model
    place = os.fspath(place) if isinstance(place, os.PathLike) else place
    if not isinstance(place, str):
        raise TypeError(
            f"model must be a name, a path, a Model or None, got {model!r}. "
            f"Installed: {', '.join(installed)}."
        )
    if "\0" in place:
        raise ModelError(f"No model file can be called {place!r}. Name one without NUL characters.")
    if place in installed:
        return place, installed[place]
    looks_like_a_name = os.path.basename(place) == place and not os.path.splitext(place)[1]
    if looks_like_a_name and not os.path.exists(place):
        raise ModelError(
            f"No model '{place}' is installed; there is {' and '.join(installed) or 'none'}. "
            "Name one of these, or a model file (*.pt)."
        )
    return None, Path(place)
