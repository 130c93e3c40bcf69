"""Model: a pure function read from a file."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import TINY, TinyNetwork, save_torchscript, tiny_gain
from signals import noise

from processor.errors import DereverbError, ModelError
from processor.model import FORMAT_VERSION, Model, ModelSpec

HOP = TINY.hop_length


def removed_in_steps(model: Model, waveform: np.ndarray, hops: list[int]) -> np.ndarray:
    """Return what the model removes when the waveform comes in steps of so many hops."""
    state = model.initial_state(waveform.shape[0])
    parts, start = [], 0
    for count in hops:
        stop = start + count * model.spec.hop_length
        part, state = model.step(waveform[:, start:stop], state, 1.0, -60.0)
        parts.append(part)
        start = stop
    assert start == waveform.shape[1]
    return np.concatenate(parts, axis=1)


def test_step_returns_what_the_network_says_so_many_samples_late(tiny_model: Model) -> None:
    x = noise(2, 10 * HOP)
    removed, _ = tiny_model.step(x, tiny_model.initial_state(2), 0.5, -60.0)
    late = np.pad(x, ((0, 0), (TINY.latency_samples, 0)))[:, : x.shape[1]]
    np.testing.assert_allclose(removed, (1 - tiny_gain(0.5)) * late, atol=1e-7)


def test_step_hands_the_floor_to_the_network(tiny_model: Model) -> None:
    x = np.ones((1, 10 * HOP), np.float32)
    removed, _ = tiny_model.step(x, tiny_model.initial_state(1), 1.0, -6.0)
    assert removed[0, -1] == pytest.approx(1 - tiny_gain(1.0, -6.0))


def test_step_is_pure(bundled_model: Model) -> None:
    x = noise(1, 20 * bundled_model.spec.hop_length)
    kept = x.copy()
    _, state = bundled_model.step(x, bundled_model.initial_state(1), 1.0, -60.0)
    once, _ = bundled_model.step(x, state, 1.0, -60.0)
    again, _ = bundled_model.step(x, state, 1.0, -60.0)
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("hops", [[1] * 30, [7, 1, 13, 9], [29, 1]])
@pytest.mark.parametrize("channels", [1, 2])
def test_bundled_model_does_not_depend_on_the_steps(
    bundled_model: Model, hops: list[int], channels: int
) -> None:
    x = noise(channels, 30 * bundled_model.spec.hop_length)
    at_once = removed_in_steps(bundled_model, x, [30])
    # What rounding leaves of float32 sums that are grouped differently.
    np.testing.assert_allclose(removed_in_steps(bundled_model, x, hops), at_once, atol=1e-5)


def test_bundled_model_removes_exactly_nothing_at_strength_zero(bundled_model: Model) -> None:
    x = noise(2, 20 * bundled_model.spec.hop_length)
    removed, _ = bundled_model.step(x, bundled_model.initial_state(2), 0.0, -60.0)
    assert not removed.any()


def test_bundled_model_removes_something_at_full_strength(bundled_model: Model) -> None:
    x = noise(1, 50 * bundled_model.spec.hop_length)
    removed, _ = bundled_model.step(x, bundled_model.initial_state(1), 1.0, -60.0)
    assert np.abs(removed).max() > 1e-4


@pytest.mark.parametrize("hops", [[1] * 60, [60]])
def test_bundled_model_says_the_same_where_torch_cannot_pack_it(
    bundled_model: Model, tmp_path: Path, hops: list[int]
) -> None:
    engine = torch.backends.quantized.engine
    path = tmp_path / "copy.pt"
    path.write_bytes(bundled_model.path.read_bytes())
    try:
        torch.backends.quantized.engine = "qnnpack" if engine != "qnnpack" else "none"
        plain = Model.load(path)
    finally:
        torch.backends.quantized.engine = engine
    waveform = noise(1, 60 * bundled_model.spec.hop_length)
    found = removed_in_steps(plain, waveform, hops)
    difference = found - removed_in_steps(bundled_model, waveform, hops)
    assert np.abs(difference).max() < 1e-6
    if engine in ("x86", "fbgemm"):
        assert difference.any()  # one of them was packed


def test_bundled_model_is_loaded_once() -> None:
    assert Model.load() is Model.load()


def test_bundled_model_names_what_it_is(bundled_model: Model) -> None:
    spec = bundled_model.spec
    assert spec.format_version <= FORMAT_VERSION
    assert spec.sample_rate == 48000
    assert spec.parameters > 0
    assert len(spec.sha256) == 64
    assert bundled_model.source is None


@pytest.mark.parametrize("shape", [(2, 0), (2, HOP - 1), (2, HOP + 1), (1, HOP), (3, HOP)])
def test_step_refuses_another_shape(tiny_model: Model, shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"\(2, k \* 160\)"):
        tiny_model.step(np.zeros(shape, np.float32), tiny_model.initial_state(2), 1.0, -60.0)


@pytest.mark.parametrize(
    "view", [lambda x: x[:, ::-1], lambda x: np.asfortranarray(x), lambda x: np.repeat(x, 2, 1)]
)
def test_step_takes_any_memory_order(tiny_model: Model, view) -> None:
    x = view(noise(2, 10 * HOP))
    removed, _ = tiny_model.step(x, tiny_model.initial_state(2), 1.0, -60.0)
    again, _ = tiny_model.step(x.copy(), tiny_model.initial_state(2), 1.0, -60.0)
    np.testing.assert_array_equal(removed, again)


def test_step_takes_an_array_that_may_not_be_written(tiny_model: Model, recwarn) -> None:
    x = noise(1, HOP)
    x.flags.writeable = False
    tiny_model.step(x, tiny_model.initial_state(1), 1.0, -60.0)
    assert not recwarn.list


def test_thread_count_of_the_host_is_put_back(tiny_model: Model) -> None:
    usual = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        threads = [
            threading.Thread(
                target=removed_in_steps, args=(tiny_model, noise(1, 99 * HOP), [1] * 99)
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        removed_in_steps(tiny_model, noise(1, 99 * HOP), [1] * 99)
        for thread in threads:
            thread.join()
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(usual)


class ThreadCounter:
    """Stands in for a graph: notes on how many torch threads it is run."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def initial_state(self, channels: int) -> list[torch.Tensor]:
        return []

    def __call__(
        self, waveform: torch.Tensor, state: list[torch.Tensor], *settings: Any
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        self.threads.append(torch.get_num_threads())
        return waveform, state


def test_network_runs_on_one_thread() -> None:
    counter = ThreadCounter()
    model = Model(counter, TINY, Path("counter.pt"))
    usual = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        model.step(noise(1, HOP), model.initial_state(1), 1.0, -60.0)
    finally:
        torch.set_num_threads(usual)
    assert counter.threads == [1]


def test_other_threads_go_on_while_the_network_computes(bundled_model: Model) -> None:
    x = noise(1, 300 * bundled_model.spec.hop_length)
    state = bundled_model.initial_state(1)
    begun, working_s = threading.Event(), [0.0]

    def work() -> None:
        begun.set()
        before = time.thread_time()
        bundled_model.step(x, state, 1.0, -60.0)
        working_s.append(time.thread_time() - before)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    before = time.thread_time()
    while thread.is_alive():
        pass
    # In processor time, so that a busy machine slows both. Were the interpreter's lock held by the
    # network, this thread would get 5 ms before and after it and nothing in between.
    assert time.thread_time() - before > 0.2 * working_s[-1] > 0.0


def test_model_travels_as_its_path(tiny_model: Model, tiny_model_path: Path) -> None:
    travelled = pickle.loads(pickle.dumps(tiny_model))
    assert travelled.spec == tiny_model.spec
    assert travelled.source == str(tiny_model_path)


def test_bundled_model_travels_as_the_bundled_one(bundled_model: Model) -> None:
    assert len(pickle.dumps(bundled_model)) < 200
    assert pickle.loads(pickle.dumps(bundled_model)) is bundled_model


def test_copies_of_a_model_share_its_weights(tiny_model: Model) -> None:
    assert copy.deepcopy(tiny_model) is tiny_model
    assert copy.copy(tiny_model) is tiny_model


def test_spec_reads_what_it_wrote() -> None:
    assert ModelSpec.from_json(TINY.to_json()) == TINY


def test_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Cannot read the model '.*absent\.pt': No such file"):
        Model.load(tmp_path / "absent.pt")


def test_installation_without_its_model_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("processor.model_files.MODELS", tmp_path)
    with pytest.raises(ModelError, match="Install Dryspell again"):
        Model.load()


def test_folder_in_place_of_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Cannot read the model"):
        Model.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", b"PK\x03\x04" + bytes(100), bytes(5000)])
def test_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.pt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"song\.pt' is not a Dryspell model"):
        Model.load(path)


def test_zip_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as file:
        file.writestr("other/readme.txt", "hello")
    with pytest.raises(ModelError, match="not a TorchScript file"):
        Model.load(tmp_path / "other.pt")


def test_plain_weights_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "weights.pt")
    with pytest.raises(ModelError, match="not a TorchScript file"):
        Model.load(tmp_path / "weights.pt")


def test_cut_off_model_is_refused(tmp_path: Path, tiny_model_path: Path) -> None:
    (tmp_path / "half.pt").write_bytes(tiny_model_path.read_bytes()[:3000])
    with pytest.raises(ModelError, match="not a TorchScript file"):
        Model.load(tmp_path / "half.pt")


def test_torchscript_of_another_program_is_refused(tmp_path: Path) -> None:
    path = save_torchscript(TinyNetwork(), tmp_path / "foreign.pt", None)
    with pytest.raises(ModelError, match=r"without a spec\.json"):
        Model.load(path)


@pytest.mark.parametrize(
    "spec, why",
    [
        ("not json", "not a Dryspell model"),
        ("[]", "not a JSON object"),
        ("{}", "has no entry 'name'"),
        (TINY.to_json().replace("16000", "0"), "impossible rate"),
        (TINY.to_json().replace("16000", "null"), "wrong kind"),
    ],
)
def test_broken_spec_is_explained(tmp_path: Path, spec: str, why: str) -> None:
    path = save_torchscript(TinyNetwork(), tmp_path / "broken.pt", spec)
    with pytest.raises(ModelError, match=why):
        Model.load(path)


def test_newer_format_asks_for_an_update(tmp_path: Path) -> None:
    newer = dataclasses.replace(TINY, format_version=FORMAT_VERSION + 1).to_json()
    path = save_torchscript(TinyNetwork(), tmp_path / "newer.pt", newer)
    with pytest.raises(ModelError, match="Update Dryspell"):
        Model.load(path)


class Stateless(torch.nn.Module):
    """Lacks initial_state."""

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        return waveform


def test_graph_without_the_interface_is_refused(tmp_path: Path) -> None:
    path = save_torchscript(Stateless(), tmp_path / "stateless.pt", TINY.to_json())
    with pytest.raises(ModelError, match="initial_state"):
        Model.load(path)


class Failing(TinyNetwork):
    """Fails while it runs."""

    def forward(
        self,
        waveform: torch.Tensor,
        state: list[torch.Tensor],
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float],
        link: bool,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        return waveform.view(7, 7), state


def test_failing_network_is_named(tmp_path: Path) -> None:
    model = Model.load(save_torchscript(Failing(), tmp_path / "failing.pt", TINY.to_json()))
    with pytest.raises(ModelError, match=r"failing\.pt' failed: .*shape"):
        model.step(noise(1, HOP), model.initial_state(1), 1.0, -60.0)


def test_model_errors_are_errors_of_ours() -> None:
    assert issubclass(ModelError, DereverbError)
