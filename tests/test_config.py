"""Configurations of training: what is shipped loads, and what is wrong is named."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from training.config import Config
from training.errors import TrainingError

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"


def test_an_unknown_key_in_a_configuration_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[network]\nnarow_hidden = 3\n")
    with pytest.raises(TrainingError, match=r"wrong\.toml.*narow_hidden"):
        Config.load(path)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("batch_size = 0", "batch_size"),
        ("seed = -1", "seed"),
        ("learning_rate = -1.0", "learning_rate"),
        ("ema_decay = 2.0", "ema_decay"),
        ("network = 3", "network must be a table"),
        ("[data]\nclip_s = 0.01", "clip_s"),
        ("[data]\nsnr_db = [45.0, 5.0]", "snr_db"),
        ("[data]\nt60_s = [-1.0, 2.0]", "t60_s"),
        ("[network]\nlow_bands = 400", "low_bands"),
        ("[network]\nhop_length = 0", "hop_length"),
        ("[network]\ndecays_s = [0.0]", "decays_s"),
    ],
)
def test_a_number_with_which_nothing_can_be_trained_is_named(
    tmp_path: Path, line: str, named: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(line + "\n")
    with pytest.raises(TrainingError, match=rf"wrong\.toml.*{named}"):
        Config.load(path)


@pytest.mark.parametrize(("name", "value"), [("precision", "float16"), ("optimiser", "sgd")])
def test_an_unknown_choice_is_named(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f'{name} = "{value}"\n')
    with pytest.raises(TrainingError, match=rf"wrong\.toml.*{name}.*{value}"):
        Config.load(path)


@pytest.mark.parametrize(
    "line", ['batch_size = "a"', "hours = true", "batch_size = 1.5", "[data]\nsnr_db = 3"]
)
def test_a_value_of_the_wrong_type_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(line)
    with pytest.raises(TrainingError, match=r"wrong\.toml.*must be like"):
        Config.load(path)


@pytest.mark.parametrize("name", ["live", "tiny"])
def test_shipped_configurations_load(name: str) -> None:
    config = Config.load(TINY.with_name(f"{name}.toml"))
    assert config.network.name == name
    assert Config.from_dict(dataclasses.asdict(config)) == config
