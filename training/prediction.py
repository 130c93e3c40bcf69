"""Regression of a complex filter after linear prediction: the shipped formulation.

`training.late` takes off what the past tells of each bin. The estimator works on what is left, is
shown how much was taken, and may still take from the recording itself.
"""

import math

import torch
from torch import Tensor, nn

from training.backbone import HybridBackbone, start_transparent
from training.config import NetworkConfig
from training.features import constant, decaying_means, delayed, power, silent_spectra
from training.filtering import frames_ago, tapped
from training.late import LatePrediction
from training.layers import Product


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
        super().__init__(config, high_outputs=heard, shows_fallen=True)
        self.look_ahead = ahead
        fade = math.exp(-frame_s / config.release_s) if config.release_s > 0 else 0.0
        self.register_buffer("release", torch.tensor([fade]), persistent=False)
        self.releases = fade > 0
        self.heard = heard
        self.of_hidden = Product()
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

    def pack(self) -> None:
        """Make all layers quick for this machine, see `training.layers`."""
        self.pack_hidden()
        self.of_hidden.pack(*self.head())

    def head(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of filter and gain in one."""
        weight = torch.cat([self.to_filter.weight, self.to_gain.weight])
        return weight, torch.cat([self.to_filter.bias, self.to_gain.bias])

    def initial_memory(self, channels: int) -> list[Tensor]:
        """Memory of `channels` recordings before their first frame."""
        device, ahead = self.spread.device, self.look_ahead
        prediction = self.prediction.initial_memory(channels, device)
        bins = self.low_bins + self.high_bins
        frames = [silent_spectra(self.reach + ahead, channels, self.low_bins, device)]
        known = [
            torch.zeros(ahead, channels, self.bands, self.narrow_hidden, device=device),
            torch.zeros(ahead, channels, self.high_bands, device=device),
        ]
        powers = [
            torch.zeros(ahead, channels, bins, device=device),
            torch.zeros(1, channels, 2 * bins, device=device),
        ]
        return self.initial_hidden(channels) + prediction + frames + known + powers

    def forward(
        self, spectrum: Tensor, judged: Tensor, memory: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        hops, channels = spectrum.shape[0], spectrum.shape[1]
        recorded = spectrum.narrow(2, 0, self.low_bins)
        late, prediction = self.prediction(recorded, memory[7:11])
        low = recorded - late
        left = torch.cat([low, spectrum.narrow(2, self.low_bins, self.high_bins)], dim=2)
        powers = power(left)
        hidden, high, after = self.hidden(left, powers, memory[:7], recorded)
        hidden, high, known = self.with_later(hidden, high, memory[12:14])

        past_and_low = torch.cat([memory[11], low])
        asked = self.of_hidden(hidden, *self.head()).float()  # trained in bfloat16
        taps = asked[..., : -self.width]
        taps = taps.view(hops, channels, self.bands, len(self.taps) + 1, self.width, 2)
        heard = frames_ago(past_and_low, self.taps, hops)
        heard.append(judged.narrow(2, 0, self.low_bins))
        filtered = tapped(torch.view_as_complex(taps), heard)
        gain = torch.sigmoid(asked[..., -self.width :]).reshape(low.shape)
        high_gain = torch.sigmoid(high.float()) @ self.spread
        above = judged.narrow(2, self.low_bins, self.high_bins)
        estimate = torch.cat([filtered * gain, above * high_gain], dim=2)
        left_powers, awaited = delayed(powers, memory[14])
        dry, means = self.released(estimate, left_powers, memory[15])
        after = after + prediction + [past_and_low[hops:]]
        return dry, after + known + [awaited, means]

    def released(self, estimate: Tensor, heard: Tensor, means: Tensor) -> tuple[Tensor, Tensor]:
        """The estimate with the gains of powers that fade as `release_s` says, and their means.

        The gain of a bin is that from the fading mean of the power `heard`, which the prediction
        left, to that of the estimate. An onset outweighs the past and opens it at once; when the
        sound ends it closes as the mean forgets. Gains that close at once sound grainy in
        reverberation.
        """
        if not self.releases:
            return estimate, means
        tiny, bins = constant(1e-12), heard.shape[2]
        dry = power(estimate)
        both = decaying_means(torch.cat([dry, heard], dim=2), means, self.release)
        wanted, had = both[:, 0].narrow(2, 0, bins), both[:, 0].narrow(2, bins, bins)
        # A bin of which hardly anything is left is not brought back: its phase says nothing.
        change = wanted * heard / ((had + tiny) * (torch.add(dry, heard, alpha=1e-4) + tiny))
        return estimate * torch.sqrt(change + tiny), both[-1]

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
        known_hidden, kept = delayed(hidden, memory[0].to(hidden.dtype))
        known_then, kept_then = delayed(then, memory[1].to(high.dtype))
        return torch.cat([known_hidden, hidden], dim=3), known_then + now, [kept, kept_then]
