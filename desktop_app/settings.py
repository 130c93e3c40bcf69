"""What is remembered from one run to the next, in Qt's settings store.

The store is a file that anything may have written to: what makes no sense counts as not there.
"""

import os
from pathlib import Path
from typing import get_args

from PyQt6.QtCore import QByteArray, QSettings

from processor.audio_format import CONTAINERS
from processor.delivery import DEPTHS, RATES, Delivery
from processor.plan import Existing

from .export_plan import DEFAULT_TEMPLATE, ExportWish

MOST_RECENT_FILES = 8


class Settings:
    """Window, theme, model and recent files.

    Args:
        store: Where they are kept; the application's own by default. Tests pass a file.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings("Dryspell", "Dryspell")

    @property
    def recent_files(self) -> list[Path]:
        """Files opened lately, the newest first; those that are gone are left out."""
        return self._files("recent_files")

    def add_recent_file(self, path: Path) -> None:
        path = path.resolve()
        files = [path, *(known for known in self.recent_files if known != path)]
        self._store.setValue("recent_files", [str(file) for file in files[:MOST_RECENT_FILES]])

    @property
    def theme(self) -> str:
        """One of "system", "light" and "dark"."""
        name = self._store.value("theme", "system")
        return name if name in ("system", "light", "dark") else "system"

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def model(self) -> str | None:
        """Name or file of the model that was chosen last; None for the default."""
        stored = self._store.value("model", "")
        return stored if isinstance(stored, str) and stored else None

    @model.setter
    def model(self, model: str | None) -> None:
        self._store.setValue("model", model or "")

    @property
    def model_files(self) -> list[str]:
        """Model files opened lately, the newest first; those that are gone are left out."""
        return [str(path) for path in self._files("model_files")]

    @model_files.setter
    def model_files(self, files: list[str]) -> None:
        self._store.setValue("model_files", files)

    @property
    def folder(self) -> str:
        """Where the last file was opened; an empty string at first."""
        name = str(self._store.value("folder", ""))
        return name if os.path.isdir(name) else ""

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._store.setValue("folder", str(folder))

    @property
    def look(self) -> dict[str, str]:
        """How the recording is drawn, as texts by name; see look.Look."""
        self._store.beginGroup("look")
        texts = {name: str(self._store.value(name)) for name in self._store.childKeys()}
        self._store.endGroup()
        return texts

    @look.setter
    def look(self, texts: dict[str, str]) -> None:
        for name, text in texts.items():
            self._store.setValue(f"look/{name}", text)

    @property
    def advanced_open(self) -> bool:
        """Whether the advanced settings are in sight."""
        return self._store.value("advanced_open") in (True, "true")

    @advanced_open.setter
    def advanced_open(self, is_open: bool) -> None:
        self._store.setValue("advanced_open", is_open)

    @property
    def export_wish(self) -> ExportWish:
        """How it was exported the last time; the folder is asked for anew."""
        suffix, existing = self._text("export_suffix"), self._text("export_existing")
        subtype, rate = self._text("export_depth"), self._text("export_rate")
        return ExportWish(
            template=self._text("export_template") or DEFAULT_TEMPLATE,
            suffix=suffix if suffix in CONTAINERS else None,
            delivery=Delivery(
                subtype if subtype in DEPTHS else None,
                int(rate) if rate in map(str, RATES) else None,
            ),
            # Text in some backends, and with type=bool PyQt raises for what is neither.
            with_removed=self._store.value("export_removed") in (True, "true"),
            existing=existing if existing in get_args(Existing) else "refuse",
        )

    @export_wish.setter
    def export_wish(self, wish: ExportWish) -> None:
        self._store.setValue("export_template", wish.template)
        self._store.setValue("export_suffix", wish.suffix or "")
        self._store.setValue("export_existing", wish.existing)
        self._store.setValue("export_depth", wish.delivery.subtype or "")
        self._store.setValue("export_rate", str(wish.delivery.sample_rate or ""))
        self._store.setValue("export_removed", wish.with_removed)

    def _text(self, key: str) -> str:
        stored = self._store.value(key, "")
        return stored if isinstance(stored, str) else ""

    @property
    def geometry(self) -> QByteArray | None:
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._store.setValue("geometry", geometry)

    def _files(self, key: str) -> list[Path]:
        """What is stored there, without what is no file any more."""
        stored = self._store.value(key, [])
        # A list of one comes back as a plain string from some backends.
        names = stored if isinstance(stored, list) else [stored]
        # os.path and not Path: a name that no system would take is no file, and no error.
        return [Path(name) for name in names if isinstance(name, str) and os.path.isfile(name)]
