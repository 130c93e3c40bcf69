"""What is remembered comes back, and nonsense in the store does no harm."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QByteArray, QPoint, QSettings

from desktop_app.export_plan import ExportWish
from desktop_app.settings import MOST_RECENT_FILES, Settings


@pytest.fixture
def store(tmp_path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_recent_files_are_newest_first_without_doubles(store, tmp_path):
    files = [tmp_path / f"{number}.wav" for number in range(MOST_RECENT_FILES + 2)]
    for file in files:
        file.touch()
        Settings(store).add_recent_file(file)
    Settings(store).add_recent_file(files[5])
    store.sync()
    recent = Settings(store).recent_files
    assert recent[0] == files[5] and len(recent) == len(set(recent)) == MOST_RECENT_FILES


def test_one_recent_file_comes_back_from_the_disk(store, tmp_path):
    (tmp_path / "only.wav").touch()
    Settings(store).add_recent_file(tmp_path / "only.wav")
    store.sync()
    again = QSettings(store.fileName(), QSettings.Format.IniFormat)
    assert Settings(again).recent_files == [tmp_path / "only.wav"]


@pytest.mark.parametrize("stored, theme", [("light", "light"), ("pink", "system")])
def test_only_known_themes_are_believed(store, stored, theme):
    store.setValue("theme", stored)
    assert Settings(store).theme == theme


@pytest.mark.parametrize(
    "nonsense",
    [
        5,
        True,
        None,
        [1, 2],
        [["x"]],
        [None],
        {"a": 1},
        QByteArray(b"x"),
        QPoint(1, 2),
        ["x" * 5000],
    ],
    ids=lambda value: repr(value)[:20],
)
def test_nonsense_counts_as_not_there(store, nonsense):
    for key in ("recent_files", "theme", "folder", "geometry", "model", "model_files"):
        store.setValue(key, nonsense)
    for key in ("removed", "depth", "rate", "suffix", "template", "existing"):
        store.setValue(f"export_{key}", [nonsense])
    settings = Settings(store)
    assert settings.recent_files == [] and settings.theme == "system" and settings.folder == ""
    assert settings.export_wish == ExportWish()
    assert settings.model is None and settings.model_files == []


def test_a_folder_that_is_gone_is_forgotten(store, tmp_path):
    settings = Settings(store)
    settings.folder = tmp_path
    assert settings.folder == str(tmp_path)
    settings.folder = tmp_path / "gone"
    assert settings.folder == ""


def test_the_choice_about_the_removed_part_is_kept(store):
    assert Settings(store).export_wish.with_removed is False
    Settings(store).export_wish = ExportWish(with_removed=True)
    assert Settings(store).export_wish.with_removed is True


@pytest.mark.parametrize("model", [None, "studio", "/folder/mine.pt"])
def test_the_chosen_model_is_kept(store, model):
    Settings(store).model = model
    assert Settings(store).model == model


def test_model_files_that_are_gone_are_forgotten(store, tmp_path):
    (tmp_path / "there.pt").touch()
    Settings(store).model_files = [str(tmp_path / "there.pt"), str(tmp_path / "gone.pt")]
    assert Settings(store).model_files == [str(tmp_path / "there.pt")]
