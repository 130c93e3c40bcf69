"""The layers for clips and single frames give what torch's own give."""

from __future__ import annotations

import pytest
import torch

from training.layers import FEW_FRAMES, StreamedLinear, StreamedLSTM, tanh


@pytest.mark.parametrize("frames", [1, 2, FEW_FRAMES, FEW_FRAMES + 1, 20])
def test_the_lstm_equals_torchs_whatever_the_length(frames: int) -> None:
    torch.manual_seed(0)
    streamed = StreamedLSTM(5, 7)
    usual = torch.nn.LSTM(5, 7)
    usual.load_state_dict(streamed.state_dict())
    sound = torch.randn(frames, 3, 5)
    state = (torch.randn(1, 3, 7), torch.randn(1, 3, 7))
    found, after = streamed(sound, state)
    wanted, after_wanted = usual(sound, state)
    torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(after, after_wanted)


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
