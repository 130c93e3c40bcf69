"""The comparison: one budget, one first half, figures in one table, and no work done twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from corpora import write_corpora
from signals import noise, speech_like
from torch import nn

from training import compare
from training.config import Config
from training.items import Item
from training.network import Network

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
RATE = 48_000


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread() -> Iterator[None]:
    """Two threads that share a busy machine's cores take many times as long as one."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


def tiny() -> Config:
    config = Config.load(TINY)
    network = dataclasses.replace(config.network, channels=(4, 4, 6, 6))
    return dataclasses.replace(config, network=network)


def saved(out: Path, name: str) -> dict:
    return torch.load(out / name / "checkpoint.pt", weights_only=True)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished comparison of all formulations, of some steps each."""
    folder = tmp_path_factory.mktemp("compare")
    write_corpora(folder / "data", RATE)
    compare.train_all(compare.NAMES, tiny(), folder / "data", folder / "out", hours=0.5 / 3600)
    return folder / "out"


def test_each_formulation_is_trained_for_the_budget(out: Path) -> None:
    for name in compare.NAMES:
        assert saved(out, name)["trained_s"] >= 0.5
        assert saved(out, name)["config"]["network"]["name"] == name


def test_filter_and_adversarial_share_their_first_half(out: Path) -> None:
    half = torch.load(out / "half.pt", weights_only=True)
    history = saved(out, "adversarial")["history"]
    assert history[0] == saved(out, "filter")["history"][0]
    assert history[1]["from_step"] == half["step"] < saved(out, "adversarial")["step"]


def test_what_is_trained_is_not_trained_again(out: Path) -> None:
    before = {name: saved(out, name)["step"] for name in compare.NAMES}
    compare.train_all(compare.NAMES, tiny(), out.parent / "data", out, hours=0.5 / 3600)
    assert {name: saved(out, name)["step"] for name in compare.NAMES} == before


def test_every_formulation_gets_a_row_of_figures(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "METRICS", ("estoi", "si_sdr", "tail"))  # pesq may be missing
    speech = speech_like(1, 3 * RATE, RATE)[0]
    items = [
        Item("room", speech + noise(1, len(speech))[0], speech, 0.5, noisy=True),
        Item("dry", speech, speech, 0.0, noisy=False),
    ]
    rows = compare.measured(compare.NAMES, tiny(), out.parent / "data", out, items)
    assert list(rows) == ["input", "ideal gain", "ideal class", *compare.NAMES]
    assert rows["input"]["dry_db"] == 100.0
    assert rows["input"]["si_sdr_db"] < rows["ideal class"]["si_sdr_db"]
    assert rows["ideal class"]["si_sdr_db"] < rows["ideal gain"]["si_sdr_db"]
    for name in compare.NAMES:
        assert rows[name].keys() == compare.COLUMNS.keys() - {"pesq_wb"}
        assert f"| {name} |" in compare.markdown(rows)


def test_multiplications_are_those_of_the_weights() -> None:
    """By hand: the tiny filter's matrices, once a frame and those of the bands once a band."""
    network = Network(tiny().network)
    estimator = network.estimator
    shared = (estimator.encode, estimator.narrow_in, estimator.squeeze, estimator.narrow_out)
    shared += (estimator.to_gain, estimator.to_filter)
    whole = (estimator.wide, estimator.to_context, estimator.to_high_gain)

    def weights(layers: tuple[nn.Module, ...]) -> int:
        return sum(p.numel() for layer in layers for p in layer.parameters() if p.dim() > 1)

    expected = 100 * (estimator.bands * weights(shared) + weights(whole))
    assert compare.macs_per_s(network, RATE) == expected
