"""Presets: named settings, those that come with the program and the user's own.

Each is a small TOML file. What it does not name stays as it is; the model is never part of one.
"""

import itertools
import json
import logging
import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from processor import Recipe

from .icons import resource

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

log = logging.getLogger(__name__)

SETTINGS = ("strength", "mix", "floor_db", "focus", "link", "gain_db")
LONGEST_NAME = 60
ENDING = ".toml"


class PresetError(ValueError):
    """A preset that cannot be read, or a name that cannot be used. Says what, which, remedy."""


@dataclass(frozen=True)
class Preset:
    """Settings with a name.

    Attributes:
        name: As it is shown.
        settings: What of a Recipe it sets.
        note: One sentence on what it is for.
        path: The file it was read from.
        is_own: Whether it is the user's, and may be renamed and deleted.
    """

    name: str
    settings: dict[str, Any]
    note: str = ""
    path: Path | None = None
    is_own: bool = False

    def fits(self, recipe: Recipe) -> bool:
        """Whether the recipe is set so already."""
        return replace(recipe, **self.settings) == recipe


def factory_folder() -> Path:
    """Where the presets lie that come with the program."""
    return Path(str(resource("presets")))


def own_folder() -> Path:
    """Where the user's own presets are kept."""
    return user_data_path("Dryspell", appauthor=False) / "presets"


class Presets:
    """All presets there are.

    Args:
        factory: Folder of those that come with the program.
        own: Folder of the user's; made when it is needed.
    """

    def __init__(self, factory: Path | None = None, own: Path | None = None) -> None:
        self.factory = factory or factory_folder()
        self.own = own or own_folder()

    def read(self) -> tuple[list[Preset], list[str]]:
        """All presets, the program's first, each part by its name; and what could not be read."""
        found, problems = [], []
        for folder, is_own in ((self.factory, False), (self.own, True)):
            part = []
            for path in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []:
                try:
                    part.append(read_preset(path, is_own))
                except PresetError as error:
                    log.warning("%s", error)
                    problems.append(str(error))
            found += sorted(part, key=lambda preset: preset.name.casefold()) if is_own else part
        return found, problems

    def save(self, name: str, recipe: Recipe) -> Preset:
        """Keep the settings of this recipe under a name, in place of an own preset of that name.

        Raises:
            PresetError: The name cannot be used, or the file cannot be written.
        """
        name = self._checked(name)
        settings = {key: getattr(recipe, key) for key in SETTINGS}
        same = self._own_called(name)
        path = same.path if same else self._free_path(name)
        preset = Preset(name, settings, path=path, is_own=True)
        self._write(preset)
        return preset

    def rename(self, preset: Preset, name: str) -> Preset:
        """Give an own preset another name.

        Raises:
            PresetError: The name cannot be used or is taken, or the file cannot be written.
        """
        name = self._checked(name)
        same = self._own_called(name)
        if same is not None and same.path != preset.path:
            raise PresetError(f"There is a preset '{same.name}' already. Choose another name.")
        renamed = replace(preset, name=name)
        self._write(renamed)
        return renamed

    def delete(self, preset: Preset) -> None:
        """Remove an own preset; one that is gone already is no error.

        Raises:
            PresetError: The file cannot be removed.
        """
        try:
            preset.path.unlink(missing_ok=True)
        except OSError as error:
            raise _refusal("delete", preset.path, error) from error

    def _checked(self, name: str) -> str:
        name = " ".join(name.split())
        if not name or not name.isprintable():
            raise PresetError("A preset needs a name of letters that can be seen. Type one.")
        if len(name) > LONGEST_NAME:
            raise PresetError(
                f"The name has {len(name)} letters. Choose one of at most {LONGEST_NAME}."
            )
        known, _ = self.read()
        if any(not each.is_own and each.name.casefold() == name.casefold() for each in known):
            raise PresetError(f"'{name}' comes with Dryspell and stays. Choose another name.")
        return name

    def _own_called(self, name: str) -> Preset | None:
        known, _ = self.read()
        own = (each for each in known if each.is_own)
        return next((each for each in own if each.name.casefold() == name.casefold()), None)

    def _free_path(self, name: str) -> Path:
        # A plain stem that every system takes; the name itself stands inside.
        stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or "preset"
        tails = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
        paths = (self.own / f"my-{stem}{tail}{ENDING}" for tail in tails)
        return next(path for path in paths if not path.exists())

    def _write(self, preset: Preset) -> None:
        lines = [f"name = {_toml(preset.name)}"]
        if preset.note:
            lines.append(f"note = {_toml(preset.note)}")
        lines += [f"{key} = {_toml(value)}" for key, value in preset.settings.items()]
        part = preset.path.with_suffix(".part")
        try:
            preset.path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text("\n".join(lines) + "\n", encoding="utf-8")
            os.replace(part, preset.path)
        except OSError as error:
            raise _refusal("write", preset.path, error) from error


def read_preset(path: Path, is_own: bool = False) -> Preset:
    """The preset in this file.

    Raises:
        PresetError: It is no preset.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        name, note = values.pop("name", path.stem), values.pop("note", "")
        if not isinstance(name, str) or not isinstance(note, str):
            raise ValueError("name and note must be text")
        unknown = sorted(set(values) - set(SETTINGS))
        if unknown:
            raise ValueError(f"it has no setting '{unknown[0]}'")
        recipe = Recipe(**values)
    except OSError as error:
        raise _refusal("read", path, error) from error
    except (ValueError, TypeError) as error:
        raise PresetError(
            f"Cannot use the preset '{path}': {str(error).rstrip('.')}. Correct the file, or "
            "delete it."
        ) from error
    settings = {key: getattr(recipe, key) for key in values}
    return Preset(name, settings, note, path, is_own)


def _refusal(verb: str, path: Path, error: OSError) -> PresetError:
    return PresetError(
        f"Cannot {verb} the preset '{path}': {error.strerror or error}. "
        "Look whether you may change this folder."
    )


def _toml(value: object) -> str:
    """Text, truth values, numbers and lists are written in TOML as in JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
