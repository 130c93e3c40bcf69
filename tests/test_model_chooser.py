"""The window takes a second model: it is chosen, remembered, and refused if it is none."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import FAR, tiny_gain
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication, QFileDialog
from signals import noise

from desktop_app.models import MOST_FILES, Models
from desktop_app.session import Kind, Session, State
from desktop_app.settings import Settings
from processor import Model
from processor.audio_file import read_tags

PATIENCE_MS = 30_000


@pytest.fixture(autouse=True)
def installed(tmp_path_factory, monkeypatch, tiny_model_path) -> Path:
    """A folder of installed models that holds the default one alone."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copy(tiny_model_path, folder / "live.pt")
    monkeypatch.setattr("processor.model_files.MODELS", folder)
    return folder


@pytest.fixture
def session(session) -> Session:
    """A session with the default model."""
    session.set_recipe(model=None)
    return session


@pytest.fixture
def chooser(ready):
    return ready.workspace.treatment.model


def titles(chooser) -> list[str]:
    """What the menu offers, without the remarks."""
    chooser._fill()
    return [entry.text().split("\t")[0] for entry in chooser.menu.actions() if entry.text()]


def choose(chooser, title: str) -> None:
    chooser._fill()
    for entry in chooser.menu.actions():
        if entry.text().startswith(title):
            entry.trigger()


def wait_for(qtbot, session: Session, model: str | None) -> None:
    """Until the recording is rendered with this model."""
    qtbot.waitUntil(lambda: session.recipe.model == model, timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: session.state is State.READY and session.rendering.recipe.model == model,
        timeout=PATIENCE_MS,
    )


def test_one_model_is_no_choice(chooser):
    assert not chooser.isVisible()


def test_a_second_installed_model_can_be_chosen_and_is_heard(
    ready, chooser, qtbot, installed, far_model_path
):
    shutil.copy(far_model_path, installed / "studio.pt")
    ready.session.models_changed.emit()
    assert chooser.isVisible() and chooser.button.text() == "Live"
    assert titles(chooser) == ["Live", "Studio", "Open model file…"]
    before = ready.session.rendering
    choose(chooser, "Studio")
    wait_for(qtbot, ready.session, "studio")
    assert ready.session.rendering is not before
    assert chooser.button.text() == "Studio"
    assert chooser.remark.text() == f"For files, hears {FAR.delay_s:.1f} s ahead"


def test_a_model_file_is_opened_from_the_menu_and_offered_again(
    ready, chooser, qtbot, far_model_path, monkeypatch
):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(far_model_path), ""))
    ready.dialogs.ask_for_model()
    wait_for(qtbot, ready.session, str(far_model_path))
    assert chooser.isVisible() and chooser.button.text() == "far.pt"
    choose(chooser, "Live")
    wait_for(qtbot, ready.session, None)
    assert titles(chooser) == ["Live", "far.pt", "Open model file…"]


def test_a_model_that_is_dropped_is_used(ready, qtbot, far_model_path):
    ready.open_paths([far_model_path])
    wait_for(qtbot, ready.session, str(far_model_path))


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_file_that_is_no_model_is_told_and_the_old_one_stays(
    ready, chooser, qtbot, tmp_path, content
):
    path = tmp_path / "song.pt"
    if content is not None:
        path.write_bytes(content)
    before = ready.session.rendering
    with qtbot.waitSignal(ready.session.noticed) as told:
        ready.open_model(path)
    assert told.args[0].kind is Kind.ERROR and "song.pt" in told.args[0].text
    assert ready.notice.isVisible()
    assert ready.session.recipe.model is None and ready.session.rendering is before
    assert ready.session.state is State.READY and not chooser.isVisible()


def test_the_choice_is_remembered(ready, qtbot, far_model_path, open_window):
    ready.open_model(far_model_path)
    wait_for(qtbot, ready.session, str(far_model_path))
    again = open_window(Session(), ready.settings)
    assert again.session.recipe.model == str(far_model_path)
    assert again.workspace.treatment.model.button.text() == "far.pt"


@pytest.mark.parametrize("content", [None, b"half a model"])
@pytest.mark.parametrize("name", ["gone.pt", "studio"])
def test_a_remembered_model_that_is_gone_gives_way_with_a_notice(
    qtbot, open_window, tmp_path, installed, content, name
):
    stored = str(tmp_path / name) if name.endswith(".pt") else name
    if content is not None:
        (tmp_path / name if name.endswith(".pt") else installed / f"{name}.pt").write_bytes(content)
    settings = Settings(QSettings(str(tmp_path / "x.ini"), QSettings.Format.IniFormat))
    settings.model = stored
    window = open_window(Session(), settings)
    with qtbot.waitSignal(window.session.noticed, timeout=PATIENCE_MS) as told:
        window.session.loading.load()
    assert name in told.args[0].text and "'Live' is used instead" in told.args[0].text
    assert window.session.recipe.model is None and settings.model is None


def test_from_a_model_that_vanishes_one_can_go_back(
    ready, chooser, qtbot, tmp_path, far_model_path
):
    path = shutil.copy(far_model_path, tmp_path / "mine.pt")
    ready.open_model(Path(path))
    wait_for(qtbot, ready.session, str(path))
    Path(path).unlink()
    ready.session.set_recipe(strength=0.5)
    qtbot.waitUntil(lambda: ready.session.state is State.UNTREATED, timeout=PATIENCE_MS)
    ready.session.models_changed.emit()
    assert chooser.isVisible() and chooser.remark.text() == "Cannot be read"
    choose(chooser, "Live")
    wait_for(qtbot, ready.session, None)


@pytest.mark.parametrize("name", ["a & b.pt", "two\nlines.pt", "tab\tbed.pt", "W" * 200 + ".pt"])
def test_any_name_of_a_model_fits(ready, chooser, qtbot, tmp_path, far_model_path, name):
    path = shutil.copy(far_model_path, tmp_path / name)
    ready.open_model(Path(path))
    wait_for(qtbot, ready.session, str(path))
    ready.resize(ready.minimumSize())
    QApplication.processEvents()
    panel = ready.workspace.treatment
    assert panel.minimumSizeHint().width() <= panel.width()
    assert panel.minimumSizeHint().height() <= panel.height()
    chooser._fill()
    assert all(len(entry.text()) < 130 for entry in chooser.menu.actions())
    assert all(entry.text().count("\t") <= 1 for entry in chooser.menu.actions())


@pytest.mark.parametrize("seconds", [0.1, 1.0, 12.3])
def test_a_model_that_hears_far_ahead_renders_and_exports_to_the_sample(
    session, qtbot, tmp_path, far_model_path, seconds
):
    waveform = noise(2, round(48_000 * seconds))
    soundfile.write(tmp_path / "take.wav", waveform.T, 48_000, subtype="FLOAT")
    session.loading.choose(str(far_model_path))
    qtbot.waitUntil(lambda: session.recipe.model is not None, timeout=PATIENCE_MS)
    session.open(tmp_path / "take.wav")
    qtbot.waitUntil(lambda: session.state is State.READY, timeout=PATIENCE_MS)
    rendered = session.rendering.samples(0, waveform.shape[1])
    np.testing.assert_allclose(rendered, tiny_gain(1.0) * waveform, atol=1e-6)
    with qtbot.waitSignal(session.exporter.succeeded, timeout=PATIENCE_MS):
        session.export(tmp_path / "dry.wav")
    exported = soundfile.read(tmp_path / "dry.wav", dtype="float32", always_2d=True)[0].T
    np.testing.assert_allclose(exported, rendered, atol=1e-6)
    assert " far-" in read_tags(tmp_path / "dry.wav")["software"]


def test_only_so_many_files_are_kept_the_newest_first(installed):
    models = Models()
    for number in range(MOST_FILES + 2):
        models.add(f"/x/{number}.pt")
    models.add(None)
    models.add("live")
    assert models.files[0] == f"/x/{MOST_FILES + 1}.pt" and len(models.files) == MOST_FILES


@pytest.mark.parametrize("meanwhile", ["undone", "left"])
def test_a_model_that_is_loaded_too_late_is_not_used(
    ready, qtbot, far_model_path, tmp_path, monkeypatch, meanwhile
):
    """Undone, or another recording was opened, before it was there."""
    session, files = ready.session, ready.files
    soundfile.write(tmp_path / "other.wav", noise(1, 16_000).T, 16_000)
    files.list.add([tmp_path / "other.wav"], session.recipe)
    session.set_recipe(strength=0.5)
    may_load = threading.Event()
    load = Model.load
    monkeypatch.setattr(Model, "load", lambda model: may_load.wait(30) and load(model))
    session.loading.choose(str(far_model_path))
    if meanwhile == "undone":
        session.history.undo()
    else:
        files.step(1)
    with qtbot.waitSignal(session.models_changed, timeout=PATIENCE_MS):
        may_load.set()
    assert session.recipe.model is None
    assert all(entry.recipe.model is None for entry in files.list.entries)
    assert far_model_path in map(Path, session.models.files)


def test_a_model_that_is_undone_does_not_come_back_at_the_next_start(
    ready, qtbot, far_model_path, tmp_path
):
    ready.session.loading.choose(str(far_model_path))
    wait_for(qtbot, ready.session, str(far_model_path))
    assert ready.settings.model == str(far_model_path)
    ready.session.history.undo()
    assert ready.settings.model is None
