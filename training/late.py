"""Linear prediction of late reverberation: what can be told of it without being taught.

What late reverberation is can be told in part from the past alone, phase included: a filter over
some frames, the same for seconds, predicts it. `LatePrediction` finds that filter by least squares
as the recording goes on, nothing about it is trained.
"""

import torch
from torch import Tensor, nn


class LatePrediction(nn.Module):
    """Weighted prediction error (WPE, Nakatani et al. 2010), block by block, with a fading memory.

    Each bin of each channel is predicted from its own `taps` frames, the latest `delay` frames ago,
    by the filter that would have been best so far: it minimises |error|² / power, so that the loud
    direct sound does not drown the tails. It is found anew every `block` frames from sums that fade
    by half in `half_life` frames; they start with `PRIOR` frames that predict nothing.

    Spectra are complex, (frames, channels, bins).
    """

    def __init__(self, bins: int, taps: int, delay: int, half_life: float, block: int = 10) -> None:
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
        past = torch.zeros(self.reach, channels, self.bins, 2, device=device)
        sums = torch.zeros(
            channels, self.bins, self.taps, self.taps + 1, 2, dtype=torch.float64, device=device
        )
        filters = torch.zeros(channels, self.bins, self.taps, 2, device=device)
        # Mean power of the past, and that of the block so far; how many frames there were.
        powers = torch.zeros(2, channels, self.bins, device=device)
        return [past, sums, filters, powers, torch.zeros(1, dtype=torch.int64, device=device)]

    def forward(self, spectrum: Tensor, memory: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """What is predicted of each frame, and the memory after them."""
        frames = spectrum.shape[0]
        past = torch.cat([torch.view_as_complex(memory[0]), spectrum])
        history = past.unfold(0, self.taps, 1)  # oldest first: (frames + 1 or more, ..., taps)
        power = spectrum.real.square() + spectrum.imag.square()
        # Neighbours smooth it, or bins in which two waves cancel would count too much.
        smooth = nn.functional.avg_pool1d(power, 3, 1, 1, False, False)
        sums, filters = torch.view_as_complex(memory[1]), torch.view_as_complex(memory[2])
        mean_power, block_power = memory[3].unbind(0)
        seen = int(memory[4].item())

        late: list[Tensor] = []
        start = 0
        while start < frames:
            stop = min(frames, start + self.block - seen % self.block)
            known = history[start:stop]
            late.append((known * filters).sum(dim=3))
            if seen >= self.block:
                bounded = torch.maximum(smooth[start:stop], self.least_power * mean_power)
                sums = sums + self.weighted(known, spectrum[start:stop], bounded + 1e-12)
            block_power = block_power + smooth[start:stop].sum(dim=0)
            seen += stop - start
            start = stop
            if seen % self.block == 0:
                filters = self.best_filters(sums)
                sums = self.fade * sums
                mean_power = self.fade * mean_power + (1 - self.fade) / self.block * block_power
                block_power = torch.zeros_like(block_power)
        after = [
            torch.view_as_real(past[past.shape[0] - self.reach :]),
            torch.view_as_real(sums),
            torch.view_as_real(filters),
            torch.stack([mean_power, block_power]),
            torch.full_like(memory[4], seen),
        ]
        return torch.cat(late), after

    def weighted(self, known: Tensor, wanted: Tensor, power: Tensor) -> Tensor:
        """Products of each frame's past with itself and with the frame, summed: [R | r].

        In double precision, in which the order of adding does not show.
        """
        both = torch.cat([known, wanted[..., None]], dim=3).to(torch.complex128)
        left = both[..., : self.taps].conj() * (1.0 / power.double())[..., None]
        if known.shape[0] == 1:  # a stream: quicker than a product of matrices
            return left[0][..., None] * both[0][..., None, :]
        # Whole matrices in memory: else each of them is copied by itself.
        return left.permute(1, 2, 3, 0).contiguous() @ both.permute(1, 2, 0, 3).contiguous()

    def best_filters(self, sums: Tensor) -> Tensor:
        """Solve (R + loading) g = r for every bin; not a number where R is not."""
        matrix, right = sums[..., : self.taps], sums[..., self.taps :]
        mean = matrix.diagonal(dim1=2, dim2=3).real.mean(dim=2)
        loading = (self.loading * mean + self.prior)[..., None, None]
        eye = torch.eye(self.taps, dtype=torch.float64, device=sums.device)
        solved, _ = torch.linalg.solve_ex(matrix + loading * eye, right)
        return solved[..., 0].to(torch.complex64)
