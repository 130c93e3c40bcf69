"""The strength at which a recording becomes as clear as is wanted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile

from processor.analysis import analyze_file
from processor.errors import AudioFileError, Cancelled
from processor.model_files import MODELS
from processor.recipe import Recipe
from processor.strengths import strength_for_c50


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds of a bundled recording."""
    audio, rate = soundfile.read(MODELS / "samples" / "kitchen.flac", stop=5 * 48_000)
    path = tmp_path_factory.mktemp("kitchen") / "kitchen.wav"
    soundfile.write(path, audio, rate)
    return path


def clarity(path: Path, recipe: Recipe) -> float:
    after = analyze_file(path, recipe).after
    assert after is not None and after.c50_db is not None
    return after.c50_db


def test_the_strength_found_gives_the_clarity_asked_for(kitchen: Path) -> None:
    some, more = (strength_for_c50(kitchen, Recipe(), target_db) for target_db in (9.0, 15.0))
    assert 0 < some < more < 1
    # The model works on other frames than the figures do.
    assert clarity(kitchen, Recipe(strength=some)) == pytest.approx(9.0, abs=2.0)
    assert clarity(kitchen, Recipe(strength=more)) == pytest.approx(15.0, abs=2.0)
    assert strength_for_c50(kitchen, Recipe(mix=0.7), 9.0) > some


def test_strength_of_the_recipe_is_not_asked_but_kept_where_nothing_is_told(
    kitchen: Path, tmp_path: Path, tiny_model_path: Path
) -> None:
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(48_000), 16_000)
    recipe = Recipe(model=str(tiny_model_path), strength=0.3)
    assert strength_for_c50(silent, recipe, 15.0) == 0.3
    # This model lowers all alike: no strength makes it clearer.
    assert strength_for_c50(kitchen, recipe, 30.0) == 1.0
    again = dataclasses.replace(recipe, strength=0.9, output="removed")
    assert strength_for_c50(kitchen, again, -30.0) == 0.0


def test_of_a_long_recording_pieces_from_all_over_are_looked_at(
    kitchen: Path, tmp_path: Path
) -> None:
    audio, rate = soundfile.read(kitchen, dtype="float32")
    long = tmp_path / "long.wav"
    # Silence for the first third: the beginning alone would tell nothing.
    soundfile.write(long, np.concatenate([np.zeros(3 * len(audio)), np.tile(audio, 6)]), rate)
    heard: list[float] = []
    strength = strength_for_c50(long, Recipe(), 9.0, most_s=15.0, progress=heard.append)
    assert strength == pytest.approx(strength_for_c50(kitchen, Recipe(), 9.0), abs=0.2)
    assert heard == sorted(heard) and 0.9 < heard[-1] <= 1.0


def test_progress_can_cancel(kitchen: Path, tiny_model_path: Path) -> None:
    def stop(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        strength_for_c50(kitchen, Recipe(model=str(tiny_model_path)), 10.0, progress=stop)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match="no such file"):
        strength_for_c50(tmp_path / "none.wav", Recipe(), 10.0)
