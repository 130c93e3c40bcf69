"""Examples made beforehand are those that training would have made, to half a 16-bit step."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import write_corpora
from signals import noise

from training import bank
from training.bank import build
from training.config import Config
from training.errors import TrainingError
from training.examples import training_examples, validation_examples
from training.shards import FULL_SCALE, Bank, example_type, packed
from training.train import train

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
CONFIG = dataclasses.replace(Config.load(TINY), validation_pairs=5)
RATE = CONFIG.network.sample_rate
MIB_OF_THREE = (3.2 * example_type(RATE).itemsize + bank.HEADER_BYTES) / 2**20
HOURS_OF_SEVEN = 7 * CONFIG.data.clip_s / 3600


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_corpora(folder, RATE)
    return folder


@pytest.fixture(scope="module")
def made(data: Path) -> Path:
    """A bank of three shards of three examples each: seven do not fill the third."""
    return build(CONFIG, data, data / "bank", HOURS_OF_SEVEN, shard_mib=MIB_OF_THREE)


def assert_same_but_for_rounding(stored: torch.Tensor, original: torch.Tensor) -> None:
    half_a_step = 0.5 * float(original.abs().max()) / FULL_SCALE
    # Rounding the product to float32 moves it by 2^-24, which is 0.4 % of half a step at the peak.
    torch.testing.assert_close(stored, original, atol=1.01 * half_a_step, rtol=0)


def test_a_mistyped_data_folder_leaves_the_place_free(data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="nowhere"):
        build(CONFIG, data / "nowhere", tmp_path / "bank", HOURS_OF_SEVEN)
    assert not (tmp_path / "bank").exists()


def test_stored_examples_are_those_of_training(data: Path, made: Path) -> None:
    for of_bank, of_data in (
        (training_examples(made, CONFIG, data), training_examples(data, CONFIG, data / "cache")),
        (
            validation_examples(made, CONFIG, data),
            validation_examples(data, CONFIG, data / "cache"),
        ),
    ):
        for index in (0, 2, 3, 4):
            for stored, original in zip(of_bank[index], of_data[index], strict=True):
                assert stored.dtype == torch.float32
                assert_same_but_for_rounding(stored, original)


@pytest.mark.parametrize("level", [1e-6, 0.01, 0.99, 1.7])
def test_rounding_follows_the_level_of_each_signal(level: float) -> None:
    loud = noise(1, 997, seed=1)[0]
    loud *= level / np.abs(loud).max()
    samples, scale = packed(loud, 0.001 * loud)
    assert samples.dtype == np.int16
    for stored, original in zip(samples * scale[:, None], (loud, 0.001 * loud), strict=True):
        half_a_step = 0.5 * np.abs(original).max() / FULL_SCALE
        np.testing.assert_allclose(stored, original, atol=1.01 * half_a_step)


def test_silence_is_stored_as_silence() -> None:
    samples, scale = packed(np.zeros(5, np.float32), np.zeros(5, np.float32))
    assert not samples.any() and np.isfinite(scale).all()


def test_a_dry_example_is_still_its_own_target() -> None:
    signal = noise(1, 997)[0]
    samples, scale = packed(signal, signal.copy())
    np.testing.assert_array_equal(samples[0], samples[1])
    assert scale[0] == scale[1]


def test_shards_are_full_and_not_larger_than_asked_for(made: Path) -> None:
    shards = sorted(made.glob("train-*.npy"))
    assert [len(np.load(path)) for path in shards] == [3, 3, 3]
    assert all(path.stat().st_size <= MIB_OF_THREE * 2**20 for path in shards)
    assert [len(np.load(path)) for path in sorted(made.glob("valid-*.npy"))] == [3, 2]
    assert not list(made.glob("*.part"))


def test_the_same_command_goes_on_and_more_hours_make_a_longer_bank(
    data: Path, made: Path, tmp_path: Path
) -> None:
    whole = {path.name: path.read_bytes() for path in made.iterdir()}
    out = build(CONFIG, data, tmp_path / "bank", HOURS_OF_SEVEN / 3, shard_mib=MIB_OF_THREE)
    assert len(list(out.glob("train-*.npy"))) == 1
    kept = (out / "train-00000.npy").stat().st_mtime_ns
    (out / "valid-00001.npy").unlink()  # an interrupted run leaves whole shards only
    build(CONFIG, data, out, HOURS_OF_SEVEN, shard_mib=1.0, workers=2)
    assert (out / "train-00000.npy").stat().st_mtime_ns == kept
    assert {path.name: path.read_bytes() for path in out.iterdir()} == whole


def test_beyond_the_end_all_examples_are_heard_again_in_another_order(made: Path) -> None:
    examples = Bank(made, "train", CONFIG.data, RATE, 1 << 40)
    first, second, third = (
        [examples.example(epoch * 9 + place)[0].tobytes() for place in range(9)]
        for epoch in range(3)
    )
    assert set(first) == set(second) == set(third) and len(set(first)) == 9
    assert first != second != third
    assert examples.example(13)[0].tobytes() == second[4]


def test_a_bank_that_grows_is_read_as_far_as_it_is(data: Path, made: Path, tmp_path: Path) -> None:
    growing = tmp_path / "bank"
    growing.mkdir()
    for name in ("bank.json", "train-00000.npy"):
        (growing / name).write_bytes((made / name).read_bytes())
    examples = Bank(growing, "train", CONFIG.data, RATE, 1 << 40)
    fifth = Bank(made, "train", CONFIG.data, RATE, 1 << 40).example(5)[0]
    assert not np.array_equal(examples.example(5)[0], fifth)  # there is no fifth yet
    (growing / "train-00001.npy.part").write_bytes(b"half a shard")
    (growing / "train-00001.npy").write_bytes((made / "train-00001.npy").read_bytes())
    np.testing.assert_array_equal(examples.example(5)[0], fifth)


def test_training_from_a_bank_is_training_from_its_data(
    data: Path, made: Path, tmp_path: Path
) -> None:
    weights = [
        torch.load(train(CONFIG, folder, tmp_path / name, 1, steps=2), weights_only=True)["network"]
        for name, folder in (("bank", made), ("data", data))
    ]
    for name, of_bank in weights[0].items():  # Adam's first steps are 1e-3 whatever the gradient
        torch.testing.assert_close(of_bank, weights[1][name], atol=2e-3, rtol=0)


def test_another_configuration_is_refused(data: Path, made: Path) -> None:
    other = dataclasses.replace(CONFIG, data=dataclasses.replace(CONFIG.data, clip_s=2.0))
    with pytest.raises(TrainingError, match=r"clip_s = 1\.0, the configuration says 2\.0"):
        training_examples(made, other, data)
    with pytest.raises(TrainingError, match="another configuration"):
        build(other, data, made, HOURS_OF_SEVEN)
    with pytest.raises(TrainingError, match="another configuration"):
        build(dataclasses.replace(CONFIG, seed=2), data, made, HOURS_OF_SEVEN)


def test_a_bank_without_a_shard_or_with_a_broken_index_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bank.json").write_text("[]")
    with pytest.raises(TrainingError, match="not the index of a bank"):
        Bank(tmp_path, "train", CONFIG.data, RATE, 1)
    with pytest.raises(TrainingError, match=r"Cannot read '.*none.bank\.json'"):
        Bank(tmp_path / "none", "train", CONFIG.data, RATE, 1)


@pytest.mark.parametrize("content", [b"", b"no array", None])
def test_a_damaged_shard_is_named(
    data: Path, made: Path, tmp_path: Path, content: bytes | None
) -> None:
    folder = tmp_path / "bank"
    shutil.copytree(made, folder)
    shard = folder / "train-00001.npy"
    shard.write_bytes(shard.read_bytes()[:-100] if content is None else content)
    with pytest.raises(TrainingError, match=r"train-00001\.npy' is damaged"):
        Bank(folder, "train", CONFIG.data, RATE, 1)
    shard.unlink()
    build(CONFIG, data, folder, HOURS_OF_SEVEN, shard_mib=MIB_OF_THREE)
    assert shard.read_bytes() == (made / shard.name).read_bytes()


def test_what_a_killed_build_left_is_removed(data: Path, tmp_path: Path) -> None:
    folder = build(CONFIG, data, tmp_path / "bank", HOURS_OF_SEVEN, shard_mib=MIB_OF_THREE)
    (folder / "train-00009.part").write_bytes(b"half")
    build(CONFIG, data, folder, HOURS_OF_SEVEN, shard_mib=MIB_OF_THREE)
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--data {0} --out {0} --hours 1", "is no bank and not empty"),
        ("--data {0}/none --out {0}/new --hours 1", r"none.speech.manifest\.csv"),
        ("--data {0} --out {0}/speech/manifest.csv --hours 1", "Cannot write"),
        ("--data {0} --out {0}/other --hours 0", "--hours"),
        ("--data {0} --out {0}/other --hours 1 --workers 0", "--workers"),
        ("--data {0} --out {0}/other --hours 1 --config {0}/none.toml", r"none\.toml"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    said: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["bank", *(word.format(data) for word in arguments.split())])
    with pytest.raises(SystemExit) as ended:
        bank.main()
    assert ended.value.code == 2
    message = capsys.readouterr().err.strip()
    assert re.search(said, message)
    assert message.startswith("usage:") or "\n" not in message
