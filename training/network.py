"""The network: a recording goes in hop by hop, the reverberation to be removed comes out.

What is common to all formulations is here: spectra by frames, the estimator of the dry spectra,
`strength`, floor, focus and link, overlap-add. The estimators themselves: `training.prediction`
(the shipped one).

The same `forward` trains and streams: state goes in and comes out, and a clip is one long block.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from training.autoencoder import AutoencoderEstimator
from training.classification import ClassEstimator
from training.config import NetworkConfig
from training.features import constant, delayed, power, silent_spectra
from training.filtering import FilterEstimator
from training.prediction import PredictionEstimator
from training.studio import StudioEstimator

ESTIMATORS: dict[str, type[nn.Module]] = {
    "prediction": PredictionEstimator,
    "filter": FilterEstimator,
    "studio": StudioEstimator,
    "autoencoder": AutoencoderEstimator,
    "classification": ClassEstimator,
}

FOCUS_EDGES_HZ = (300.0, 3_000.0)
"""Where the bands of `focus` meet: low, mid, high."""


class Network(nn.Module):
    """Removed part of a reverberant waveform, causal, with explicit state.

    An estimator takes spectra (frames, channels, bins), complex, those of `look_ahead` frames
    earlier, and its memory. It returns the dry spectra of the latter and the memory after them. It
    works on whole multiples of its `block` frames.

    `focus` is the share of the removal, 0 ... 1, in the low, mid and high band. With `link` the
    channels are those of one recording: all get the same change of magnitude, each its own change
    of phase. Without, they are independent recordings.

    Shape:
        - waveform: (channels, blocks * hop)
        - removed: the same shape; `removed[:, i]` belongs to `waveform[:, i - latency_samples]`
    """

    window: Tensor
    focus_bands: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        estimator: Any = ESTIMATORS[config.formulation](config)
        self.estimator = estimator
        self.look_ahead: int = estimator.look_ahead
        self.step = config.hop_length
        self.hop: int = self.step * estimator.block
        self.n_fft = 3 * self.step
        self.bins = self.n_fft // 2 + 1
        self.latency_samples = self.n_fft - self.step + self.look_ahead * self.step
        # Square-root Hann at a hop of a third of its length: the products of analysis and synthesis
        # windows sum to 1.5, so dividing by sqrt(1.5) on both sides gives perfect reconstruction.
        self.register_buffer("window", torch.hann_window(self.n_fft).sqrt() / math.sqrt(1.5))
        # Not among the trained values: older checkpoints have none.
        shares = focus_bands(self.bins, config.sample_rate / self.n_fft)
        self.register_buffer("focus_bands", shares, persistent=False)

    def initial_state(self, channels: int) -> list[Tensor]:
        """State of `channels` recordings before their first sample: silence behind them."""
        device = self.window.device
        head = [
            torch.zeros(channels, self.n_fft - self.step, device=device),  # samples
            torch.zeros(2, channels, self.n_fft, device=device),  # windowed frames to overlap
            silent_spectra(self.look_ahead, channels, self.bins, device),  # awaited spectra
        ]
        return head + self.estimator.initial_memory(channels)

    def pack(self) -> None:
        """Make the layers quick for this machine, once, before the first step; x86 only."""
        self.estimator.pack()

    def forward(
        self,
        waveform: Tensor,
        state: list[Tensor],
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[Tensor, list[Tensor]]:
        removed, after, _ = self.estimated(waveform, state, strength, floor_db, focus, link)
        return removed, after

    def estimated(
        self,
        waveform: Tensor,
        state: list[Tensor],
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[Tensor, list[Tensor], Tensor]:
        """As `forward`, and the dry spectra as they are estimated, (frames, channels, bins)."""
        spectrum, samples = self.spectra(waveform, state[0])
        judged, awaited = delayed(spectrum, state[2])
        estimate, memory = self.estimator(spectrum, judged, state[3:])
        removed, overlap = self.removed(judged, estimate, state[1], strength, floor_db, focus, link)
        return removed, [samples, overlap, awaited] + memory, estimate  # noqa: RUF005 (TorchScript)

    def revised(
        self,
        waveform: Tensor,
        state: list[Tensor],
        estimate: Tensor,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = (1.0, 1.0, 1.0),
        link: bool = False,
    ) -> tuple[Tensor, list[Tensor]]:
        """What is removed at other settings, when `estimated` has been asked before.

        Of the state only the first tensors are read and given back, those that are not the
        estimator's. With the rest from `estimated` they are the state that it goes on with.
        """
        spectrum, samples = self.spectra(waveform, state[0])
        judged, awaited = delayed(spectrum, state[2])
        removed, overlap = self.removed(judged, estimate, state[1], strength, floor_db, focus, link)
        return removed, [samples, overlap, awaited]

    def spectra(self, waveform: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra of whole frames, (frames, channels, bins), and the latest samples."""
        samples = torch.cat([before, waveform], dim=1)
        frames = samples.unfold(1, self.n_fft, self.step).transpose(0, 1)
        latest = samples.narrow(1, waveform.shape[1], self.n_fft - self.step)
        return torch.fft.rfft(frames * self.window), latest

    def removed(
        self,
        spectrum: Tensor,
        estimate: Tensor,
        overlap: Tensor,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float],
        link: bool,
    ) -> tuple[Tensor, Tensor]:
        """The removed waveform, and the last frames, which the next ones overlap."""
        if link and spectrum.shape[1] > 1:
            changed = scale_linked_change(spectrum, estimate, strength, floor_db)
        else:
            changed = scale_change(spectrum, estimate, strength, floor_db)
        removed = spectrum - changed
        low, mid, high = focus
        if low != 1.0 or mid != 1.0 or high != 1.0:
            bands = self.focus_bands
            removed = removed * (low * bands[0] + mid * bands[1] + high * bands[2])
        frames = torch.cat([overlap, torch.fft.irfft(removed, n=self.n_fft) * self.window])
        newest, second, oldest = frames.unflatten(2, (3, self.step)).unbind(2)
        output = newest[2:] + second[1:-1] + oldest[:-2]
        return output.transpose(0, 1).flatten(1), frames[-2:]


def scale_change(
    spectrum: Tensor,
    estimate: Tensor,
    strength: float,
    floor_db: float,
    ceiling: float = 4.0,
    tiny: float = 1e-24,
) -> Tensor:
    """Spectrum of the output: the change from input to estimate, scaled in decibels.

    With R = estimate / input the output is input · R^strength (complex power), so strength 0 is
    exactly the input, 1 is the estimate, and 0.5 lowers a bin half as many decibels.
    |R| is held within [floor_db, ceiling]: deep nulls of the input would else ask for any gain.
    `tiny` is the least power whose inverse has a gradient in float32: at strength 1 an estimate
    below -240 dB may lie under the floor.
    """
    lowest, heard = 10.0 ** (floor_db / 20.0), power(spectrum)
    if strength == 1.0:
        wanted = power(estimate)
        inverse = torch.sqrt(heard) * torch.rsqrt(wanted + constant(tiny))  # 1 / |R|
        bounded = torch.reciprocal(inverse + constant(1e-12)).clamp(lowest, ceiling)
        return estimate * (bounded * inverse)
    # Squared before it is divided, little would become nothing.
    ratio = estimate * torch.rsqrt(heard + constant(1e-30))
    bounded = torch.sqrt(power(ratio) + constant(1e-30)).clamp(lowest, ceiling)
    turn = torch.angle(estimate * torch.conj(spectrum))
    return spectrum * torch.polar(bounded**strength, strength * turn)


def scale_linked_change(
    spectrum: Tensor,
    estimate: Tensor,
    strength: float,
    floor_db: float,
    ceiling: float = 4.0,
    tiny: float = 1e-30,
) -> Tensor:
    """Spectrum of the output as of `scale_change`, channels at the same distance from each other.

    The magnitude of R is that of all channels together, sqrt(Σ|estimate|² / Σ|input|²); so a voice
    that stands left stays there. Its phase is each channel's own.

    Shape:
        - spectrum, estimate: (frames, channels, bins), complex
    """
    common = power(estimate).sum(dim=1, keepdim=True)
    common = common / (power(spectrum).sum(dim=1, keepdim=True) + tiny)
    bounded = torch.sqrt(common + tiny).clamp(10.0 ** (floor_db / 20.0), ceiling)
    turn = torch.angle(estimate * torch.conj(spectrum))
    return spectrum * torch.polar((bounded**strength).expand_as(turn), strength * turn)


def focus_bands(bins: int, bin_hz: float) -> Tensor:
    """How much of each bin belongs to the low, mid and high band: (3, bins), columns sum to 1.

    Neighbours fade into each other as a raised cosine over one octave of log-frequency around
    `FOCUS_EDGES_HZ`, where both have a half.
    """
    frequency = bin_hz * torch.arange(bins, dtype=torch.float64).clamp(min=0.5)
    above = [
        0.5 + 0.5 * torch.sin(math.pi * torch.log2(frequency / edge).clamp(-0.5, 0.5))
        for edge in FOCUS_EDGES_HZ
    ]
    return torch.stack([1 - above[0], above[0] - above[1], above[1]]).float()
