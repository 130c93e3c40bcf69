"""The whole path on a made-up data folder: train, resume, export."""

from __future__ import annotations

import csv
import dataclasses
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch
from corpora import write_corpora
from signals import speech_like

from processor.model import Model
from training import evaluate as evaluating
from training import export as exporting
from training import train as training
from training.checkpoint import save_checkpoint
from training.config import Config
from training.dataset import Sources
from training.errors import TrainingError, told_plainly
from training.export import ExportError, export, load_network, verify, write
from training.measure import process
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


def test_a_run_lets_itself_be_heard_and_seen(run: Path) -> None:
    folder = run / "runs" / "tiny" / "snapshots"
    names = {path.name for path in folder.iterdir()}
    assert {"0_recording.flac", "0_target.flac"} <= names
    takes = sorted(name for name in names if name.startswith("0_0"))
    assert {Path(name).suffix for name in takes} == {".flac", ".png"}
    lengths = {soundfile.info(folder / name).frames for name in names if name.endswith("flac")}
    assert len(lengths) == 1


def test_training_lowers_the_loss_of_one_batch() -> None:
    config = Config.load(TINY)
    torch.manual_seed(0)
    network = Network(config.network)
    speech = torch.from_numpy(speech_like(2, RATE, RATE))
    reverberant = speech + 0.5 * torch.roll(speech, 4_000, dims=1)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    first = last = batch_loss(network, reverberant, speech, config)
    for _ in range(25):
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


def test_a_new_run_starts_from_the_weights_of_another(run: Path, tmp_path: Path) -> None:
    best = run / "runs" / "tiny" / "best.pt"
    before = torch.load(best, weights_only=True)
    path = train(
        Config.load(TINY),
        run / "data",
        tmp_path / "new",
        hours=1,
        steps=before["step"] + 1,
        start_from=best,
    )
    after = torch.load(path, weights_only=True)
    assert after["step"] == before["step"] + 1
    assert after["heard_h"] > before["heard_h"]
    assert after["history"] == before["history"]
    for name, weights in before["average"].items():  # one step moves no weight far
        torch.testing.assert_close(after["average"][name], weights, atol=0.01, rtol=0)


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
        network.estimator.to_gain.bias.sub_(0.5)
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


def test_export_refuses_a_network_that_revises_to_something_else(run: Path, tmp_path: Path) -> None:
    spec = export(run / "runs" / "tiny" / "best.pt", tmp_path / "tiny.pt")
    stubborn = _Stubborn(Config.load(TINY).network)
    write(stubborn, spec, tmp_path / "stubborn.pt")
    with pytest.raises(ExportError, match="what is revised"):
        verify(stubborn, tmp_path / "stubborn.pt")
    false = _False(Config.load(TINY).network)
    write(false, spec, tmp_path / "false.pt")
    with pytest.raises(ExportError, match="what is told with estimates"):
        verify(false, tmp_path / "false.pt")


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


def test_processing_keeps_the_length(run: Path, tmp_path: Path) -> None:
    export(run / "runs" / "tiny" / "best.pt", tmp_path / "tiny.pt")
    model = Model.load(tmp_path / "tiny.pt")
    for length in (1, 479, 480, 5_001):
        assert process(model, speech_like(1, length, RATE)[0]).shape == (length,)


def test_a_run_from_anothers_weights_has_a_best_of_its_own(run: Path, tmp_path: Path) -> None:
    better = tmp_path / "better.pt"
    state = torch.load(run / "runs" / "tiny" / "best.pt", weights_only=False)
    save_checkpoint({**state, "score": 1e-9}, better)
    steps = state["step"] + 1
    train(Config.load(TINY), run / "data", tmp_path / "own", 1, steps=steps, start_from=better)
    assert (tmp_path / "own" / "best.pt").is_file()


def test_nothing_left_to_train_is_told(run: Path, tmp_path: Path) -> None:
    start = run / "runs" / "tiny" / "best.pt"
    with pytest.raises(TrainingError, match="nothing left to train"):
        train(Config.load(TINY), run / "data", tmp_path / "own", 1, steps=3, start_from=start)


def test_export_does_not_overwrite_its_own_checkpoint(run: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.pt"
    own.write_bytes((run / "runs" / "tiny" / "best.pt").read_bytes())
    with pytest.raises(TrainingError, match="is the checkpoint itself"):
        export(own, tmp_path / "." / "own.pt")
    load_network(own)


@pytest.mark.parametrize(
    ("module", "arguments", "said"),
    [
        (training, "--data {}/none --out {}/out", r"none.speech.manifest\.csv'.*docs/training\.md"),
        (training, "--data {}/data --out {}/text", r"folder '.*text'"),
        (training, "--data {}/data --out {}/out --config {}/none.toml", r"none\.toml"),
        (training, "--data {}/data --out {}/out --config {}/text", r"Cannot use '.*text'"),
        (training, "--data {}/data --out {}/out --hours -1", "--hours"),
        (training, "--data {}/data --out {}/out --threads 0", "--threads"),
        (training, "--data {}/data --out {}/broken", r"checkpoint\.pt' is not a checkpoint"),
        (training, "--data {}/data --out {}/runs/tiny", r"checkpoint\.pt' does not fit"),
        (exporting, "{}/none.pt --out {}/out.pt", r"Cannot read '.*none\.pt'"),
        (exporting, "{}/text --out {}/out.pt", "is not a checkpoint"),
        (exporting, "{}/old.pt --out {}/out.pt", "has no entry 'config'"),
        (exporting, "{}/runs/tiny/best.pt --out {}/text/out.pt", "Cannot write"),
        (evaluating, "{}/none.pt --data {}/data", r"none\.pt"),
        (evaluating, "{}/text --data {}/data --card {}/none/card.json", "no folder"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    run: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    arguments: str,
    said: str,
) -> None:
    (run / "text").write_text("no model, no folder, no TOML")
    (run / "broken").mkdir(exist_ok=True)
    (run / "broken" / "checkpoint.pt").write_text("no checkpoint")
    torch.save({"network": {}}, run / "old.pt")
    words = [word.format(run) for word in arguments.split()]
    monkeypatch.setattr("sys.argv", [module.__name__, *words])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 2
    message = capsys.readouterr().err.strip()
    assert re.search(said, message)
    assert message.startswith("usage:") or "\n" not in message


@pytest.mark.parametrize(
    ("kind", "manifest", "said"),
    [
        ("speech", b"file,split\na.wav,train", "no column 'speaker'"),
        ("speech", b"", "no column 'file'"),
        ("speech", b"file,split,speaker\na.wav,valid,x", "no clip whose split is 'train'"),
        ("speech", b"file,split,speaker\na.wav,train,x", r"a\.wav': there is no such file"),
        ("speech", b"file,split,speaker\nmanifest.csv,train,x", "no audio data"),
        ("speech", b"file,split,speaker\n\xff.wav,train,x", "not UTF-8"),
        (
            "rir",
            b"file,split,room,t60_s\ntrain0.wav,train,x,long",
            r"train0\.wav' the t60_s 'long'",
        ),
        ("rir", b"file,split,room,t60_s\ntrain0.wav,train,x,0", "t60_s '0'"),
        ("rir", b"file,split,room,t60_s\ntrain0.wav,train,x", "t60_s 'None'"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(
    tmp_path: Path, kind: str, manifest: bytes, said: str
) -> None:
    write_corpora(tmp_path, RATE)
    (tmp_path / kind / "manifest.csv").write_bytes(manifest)
    with pytest.raises(TrainingError, match=said):
        Sources.load(tmp_path, "train", RATE, tmp_path / "cache")


def test_a_missing_package_is_told_with_the_extra_that_has_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended, told_plainly():
        importlib.import_module("pesq_that_nobody_has")
    assert ended.value.code == 2
    assert "[train]" in capsys.readouterr().err


class _Forgetful(Network):
    """A network that drops its memory between calls."""

    def forward(
        self,
        waveform: torch.Tensor,
        state: list[torch.Tensor],
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        half = waveform * (0.5 if strength > 0 else 0.0)
        half[:, 0] = 0.0
        return half, self.initial_state(waveform.shape[0])


class _Stubborn(Network):
    """A network that removes the same at all settings once it has been asked."""

    def revised(
        self,
        waveform: torch.Tensor,
        state: list[torch.Tensor],
        estimate: torch.Tensor,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        return 0.5 * waveform, state[:3]


class _False(Network):
    """A network that removes something else when it is asked for its estimates."""

    def forward(
        self,
        waveform: torch.Tensor,
        state: list[torch.Tensor],
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        removed, after, _ = self.estimated(waveform, state, strength, floor_db, focus, link)
        return 0.5 * removed, after
