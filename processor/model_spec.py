"""What a model file says of itself; read here without torch, which takes seconds to import."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from processor.errors import ModelError

FORMAT_VERSION = 2
"""The newest layout of model files that this version can read; 2 brought focus and link."""
LONGEST_LIVE_DELAY_S = 0.1
"""What a conversation bears."""


@dataclass(frozen=True)
class ModelSpec:
    """What a model file says of itself.

    Attributes:
        name: short name of the model.
        sample_rate: the rate at which it works [Hz].
        hop_length: it takes whole multiples of this many samples.
        latency_samples: its output belongs to the input so many samples ago.
        format_version: layout of the file.
        parameters: number of trained weights.
        provenance: how it was made: data, hours, commands, figures.
        sha256: of the whole file; filled in by the loader.
    """

    name: str
    sample_rate: int
    hop_length: int
    latency_samples: int
    format_version: int = FORMAT_VERSION
    parameters: int = 0
    provenance: Mapping[str, Any] = field(default_factory=dict, hash=False)
    sha256: str = ""

    @property
    def stamp(self) -> str:
        """Name and beginning of the checksum: what is written into outputs."""
        return f"{self.name}-{self.sha256[:12]}"

    @property
    def delay_s(self) -> float:
        """How long live sound waits at most, for the latency and for a hop to be full [s]."""
        return (self.latency_samples + self.hop_length - 1) / self.sample_rate

    @property
    def suits_live(self) -> bool:
        """Whether live sound may wait so long."""
        return self.delay_s <= LONGEST_LIVE_DELAY_S

    @property
    def has_focus_and_link(self) -> bool:
        """Whether the network takes `focus` and `link`."""
        return self.format_version >= 2

    @property
    def purpose(self) -> str:
        """What the model can be used for."""
        return "live sound and files" if self.suits_live else "files"

    def to_json(self) -> str:
        """Return the text of `spec.json`: everything but the checksum of the file around it."""
        values = {name: value for name, value in vars(self).items() if name != "sha256"}
        return json.dumps({**values, "provenance": dict(self.provenance)}, indent=2)

    @classmethod
    def from_json(cls, text: str | bytes, sha256: str = "") -> ModelSpec:
        """Return the spec written in `text`.

        Raises:
            ValueError: the text is no JSON object, or an entry is missing or makes no sense.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("its spec is not a JSON object")
        try:
            spec = cls(
                name=str(values["name"]),
                sample_rate=int(values["sample_rate"]),
                hop_length=int(values["hop_length"]),
                latency_samples=int(values["latency_samples"]),
                format_version=int(values["format_version"]),
                parameters=int(values.get("parameters", 0)),
                provenance=dict(values.get("provenance", {})),
                sha256=sha256,
            )
        except KeyError as error:
            raise ValueError(f"its spec has no entry {error}") from error
        except TypeError as error:
            raise ValueError(f"its spec holds a value of the wrong kind ({error})") from error
        if spec.sample_rate <= 0 or spec.hop_length <= 0 or spec.latency_samples < 0:
            raise ValueError("its spec holds an impossible rate, hop or latency")
        return spec


def read_spec(path: str | os.PathLike[str]) -> ModelSpec:
    """Return the spec inside a model file, without its checksum. The network is not looked at.

    Raises:
        ModelError: the file is missing or is no model of ours.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if name.endswith("/extra/spec.json")]
            if not inside:
                refuse_model(path, "it has no spec.json inside, so another program made it")
            return ModelSpec.from_json(archive.read(inside[0]))
    except OSError as error:
        refuse_unreadable(path, error)
    except (zipfile.BadZipFile, EOFError, RuntimeError) as error:  # the last of odd compressions
        refuse_model(path, "it is not a TorchScript file", error)
    except ValueError as error:
        refuse_model(path, str(error), error)


def refuse_unreadable(path: Path, error: OSError) -> NoReturn:
    """Raise a ModelError about a file that the system does not give out."""
    raise ModelError(
        f"Cannot read the model '{path}': {error.strerror or error}. Name a model file (*.pt), "
        "or one that is installed: see dryspell models."
    ) from error


def refuse_model(path: Path, why: str, cause: Exception | None = None) -> NoReturn:
    """Raise a ModelError about a file that is no model."""
    raise ModelError(
        f"'{path}' is not a Dryspell model: {why}. Use a file written by training.export."
    ) from cause
