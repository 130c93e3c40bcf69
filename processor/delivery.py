"""In which form an output is written: as the source is, or with another bit depth or rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from processor.audio_file import AudioInfo
from processor.audio_format import container_for, integer_bits, output_format
from processor.errors import AudioFileError
from processor.resampler import Resampler

Waveform = npt.NDArray[np.float32]

DEPTHS = {"PCM_16": "16 bit", "PCM_24": "24 bit", "PCM_32": "32 bit", "FLOAT": "32-bit float"}
"""The sample formats that can be asked for."""
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
"""The rates that can be asked for [Hz]."""

# What the coders take; libsndfile writes every other format at any rate.
_RATES_OF = {
    "OPUS": (8000, 12000, 16000, 24000, 48000),
    "MPEG_LAYER_III": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
}
_CODED = ("VORBIS", "OPUS", "MPEG_LAYER_III")


@dataclass(frozen=True)
class Delivery:
    """What form an output is to have.

    Attributes:
        subtype: one of `DEPTHS`, or None for the source's sample format as far as the container
            has it. Formats that throw sound away (Ogg, Opus, MP3) have no depth: no matter there.
        sample_rate: [Hz], or None for the source's.
    """

    subtype: str | None = None
    sample_rate: int | None = None

    def rate_for(self, source_rate: int) -> int:
        """The rate of an output [Hz]."""
        return self.sample_rate or source_rate

    def format_for(
        self, destination: Path, info: AudioInfo, *, extra_bytes: int = 0
    ) -> tuple[str, str]:
        """Container and sample format of an output.

        Args:
            destination: names the container by its ending.
            info: the source.
            extra_bytes: what the file will hold beside the samples.

        Raises:
            AudioFileError: the container does not hold the depth or the rate that is wanted.
        """
        check_delivery(destination, self, info.sample_rate)
        frames = output_frames(info.frames, info.sample_rate, self.rate_for(info.sample_rate))
        return output_format(
            destination,
            info.format,
            self._wanted(destination, info.subtype),
            samples=frames * info.channels,
            extra_bytes=extra_bytes,
        )

    def _wanted(self, destination: Path, source_subtype: str) -> str:
        if self.subtype is None:
            return source_subtype
        packed = self.subtype.replace("PCM", "ALAC")  # a packed CAF stays packed
        available = soundfile.available_subtypes(_container_of(destination.suffix))
        return packed if source_subtype.startswith("ALAC") and packed in available else self.subtype

    def is_coarser_than(self, info: AudioInfo, subtype: str) -> bool:
        """Whether samples have to be rounded to `subtype` that were not on its steps.

        Only where another form was asked for: what stays as the source has its steps.
        """
        if self.rate_for(info.sample_rate) != info.sample_rate:
            return True
        bits, had = integer_bits(subtype), integer_bits(info.subtype)
        return self.subtype is not None and bits is not None and (had is None or had > bits)


AS_SOURCE = Delivery()


def check_delivery(destination: Path, delivery: Delivery, source_rate: int | None) -> None:
    """Refuse a form that a destination's container does not have.

    Args:
        destination: names the container by its ending.
        delivery: what is wanted.
        source_rate: of the source [Hz]; None where it is not known.

    Raises:
        AudioFileError: it names what the container has.
    """
    ending = destination.suffix
    container = "Opus" if _coder_of(ending) == "OPUS" else _container_of(ending)
    depths = depths_of(ending)
    if depths and delivery.subtype is not None and delivery.subtype not in depths:
        raise AudioFileError(
            f"Cannot write '{destination.name}': {container} does not hold "
            f"{DEPTHS.get(delivery.subtype, delivery.subtype)}, only "
            f"{', '.join(DEPTHS[name] for name in depths)}. Choose one of these."
        )
    rate = delivery.sample_rate or source_rate
    rates = _RATES_OF.get(_coder_of(ending) or "")
    if rates is not None and rate is not None and rate not in rates:
        raise AudioFileError(
            f"Cannot write '{destination.name}': {container} does not hold {rate / 1000:g} kHz, "
            f"only {_in_khz(rates)}. Choose one of these sample rates, or another format."
        )


def depths_of(ending: str) -> list[str]:
    """Which of `DEPTHS` the format of an ending has; none where it throws sound away.

    Raises:
        AudioFileError: The ending is not one that is written.
    """
    if _coder_of(ending) is not None:
        return []
    available = soundfile.available_subtypes(_container_of(ending))
    return [name for name in DEPTHS if name in available]


def rates_of(ending: str) -> list[int]:
    """Which of `RATES` the format of an ending has.

    Raises:
        AudioFileError: The ending is not one that is written.
    """
    return [rate for rate in RATES if rate in _RATES_OF.get(_coder_of(ending) or "", RATES)]


def output_frames(frames: int, from_rate: int, to_rate: int) -> int:
    """How many samples a recording has at another rate."""
    return (2 * frames * to_rate + from_rate) // (2 * from_rate)


def at_rate(
    pairs: Iterable[tuple[Waveform, Waveform]], channels: int, from_rate: int, to_rate: int
) -> Iterator[tuple[Waveform, Waveform]]:
    """Yield pairs of waveforms at another rate; at the same one as they are.

    Shape:
        each waveform: (channels, samples), equally long in a pair. In total `output_frames` come
        out.
    """
    if from_rate == to_rate:
        yield from pairs
        return
    first, second = (Resampler(from_rate, to_rate, channels) for _ in range(2))
    came, gone = 0, 0
    for one, other in pairs:
        came += one.shape[1]
        ready = first.process(one), second.process(other)
        gone += ready[0].shape[1]
        yield ready
    nothing = np.zeros((channels, 0), np.float32)
    left = output_frames(came, from_rate, to_rate) - gone
    yield (
        _exactly(first.process(nothing, last=True), left),
        _exactly(second.process(nothing, last=True), left),
    )


def unlike(waveform: Waveform) -> Waveform:
    """What no sample of this equals, but for silence: given as "dry", all else is dithered."""
    return np.where(waveform == 0.0, np.float32(0.0), np.float32(np.nan))


def _exactly(waveform: Waveform, samples: int) -> Waveform:
    """So many samples: soxr may be off by one or two at the end."""
    missing = max(0, samples - waveform.shape[1])
    return np.pad(waveform, ((0, 0), (0, missing)))[:, : max(0, samples)]


def _container_of(ending: str) -> str:
    return container_for(Path(f"x{ending}"), verb="write")


def _coder_of(ending: str) -> str | None:
    """The coder that an ending stands for, if it throws sound away."""
    if ending.lower() == ".opus":
        return "OPUS"
    default = soundfile.default_subtype(_container_of(ending))
    return default if default in _CODED else None


def _in_khz(rates: Iterable[int]) -> str:
    return ", ".join(f"{rate / 1000:g}" for rate in rates) + " kHz"
