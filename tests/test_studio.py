"""The network for files: hears ahead by a bounded time, and streams all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import write_corpora
from networks import random_network, removed
from signals import noise, speech_like
from torch import nn

from processor.dereverb import Dereverb
from processor.model import Model
from processor.recipe import Recipe
from processor.stream import DereverbStream
from training.config import Config
from training.errors import TrainingError
from training.export import export
from training.network import Network
from training.train import batch_loss, train

CONFIGS = Path(__file__).parents[1] / "training" / "configs"
TINY = CONFIGS / "studio-tiny.toml"
RATE = 48_000


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread() -> Iterator[None]:
    """Two threads that share a busy machine's cores take many times as long as one."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


@pytest.fixture(scope="module")
def network() -> Network:
    return random_network(Config.load(TINY).network)


@pytest.mark.parametrize("calls", [[1] * 6, [2, 4], [5, 1]])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_chunking_equals_one_call(network: Network, calls: list[int], channels: int) -> None:
    waveform = noise(channels, 6 * network.hop)
    # float32 sums in another order: a few units in the last place of values below 1.
    np.testing.assert_allclose(
        removed(network, waveform, calls), removed(network, waveform, [6]), atol=2e-6
    )


def test_it_hears_ahead_but_no_further_than_its_block_and_the_look_ahead(network: Network) -> None:
    waveform = noise(1, 6 * network.hop)
    changed = waveform.copy()
    edge = 3 * network.hop
    changed[:, edge:] = 0
    a, b = removed(network, waveform, [6]), removed(network, changed, [6])
    # What comes out before the changed block goes in cannot know of it.
    np.testing.assert_array_equal(a[:, :edge], b[:, :edge])
    # What comes out belongs to the input `latency_samples` before, which has heard the change.
    heard_ahead = slice(edge, edge + network.latency_samples - network.n_fft)
    assert np.abs(a[:, heard_ahead] - b[:, heard_ahead]).max() > 1e-4


def test_a_halving_of_every_bin_removes_half_of_the_delayed_input() -> None:
    """Closed form: each estimate belongs to its frame, `latency_samples` late."""
    network = random_network(Config.load(TINY).network)
    waveform = noise(1, 12 * network.hop)
    estimator = network.estimator
    with torch.no_grad():
        for layer in (estimator.to_gain, estimator.to_high_gain, estimator.to_filter):
            layer.weight.zero_()
            layer.bias.zero_()
        estimator.to_filter.bias.view(len(estimator.taps), estimator.width, 2)[0, :, 0] = 1.0
    late = network.latency_samples
    expected = 0.5 * waveform[:, : waveform.shape[1] - late]
    np.testing.assert_allclose(removed(network, waveform, [12])[:, late:], expected, atol=1e-6)


@pytest.mark.parametrize("tap", [0, 1, 3, -1])
def test_a_tap_is_the_frame_so_far_back(tap: int) -> None:
    """Frames that are numbered come out `look_ahead` and `tap` places later."""
    network = random_network(Config.load(TINY).network)
    estimator = network.estimator
    frame = torch.zeros(2 * estimator.block, 1, network.bins, dtype=torch.complex64)
    frame[:, :, 5] = torch.arange(1, 2 * estimator.block + 1).view(-1, 1)  # numbered
    with torch.no_grad():
        for layer in (estimator.to_gain, estimator.to_filter):
            layer.weight.zero_()
            layer.bias.zero_()
        estimator.to_gain.bias.fill_(30.0)  # a gain of one
        place = estimator.taps.index(tap)
        estimator.to_filter.bias.view(len(estimator.taps), estimator.width, 2)[place, :, 0] = 1.0
        estimate, _ = estimator(frame, frame, estimator.initial_memory(1))
    first = estimator.look_ahead + tap  # the estimate of frame 0 that hears frame -tap
    numbers = estimate[first:, 0, 5].real.numpy()
    np.testing.assert_allclose(numbers, np.arange(1, len(numbers) + 1), rtol=1e-6)


def test_strength_zero_removes_exactly_nothing(network: Network) -> None:
    assert not np.any(removed(network, noise(1, 4 * network.hop), [4], strength=0.0))


def test_silence_stays_silent(network: Network) -> None:
    assert not np.any(removed(network, np.zeros((1, 4 * network.hop), np.float32), [4]))


def test_channels_do_not_hear_each_other(network: Network) -> None:
    waveform = noise(3, 4 * network.hop)
    alone = removed(network, waveform[1:2], [4])
    np.testing.assert_allclose(removed(network, waveform, [4])[1:2], alone, atol=2e-6)


def test_the_untrained_network_nearly_passes_its_input() -> None:
    network = Network(Config.load(TINY).network).eval()
    waveform = noise(1, 6 * network.hop)
    assert np.std(removed(network, waveform, [6])) < 0.1 * np.std(waveform)


def test_the_real_one_keeps_within_a_second_and_four_billion_multiplications() -> None:
    network = Network(Config.load(CONFIGS / "studio.toml").network).eval()
    assert network.latency_samples + network.hop <= RATE
    counted = MultiplicationCounter(network)
    removed(network, noise(1, 4 * network.hop), [4])
    assert counted.total / (4 * network.hop / RATE) <= 4e9


class MultiplicationCounter:
    """Counts the multiplications of LSTMs and linear layers, which are nearly all."""

    def __init__(self, network: Network) -> None:
        self.total = 0
        for part in network.modules():
            part.register_forward_hook(self._count)

    def _count(self, part: nn.Module, inputs: tuple[torch.Tensor, ...], _: object) -> None:
        vectors = inputs[0].numel() // inputs[0].shape[-1]
        if isinstance(part, nn.LSTM):
            gates = 4 * part.hidden_size
            self.total += vectors * gates * (part.input_size + part.hidden_size)
        elif isinstance(part, nn.Linear):
            self.total += vectors * part.in_features * part.out_features


@pytest.mark.parametrize("line", ["taps = [1, 0]", "taps = [0, -5]", "taps = []"])
def test_a_tap_beyond_what_is_heard_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f'[network]\nformulation = "studio"\nlook_ahead = 4\n{line}\n')
    with pytest.raises(TrainingError, match=r"wrong\.toml.*4 frames ahead"):
        Config.load(path)


def test_training_lowers_the_loss_of_one_batch() -> None:
    config = Config.load(TINY)
    torch.manual_seed(0)
    network = Network(config.network)
    speech = torch.from_numpy(speech_like(2, RATE, RATE))
    reverberant = speech + 0.5 * torch.roll(speech, 4_000, dims=1)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(13):
        optimiser.zero_grad()
        loss = batch_loss(network, reverberant, speech, config)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.95 * losses[0]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data/ and a finished tiny run in runs/studio/."""
    folder = tmp_path_factory.mktemp("studio")
    write_corpora(folder / "data", RATE)
    train(Config.load(TINY), folder / "data", folder / "runs" / "studio", hours=1, steps=3)
    return folder


@pytest.fixture(scope="module")
def model(run: Path) -> Model:
    """A tiny run, exported; training.export has checked it against the network."""
    export(run / "runs" / "studio" / "best.pt", run / "studio.pt")
    return Model.load(run / "studio.pt")


def test_the_exported_model_says_how_far_ahead_it_hears(model: Model, network: Network) -> None:
    assert model.spec.hop_length == network.hop == 6 * 480
    assert model.spec.latency_samples == network.latency_samples == (2 + 4) * 480


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("size", [1_000, 2_879, 2_881, 7_919])
def test_any_blocks_give_what_one_call_gives(model: Model, rate: int, size: int) -> None:
    x = speech_like(2, rate // 2 + 7, rate)
    whole = Dereverb(model)(x, rate)
    assert whole.shape == x.shape
    stream = DereverbStream(model, rate, 2)
    parts = [stream.feed(x[:, at : at + size]) for at in range(0, x.shape[1], size)]
    # Signals of 0.5, float32 sums that are grouped differently in a recurrent network.
    np.testing.assert_allclose(np.concatenate([*parts, stream.flush()], 1), whole, atol=2e-6)


@pytest.mark.parametrize("samples", [0, 1, 480, 2_879, 2_880, 2_881])
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_recording_shorter_than_the_look_ahead_keeps_its_length(
    model: Model, rate: int, samples: int
) -> None:
    stream = DereverbStream(model, rate, 1)
    x = noise(1, samples)
    assert np.concatenate([stream.feed(x), stream.flush()], axis=1).shape == x.shape


@pytest.mark.parametrize("rate", [44_100, 48_000])
@pytest.mark.parametrize("recipe", [Recipe(strength=0.0), Recipe(mix=0.0)])
def test_strength_or_mix_zero_returns_the_input_bit_for_bit(
    model: Model, rate: int, recipe: Recipe
) -> None:
    x = noise(2, rate // 3)
    stream = DereverbStream(model, rate, 2, recipe)
    np.testing.assert_array_equal(np.concatenate([stream.feed(x), stream.flush()], axis=1), x)


def test_weights_of_another_network_are_refused_in_a_sentence(run: Path, tmp_path: Path) -> None:
    live = Config.load(CONFIGS / "tiny.toml")
    best = run / "runs" / "studio" / "best.pt"
    with pytest.raises(TrainingError, match=r"best\.pt' does not fit this network"):
        train(live, run / "data", tmp_path / "new", hours=1, steps=4, start_from=best)
