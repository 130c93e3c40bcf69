"""From float32 to a file's whole numbers: exactly where nothing changed, dithered where it did.

libsndfile scales floats itself, but it truncates instead of rounding, and it crashes on NaN in
mu-law. So integer formats are quantised here and handed over as whole numbers.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from processor.audio_format import integer_bits

# Up to here a rounding error is heard beside a fading voice; the noise of 24 bits is nobody's.
_MOST_BITS_TO_DITHER = 16
_SEED_BYTES = 1 << 20


def encode(
    waveform: npt.NDArray[np.float32],
    subtype: str,
    *,
    dry: npt.NDArray[np.float32] | None = None,
    at: int = 0,
    seed: int = 0,
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.float32], int]:
    """Turn float samples into what libsndfile writes without changing them again.

    A sample read as float32 from up to 24 bits is a whole number of steps of 2^-(bits-1), so
    scaling by that power of two and rounding gives the same integer back: bit for bit. That is what
    happens to all samples that equal those of `dry`. In 8 and 16 bits the others are dithered, with
    triangular noise of ±1 step, before they are rounded; but for silence that stays silence: frames
    which are zero in all channels of `dry`, and round to zero.

    Args:
        waveform: (channels, samples) float32, finite, full scale at -1 and 1.
        subtype: the sample format to write.
        dry: the same samples as they were read, (channels, samples). None: dither nothing.
        at: how many samples came before: the noise depends on a sample's place and the seed alone,
            so blocks of any size give the same file.
        seed: from `seed_of`.

    Returns:
        (data, stored, clipped): data for ``SoundFile.write``, (samples, channels); stored, what a
        reader will get back, (channels, samples) float32 (lossy and companded formats: what the
        coder was given); clipped, how many samples lay beyond full scale and were held there.
    """
    bits = integer_bits(subtype)
    if bits is None:
        return waveform.T, waveform, 0
    steps = 2.0 ** (bits - 1)
    scaled = waveform.astype(np.float64) * steps
    if dry is not None and is_dithered(subtype):
        scaled += np.where(_is_changed(scaled, waveform, dry), _noise(waveform.shape, at, seed), 0)
    held = np.clip(np.rint(scaled), -steps, steps - 1)
    # libsndfile takes the upper bits of a 32-bit integer.
    data = (held.T.astype(np.int64) << (32 - bits)).astype(np.int32)
    clipped = int(np.count_nonzero(np.abs(waveform) > 1.0))
    return data, (held / steps).astype(np.float32), clipped


def is_dithered(subtype: str) -> bool:
    """True for the sample formats in which changed samples are dithered."""
    # Companded formats have steps of their own, far coarser where it is loud.
    return subtype.startswith(("PCM_", "ALAC_")) and (
        (integer_bits(subtype) or _MOST_BITS_TO_DITHER + 1) <= _MOST_BITS_TO_DITHER
    )


def seed_of(path: Path) -> int:
    """Return a number that the beginning of a file decides, wherever it lies and what its name is.

    Tracks of one recording get different noise, which does not add up when they are mixed.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return zlib.crc32(file.read(_SEED_BYTES))


def _is_changed(
    scaled: npt.NDArray[np.float64],
    waveform: npt.NDArray[np.float32],
    dry: npt.NDArray[np.float32],
) -> npt.NDArray[np.bool_]:
    is_silence = ~dry.any(axis=0) & (np.abs(scaled) <= 0.5).all(axis=0)
    return (waveform != dry) & ~is_silence


def _noise(shape: tuple[int, ...], at: int, seed: int) -> npt.NDArray[np.float64]:
    """Return triangular noise between -1 and 1, a function of the seed and each sample's place.

    Philox turns a counter into four numbers of 64 bits. The difference of a number's two halves,
    both uniform, is triangular.
    """
    channels, samples = shape
    first = at * channels
    generator = np.random.Philox(key=seed).advance(first // 4)
    numbers = generator.random_raw(first % 4 + channels * samples)[first % 4 :]
    upper, lower = numbers >> np.uint64(32), numbers & np.uint64(0xFFFF_FFFF)
    return ((upper.astype(np.float64) - lower) / 2.0**32).reshape(samples, channels).T
