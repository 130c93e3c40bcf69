"""Presets: those that come with the program can be used; own ones are kept, or it is said why."""

from __future__ import annotations

import pytest

from desktop_app.presets import (
    LONGEST_NAME,
    SETTINGS,
    PresetError,
    Presets,
    factory_folder,
    read_preset,
)
from processor import Recipe


@pytest.fixture
def presets(tmp_path) -> Presets:
    return Presets(own=tmp_path / "presets")


def own(presets: Presets) -> list[str]:
    return [preset.name for preset in presets.read()[0] if preset.is_own]


def test_the_programs_presets_can_all_be_used(presets):
    known, problems = presets.read()
    assert problems == [] and len(known) == len(list(factory_folder().glob("*.toml"))) >= 5
    for preset in known:
        assert preset.note.endswith(".") and set(preset.settings) <= set(SETTINGS)
        assert preset.fits(Recipe(**preset.settings)) and not preset.is_own
    assert len({tuple(preset.settings.values()) for preset in known}) == len(known)


RECIPE = Recipe("studio", 0.3, 0.5, -20.5, (1, 0.25, 0), False, gain_db=-2.5)


def test_what_is_saved_is_read_again_without_the_model(presets):
    presets.save("  My   room ", RECIPE)
    assert own(presets) == ["My room"]
    preset = presets.read()[0][-1]
    assert preset.fits(RECIPE) and "model" not in preset.settings
    assert preset.fits(Recipe("live", **preset.settings))


@pytest.mark.parametrize("name", ['He said "hi"', "Ünï ☂ 部屋", "a/b\\c", "..", "CON", "-", "=[x]"])
def test_any_name_is_kept_as_it_is(presets, name):
    presets.save(name, RECIPE)
    assert own(presets) == [name] and presets.read()[1] == []
    assert [path.parent for path in presets.own.rglob("*.toml")] == [presets.own]


@pytest.mark.parametrize("name", ["", "  ", "\0", "a\x07b", "x" * (LONGEST_NAME + 1), "church"])
def test_a_name_that_cannot_be_used_is_refused(presets, name):
    with pytest.raises(PresetError):
        presets.save(name, RECIPE)
    assert not presets.own.exists()


def test_saving_under_an_own_name_replaces_it(presets):
    presets.save("Mine", RECIPE)
    presets.save("mine", Recipe(strength=0.1))
    assert own(presets) == ["mine"]
    assert presets.read()[0][-1].settings["strength"] == 0.1


def test_names_that_look_alike_as_files_are_kept_apart(presets):
    for name in ("a b", "a-b", "a_b"):
        presets.save(name, RECIPE)
    assert sorted(own(presets)) == sorted(["a b", "a-b", "a_b"])


def test_renaming_and_deleting(presets):
    first, second = presets.save("One", RECIPE), presets.save("Two", RECIPE)
    with pytest.raises(PresetError, match="already"):
        presets.rename(first, "two")
    renamed = presets.rename(first, "ONE")
    presets.delete(second)
    presets.delete(second)
    assert own(presets) == ["ONE"] and renamed.path == first.path


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("strength = ", "Correct the file"),
        ("strength = 3", "strength must lie between"),
        ('strength = "much"', "strength must be a number"),
        ("volume = 1", "no setting 'volume'"),
        ("model = 'x'", "no setting 'model'"),
        ("name = 3", "must be text"),
        ("focus = [1, 1]", "three numbers"),
    ],
)
def test_a_broken_file_is_told_and_the_others_are_read(presets, text, complaint):
    presets.save("Good", RECIPE)
    (presets.own / "bad.toml").write_text(text)
    known, problems = presets.read()
    assert known[-1].name == "Good" and len(problems) == 1
    assert "bad.toml" in problems[0] and complaint in problems[0]


def test_bytes_that_are_no_text_are_told(presets, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PresetError, match=r"bad\.toml"):
        read_preset(path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PresetError, match="Cannot write"):
        Presets(own=tmp_path / "file" / "presets").save("Mine", RECIPE)
