"""Fitting the blind room figures, on a made-up data folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import write_corpora

from processor.room_estimator import RoomEstimator
from training.fit_room_figures import DATA, Example, Recordings, fit, main


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two are far slower on a busy machine."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr("training.fit_room_figures.EPOCHS", 30)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_corpora(folder, 16_000)
    return folder


def test_examples_are_the_same_at_every_call(data: Path) -> None:
    first, again = (list(Recordings(data, "train", DATA, 1).examples(3)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.features, other.features)
        np.testing.assert_array_equal(one.truth, other.truth)


def test_the_first_examples_do_not_depend_on_how_many_are_made(data: Path) -> None:
    few, more = (list(Recordings(data, "train", DATA, 1).examples(count)) for count in (1, 2))
    np.testing.assert_array_equal(few[0].features, more[0].features)


def test_noise_alone_has_no_room(data: Path) -> None:
    for example in Recordings(data, "valid", DATA, 1).without_speech(2):
        assert np.isnan(example.truth).all()
        assert np.isfinite(example.features).all()


def test_what_the_features_tell_is_learnt() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((400, 6)).astype(np.float32)
    examples = [
        Example(row, (0.3 * row[0], 10 + 5 * row[1], 3 * row[2]), "made", None) for row in features
    ]
    examples += [
        Example(row + 3, (np.nan, np.nan, np.nan), "noise", None) for row in features[:100]
    ]
    table = json.loads(json.dumps(fit(examples, 1)))
    path_free = RoomEstimator(
        *(np.array(table[name]) for name in ("mean", "scale")),
        tuple(map(np.array, table["weights"])),
        tuple(map(np.array, table["biases"])),
        *(np.array(table[name]) for name in ("offset", "unit")),
        table["familiar"],
        table["foreign"],
    )
    told = [path_free.estimate(row) for row in features]
    clarity = np.array([each.expected[1] for each in told])
    assert np.corrcoef(clarity, 10 + 5 * features[:, 1])[0, 1] > 0.95
    speech = np.mean([each.credibility for each in told])
    without = np.mean([path_free.estimate(row + 3).credibility for row in features])
    assert speech > without + 0.5


def test_command_writes_an_estimator_that_loads(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "room.json"
    call = ["fit", "--data", str(data), "--out", str(out), "--examples", "70"]
    monkeypatch.setattr(sys, "argv", call)
    main()
    assert "is written" in capsys.readouterr().out
    example = next(Recordings(data, "valid", DATA, 1).examples(1))
    assert np.isfinite(RoomEstimator.load(out).estimate(example.features).expected).all()


def test_a_folder_without_data_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fit", "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "speech" in capsys.readouterr().err
