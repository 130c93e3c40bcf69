"""The layers for clips and single frames give what torch's own give."""

from __future__ import annotations

import pytest
import torch

from training.layers import FEW_FRAMES, StreamedLinear, StreamedLSTM, tanh

packs = pytest.mark.skipif(
    torch.backends.quantized.engine not in ("x86", "fbgemm"), reason="torch has no FBGEMM here"
)


@pytest.mark.parametrize("frames", [1, 2, FEW_FRAMES, FEW_FRAMES + 1, 50])
def test_the_lstm_equals_torchs_whatever_the_length(frames: int) -> None:
    torch.manual_seed(0)
    streamed = StreamedLSTM(5, 7)
    usual = torch.nn.LSTM(5, 7)
    usual.load_state_dict(streamed.state_dict())
    sound = torch.randn(frames, 3, 5)
    hidden, cell = torch.randn(3, 7), torch.randn(3, 7)
    found, (hidden_after, twice) = streamed(sound, (hidden, 2 * cell))
    wanted, after_wanted = usual(sound, (hidden[None], cell[None]))
    torch.testing.assert_close(found, wanted)
    wanted_states = tuple(state[0] for state in after_wanted)
    torch.testing.assert_close((hidden_after, twice / 2), wanted_states)


@packs
@pytest.mark.parametrize("frames", [1, 3, FEW_FRAMES, FEW_FRAMES + 1])
def test_a_packed_layer_gives_the_same_with_weights_of_half_precision(frames: int) -> None:
    torch.manual_seed(0)
    lstm, linear = StreamedLSTM(5, 7).eval(), StreamedLinear(5, 7).eval()
    with torch.no_grad():
        for parameter in [*lstm.parameters(), *linear.parameters()]:
            parameter.copy_(parameter.half())
        sound, state = torch.randn(frames, 3, 5), (torch.randn(3, 7), torch.randn(3, 7))
        wanted = (linear(sound), lstm(sound, state))
        lstm.pack(), linear.pack()
        torch.testing.assert_close((linear(sound), lstm(sound, state)), wanted, rtol=0, atol=1e-6)


@packs
def test_packing_rounds_to_half_precision() -> None:
    """So that it makes a difference whether the weights of a model file are rounded before."""
    torch.manual_seed(0)
    linear, sound = StreamedLinear(50, 7).eval(), torch.randn(3, 50)
    with torch.no_grad():
        exact = linear(sound)
        linear.pack()
        assert 1e-6 < (linear(sound) - exact).abs().max() < 1e-2


def test_tanh_is_that_of_torch() -> None:
    x = torch.cat([torch.linspace(-20, 20, 999), torch.tensor([0.0, 1e-7, -1e-7, 200.0, -200.0])])
    torch.testing.assert_close(tanh(x), torch.tanh(x), rtol=0, atol=2e-7)


def test_the_first_weights_of_the_lstm_are_those_of_torchs() -> None:
    torch.manual_seed(0)
    streamed = StreamedLSTM(5, 7).state_dict()
    torch.manual_seed(0)
    usual = torch.nn.LSTM(5, 7).state_dict()
    assert streamed.keys() == usual.keys()
    assert all(torch.equal(streamed[name], usual[name]) for name in usual)


@pytest.mark.parametrize("rows", [(), (1,), (40,), (2, 40)])
@pytest.mark.parametrize("frames", [1, 2, 50])
def test_the_linear_layer_equals_torchs_whatever_the_length(
    frames: int, rows: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    streamed = StreamedLinear(7, 3)
    usual = torch.nn.Linear(7, 3)
    usual.load_state_dict(streamed.state_dict())
    sound = torch.randn(frames, *rows, 7)
    for layer in (streamed.train(), streamed.eval()):
        found = layer(sound)
        torch.testing.assert_close(found, usual(sound))
        assert found.is_contiguous()
