"""The whole path on a made-up data folder: train, resume, export, evaluate."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import write_corpora
from signals import speech_like

from processor.model import Model
from training import export as exporting
from training.config import Config
from training.dataset import Sources
from training.evaluate import markdown, measure, model_card, process, validation_items
from training.export import ExportError, export, load_network, verify, write
from training.network import Network
from training.train import batch_loss, train

TINY = Path(__file__).parents[1] / "training" / "configs" / "tiny.toml"
RATE = 48_000


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread() -> Iterator[None]:
    """Two threads that share a busy machine's cores take many times as long as one."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/ and a finished tiny run in runs/tiny/."""
    folder = tmp_path_factory.mktemp("training")
    write_corpora(folder / "data", RATE)
    train(Config.load(TINY), folder / "data", folder / "runs" / "tiny", hours=1, steps=3)
    return folder


def steps_logged(run: Path) -> list[int]:
    with (run / "runs" / "tiny" / "log.csv").open() as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


def test_training_lowers_the_loss_of_one_batch() -> None:
    config = Config.load(TINY)
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


def test_a_run_leaves_a_checkpoint_and_a_learning_curve(run: Path) -> None:
    assert (run / "runs" / "tiny" / "checkpoint.pt").is_file()
    assert (run / "runs" / "tiny" / "best.pt").is_file()
    assert steps_logged(run)[-1] > 0


def test_a_resumed_run_goes_on_where_it_stopped(run: Path) -> None:
    before = steps_logged(run)[-1]
    train(Config.load(TINY), run / "data", run / "runs" / "tiny", hours=1, steps=before + 2)
    assert steps_logged(run)[-1] == before + 2


def test_a_changed_configuration_is_noted_and_begins_its_own_best(run: Path) -> None:
    folder = run / "runs" / "tiny"
    changed = dataclasses.replace(Config.load(TINY), complex_share=0.2)
    before = steps_logged(run)[-1]
    train(changed, run / "data", folder, hours=1, steps=before + 1)
    saved = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert [entry["config"]["complex_share"] for entry in saved["history"]] == [0.1, 0.2]
    assert saved["history"][1]["from_step"] == before


def test_a_run_whose_time_is_spent_trains_no_further(run: Path) -> None:
    before = steps_logged(run)
    train(Config.load(TINY), run / "data", run / "runs" / "tiny", hours=1e-6)
    assert steps_logged(run) == before


def test_the_exported_model_is_the_trained_network(run: Path, tmp_path: Path) -> None:
    checkpoint = run / "runs" / "tiny" / "best.pt"
    spec = export(checkpoint, tmp_path / "tiny.pt")
    network, config, _ = load_network(checkpoint)
    model = Model.load(tmp_path / "tiny.pt")
    assert model.spec.name == spec.name == "tiny"
    assert model.spec.latency_samples == network.latency_samples
    assert model.spec.provenance["history"][0]["config"]["seed"] == config.seed
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.pt"]


def test_export_refuses_a_file_that_differs_from_the_network(run: Path, tmp_path: Path) -> None:
    checkpoint = run / "runs" / "tiny" / "best.pt"
    spec = export(checkpoint, tmp_path / "tiny.pt")
    network, _, _ = load_network(checkpoint)
    with torch.no_grad():
        network.to_gain.bias.sub_(0.5)
    with pytest.raises(ExportError, match="reload equals eager"):
        verify(network, tmp_path / "tiny.pt")
    write(network, spec, tmp_path / "other.pt")
    verify(network, tmp_path / "other.pt")


def test_export_refuses_a_network_that_depends_on_the_chunks(run: Path, tmp_path: Path) -> None:
    spec = export(run / "runs" / "tiny" / "best.pt", tmp_path / "tiny.pt")
    forgetful = _Forgetful(Config.load(TINY).network)
    write(forgetful, spec, tmp_path / "forgetful.pt")
    with pytest.raises(ExportError, match="any chunking"):
        verify(forgetful, tmp_path / "forgetful.pt")


def test_a_refused_export_leaves_the_old_file(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.pt").write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise ExportError("no")

    monkeypatch.setattr(exporting, "verify", refuse)
    with pytest.raises(ExportError):
        export(run / "runs" / "tiny" / "best.pt", tmp_path / "tiny.pt")
    assert (tmp_path / "tiny.pt").read_bytes() == b"old"


def test_evaluation_reports_every_class_and_writes_a_card(run: Path, tmp_path: Path) -> None:
    export(run / "runs" / "tiny" / "best.pt", tmp_path / "tiny.pt")
    model = Model.load(tmp_path / "tiny.pt")
    sources = Sources.load(run / "data", "valid", RATE, run / "cache")
    items = list(validation_items(sources, RATE, pairs=3, dry_clips=1))
    cheap = ("estoi", "si_sdr_db", "tail_db")
    before = measure(None, items, RATE, cheap)
    after = measure(model, items, RATE, cheap)
    assert before["pairs"] == 3
    assert before["dry_si_sdr_db"]["mean"] == 100.0
    assert "| tiny |" in markdown({"input": before, "tiny": after})
    card = model_card(model, before, after, run / "data")
    assert json.loads(json.dumps(card))["validation"]["output"]["pairs"] == 3
    assert card["sources"]["rir"] == [{"source": "made", "licence": "CC0-1.0", "clips": 2}]


def test_validation_items_are_the_same_at_every_call(run: Path) -> None:
    sources = Sources.load(run / "data", "valid", RATE, run / "cache")
    first = list(validation_items(sources, RATE, pairs=2, dry_clips=1))
    again = list(validation_items(sources, RATE, pairs=2, dry_clips=1))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.recording, other.recording)
    np.testing.assert_array_equal(first[-1].recording, first[-1].dry)


def test_processing_keeps_the_length(run: Path, tmp_path: Path) -> None:
    export(run / "runs" / "tiny" / "best.pt", tmp_path / "tiny.pt")
    model = Model.load(tmp_path / "tiny.pt")
    for length in (1, 479, 480, 5_001):
        assert process(model, speech_like(1, length, RATE)[0]).shape == (length,)


def test_an_unknown_key_in_a_configuration_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[network]\nnarow_hidden = 3\n")
    with pytest.raises(ValueError, match=r"wrong\.toml.*narow_hidden"):
        Config.load(path)


@pytest.mark.parametrize("name", ["live", "tiny"])
def test_shipped_configurations_load(name: str) -> None:
    config = Config.load(TINY.with_name(f"{name}.toml"))
    assert config.network.name == name
    assert Config.from_dict(dataclasses.asdict(config)) == config


class _Forgetful(Network):
    """A network that drops its memory between calls."""

    def forward(
        self, waveform: torch.Tensor, state: list[torch.Tensor], strength: float, floor_db: float
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        half = waveform * (0.5 if strength > 0 else 0.0)
        half[:, 0] = 0.0
        return half, self.initial_state(waveform.shape[0])
