"""Direct mapping of spectra by a convolutional autoencoder: the dry spectrum itself comes out.

A causal U-Net over time and frequency (after the convolutional recurrent network of Tan and Wang
2018). Going down, each convolution hears the present frame and the one before; at the bottom an
LSTM over all that is left of a frame remembers; coming up, every level is joined with what it was
on the way down, at the top with the recording itself. Spectra are compressed, |X|^0.3 with the
phase of X, on the way in and in what comes out.
"""

import torch
from torch import Tensor, nn

from training.config import NetworkConfig

STRIDES = (4, 2, 2, 2)


class AutoencoderEstimator(nn.Module):
    """Dry spectra drawn anew from those of the recording, see `training.network.Network`."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.block = 1
        self.look_ahead = 0
        self.hidden = config.wide_hidden
        self.compression = 0.3
        self.bins = 3 * config.hop_length // 2 + 1
        self.columns = [_whole_columns(self.bins)]  # of each level, from the top
        self.widths = [3, *config.channels]  # channels of each level: real, imaginary, magnitude, …
        down, up = [], []
        for level, stride in enumerate(STRIDES):
            above, below = self.widths[level], self.widths[level + 1]
            self.columns.append(self.columns[level] // stride)
            # Kernels of two strides: every column is heard twice, and sizes divide without rest.
            strides, padding = (1, stride), (0, stride // 2)
            down.append(nn.Conv2d(above, below, (2, 2 * stride), strides, padding))
            above = above if level > 0 else config.channels[0] // 2
            up.append(nn.ConvTranspose2d(2 * below, above, (1, 2 * stride), strides, padding))
        self.down = nn.ModuleList(down)
        self.up = nn.ModuleList(up[::-1])
        squeezed = self.columns[-1] * self.widths[-1]
        self.memory = nn.LSTM(squeezed, self.hidden)
        self.expand = nn.Linear(self.hidden, squeezed)
        features = config.channels[0] // 2 + 2
        self.to_spectrum = nn.Conv2d(features, 2, (1, 3), padding=(0, 1), bias=False)
        self._start_transparent()

    def _start_transparent(self) -> None:
        """Make the untrained network nearly pass its input."""
        nn.init.normal_(self.to_spectrum.weight, std=0.01)
        for part in range(2):  # the last two inputs are the recording's real and imaginary part
            self.to_spectrum.weight.data[part, part - 2, 0, 1] = 1.0

    def pack(self) -> None:
        """Nothing is to be packed."""

    def initial_memory(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame: silence on every level."""
        device = self.expand.weight.device
        memory = [torch.zeros(1, channels, self.hidden, device=device) for _ in range(2)]
        for level in range(len(self.columns) - 1):
            shape = (channels, self.widths[level], 1, self.columns[level])
            memory.append(torch.zeros(shape, device=device))
        return memory

    def forward(
        self, spectrum: Tensor, judged: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        frames, channels = spectrum.shape[0], spectrum.shape[1]
        recording = self._compressed(spectrum)  # (channels, 3, frames, columns)
        x = recording
        past: list[Tensor] = []
        levels: list[Tensor] = []
        for level, convolve in enumerate(self.down):
            heard = torch.cat([memory[2 + level], x.float()], dim=2)
            past.append(heard[:, :, heard.shape[2] - 1 :])
            x = nn.functional.elu(convolve(heard))
            levels.append(x)  # (channels, width, frames, columns) of the level

        flat = x.permute(2, 0, 1, 3).flatten(2)  # (frames, channels, width * columns)
        flat, (h, c) = self.memory(flat, (memory[0], memory[1]))
        x = self.expand(flat).view(frames, channels, x.shape[1], x.shape[3]).permute(1, 2, 0, 3)
        for level, convolve in enumerate(self.up):
            joined = torch.cat([x, levels[len(levels) - 1 - level]], dim=1)
            x = nn.functional.elu(convolve(joined))
        drawn = self.to_spectrum(torch.cat([x, recording[:, :2]], dim=1)).float()
        drawn = drawn[:, :, :, : self.bins].permute(1, 2, 0, 3)  # (2, frames, channels, bins)
        state = [h, c]
        return self._decompressed(drawn[0], drawn[1]), state + past

    def _compressed(self, spectrum: Tensor) -> Tensor:
        """Real part, imaginary part and magnitude, (channels, 3, frames, columns)."""
        power = spectrum.real.square() + spectrum.imag.square() + 1e-12
        squeeze = power ** ((self.compression - 1) / 2)
        parts = [spectrum.real * squeeze, spectrum.imag * squeeze, power.sqrt() * squeeze]
        features = torch.stack(parts).permute(2, 0, 1, 3)
        return nn.functional.pad(features, (0, self.columns[0] - self.bins))

    def _decompressed(self, real: Tensor, imaginary: Tensor) -> Tensor:
        """Complex spectrum of the phase of these parts, the inverse of `_compressed`."""
        power = real.square() + imaginary.square() + 1e-12
        widen = power ** ((1 / self.compression - 1) / 2)
        return torch.complex(real * widen, imaginary * widen)


def _whole_columns(bins: int) -> int:
    """The number of bins, filled up until every stride divides it."""
    product = 1
    for stride in STRIDES:
        product *= stride
    return -(-bins // product) * product
