"""Linear prediction of late reverberation: what can be told of it without being taught.

What late reverberation is can be told in part from the past alone, phase included: a filter over
some frames, the same for seconds, predicts it. `LatePrediction` finds that filter by least squares
as the recording goes on, nothing about it is trained.
"""

import torch
from torch import Tensor, nn

from training.features import power, silent_spectra


class LatePrediction(nn.Module):
    """Weighted prediction error (WPE, Nakatani et al. 2010), block by block, with a fading memory.

    Each bin of each channel is predicted from its own `taps` frames, the latest `delay` frames ago,
    by the filter that would have been best so far: it minimises |error|² / power, so that the loud
    direct sound does not drown the tails. It is found anew every `block` frames from sums that fade
    by half in `half_life` frames; they start with `prior` frames that predict nothing. A block is
    added as a whole once it has ended: it makes no difference how its frames came in.

    Spectra are complex, (frames, channels, bins).
    """

    def __init__(self, bins: int, taps: int, delay: int, half_life: float, block: int = 20) -> None:
        super().__init__()
        self.bins = bins
        self.taps = taps
        self.reach = delay + taps - 1
        self.block = block
        self.fade = 0.5 ** (block / half_life)
        # In weighted frames, each of which counts about 1; and relative to the sums.
        self.prior = 10.0
        self.loading = 1e-3
        # Power is bounded below, relative to its mean: pauses would else be all that counts.
        self.least_power = 0.01

    def initial_memory(self, channels: int, device: torch.device) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        past = silent_spectra(self.reach, channels, self.bins, device)
        filters = silent_spectra(channels, self.bins, self.taps, device)
        sums = filters[..., None].repeat(1, 1, 1, self.taps + 1)
        mean_power = torch.zeros(0, channels, self.bins, device=device)  # of no block
        return [past, sums, filters, mean_power]

    def forward(self, spectrum: Tensor, memory: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """What is predicted of each frame, and the memory after them.

        How far the present block has come is told by how many frames the memory holds.
        """
        block = self.block
        past = torch.cat([memory[0], spectrum])
        history = past.unfold(0, self.taps, 1)  # of each frame since the last block, oldest first
        sums, filters, mean_power = memory[1], memory[2], memory[3]
        start, end = memory[0].shape[0] - self.reach, past.shape[0] - self.reach

        late: list[Tensor] = []
        while start < end:
            stop = min(end, start + block - start % block)
            late.append((history[start:stop] * filters).sum(dim=3))
            if stop % block == 0:
                ended = past[stop - block : stop + self.reach]
                heard = self.smooth_power(ended[self.reach :])
                mean = heard.mean(dim=0, keepdim=True)
                if mean_power.shape[0] > 0:
                    least = self.least_power * mean_power
                    new = self.products(ended, torch.maximum(heard, least) + 1e-12)
                    sums = torch.add(new, sums, alpha=self.fade)
                    mean = self.fade * mean_power + (1 - self.fade) * mean
                else:
                    mean = (1 - self.fade) * mean
                filters = self.best_filters(sums)
                mean_power = mean
            start = stop
        after = [past[end - end % block :], sums, filters, mean_power]
        return late[0] if len(late) == 1 else torch.cat(late), after

    def smooth_power(self, spectrum: Tensor) -> Tensor:
        """Power of each bin, smoothed: bins in which two waves cancel would count too much."""
        alone = power(spectrum)
        between = alone[:, :, 1:] + alone[:, :, :-1]
        inner = (between[:, :, 1:] + alone[:, :, :-2]) / 3
        return torch.cat([between[:, :, :1] / 2, inner, between[:, :, -1:] / 2], dim=2)

    def products(self, past: Tensor, power: Tensor) -> Tensor:
        """Products of each frame's past with itself and the frame, over power, summed: [R | r].

        Shape:
            - past: (reach + frames, channels, bins)
            - power: (frames, channels, bins)
            - result: (channels, bins, taps, taps + 1)
        """
        by_bin = past.permute(1, 2, 0).contiguous()
        frames = by_bin.unfold(2, power.shape[0], 1)  # (channels, bins, reach + 1, frames)
        wanted = torch.cat([frames[:, :, : self.taps], frames[:, :, self.reach :]], dim=2)
        # All small and whole in memory, in the order that the product of many matrices wants.
        known = by_bin.conj().resolve_conj().unfold(2, power.shape[0], 1)[:, :, : self.taps]
        weight = (1.0 / power).permute(1, 2, 0).contiguous()
        return (known * weight[:, :, None]) @ wanted.transpose(2, 3)

    def best_filters(self, sums: Tensor) -> Tensor:
        """Solve (R + loading) g = r for every bin, by elimination of one tap after the other.

        All bins at once: LAPACK, called for each small matrix, takes twice as long.
        """
        rows = sums.permute(2, 3, 0, 1).contiguous()
        mean = torch.real(rows.diagonal(dim1=0, dim2=1)).mean(dim=2)
        loading = self.loading * mean + self.prior
        for _ in range(self.taps):
            # R is positive definite: no pivot is small, and each is real.
            solved = rows[0, 1:] / (torch.real(rows[0, 0]) + loading)
            others = torch.addcmul(rows[1:, 1:], rows[1:, :1], solved, value=-1.0)
            rows = torch.cat([others, solved[None]])
        return rows[:, 0].permute(1, 2, 0)  # quicker beside the history
