"""Simulated pairs: aligned, level-true, and a function of seed and index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import write_corpora

from training import dataset
from training.augment import rms
from training.config import DataConfig
from training.corpus import Corpus
from training.dataset import Pairs, Sources
from training.errors import TrainingError
from training.rooms import simulate_rir

RATE = 16_000


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("data")
    write_corpora(folder, RATE)
    return Sources.load(folder, "train", RATE, folder / "cache")


def pairs(sources: Sources, **changes: Any) -> Pairs:
    return Pairs(sources, DataConfig(clip_s=1.0, **changes), RATE, seed=5, size=100)


def test_an_example_is_a_function_of_seed_and_index(sources: Sources) -> None:
    later = pairs(sources)
    for index in (0, 7):
        np.testing.assert_array_equal(pairs(sources).example(index)[0], later.example(index)[0])
    assert not np.array_equal(later.example(0)[0], later.example(1)[0])


def test_examples_are_finite_and_never_clip(sources: Sources) -> None:
    examples = pairs(sources)
    for index in range(40):
        reverberant, target = examples.example(index)
        assert reverberant.shape == target.shape == (RATE,)
        assert reverberant.dtype == target.dtype == np.float32
        assert np.isfinite(reverberant).all() and np.isfinite(target).all()
        assert np.abs(reverberant).max() <= 0.991


def test_a_dry_example_is_its_own_target(sources: Sources) -> None:
    reverberant, target = pairs(sources, dry_share=1.0).example(3)
    np.testing.assert_array_equal(reverberant, target)
    assert np.any(target)


def test_the_target_starts_with_the_recording_when_there_is_no_noise(sources: Sources) -> None:
    """The direct path is common to both: nothing but the later reverberation differs."""
    examples = pairs(sources, dry_share=0.0, noise_share=0.0)
    for index in range(10):
        reverberant, target = examples.example(index)
        onset = int(np.argmax(np.abs(target) > 1e-3 * np.abs(target).max()))
        hold = slice(0, onset + round(0.002 * RATE))
        # What sounded before that onset was below 1e-3 of the peak; so is what the room adds to it.
        loudest = float(np.abs(target).max())
        np.testing.assert_allclose(reverberant[hold], target[hold], atol=2e-3 * loudest)


def test_splits_do_not_mix_and_non_commercial_rows_are_left_out(
    tmp_path: Path,
) -> None:
    write_corpora(tmp_path, RATE)
    train = Corpus.load(tmp_path / "rir", "train", RATE, tmp_path / "cache")
    valid = Corpus.load(tmp_path / "rir", "valid", RATE, tmp_path / "cache")
    rooms = {clip.row["room"] for clip in train.clips}
    assert rooms.isdisjoint(clip.row["room"] for clip in valid.clips)
    assert all(clip.row["commercial_use"] != "no" for clip in train.clips)


def test_a_folder_without_a_manifest_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"manifest\.csv"):
        Corpus.load(tmp_path, "train", RATE, tmp_path / "cache")


def test_a_corpus_resamples_to_the_rate_asked_for(tmp_path: Path) -> None:
    write_corpora(tmp_path, RATE)
    slow = Corpus.load(tmp_path / "speech", "train", RATE, tmp_path / "cache")
    fast = Corpus.load(tmp_path / "speech", "train", 2 * RATE, tmp_path / "cache")
    assert len(fast.read(0)) == pytest.approx(2 * len(slow.read(0)), abs=2)


def test_no_target_goes_beyond_full_scale_either(sources: Sources) -> None:
    examples = pairs(sources, level_db=(-16.0, -15.0))
    for index in range(30):
        assert max(np.abs(signal).max() for signal in examples.example(index)) <= 0.991


def test_noise_is_as_loud_as_asked_for_and_never_in_the_target(sources: Sources) -> None:
    noisy = pairs(sources, dry_share=0.0, noise_share=1.0, snr_db=(5.0, 5.0))
    clean = pairs(sources, dry_share=0.0, noise_share=0.0)
    for index in range(8):
        recording, target = noisy.example(index)
        heard, same = clean.example(index)
        gain = float(target @ same) / float(same @ same)
        np.testing.assert_allclose(target, gain * same, atol=1e-5)
        snr_db = 20 * np.log10(rms(gain * heard) / rms(recording - gain * heard))
        assert snr_db == pytest.approx(5.0, abs=0.1)


def test_near_talkers_in_damped_rooms_come_in_their_share(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def recorded(rng: np.random.Generator, rate: int, *ranges: tuple[float, float]) -> Any:
        asked.append(ranges)
        return simulate_rir(rng, rate, *ranges)

    monkeypatch.setattr(dataset, "simulate_rir", recorded)
    simulated = pairs(sources, measured_share=0.0, near_share=0.5)
    for index in range(60):
        simulated.example(index)
    near = [ranges for ranges in asked if len(ranges) == 2]
    assert set(near) == {((0.15, 0.35), (0.3, 1.0))}
    assert 0.3 < len(near) / len(asked) < 0.7  # three standard deviations are 0.19


def test_rooms_are_drawn_by_room_and_not_by_response(sources: Sources) -> None:
    examples = pairs(sources)
    assert sorted(map(len, examples.rooms)) == [1, 1]
    rows = [*sources.rir.clips, *[sources.rir.clips[0]] * 77]
    many = Sources(sources.speech, Corpus(sources.rir._samples, rows), sources.noise)
    assert sorted(map(len, pairs(many).rooms)) == [1, 78]
