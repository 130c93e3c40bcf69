"""Figures of files: before and after, many of them, and which come first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from signals import noise

from processor.analyses import analyze_files
from processor.analysis import Analysis, analyze_file, by_need, verdict
from processor.errors import AudioFileError, Cancelled, ModelError
from processor.model_files import MODELS
from processor.overview import COLUMNS, ROWS
from processor.recipe import Recipe
from processor.room import NOTHING_TOLD, RoomFigures, room_figures

KITCHEN = MODELS / "samples" / "kitchen.flac"


@pytest.fixture
def tiny(tiny_model_path: Path) -> Recipe:
    """Lowers everything by 20 dB at full strength."""
    return Recipe(model=str(tiny_model_path))


def test_a_file_is_told_as_its_samples_are() -> None:
    audio, rate = soundfile.read(KITCHEN, dtype="float32", always_2d=True)
    analysis = analyze_file(KITCHEN)
    assert analysis.before == room_figures(audio.T, rate)
    assert (analysis.sample_rate, analysis.channels) == (48_000, 1)
    assert analysis.duration_s == pytest.approx(9.3, abs=0.1)
    assert (analysis.after, analysis.pictures, analysis.error) == (None, (), None)
    assert analysis.reverberation_removed_db is None


def test_after_is_what_the_recipe_makes(tiny: Recipe) -> None:
    analysis = analyze_file(KITCHEN, tiny)
    assert analysis.after is not None
    # A gain alone: everything 20 dB lower, and the room as it was.
    for name in ("speech_level_db", "noise_db", "reverberation_db"):
        before, after = getattr(analysis.before, name), getattr(analysis.after, name)
        assert after == pytest.approx(before - 20, abs=0.6)
    assert analysis.reverberation_removed_db == pytest.approx(0.0, abs=0.2)


def test_the_shipped_model_makes_the_kitchen_drier() -> None:
    analysis = analyze_file(KITCHEN, Recipe())
    before, after = analysis.before, analysis.after
    assert after is not None and after.t60_s is not None and after.c50_db is not None
    assert before.t60_s is not None and before.c50_db is not None
    assert after.t60_s < 0.6 * before.t60_s
    assert after.c50_db > before.c50_db + 8
    assert analysis.reverberation_removed_db is not None
    assert analysis.reverberation_removed_db > 6


def test_strength_zero_changes_no_figure(tiny: Recipe) -> None:
    analysis = analyze_file(KITCHEN, Recipe(model=tiny.model, strength=0.0))
    assert analysis.after == analysis.before


def test_pictures_are_drawn_when_asked_for(tiny: Recipe) -> None:
    assert [each.shape for each in analyze_file(KITCHEN, pictures=True).pictures] == [
        (ROWS, COLUMNS)
    ]
    assert len(analyze_file(KITCHEN, tiny, pictures=True).pictures) == 2


def test_progress_rises_to_one_and_can_cancel(tiny: Recipe) -> None:
    heard: list[float] = []
    analyze_file(KITCHEN, tiny, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0

    def stop(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        analyze_file(KITCHEN, progress=stop)


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros((0, 1)), 16_000)
    with pytest.raises(AudioFileError, match="no samples"):
        analyze_file(path)


def test_a_rate_beyond_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.zeros(4_000), 4_000)
    with pytest.raises(AudioFileError, match=r"slow\.wav.*4000 Hz"):
        analyze_file(path)


def test_bad_files_do_not_stop_the_others(tmp_path: Path) -> None:
    torn = tmp_path / "torn.wav"
    torn.write_bytes(b"RIFF" + bytes(40))
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(32_000), 16_000)
    seen: list[tuple[str, float]] = []
    found = list(
        analyze_files(
            [torn, tmp_path / "missing.wav", silent, KITCHEN],
            progress=lambda path, fraction: seen.append((path.name, fraction)),
        )
    )
    assert [each.ok for each in found] == [False, False, True, True]
    assert "torn.wav" in str(found[0].error)
    assert "no such file" in str(found[1].error)
    assert found[2].before == NOTHING_TOLD
    assert {name for name, _ in seen} == {"torn.wav", "missing.wav", "silent.wav", "kitchen.flac"}


def test_a_model_that_is_none_stops_all(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        list(analyze_files([KITCHEN], Recipe(model=str(tmp_path / "none.pt"))))


def test_those_that_need_work_most_come_first() -> None:
    def told(name: str, c50_db: float | None) -> Analysis:
        return Analysis(Path(name), before=RoomFigures(c50_db=c50_db))

    bad = Analysis(Path("a"), error="Cannot read 'a'.")
    order = by_need([bad, told("b", None), told("d", 25.0), told("c", 3.0), told("e", 3.0)])
    assert [each.path.name for each in order] == ["c", "e", "d", "b", "a"]


@pytest.mark.parametrize(
    "c50_db, kind",
    [(None, "unclear"), (-20.0, "bad"), (4.99, "bad"), (5.0, "fair"), (12.0, "good"), (40, "good")],
)
def test_every_clarity_has_a_verdict(c50_db: float | None, kind: str) -> None:
    words, found = verdict(RoomFigures(c50_db=c50_db))
    assert found == kind
    assert words


def test_stereo_files_with_a_silent_channel_are_told(tmp_path: Path) -> None:
    audio, rate = soundfile.read(KITCHEN, dtype="float32")
    path = tmp_path / "left.wav"
    soundfile.write(path, np.stack([audio, np.zeros_like(audio)], axis=1), rate, "FLOAT")
    one, two = analyze_file(KITCHEN).before, analyze_file(path).before
    assert two.c50_db == pytest.approx(one.c50_db, abs=0.1)
    assert two.speech_level_db == pytest.approx(one.speech_level_db - 3, abs=0.6)


def test_noise_alone_is_told_without_a_room(tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    soundfile.write(path, noise(1, 80_000).T, 16_000)
    figures = analyze_file(path).before
    assert (figures.t60_s, figures.speech_level_db) == (None, None)
    assert figures.noise_db == pytest.approx(-20, abs=0.5)
