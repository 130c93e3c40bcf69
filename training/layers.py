"""Layers of torch that are quick for clips and for single frames."""

import torch
from torch import Tensor, nn

from training.features import constant

# oneDNN's LSTM, which torch.lstm takes, is the fastest for long inputs, but prepares its weights
# anew at each call: from the 4th frame on that pays.
FEW_FRAMES = 3

# torch leaves 1 x 1 convolutions of so many images to oneDNN.
MANY_FRAMES = 16


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent in a third of the time that torch takes for its own."""
    half = torch.sigmoid(x + x)
    return half - (constant(1.0) - half)


class StreamedLinear(nn.Linear):
    """`nn.Linear` for all bands of some frames, see `linear`. Training keeps to the usual way."""

    def forward(self, frames: Tensor) -> Tensor:
        return linear(frames, self.weight, self.bias, self.training)


def linear(
    frames: Tensor,
    weight: Tensor,
    bias: Tensor,
    training: bool = False,
    many_frames: int = MANY_FRAMES,
) -> Tensor:
    """Return frames @ weight.T + bias.

    Many frames are multiplied by oneDNN, as a convolution of images that are one bin wide: half
    the time on processors that MKL does not care for.

    Shape:
        - frames: (frames, ..., inputs)
        - weight: (outputs, inputs)
        - result: (frames, ..., outputs)
    """
    if training or frames.shape[0] < many_frames:
        return nn.functional.linear(frames, weight, bias)
    images = frames.reshape(frames.shape[0], -1, 1, frames.shape[-1]).permute(0, 3, 1, 2)
    kernel = weight[:, :, None, None].contiguous(memory_format=torch.channels_last)
    result = nn.functional.conv2d(images, kernel, bias).permute(0, 2, 3, 1)
    return result.reshape(list(frames.shape[:-1]) + list(weight.shape[:1]))


class StreamedLSTM(nn.Module):
    """One layer of `nn.LSTM`, with its weights and their names, frames first.

    A few frames go through `torch.lstm_cell` one by one: a stream that brings a frame at a time
    then costs half as much.

    Shape:
        - frames: (frames, rows, inputs)
        - state: hidden and cell, (1, rows, hidden) each
        - result: (frames, rows, hidden), and the state after them
    """

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.few_frames = FEW_FRAMES
        for name, parameter in nn.LSTM(inputs, hidden).named_parameters():
            self.register_parameter(name, parameter)

    def forward(
        self, frames: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if frames.shape[0] > self.few_frames:
            weights = [self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0]
            every, hidden, cell = torch.lstm(
                frames, [state[0], state[1]], weights, True, 1, 0.0, False, False, False
            )
            return every, (hidden, cell)
        hidden, cell = state[0][0], state[1][0]
        done: list[Tensor] = []
        for frame in frames.unbind(0):
            hidden, cell = self.next(frame, hidden, cell)
            done.append(hidden)
        return torch.stack(done), (hidden[None], cell[None])

    def next(self, frame: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden and cell state after a frame, as `torch.lstm_cell` has them, in half the time.

        tanh(x) is 2 sigmoid(2x) - 1, which torch takes in a tenth of the time.
        """
        of_hidden = nn.functional.linear(hidden, self.weight_hh_l0, self.bias_hh_l0)
        gates = of_hidden + nn.functional.linear(frame, self.weight_ih_l0, self.bias_ih_l0)
        new = gates.narrow(1, 2 * hidden.shape[1], hidden.shape[1])
        new = torch.sigmoid(new + new)
        enter, keep, _, leave = torch.sigmoid(gates).chunk(4, 1)
        cell = torch.addcmul(keep * cell - enter, enter, new, value=2.0)
        return torch.addcmul(-leave, leave, torch.sigmoid(cell + cell), value=2.0), cell
