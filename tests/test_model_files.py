"""Models by name: those installed, those in files, and what is said of all others."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
import soundfile
from signals import noise

from processor.audio_file import read_tags
from processor.cli import main
from processor.dereverb import Dereverb
from processor.errors import ModelError
from processor.model import Model
from processor.model_files import installed_models, model_file
from processor.model_spec import read_spec


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model_path: Path) -> Path:
    """A folder of installed models: live, studio and another."""
    folder = tmp_path / "installed"
    folder.mkdir()
    for name in ("another", "live", "studio"):
        shutil.copy(tiny_model_path, folder / f"{name}.pt")
    monkeypatch.setattr("processor.model_files.MODELS", folder)
    return folder


def test_what_is_shipped_has_a_default() -> None:
    assert next(iter(installed_models())) == "live"


def test_installed_models_are_listed_the_default_first(installed: Path) -> None:
    assert list(installed_models()) == ["live", "another", "studio"]


def test_none_is_the_default(installed: Path) -> None:
    assert model_file(None) == model_file("live") == ("live", installed / "live.pt")


@pytest.mark.parametrize(
    "path", ["mine.pt", "folder/mine", "./studio", "studio.pt", Path("folder/studio.pt")]
)
def test_what_looks_like_a_path_is_one(installed: Path, path: str | Path) -> None:
    assert model_file(path) == (None, Path(path))


def test_a_file_without_an_ending_is_found(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").touch()
    (tmp_path / "studio").touch()
    assert model_file("mine") == (None, Path("mine"))
    assert model_file("studio") == ("studio", installed / "studio.pt")  # an installed name wins


@pytest.mark.parametrize("name", ["stduio", "", "."])
def test_a_name_that_is_not_installed_is_told_with_those_that_are(
    installed: Path, name: str
) -> None:
    with pytest.raises(ModelError, match=r"live and another and studio|Cannot read the model"):
        Model.load(name)


@pytest.mark.parametrize("model", [3, b"live", True, ["live"]])
def test_what_is_neither_name_nor_path_is_refused(model: object) -> None:
    with pytest.raises(TypeError, match="model must be a name, a path"):
        Dereverb(model)  # type: ignore[arg-type]


def test_a_name_with_a_nul_is_told_readably() -> None:
    with pytest.raises(ModelError, match=r"'a\\x00b'"):
        Model.load("a\0b")


def test_a_model_travels_as_its_name(installed: Path) -> None:
    model = Model.load("studio")
    assert (model.source, Model.load("live").source) == ("studio", None)
    assert pickle.loads(pickle.dumps(model)) is model is Model.load("studio")


def test_a_spec_is_read_without_the_network(tiny_model_path: Path) -> None:
    spec = read_spec(tiny_model_path)
    assert (spec.name, spec.latency_samples) == ("tiny", 320)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04" + bytes(100), b"RIFF....WAVE"])
def test_a_file_without_a_spec_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "song.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"song\.pt"):
        read_spec(path)


def test_who_waits_for_a_model_is_told(tiny_model: Model, far_model: Model) -> None:
    assert tiny_model.spec.purpose == "live sound and files"
    assert far_model.spec.purpose == "files"


def test_the_command_line_lists_what_is_installed(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models"]) == 0
    title, first, *others = capsys.readouterr().out.splitlines()
    assert title.split() == ["NAME", "FOR", "LATENCY", "HOP", "RATE", "PARAMETERS"]
    assert first.startswith("live") and "20 ms" in first and "16 kHz" in first
    assert [line.split()[0] for line in others] == ["another", "studio"]
    assert main(["models", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert [model["name"] for model in models] == ["live", "another", "studio"]
    assert models[2]["for"] == "live sound and files"


def test_a_damaged_installation_is_told(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installed / "studio.pt").write_bytes(b"half")
    assert main(["models"]) == 2
    assert "studio.pt" in capsys.readouterr().err


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "take.wav"
    soundfile.write(path, noise(1, 4000).T, 16000)
    return path


def test_the_command_line_takes_a_name_and_stamps_it(
    installed: Path, take: Path, far_model_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(far_model_path, installed / "studio.pt")
    assert main(["process", str(take), "--model", "studio", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["recipe"]["model"] == "studio"
    stamp = document["results"][0]["model"]
    assert stamp.startswith("far-")
    assert stamp in read_tags(take.with_name("take_dry.wav"))["software"]


def test_without_a_name_the_default_is_stamped(
    installed: Path, take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["process", str(take), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recipe"]["model"] == "live"


def test_the_command_line_refuses_a_name_that_is_not_installed(
    installed: Path, take: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (installed / "studio.pt").unlink()
    assert main(["process", str(take), "--model", "studio"]) == 2
    assert "No model 'studio' is installed; there is live and another." in capsys.readouterr().err
    assert not take.with_name("take_dry.wav").exists()
