"""The dialogs for exporting: what they propose, offer, refuse and remember."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import soundfile
from PyQt6.QtCore import QSettings
from signals import noise

from desktop_app.export_plan import ExportWish, room_beside
from desktop_app.file_list import FileEntry
from desktop_app.settings import Settings
from desktop_app.views.export_dialog import ExportDialog
from processor import Recipe, probe
from processor.delivery import AS_SOURCE, Delivery


@pytest.fixture
def dialog(qtbot, take):
    """The dialog for one recording."""
    return ask(qtbot, entry_of(take))


def entry_of(path: Path) -> FileEntry:
    return FileEntry(path, Recipe(), saved=None, info=probe(path))


def ask(qtbot, *entries: FileEntry, wish: ExportWish = ExportWish()) -> ExportDialog:  # noqa: B008
    dialog = ExportDialog(entries, wish, entries[0].info)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def made_by(dialog: ExportDialog) -> list[str]:
    return [path.name for item in dialog.items() for path in item.job.outputs]


def choose(box, value) -> None:
    """As if a user had chosen it from the list."""
    assert box.findData(value) >= 0
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_what_is_proposed_lies_beside_the_recording_and_is_as_it_is(dialog, tmp_path):
    (item,) = dialog.items()
    assert item.job.outputs == (tmp_path / "take 1_dry.wav",)
    assert item.job.delivery == AS_SOURCE and dialog.export.isEnabled()
    assert "Becomes 'take 1_dry.wav' beside it" in dialog.remark.text()


def test_where_nobody_may_write_the_documents_are_proposed(qtbot, take, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: place != take.parent)
    assert ask(qtbot, entry_of(take)).wish.folder not in (None, take.parent)


@pytest.mark.parametrize(
    "typed, said",
    [
        ("", "Give the file a name"),
        ("take 1.wav", "it is the source"),
        ("x" * 300 + ".wav", "longer than 255 bytes"),
        ("take_dry.m4a", "'.m4a' is not one of wav"),
        ("take_dry", "without an ending"),
        ("take.wav/take_dry.wav", "has a slash"),
        ("{stem}", "without an ending"),
        ("{stem:d}{suffix}", "Cannot read the name"),
    ],
    ids=lambda text: text[:12],
)
def test_the_dialog_says_at_once_which_name_will_not_do(dialog, typed, said):
    dialog.fields.name.setText(typed)
    assert said in dialog.remark.text() and not dialog.export.isEnabled()
    assert dialog.remark.property("role") == "error"


@pytest.mark.parametrize("place", ["nowhere/at all", "~nobody/here", "take 1.wav", "x" * 300])
def test_the_dialog_says_at_once_which_folder_will_not_do(dialog, tmp_path, place):
    dialog.fields.folder.setText(place if place[0] == "~" else str(tmp_path / place / "deeper"))
    assert "no folder" in dialog.remark.text() and not dialog.export.isEnabled()


def test_a_folder_that_is_missing_is_made_where_one_may(dialog, tmp_path):
    dialog.fields.folder.setText(str(tmp_path / "new"))
    assert dialog.export.isEnabled()


def test_one_may_not_write_everywhere(dialog, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    dialog.fields.folder.setText(str(tmp_path))
    assert "may not write" in dialog.remark.text() and not dialog.export.isEnabled()


def test_a_name_with_braces_is_a_name_and_one_with_fields_a_pattern(dialog):
    dialog.fields.name.setText("take {1}.wav")
    assert made_by(dialog) == ["take {1}.wav"]
    dialog.fields.name.setText("{stem} (dry){suffix}")
    assert made_by(dialog) == ["take 1 (dry).wav"]
    assert dialog.habit.template == "{stem} (dry){suffix}"
    dialog.fields.name.setText("just once.wav")
    assert dialog.habit.template == ExportWish().template


def test_the_removed_part_has_a_name_of_its_own_and_is_in_nobodys_way(qtbot, dialog, take):
    dialog.fields.name.setText("this & that_dry.wav")
    assert "'this && that_room.wav'" in dialog.with_removed.text()  # shown with a single &
    dialog.with_removed.setChecked(True)
    assert made_by(dialog) == ["this & that_dry.wav", "this & that_room.wav"]
    source = take.rename(take.with_name("take 1_room.wav"))
    dialog = ask(qtbot, entry_of(source))
    dialog.fields.name.setText("take 1_dry.wav")
    assert dialog.export.isEnabled()
    dialog.with_removed.setChecked(True)
    assert "it is the source" in dialog.remark.text() and not dialog.export.isEnabled()


def test_the_removed_part_is_called_after_the_result(tmp_path):
    for name, room in (
        ("take 3_dry.flac", "take 3_room.flac"),
        ("mine.wav", "mine_room.wav"),
        ("take 3_dry-2.wav", "take 3_room-2.wav"),
    ):
        assert room_beside(tmp_path / name).name == room


def test_both_can_be_kept(dialog, tmp_path):
    assert not dialog.keep_both.isVisible()
    dialog.with_removed.setChecked(True)
    for name in ("take 1_dry.wav", "take 1_dry-2.wav", "take 1_room-3.wav"):
        (tmp_path / name).touch()
    dialog.fields.changed.emit()
    assert dialog.keep_both.isVisible() and dialog.export.text() == "Replace"
    assert "Replaces 'take 1_dry.wav'" in dialog.remark.text() and not dialog.skip.isVisible()
    dialog.keep_both.click()
    assert made_by(dialog) == ["take 1_dry-4.wav", "take 1_room-4.wav"]
    assert dialog.export.text() == "Export" and not dialog.keep_both.isVisible()
    assert not dialog.may_replace


def test_the_format_and_the_name_agree(dialog):
    fields = dialog.fields
    assert fields.format.currentText() == "As the recording"
    choose(fields.format, ".flac")
    assert made_by(dialog) == ["take 1_dry.flac"]
    fields.name.setText("take 1_dry.ogg")
    assert fields.format.currentText() == "Ogg Vorbis" and not fields.depth.isEnabled()
    choose(fields.format, "")
    assert made_by(dialog) == ["take 1_dry.wav"] and fields.depth.isEnabled()


def test_only_what_a_format_holds_is_offered(dialog):
    fields = dialog.fields
    choose(fields.depth, "FLOAT")
    choose(fields.rate, "96000")
    assert dialog.wish.delivery == Delivery("FLOAT", 96_000)
    choose(fields.format, ".flac")
    assert fields.depth.findData("FLOAT") < 0
    assert dialog.wish.delivery == Delivery(None, 96_000)
    choose(fields.format, ".opus")
    assert dialog.wish.delivery == AS_SOURCE and fields.rate.findData("44100") < 0
    assert dialog.export.isEnabled()  # the recording's 16 kHz is one that Opus has


def test_a_rate_that_a_format_does_not_hold_is_told(qtbot, tmp_path):
    soundfile.write(tmp_path / "b.wav", noise(1, 22_050).T, 22_050)
    dialog = ask(qtbot, entry_of(tmp_path / "b.wav"))
    choose(dialog.fields.format, ".opus")
    assert "does not hold 22.05 kHz" in dialog.remark.text() and not dialog.export.isEnabled()
    choose(dialog.fields.rate, "48000")
    assert dialog.export.isEnabled()


def test_the_dialog_for_all_shows_what_would_come_of_it(two_takes, tmp_path, qtbot):
    dialog = ask(qtbot, *two_takes)
    fields = dialog.fields
    assert "'1_dry.wav'" in dialog.remark.text() and dialog.export.isEnabled()
    assert dialog.export.text() == "Export 2 recordings"
    (tmp_path / "2_dry.wav").touch()
    fields.changed.emit()
    assert "Exist already: '2_dry.wav'" in dialog.remark.text()
    assert dialog.export.text() == "Export 2 recordings, replace 1 file"
    dialog.skip.click()
    assert made_by(dialog) == ["1_dry.wav"] and dialog.export.text() == "Export 1 recording"
    choose(fields.existing, "refuse")
    dialog.keep_both.click()
    assert made_by(dialog) == ["1_dry.wav", "2_dry-2.wav"]
    choose(fields.format, ".flac")
    assert "'1_dry.flac'" in dialog.remark.text()
    fields.name.setText("{index}.aiff")
    assert fields.format.currentText() == "AIFF" and made_by(dialog) == ["1.aiff", "2.aiff"]
    choose(fields.format, ".flac")
    assert fields.name.text() == "{index}{suffix}" and made_by(dialog) == ["1.flac", "2.flac"]


@pytest.mark.parametrize(
    "template, said",
    [("same{suffix}", "twice"), ("{stem}{suffix}", "source"), ("{no}", "no field {no}")],
)
def test_the_dialog_for_all_refuses_what_cannot_be(two_takes, qtbot, template, said):
    dialog = ask(qtbot, *two_takes, wish=ExportWish(suffix=".wav"))
    dialog.fields.name.setText(template)
    assert said in dialog.remark.text() and not dialog.export.isEnabled()


def test_the_way_of_exporting_is_remembered(tmp_path):
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    wish = ExportWish(
        template="{stem} dry{suffix}",
        suffix=".flac",
        delivery=Delivery("PCM_16", 44_100),
        with_removed=True,
        existing="number",
    )
    Settings(store).export_wish = wish
    assert Settings(store).export_wish == wish
