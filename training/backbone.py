"""The recurrent part that regression and classification share: narrow-band and full-band memory.

Reverberation decays in much the same way in every band, so the memory that tracks the decay is one
small LSTM whose weights all bands below 8 kHz share: each clip then holds forty training sequences,
not one. Beside the present frame it is shown each bin's level as exponentials of several lengths
remember it (`decays_s`): what may be left of the sound before. A full-band LSTM beside it sees all
bands at once (voicing, onsets, noise) and hands each band a short context vector.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from training.config import NetworkConfig
from training.features import band_features, decaying_means, level, power
from training.layers import Product, StreamedLinear, StreamedLSTM, tanh


class HybridBackbone(nn.Module):
    """What is known of each band below 8 kHz, and of the bands above, after each frame.

    A head is a subclass: it turns the two into dry spectra. `high_outputs` are the numbers that it
    wants for each band above 8 kHz. Where it `shows_fallen`, its spectra are what is left of those
    recorded, and the backbone sees how far each bin has fallen.
    """

    spread: Tensor
    fades: Tensor

    def __init__(
        self, config: NetworkConfig, high_outputs: int = 1, shows_fallen: bool = False
    ) -> None:
        super().__init__()
        self.block = 1
        self.look_ahead = 0
        self.bands = config.low_bands
        self.width = config.bins_per_band
        self.low_bins = self.bands * self.width
        self.high_bands = config.high_bands
        self.high_bins = 3 * config.hop_length // 2 + 1 - self.low_bins
        self.high_width = self.high_bins // self.high_bands
        self.context = config.context
        self.narrow_hidden = config.narrow_hidden
        self.wide_hidden = config.wide_hidden
        self.register_buffer("spread", interpolation(self.high_bands, self.high_bins))

        # What an exponential keeps from one frame to the next.
        frame_s = config.hop_length / config.sample_rate
        fades = torch.tensor([math.exp(-frame_s / decay_s) for decay_s in config.decays_s])
        self.register_buffer("fades", fades, persistent=False)

        squeezed = 6
        self.encode = StreamedLinear(
            (9 + len(config.decays_s) + int(shows_fallen)) * self.width, config.embedding
        )
        self.band_embedding = nn.Parameter(0.1 * torch.randn(self.bands, config.embedding))
        self.narrow_in = StreamedLSTM(config.embedding, self.narrow_hidden)
        self.squeeze = StreamedLinear(self.narrow_hidden, squeezed)
        self.wide = StreamedLSTM(self.bands * (squeezed + 1) + self.high_bands, self.wide_hidden)
        self.to_context = nn.Linear(self.wide_hidden, self.bands * self.context)
        self.to_high_gain = nn.Linear(self.wide_hidden, self.high_bands * high_outputs)
        self.from_wide = Product()
        self.narrow_out = StreamedLSTM(self.narrow_hidden + self.context, self.narrow_hidden)

    def initial_hidden(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        device = self.spread.device
        narrow = torch.zeros(channels * self.bands, self.narrow_hidden, device=device)
        wide = torch.zeros(channels, self.wide_hidden, device=device)
        decays = torch.zeros(self.fades.shape[0], channels, self.low_bins, device=device)
        return [narrow, narrow, wide, wide, narrow, narrow, decays]

    def pack_hidden(self) -> None:
        """Make all layers of it quick for this machine, see `training.layers`."""
        self.encode.pack()
        self.narrow_in.pack()
        self.squeeze.pack()
        self.wide.pack()
        self.narrow_out.pack()
        self.from_wide.pack(*self.wide_head())

    def hidden(
        self,
        spectrum: Tensor,
        powers: Tensor,
        memory: list[Tensor],
        recorded: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Each frame's bands (hops, channels, bands, narrow_hidden), and what is above 8 kHz.

        The latter is (hops, channels, high_bands * high_outputs). `powers` are those of `spectrum`,
        `recorded` the low bins before they fell to those of it.
        """
        hops, channels = spectrum.shape[0], spectrum.shape[1]
        low = powers.narrow(2, 0, self.low_bins)
        decays = memory[6]
        every = [low[:, None]]  # all that is shown as levels, for one logarithm
        if self.fades.shape[0] > 0:
            means = decaying_means(low, decays, self.fades)
            decays = means[-1]
            every.append(means)
        if recorded is not None:
            every.append(power(recorded)[:, None])
        each = list(level(torch.cat(every, dim=1)).unflatten(3, (self.bands, self.width)).unbind(1))
        more = each[1:]
        if recorded is not None:
            more[-1] = more[-1] - each[0]
        seen, levels = band_features(
            spectrum, powers, each[0], self.bands, self.width, self.high_bands, more
        )
        coded = (self.encode(seen) + self.band_embedding).float()  # bfloat16 is too coarse for tanh
        embedded = tanh(coded)

        rows = channels * self.bands
        narrow, (h0, c0) = self.narrow_in(embedded.view(hops, rows, -1), (memory[0], memory[1]))
        squeezed = self.squeeze(narrow).view(hops, channels, -1)
        overview = torch.cat([squeezed, levels], dim=2)
        wide, (h1, c1) = self.wide(overview, (memory[2], memory[3]))
        of_wide = self.from_wide(wide, *self.wide_head())
        contexts = self.bands * self.context
        context = of_wide.narrow(2, 0, contexts).reshape(hops, rows, self.context)
        out, (h2, c2) = self.narrow_out(torch.cat([narrow, context], 2), (memory[4], memory[5]))

        bands = (narrow + out).view(hops, channels, self.bands, self.narrow_hidden)
        high = of_wide.narrow(2, contexts, of_wide.shape[2] - contexts)
        return bands, high, [h0, c0, h1, c1, h2, c2, decays]

    def wide_head(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the context and of what is above 8 kHz in one."""
        weight = torch.cat([self.to_context.weight, self.to_high_gain.weight])
        return weight, torch.cat([self.to_context.bias, self.to_high_gain.bias])


def start_transparent(gains: Iterable[nn.Linear], to_filter: nn.Linear, taps: int) -> None:
    """Make an untrained network pass its input: gains near one, filter = present frame."""
    for layer in gains:
        nn.init.constant_(layer.bias, 4.0)
        nn.init.normal_(layer.weight, std=0.02)
    with torch.no_grad():
        bias = torch.zeros(taps, to_filter.out_features // (2 * taps), 2)
        bias[0, :, 0] = 1.0
        to_filter.bias.copy_(bias.flatten())
        nn.init.normal_(to_filter.weight, std=0.01)


def interpolation(bands: int, bins: int) -> Tensor:
    """Triangles that spread band gains over bins, (bands, bins), columns sum to one."""
    centres = (torch.arange(bands) + 0.5) * (bins / bands)
    position = (torch.arange(bins) + 0.5).clamp(centres[0], centres[-1])
    distance = (position[None, :] - centres[:, None]).abs() / (bins / bands)
    return (1 - distance).clamp(min=0)
