"""Fixtures that all tests share."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch
from signals import noise

from processor.model import Model, ModelSpec

pytest_plugins = ["stores"]

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt starts: no screen is needed

TINY = ModelSpec(
    name="tiny",
    sample_rate=16000,
    hop_length=160,
    latency_samples=320,
    provenance={"made_by": "tests/conftest.py"},
)
"""A model with a known answer; see TinyNetwork."""

FAR = ModelSpec(name="far", sample_rate=48000, hop_length=24000, latency_samples=47000)
"""The same answer, by a model that is not for live sound: it hears nearly a second ahead."""


class TinyNetwork(torch.nn.Module):
    """Lowers everything by 20 dB * strength, at most down to floor_db; 320 samples late.

    So removed[i] = (1 - max(10 ** -strength, 10 ** (floor_db / 20))) * input[i - 320], to the
    last bit whatever the blocks, and what is left of a stream shows up in the next one. Of the
    focus it takes the middle number only; a link makes no difference to it.
    """

    def __init__(self, latency_samples: int = 320) -> None:
        super().__init__()
        self.latency_samples = latency_samples

    @torch.jit.export
    def initial_state(self, channels: int) -> list[torch.Tensor]:
        return [torch.zeros(channels, self.latency_samples)]

    def forward(
        self,
        waveform: torch.Tensor,
        state: list[torch.Tensor],
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        heard = torch.cat([state[0], waveform], 1)  # (channels, latency + samples)
        samples = waveform.shape[1]
        gain = max(10.0 ** (-strength), 10.0 ** (floor_db / 20.0))
        return focus[1] * (1.0 - gain) * heard[:, :samples], [heard[:, samples:].clone()]


def tiny_gain(strength: float, floor_db: float = -60.0) -> float:
    """Return by what the tiny model scales the audio at mix 1."""
    return float(max(10.0**-strength, 10.0 ** (floor_db / 20.0)))


def save_torchscript(module: torch.nn.Module, path: Path, spec_json: str | None) -> Path:
    """Script a module into a file, with or without a spec inside."""
    extra = {} if spec_json is None else {"spec.json": spec_json}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(module).save(str(path), _extra_files=extra)
    return path


@pytest.fixture(scope="session")
def tiny_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with a known answer, at 16 kHz."""
    path = tmp_path_factory.mktemp("models") / "tiny.pt"
    return save_torchscript(TinyNetwork().eval(), path, TINY.to_json())


@pytest.fixture(scope="session")
def tiny_model(tiny_model_path: Path) -> Model:
    """The loaded model with a known answer."""
    return Model.load(tiny_model_path)


@pytest.fixture(scope="session")
def far_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with a known answer, half a second a hop and nearly a second late."""
    path = tmp_path_factory.mktemp("models") / "far.pt"
    return save_torchscript(TinyNetwork(FAR.latency_samples).eval(), path, FAR.to_json())


@pytest.fixture(scope="session")
def far_model(far_model_path: Path) -> Model:
    """The loaded model that hears far ahead."""
    return Model.load(far_model_path)


@pytest.fixture(scope="session")
def bundled_model() -> Model:
    """The model that is shipped."""
    return Model.load()


@pytest.fixture
def session(qtbot: Any, tiny_model_path: Path) -> Iterator[Any]:
    """A window's session: a model with a known answer, a sound device that is not real."""
    from fake_sound import Device, fake_multimedia

    from desktop_app.player import Player
    from desktop_app.session import Session

    session = Session(Player(fake_multimedia(Device())))
    session.set_recipe(model=str(tiny_model_path))
    yield session
    session.shut_down()


@pytest.fixture
def window(qtbot: Any, session: Any, open_window: Any, tmp_path: Path) -> Any:
    """The window on that session, shown, with settings of its own."""
    from PyQt6.QtCore import QSettings

    from desktop_app.settings import Settings

    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    window = open_window(session, Settings(store))
    qtbot.waitExposed(window)
    window.activateWindow()
    return window


@pytest.fixture
def open_window(qtbot: Any, qapp: Any) -> Iterator[Callable[..., Any]]:
    """Shows a window on a session and settings, and closes it after the test, not before."""
    from desktop_app.main_window import MainWindow
    from desktop_app.theme import Appearance

    # pytest-qt remembers widgets weakly: one that falls with its test's last line ends unclosed.
    windows: list[Any] = []

    def open_one(session: Any, settings: Any) -> Any:
        windows.append(MainWindow(session, settings, Appearance(qapp, "dark")))
        windows[-1].show()
        return windows[-1]

    yield open_one
    for window in windows:
        # Nobody is there to answer whether settings may be lost.
        window.close_now()
        window.deleteLater()


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A recording of ten seconds: stereo, 16 kHz, 24 bit."""
    path = tmp_path / "take 1.wav"
    soundfile.write(path, noise(2, 10 * 16_000).T, 16_000, subtype="PCM_24")
    return path


@pytest.fixture
def two_takes(tmp_path: Path) -> list[Any]:
    """The entries of two recordings of a second."""
    from desktop_app.file_list import FileEntry
    from processor import Recipe, probe

    paths = [tmp_path / "1.wav", tmp_path / "2.wav"]
    for path in paths:
        soundfile.write(path, noise(1, 16_000).T, 16_000)
    return [FileEntry(path, Recipe(), saved=None, info=probe(path)) for path in paths]


@pytest.fixture
def ready(window: Any, take: Path, qtbot: Any) -> Any:
    """The window with that recording, rendered."""
    from desktop_app.session import State

    window.open_file(take)
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    return window


@pytest.fixture
def work(ready: Any) -> Any:
    """The page of that recording, drawn."""
    from PyQt6.QtWidgets import QApplication

    QApplication.processEvents()
    return ready.workspace
