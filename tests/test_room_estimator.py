"""The regression behind the blind room figures: its file, and how pieces are put together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from signals import noise, speech_like

from processor.errors import ModelError
from processor.room_estimator import ESTIMATOR, Estimate, RoomEstimator, combined
from processor.room_features import (
    BINS,
    HOP_LENGTH,
    SAMPLE_RATE,
    WINDOW_LENGTH,
    power_spectra,
    room_features,
)


def estimate(c50_db: float, deviation_db: float, credibility: float = 1.0) -> Estimate:
    return Estimate(np.array([0.0, c50_db, 0.0]), np.array([0.2, deviation_db, 3.0]), credibility)


def test_the_installed_estimator_fits_the_features() -> None:
    features = room_features(power_spectra(speech_like(1, 4 * SAMPLE_RATE, SAMPLE_RATE)))
    told = RoomEstimator.load().estimate(features)
    assert told.expected.shape == told.deviation.shape == (3,)
    assert (told.deviation > 0).all()
    assert 0 <= told.credibility <= 1


def test_features_unlike_any_that_were_fitted_are_not_believed() -> None:
    features = room_features(power_spectra(speech_like(1, 4 * SAMPLE_RATE, SAMPLE_RATE)))
    assert RoomEstimator.load().estimate(features + 1e3).credibility == 0.0


def test_the_surer_piece_counts_for_more() -> None:
    whole = combined([estimate(10.0, 1.0), estimate(20.0, 3.0)])
    assert whole.expected[1] == pytest.approx(11.0)


def test_a_piece_without_speech_hardly_counts() -> None:
    whole = combined([estimate(10.0, 2.0), estimate(-10.0, 2.0, credibility=1e-3)])
    assert whole.expected[1] == pytest.approx(10.0, abs=0.1)
    assert whole.credibility == pytest.approx(1.0, abs=0.01)


def test_equal_pieces_are_no_surer_than_one() -> None:
    whole = combined([estimate(10.0, 2.0)] * 20)
    assert whole.deviation[1] == pytest.approx(2.0)


def test_power_of_frames_is_their_mean_square() -> None:
    waveform = noise(2, 10 * SAMPLE_RATE, level=0.1)
    powers = power_spectra(waveform)
    frames = 1 + (waveform.shape[1] - WINDOW_LENGTH) // HOP_LENGTH
    assert powers.shape == (frames, BINS)
    # But for the bin below 60 Hz, one of 128.
    assert powers.sum(axis=1).mean() == pytest.approx(0.01, rel=0.02)


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", "{}", '{"mean": "x"}', "\udcff"],
    ids=["missing", "empty", "cut off", "a list", "nothing in it", "text", "bytes"],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "room.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=r"room\.json.*Install Dryspell again"):
        RoomEstimator.load(path)


def test_the_file_says_how_it_was_made_and_is_small() -> None:
    table = json.loads(ESTIMATOR.read_text(encoding="utf-8"))
    assert table["made_by"] == "training.fit_room_figures"
    assert ESTIMATOR.stat().st_size < 200_000
