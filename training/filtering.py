"""Regression of a complex filter over the frames of the recording.

On the recurrent part of `training.backbone`. Below 8 kHz a band's output is a gain and a complex
filter over the present and some past frames for each bin (past frames predict the tail coherently,
as in weighted prediction error); above 8 kHz it is a smooth gain.
"""

import torch
from torch import Tensor

from training.backbone import HybridBackbone, start_transparent
from training.config import NetworkConfig
from training.features import power, silent_spectra
from training.layers import StreamedLinear


class FilterEstimator(HybridBackbone):
    """Dry spectra as filtered recent frames of the recording, see `training.network.Network`."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.taps = list(config.taps)  # in frames into the past; the first is the present, 0
        self.reach = max(config.taps)
        self.to_gain = StreamedLinear(self.narrow_hidden, self.width)
        self.to_filter = StreamedLinear(self.narrow_hidden, self.width * len(self.taps) * 2)
        start_transparent((self.to_gain, self.to_high_gain), self.to_filter, len(self.taps))

    def pack(self) -> None:
        """Make all layers quick for this machine, see `training.layers`."""
        self.pack_hidden()
        self.to_gain.pack()
        self.to_filter.pack()

    def initial_memory(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        device = self.spread.device
        past = [silent_spectra(self.reach, channels, self.low_bins, device)]
        return past + self.initial_hidden(channels)

    def forward(
        self, spectrum: Tensor, judged: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        low = spectrum[:, :, : self.low_bins]
        past_and_low = torch.cat([memory[0], low])
        taps, low_gain, high_gain, after = self._estimate(spectrum, memory[1:])
        filtered = tapped(taps, frames_ago(past_and_low, self.taps, low.shape[0]))
        high = spectrum[:, :, self.low_bins :] * high_gain
        estimate = torch.cat([filtered * low_gain, high], dim=2)
        past = [past_and_low[past_and_low.shape[0] - self.reach :]]
        return estimate, past + after

    def _estimate(
        self, spectrum: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, list[Tensor]]:
        """Complex filter taps (hops, channels, bands, taps, width), and gains, of each frame."""
        hops, channels = spectrum.shape[0], spectrum.shape[1]
        hidden, high, after = self.hidden(spectrum, power(spectrum), memory)
        taps = self.to_filter(hidden).float()  # bfloat16 where training runs in it
        taps = taps.view(hops, channels, self.bands, len(self.taps), self.width, 2)
        low_gain = torch.sigmoid(self.to_gain(hidden).float()).view(hops, channels, self.low_bins)
        high_gain = torch.sigmoid(high.float()) @ self.spread
        return torch.view_as_complex(taps), low_gain, high_gain, after


def tapped(weights: Tensor, heard: list[Tensor]) -> Tensor:
    """Sum of frames, each times its weights.

    Shape:
        - weights: (frames, channels, bands, taps, width), complex
        - heard: for each tap (frames, channels, bands * width), complex
        - result: (frames, channels, bands * width)
    """
    bands, width = weights.shape[2], weights.shape[4]
    if weights.shape[0] == 1:  # a stream: the fewest operations
        every = torch.cat(heard).unflatten(2, [bands, 1, width])
        return (weights.transpose(0, 3) * every).sum(dim=0).view(heard[0].shape)
    # The gradient of unbind is one stack; indexing would fill one array per tap.
    each = weights.unbind(3)
    total = each[0] * heard[0].unflatten(2, [bands, width])
    for i in range(1, len(heard)):
        total = torch.addcmul(total, each[i], heard[i].unflatten(2, [bands, width]))
    return total.view(heard[0].shape)


def frames_ago(past: Tensor, taps: list[int], frames: int) -> list[Tensor]:
    """What was heard so many frames before each of the last `frames`, for each of `taps`.

    `past` begins max(taps) frames before them.
    """
    reach = max(taps)
    return [past[reach - tap : reach - tap + frames] for tap in taps]
