"""Which models one can choose from: those that are installed, and files that were opened."""

import gc
import os
from dataclasses import dataclass
from pathlib import Path

from processor import DereverbError, Model, ModelSpec
from processor.model_files import DEFAULT_MODEL, installed_models
from processor.model_spec import read_spec

MOST_FILES = 6


@dataclass(frozen=True)
class ModelChoice:
    """One model as the window shows it.

    Attributes:
        source: What a Recipe takes: a name, a path, or None for the default model.
        title: Its name, if it is installed, else the file's.
        path: Where it lies.
        spec: What it says of itself; None where it cannot be read.
    """

    source: str | None
    title: str
    path: Path
    spec: ModelSpec | None

    @property
    def remark(self) -> str:
        """What it is for, to stand after its title."""
        if self.spec is None:
            return "cannot be read"
        if self.spec.suits_live:
            return "for live sound and files"
        return f"for files, hears {self.spec.delay_s:.1f} s ahead"


def load_first(model: str | None) -> Model:
    """The first model of a process, with all that it brings along.

    What comes with it stays for good. Were the collector of unused objects to look through it, now
    or later, the window would stand still for more than a tenth of a second each time.

    Raises:
        ModelError: It cannot be loaded.
    """
    gc.disable()
    try:
        return Model.load(model)
    finally:
        gc.freeze()
        gc.enable()


class Models:
    """The models that can be chosen.

    Attributes:
        files: Model files that were opened, the newest first.
    """

    def __init__(self) -> None:
        self.files: list[str] = []

    def add(self, source: str | None) -> None:
        """Remember what was chosen, if it is a file."""
        if source is not None and source not in installed_models():
            self.files = [source, *(file for file in self.files if file != source)][:MOST_FILES]

    def choices(self, current: str | None) -> list[ModelChoice]:
        """What can be read of all of them, and the current one in any case."""
        installed = [
            _choice(None if name == DEFAULT_MODEL else name, title_of(name), path)
            for name, path in installed_models().items()
        ]
        sources = [choice.source for choice in installed]
        files = sorted(self.files, key=os.path.basename)
        if current is not None and current not in (*sources, *files):
            files.append(current)
        opened = [_choice(source, os.path.basename(source), Path(source)) for source in files]
        found = [*installed, *opened]
        return [choice for choice in found if choice.spec or choice.source == current]


def title_of(name: str) -> str:
    """How the window writes the name of an installed model."""
    return name.capitalize()


def _choice(source: str | None, title: str, path: Path) -> ModelChoice:
    try:
        return ModelChoice(source, title, path, read_spec(path))
    except DereverbError:
        return ModelChoice(source, title, path, None)
