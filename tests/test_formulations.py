"""The formulations beside the shipped one: each trains, exports and streams."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import write_corpora
from networks import random_network, removed
from signals import noise, speech_like

from processor.model import ModelSpec
from training.autoencoder import AutoencoderEstimator
from training.classification import CLASSES, LOWEST_DB, STEP_DB, ClassEstimator, nearest_class
from training.config import FORMULATIONS, Config
from training.errors import TrainingError
from training.export import export, verify, write
from training.network import ESTIMATORS, Network
from training.train import batch_loss, train

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
RATE = 48_000
NEW = ("autoencoder", "classification")


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread() -> Iterator[None]:
    """Two threads that share a busy machine's cores take many times as long as one."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formulations") / "data"
    write_corpora(folder, RATE)
    return folder


def tiny(formulation: str) -> Config:
    config = Config.load(TINY)
    network = dataclasses.replace(
        config.network, formulation=formulation, channels=(4, 4, 6, 6), name=formulation
    )
    return dataclasses.replace(config, network=network)


@pytest.mark.parametrize("formulation", NEW)
def test_a_few_steps_lower_the_loss_and_the_result_exports(
    data: Path, tmp_path: Path, formulation: str
) -> None:
    config = tiny(formulation)
    path = train(config, data, tmp_path / "run", hours=1, steps=2)
    spec = export(path, tmp_path / "out.pt")  # checks reloading, chunks and strength 0
    assert spec.name == formulation

    torch.manual_seed(0)
    network = Network(config.network)
    speech = torch.from_numpy(speech_like(2, RATE, RATE))
    reverberant = speech + 0.5 * torch.roll(speech, 4_000, dims=1)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    first = last = batch_loss(network, reverberant, speech, config)
    for _ in range(12):
        optimiser.zero_grad()
        last.backward()
        optimiser.step()
        last = batch_loss(network, reverberant, speech, config)
    assert float(last.detach()) < 0.95 * float(first.detach())


@pytest.mark.parametrize("formulation", NEW)
def test_training_in_bfloat16_runs(data: Path, tmp_path: Path, formulation: str) -> None:
    config = dataclasses.replace(tiny(formulation), precision="bfloat16")
    path = train(config, data, tmp_path / "run", hours=1, steps=1)
    assert math.isfinite(torch.load(path, weights_only=True)["score"])


@pytest.mark.parametrize("formulation", NEW)
@pytest.mark.parametrize("hops", [[1] * 12, [2, 10], [7, 5], [11, 1]])
def test_any_chunking_equals_one_call(formulation: str, hops: list[int]) -> None:
    network = random_network(tiny(formulation).network, 0.1)
    waveform = noise(2, 12 * network.hop)
    # float32 sums in another order; the autoencoder's power of 1/0.3 makes relative errors larger.
    np.testing.assert_allclose(
        removed(network, waveform, hops), removed(network, waveform, [12]), atol=1e-5
    )


@pytest.mark.parametrize("formulation", NEW)
def test_the_output_does_not_know_the_future(formulation: str) -> None:
    network = random_network(tiny(formulation).network, 0.1)
    waveform = noise(1, 12 * network.hop)
    changed = waveform.copy()
    edge = 6 * network.hop
    changed[:, edge:] = 0
    a, b = removed(network, waveform, [12]), removed(network, changed, [12])
    np.testing.assert_allclose(a[:, :edge], b[:, :edge], atol=1e-6)
    assert not np.allclose(a[:, edge:], b[:, edge:])


@pytest.mark.parametrize("formulation", NEW)
def test_channels_do_not_hear_each_other(formulation: str) -> None:
    network = random_network(tiny(formulation).network, 0.1)
    waveform = noise(3, 8 * network.hop)
    alone = removed(network, waveform[1:2], [8])
    np.testing.assert_allclose(removed(network, waveform, [8])[1:2], alone, atol=1e-5)


@pytest.mark.parametrize("formulation", NEW)
def test_strength_zero_removes_exactly_nothing(formulation: str) -> None:
    network = random_network(tiny(formulation).network, 0.1)
    assert not np.any(removed(network, noise(1, 8 * network.hop), [8], strength=0.0))


@pytest.mark.parametrize("formulation", NEW)
def test_silence_stays_silent(formulation: str) -> None:
    network = random_network(tiny(formulation).network, 0.1)
    assert not np.any(removed(network, np.zeros((1, 8 * network.hop), np.float32), [8]))


def test_the_untrained_autoencoder_nearly_passes_its_input() -> None:
    torch.manual_seed(0)
    network = Network(tiny("autoencoder").network).eval()
    waveform = noise(1, 20 * network.hop)
    assert np.std(removed(network, waveform, [20])) < 0.1 * np.std(waveform)


@pytest.mark.parametrize("formulation", ["filter", "classification"])
def test_a_network_that_follows_no_decays_can_be_written(tmp_path: Path, formulation: str) -> None:
    """As the checkpoint of the first shipped model."""
    network = Network(dataclasses.replace(tiny(formulation).network, decays_s=())).eval()
    spec = ModelSpec("plain", RATE, network.hop, network.latency_samples)
    write(network, spec, tmp_path / "plain.pt")
    verify(network, tmp_path / "plain.pt")


@pytest.mark.parametrize("formulation", ESTIMATORS)
def test_no_formulation_is_larger_than_three_million_parameters(formulation: str) -> None:
    network = Network(dataclasses.replace(Config().network, formulation=formulation))
    assert sum(p.numel() for p in network.parameters()) <= 3_000_000


def test_every_formulation_that_can_be_named_is_there() -> None:
    assert set(FORMULATIONS) == set(ESTIMATORS)


def test_an_unknown_formulation_is_named_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('[network]\nformulation = "transformer"\n')
    with pytest.raises(TrainingError, match=r"wrong\.toml.*autoencoder.*got 'transformer'"):
        Config.load(path)


def test_the_autoencoder_finds_its_way_back_from_compressed_spectra() -> None:
    torch.manual_seed(0)
    estimator = AutoencoderEstimator(tiny("autoencoder").network)
    spectrum = torch.randn(4, 2, estimator.bins, dtype=torch.complex64)
    real, imaginary, magnitude = estimator._compressed(spectrum)[..., : estimator.bins].unbind(1)
    torch.testing.assert_close(magnitude, spectrum.abs().transpose(0, 1) ** 0.3)
    back = estimator._decompressed(real, imaginary).transpose(0, 1)
    torch.testing.assert_close(back, spectrum, atol=1e-5, rtol=1e-4)


def test_the_class_of_a_gain_is_the_nearest_step() -> None:
    gain_db = torch.tensor([0.0, 1.4, 1.6, -3.0, -80.0, 20.0])
    steps = nearest_class(10 ** (gain_db / 10), torch.ones(6))
    expected = torch.tensor([0.0, 0.0, 3.0, -3.0, LOWEST_DB, LOWEST_DB + STEP_DB * (CLASSES - 1)])
    torch.testing.assert_close(LOWEST_DB + STEP_DB * steps, expected)


def test_a_certain_class_is_its_gain_and_a_doubtful_one_lies_between() -> None:
    estimator = ClassEstimator(tiny("classification").network)
    logits = torch.full((2, CLASSES), -100.0)
    logits[0, 2] = 0.0
    logits[1, 2] = logits[1, 5] = 0.0
    certain, doubtful = estimator.expected(logits[:, None, None])[:, 0, 0]
    low, high = (10 ** ((LOWEST_DB + STEP_DB * i) / 20) for i in (2, 5))
    assert float(certain) == pytest.approx(low, rel=1e-4)
    assert float(doubtful) == pytest.approx(((low**0.3 + high**0.3) / 2) ** (1 / 0.3), rel=1e-4)
