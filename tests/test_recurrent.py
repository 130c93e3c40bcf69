"""The LSTM for clips and single frames is torch's own."""

from __future__ import annotations

import pytest
import torch

from training.recurrent import FEW_FRAMES, StreamedLSTM


@pytest.mark.parametrize("frames", [1, 2, FEW_FRAMES, FEW_FRAMES + 1, 20])
def test_it_equals_torchs_whatever_the_length(frames: int) -> None:
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


def test_its_first_weights_are_those_of_torchs() -> None:
    torch.manual_seed(0)
    streamed = StreamedLSTM(5, 7).state_dict()
    torch.manual_seed(0)
    usual = torch.nn.LSTM(5, 7).state_dict()
    assert streamed.keys() == usual.keys()
    assert all(torch.equal(streamed[name], usual[name]) for name in usual)
