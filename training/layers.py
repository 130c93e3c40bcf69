"""Layers of torch that are quick for clips and for single frames."""

from typing import Optional, TypeAlias

import torch
from torch import Tensor, nn

from training.features import constant

# TorchScript knows its classes; neither mypy nor Python's | does.
_Layer = torch.classes.quantized.LinearPackedParamsBase
Packed: TypeAlias = Optional[_Layer]  # type: ignore[valid-type]  # noqa: UP045

# oneDNN's LSTM, which torch.lstm takes, is the fastest for long inputs, but prepares its weights
# anew at each call: for up to so many frames a packed layer is quicker.
FEW_FRAMES = 16


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent in a third of the time that torch takes for its own."""
    half = torch.sigmoid(x + x)
    return half - (constant(1.0) - half)


def packed_layer(weight: Tensor, bias: Tensor) -> Packed:
    """A linear layer in half precision and in the order that FBGEMM wants, which torch has on x86.

    It takes half the time of MKL there, and reads half the bytes. Where the weight is one of half
    precision, as in a model file, the result is the same.

    Shape:
        - weight: (outputs, inputs)
    """
    return torch.ops.quantized.linear_prepack_fp16(weight, bias)


class Product(nn.Module):
    """A linear layer of weights that others hold; can be `packed`."""

    packed: Packed

    def __init__(self) -> None:
        super().__init__()
        self.packed = None

    def forward(self, frames: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        packed = self.packed
        if packed is None:
            return nn.functional.linear(frames, weight, bias)
        return torch.ops.quantized.linear_dynamic_fp16(frames, packed)

    def pack(self, weight: Tensor, bias: Tensor) -> None:
        """Once, before the first frame, on a machine with FBGEMM."""
        self.packed = packed_layer(weight, bias)


class StreamedLinear(nn.Linear):
    """`nn.Linear` that can be packed."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.product = Product()

    def forward(self, frames: Tensor) -> Tensor:
        return self.product(frames, self.weight, self.bias)

    def pack(self) -> None:
        """See `Product`."""
        self.product.pack(self.weight, self.bias)


class StreamedLSTM(nn.Module):
    """One layer of `nn.LSTM`, with its weights and their names, frames first.

    A few frames go one by one: a stream that brings a frame at a time then costs half as much,
    once it is packed a quarter.

    Shape:
        - frames: (frames, rows, inputs)
        - state: hidden, and twice the cell, (rows, hidden) each
        - result: (frames, rows, hidden), and the state after them
    """

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor
    doubled: Tensor
    packed: Packed

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.packed = None
        # What is doubled of the gates, for tanh: that which is new.
        doubled = torch.tensor([1.0, 1.0, 2.0, 1.0]).repeat_interleave(hidden)
        self.register_buffer("doubled", doubled, persistent=False)
        self.few_frames = FEW_FRAMES
        for name, parameter in nn.LSTM(inputs, hidden).named_parameters():
            self.register_parameter(name, parameter)

    def forward(
        self, frames: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if frames.shape[0] > self.few_frames:
            weights = [self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0]
            before = [state[0][None], 0.5 * state[1][None]]
            every, hidden, cell = torch.lstm(
                frames, before, weights, True, 1, 0.0, False, False, False
            )
            return every, (hidden[0], 2.0 * cell[0])
        hidden, twice = state
        if frames.shape[0] == 1:
            hidden, twice = self.next(frames[0], hidden, twice)
            return hidden[None], (hidden, twice)
        done: list[Tensor] = []
        for frame in frames.unbind(0):
            hidden, twice = self.next(frame, hidden, twice)
            done.append(hidden)
        return torch.stack(done), (hidden, twice)

    def next(self, frame: Tensor, hidden: Tensor, twice: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden state and twice the cell after a frame, in half the time of `torch.lstm_cell`.

        tanh(x) is 2 sigmoid(2x) - 1, which torch takes in a tenth of the time.
        """
        packed = self.packed
        if packed is None:
            gates = nn.functional.linear(frame, self.weight_ih_l0, self.bias_ih_l0)
            gates = gates + nn.functional.linear(hidden, self.weight_hh_l0, self.bias_hh_l0)
            gates = gates * self.doubled
        else:
            gates = torch.ops.quantized.linear_dynamic_fp16(torch.cat([frame, hidden], 1), packed)
        enter, keep, new, leave = torch.sigmoid(gates).split(hidden.shape[1], 1)
        twice = torch.addcmul(torch.sub(keep * twice, enter, alpha=2.0), enter, new, value=4.0)
        return torch.addcmul(-leave, leave, torch.sigmoid(twice), value=2.0), twice

    def pack(self) -> None:
        """Once, before the first frame, on a machine with FBGEMM."""
        inputs, hidden = self.weight_ih_l0.shape[1], self.weight_hh_l0.shape[1]
        # Not torch.cat: an exported graph would keep its result beside the two.
        weight = torch.empty(4 * hidden, inputs + hidden)
        weight[:, :inputs] = self.weight_ih_l0
        weight[:, inputs:] = self.weight_hh_l0
        bias = self.bias_ih_l0 + self.bias_hh_l0
        self.packed = packed_layer(weight * self.doubled[:, None], bias * self.doubled)
