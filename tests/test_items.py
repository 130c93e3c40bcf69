"""The fixed items of the evaluation."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from corpora import write_corpora

from training.items import Item, evaluation_sources, fingerprint, validation_items

RATE = 48_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up data folder."""
    folder = tmp_path_factory.mktemp("items")
    write_corpora(folder, RATE)
    return folder


def items_of(data: Path) -> list[Item]:
    sources = evaluation_sources(data, RATE, data / "cache")
    return list(validation_items(sources, RATE, pairs=4, dry_clips=2))


def test_they_are_the_same_at_every_call(data: Path) -> None:
    first, again = items_of(data), items_of(data)
    assert fingerprint(first) == fingerprint(again)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.recording, other.recording)


def test_pairs_come_first_and_dry_clips_are_their_own_reference(data: Path) -> None:
    items = items_of(data)
    assert [item.is_dry for item in items] == [False] * 4 + [True] * 2
    np.testing.assert_array_equal(items[-1].recording, items[-1].dry)
    assert items[-1].drr_db == float("inf")


def test_every_second_pair_has_noise_and_the_reference_none(data: Path) -> None:
    items = items_of(data)
    assert [item.noisy for item in items[:4]] == [False, True, False, True]
    last_s = slice(-RATE // 10, None)  # long after the speech
    for item in items[:4]:
        loud = np.abs(item.recording[last_s]).max() > 1e-3
        assert loud == item.noisy
        assert np.abs(item.dry[last_s]).max() < 1e-6


def test_one_other_sample_is_another_fingerprint(data: Path) -> None:
    items = items_of(data)
    before = fingerprint(items)
    items[2].recording[100] += 1e-4
    assert fingerprint(items) != before


def test_noise_under_any_licence_stays_among_the_items(tmp_path: Path) -> None:
    write_corpora(tmp_path, RATE)
    manifest = tmp_path / "noise" / "manifest.csv"
    with manifest.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    extra = [{**row, "licence": "CC-BY-NC-4.0"} for row in rows if row["split"] == "valid"]
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows + extra)
    sources = evaluation_sources(tmp_path, RATE, tmp_path / "cache")
    assert len(sources.noise) == 2
    np.testing.assert_array_equal(sources.noise.read(0), sources.noise.read(1))
