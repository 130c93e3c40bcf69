"""Regression of a complex filter that also hears what comes after: for files, not for live sound.

The idea of `training.filtering` with twice the ears: beside every LSTM that remembers the past runs
one that comes back from the future. A voice that is about to end, or an echo that the next half
second explains, is then known before it is judged.

How far ahead one can hear is bounded, so that a stream needs no whole file (latency-controlled
BLSTM, Zhang et al. 2016, arXiv 1510.08983). Frames are worked through in blocks, and each block is
heard together with the `look_ahead` frames after it:

    frames      ────[ block 0      ][ block 1      ][ block 2      ]────
    past        ───────────────────────────────────────────────────>       one run, state carried
    future          <──────────────────[ahead]                             from zero, block by block
                                     <──────────────────[ahead]

The runs back know nothing of each other, so all blocks of a clip are one batch, and any cutting of
the sound into calls gives the same. The runs forward hear only runs forward, until the last, which
needs no look-ahead: what they say of a frame holds in every block that hears it, and is computed
once.
"""

import torch
from torch import Tensor, nn

from training.backbone import interpolation, start_transparent
from training.config import NetworkConfig
from training.features import band_features, banded, level, power, silent_spectra


class StudioEstimator(nn.Module):
    """Dry spectra as filtered frames around each, see `training.network.Network`.

    `narrow` LSTMs share their weights among the bands below 8 kHz, `wide` ones hear all bands;
    `past` runs forward, `future` runs back from the end of a block's look-ahead.
    """

    spread: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.block = config.block
        self.look_ahead = config.look_ahead
        self.taps = list(config.taps)  # in frames into the past; the first is the present, 0
        self.reach = max(self.taps)
        self.bands = config.low_bands
        self.width = config.bins_per_band
        self.low_bins = self.bands * self.width
        self.bins = 3 * config.hop_length // 2 + 1
        self.high_bands = config.high_bands
        self.embedding = config.embedding
        self.narrow_hidden = config.narrow_hidden
        self.wide_hidden = config.wide_hidden
        self.context = config.context
        self.squeezed = 8
        self.levels = self.bands + self.high_bands
        self.register_buffer("spread", interpolation(self.high_bands, self.bins - self.low_bins))

        narrow, wide = self.narrow_hidden, self.wide_hidden
        overview = self.bands * self.squeezed + self.levels
        both = 2 * narrow + self.context
        self.encode = nn.Linear(9 * self.width, self.embedding)
        self.band_embedding = nn.Parameter(0.1 * torch.randn(self.bands, self.embedding))
        self.narrow_past = nn.LSTM(self.embedding, narrow)
        self.narrow_future = FromTheEnd(self.embedding, narrow)
        self.squeeze_past = nn.Linear(narrow, self.squeezed)
        self.squeeze_future = nn.Linear(narrow, self.squeezed)
        self.wide_past = nn.LSTM(overview, wide)
        self.wide_future = FromTheEnd(overview, wide)
        self.to_context = nn.Linear(2 * wide, self.bands * self.context)
        self.to_high_gain = nn.Linear(2 * wide, self.high_bands)
        self.out_past = nn.LSTM(both, narrow)
        self.out_future = FromTheEnd(both, narrow)
        self.to_gain = nn.Linear(2 * narrow, self.width)
        self.to_filter = nn.Linear(2 * narrow, self.width * len(self.taps) * 2)
        start_transparent((self.to_gain, self.to_high_gain), self.to_filter, len(self.taps))

    def pack(self) -> None:
        """Nothing is to be packed."""

    def initial_memory(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        device = self.spread.device
        rows, ahead = channels * self.bands, self.look_ahead
        narrow = torch.zeros(1, rows, self.narrow_hidden, device=device)
        wide = torch.zeros(1, channels, self.wide_hidden, device=device)
        awaited = [  # what is known of the frames that no block has had yet
            silent_spectra(self.reach + ahead, channels, self.bins, device),
            torch.zeros(ahead, rows, self.embedding, device=device),
            torch.zeros(ahead, channels, self.levels, device=device),
            torch.zeros(ahead, rows, self.narrow_hidden, device=device),
            torch.zeros(ahead, channels, self.wide_hidden, device=device),
        ]
        states = [narrow, narrow, wide, wide, narrow, narrow]
        return awaited + states

    def forward(
        self, spectrum: Tensor, judged: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        hops = spectrum.shape[0]
        spectra = torch.cat([memory[0], spectrum])
        hidden, wide, after = self._hear(spectrum, memory[1:])
        estimate = torch.cat(
            [
                self._filtered(spectra[:, :, : self.low_bins], hidden),
                spectra[self.reach : self.reach + hops, :, self.low_bins :] * self._high_gain(wide),
            ],
            dim=2,
        )
        kept = [spectra[hops:]]
        return estimate, kept + after

    def _hear(self, spectrum: Tensor, memory: list[Tensor]) -> tuple[Tensor, Tensor, list[Tensor]]:
        """What is known of each band and of all, both ways, for the frames of whole blocks."""
        hops, channels = spectrum.shape[0], spectrum.shape[1]
        embedded, levels = self._features(spectrum)
        narrow_past, (h0, c0) = self.narrow_past(embedded, (memory[4], memory[5]))
        squeezed = self.squeeze_past(narrow_past).view(hops, channels, -1)
        overview = torch.cat([squeezed, levels], dim=2)
        wide_past, (h1, c1) = self.wide_past(overview, (memory[6], memory[7]))

        # With the awaited frames before them: (look_ahead + hops, ...)
        embedded = torch.cat([memory[0], embedded])
        levels = torch.cat([memory[1], levels])
        narrow_past = torch.cat([memory[2], narrow_past])
        wide_past = torch.cat([memory[3], wide_past])

        # Block by block, each with its look-ahead: (block + look_ahead, blocks * rows, features)
        narrow_future = self.narrow_future(self._windows(embedded))
        narrow = torch.cat([self._windows(narrow_past), narrow_future], dim=2)
        squeezed = self.squeeze_future(narrow_future)
        squeezed = squeezed.view(narrow.shape[0], -1, self.bands * self.squeezed)
        overview = torch.cat([squeezed, self._windows(levels)], dim=2)
        wide = torch.cat([self._windows(wide_past), self.wide_future(overview)], dim=2)
        context = self.to_context(wide).view(narrow.shape[0], narrow.shape[1], self.context)
        heard = torch.cat([narrow, context], dim=2)
        out_future = self._frames(self.out_future(heard), channels * self.bands)

        # The blocks alone, one after the other: (hops, rows, features)
        out_past, (h2, c2) = self.out_past(
            self._frames(heard, channels * self.bands), (memory[8], memory[9])
        )
        narrow = self._frames(narrow, channels * self.bands)
        hidden = narrow + torch.cat([out_past, out_future], dim=2)
        after = [embedded[hops:], levels[hops:], narrow_past[hops:], wide_past[hops:]]
        states = [h0, c0, h1, c1, h2, c2]
        return hidden, self._frames(wide, channels), after + states

    def _features(self, spectrum: Tensor) -> tuple[Tensor, Tensor]:
        """Each band below 8 kHz with its neighbours (hops, rows, embedding); levels of all."""
        powers = power(spectrum)
        low_level = level(banded(powers, self.bands, self.width))
        seen, levels = band_features(
            spectrum, powers, low_level, self.bands, self.width, self.high_bands
        )
        embedded = torch.tanh(self.encode(seen) + self.band_embedding)
        return embedded.view(spectrum.shape[0], -1, self.embedding), levels

    def _windows(self, frames: Tensor) -> Tensor:
        """(look_ahead + hops, rows, n) to (block + look_ahead, blocks * rows, n), overlapping."""
        windows = frames.unfold(0, self.block + self.look_ahead, self.block)
        return windows.permute(3, 0, 1, 2).reshape(windows.shape[3], -1, windows.shape[2])

    def _frames(self, windows: Tensor, rows: int) -> Tensor:
        """Inverse of `_windows` without the look-ahead: (hops, rows, n)."""
        blocks = windows[: self.block].view(self.block, -1, rows, windows.shape[2])
        return blocks.transpose(0, 1).reshape(-1, rows, windows.shape[2])

    def _filtered(self, low: Tensor, hidden: Tensor) -> Tensor:
        """Gain times complex filter over the frames around each: (hops, channels, low bins)."""
        hops, channels = hidden.shape[0], low.shape[1]
        taps = self.to_filter(hidden).float()  # bfloat16 where training runs in it
        taps = taps.view(hops, channels, self.bands, len(self.taps), self.width, 2)
        each = torch.view_as_complex(taps).unbind(3)
        banded = low.reshape(low.shape[0], channels, self.bands, self.width)
        filtered = each[0] * banded[self.reach : self.reach + hops]
        for i, tap in enumerate(self.taps):
            if i > 0:
                filtered = filtered + each[i] * banded[self.reach - tap : self.reach - tap + hops]
        gain = torch.sigmoid(self.to_gain(hidden).float())
        return filtered.view(hops, channels, -1) * gain.view(hops, channels, -1)

    def _high_gain(self, wide: Tensor) -> Tensor:
        """Smooth gains of the bins above 8 kHz, (hops, channels, bins)."""
        return torch.sigmoid(self.to_high_gain(wide).float()) @ self.spread


class FromTheEnd(nn.Module):
    """An LSTM that runs from the last frame to the first, beginning from zero each time."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden)

    def forward(self, frames: Tensor) -> Tensor:
        return self.lstm(frames.flip(0))[0].flip(0)
