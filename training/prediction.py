"""Regression of a complex filter after linear prediction: the shipped formulation.

What late reverberation is can be told in part from the past alone, phase included: a filter over
some frames, the same for seconds, predicts it. `LatePrediction` finds that filter by least squares
as the recording goes on, nothing about it is trained. The estimator works on the recording without
what was predicted, is shown how much that was, and may still take from the recording itself.
"""

import math

import torch
from torch import Tensor, nn

from training.backbone import HybridBackbone, start_transparent
from training.config import NetworkConfig
from training.features import banded, decaying_means, level
from training.filtering import tapped


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


class PredictionEstimator(HybridBackbone):
    """Dry spectra as filtered recent frames of what prediction left, and of the recording.

    As `training.filtering.FilterEstimator`, but the taps are those of the recording minus what was
    predicted of it, and one more tap is the recording's present frame. Before a frame is judged,
    `prediction_ahead` frames after it are heard: an onset is then told from the sound that it ends.
    Gains open at once and close with `release_s`, see `released`.
    """

    release: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        ahead, frame_s = config.prediction_ahead, config.hop_length / config.sample_rate
        heard = 2 if ahead > 0 else 1  # what is known at a frame, and `ahead` frames later
        super().__init__(config, high_outputs=heard, more_features=1)
        self.look_ahead = ahead
        fade = math.exp(-frame_s / config.release_s) if config.release_s > 0 else 0.0
        self.register_buffer("release", torch.tensor([fade]), persistent=False)
        self.releases = fade > 0
        self.heard = heard
        self.taps = list(config.taps)
        self.reach = max(config.taps)
        self.prediction = LatePrediction(
            self.low_bins,
            config.prediction_taps,
            config.prediction_delay,
            config.prediction_half_life_s / frame_s,
        )
        self.to_gain = nn.Linear(heard * self.narrow_hidden, self.width)
        self.to_filter = nn.Linear(
            heard * self.narrow_hidden, self.width * (len(self.taps) + 1) * 2
        )
        start_transparent((self.to_gain, self.to_high_gain), self.to_filter, len(self.taps) + 1)
        nn.init.zeros_(self.to_high_gain.bias[self.high_bands :])

    def initial_memory(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        device, ahead = self.spread.device, self.look_ahead
        prediction = self.prediction.initial_memory(channels, device)
        bins = self.low_bins + self.high_bins
        frames = [
            torch.zeros(self.reach + ahead, channels, self.low_bins, 2, device=device),
            torch.zeros(ahead, channels, bins, 2, device=device),
        ]
        known = [
            torch.zeros(ahead, channels, self.bands, self.narrow_hidden, device=device),
            torch.zeros(ahead, channels, self.high_bands, device=device),
        ]
        powers = [torch.zeros(1, channels, 2 * bins, device=device)]
        return self.initial_hidden(channels) + prediction + frames + known + powers

    def forward(self, spectrum: Tensor, memory: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        hops, channels = spectrum.shape[0], spectrum.shape[1]
        recorded = spectrum[:, :, : self.low_bins]
        late, prediction = self.prediction(recorded, memory[7:12])
        low = recorded - late
        left = torch.cat([low, spectrum[:, :, self.low_bins :]], dim=2)
        fallen = level(low.real.square() + low.imag.square())
        fallen = level(recorded.real.square() + recorded.imag.square()) - fallen
        more = banded(fallen, self.bands, self.width)
        hidden, high, after = self.hidden(left, memory[:7], more)
        hidden, high, known = self.with_later(hidden, high, memory[14:16])

        past_and_low = torch.cat([torch.view_as_complex(memory[12]), low])
        past = torch.view_as_real(past_and_low[hops:])
        judged = torch.cat([torch.view_as_complex(memory[13]), spectrum])
        awaited = torch.view_as_real(judged[hops:])
        judged = judged[:hops]

        taps = self.to_filter(hidden).float()  # bfloat16 where training runs in it
        taps = taps.view(hops, channels, self.bands, len(self.taps) + 1, self.width, 2)
        each = list(torch.view_as_complex(taps).unbind(3))
        filtered = tapped(each, past_and_low, self.taps, self.bands)
        recorded = judged[:, :, : self.low_bins]
        filtered = filtered + each[len(self.taps)] * recorded.reshape(filtered.shape)
        gain = torch.sigmoid(self.to_gain(hidden).float()).view(low.shape)
        high_gain = torch.sigmoid(high.float()) @ self.spread
        low = past_and_low[self.reach : self.reach + hops]
        left = torch.cat([low, judged[:, :, self.low_bins :]], dim=2)
        estimate = [filtered.view(low.shape) * gain, judged[:, :, self.low_bins :] * high_gain]
        dry, powers = self.released(torch.cat(estimate, dim=2), left, memory[16])
        return dry, after + prediction + [past, awaited] + known + [powers]

    def released(self, estimate: Tensor, left: Tensor, powers: Tensor) -> tuple[Tensor, Tensor]:
        """The estimate with the gains of powers that fade as `release_s` says, and the powers.

        The gain of a bin is that from the fading mean of what was `left` by the prediction to that
        of the estimate. An onset outweighs the past and opens it at once; when the sound ends it
        closes as the mean forgets. Gains that close at once sound grainy in reverberation.
        """
        if not self.releases:
            return estimate, powers
        power = [x.real.square() + x.imag.square() for x in (estimate, left)]
        means = decaying_means(torch.cat(power, dim=2), powers, self.release)
        wanted, had = means.squeeze(1).chunk(2, dim=2)
        # A bin of which hardly anything is left is not brought back: its phase says nothing.
        change = wanted * power[1] / ((had + 1e-12) * (power[0] + 1e-4 * power[1] + 1e-12))
        return estimate * torch.sqrt(change + 1e-12), means[-1]

    def with_later(
        self, hidden: Tensor, high: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """What was known `look_ahead` frames ago of each band and of those above, and is by now.

        And the memory after them.
        """
        hops = hidden.shape[0]
        if self.look_ahead == 0:
            return hidden, high, memory
        then, now = high.view(hops, high.shape[1], 2, self.high_bands).unbind(2)
        all_hidden = torch.cat([memory[0].to(hidden.dtype), hidden])
        all_then = torch.cat([memory[1].to(high.dtype), then])
        known = [all_hidden[hops:], all_then[hops:]]
        return torch.cat([all_hidden[:hops], hidden], dim=3), all_then[:hops] + now, known
