"""How an array from outside is laid out. Inside, all audio is (channels, samples)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from processor.waveform import Waveform, checked_float32

# Recordings of more channels than this are not expected in blocks of fewer samples.
_MOST_CHANNELS = 64


class LayoutError(ValueError, RuntimeError):
    """The shape does not tell which side is channels. Pedalboard raises a RuntimeError here."""


@dataclass(frozen=True)
class ArrayLayout:
    """The layout of an array: (samples,), (channels, samples) or (samples, channels).

    Attributes:
        dimensions: 1 or 2.
        channels: 1 or more.
        channels_first: False for (samples, channels) only.
    """

    dimensions: int
    channels: int
    channels_first: bool

    @classmethod
    def of(cls, array: object) -> ArrayLayout:
        """Return the layout that Pedalboard reads in the shape: the smaller side is channels.

        A side of length 0 is samples: an empty block still tells its channels.

        Raises:
            TypeError: no numpy array of float32 or float64.
            LayoutError: more or fewer dimensions than 1 or 2, or a square.
        """
        shape = checked_array(array).shape
        if len(shape) == 1:
            return cls(1, 1, True)
        if len(shape) != 2:
            raise LayoutError(
                f"Audio has 1 or 2 dimensions, got an array of shape {shape}. "
                "Pass one recording at a time, as (channels, samples) or (samples, channels)."
            )
        rows, columns = shape
        if rows == columns and rows != 1:
            raise LayoutError(
                f"The shape {shape} does not tell channels from samples. Begin with a block that "
                "is longer than it has channels; within a stream, any later shape is understood."
            )
        channels_first = columns == 0 or (rows != 0 and rows <= columns)
        return cls(2, rows if channels_first else columns, channels_first)

    @classmethod
    def of_blocks(cls, blocks: Sequence[object]) -> ArrayLayout:
        """Return the layout that the first one or two blocks of a recording have in common.

        That is the layout of the first, as `of` reads it, unless the block is so short that its
        channels may be more than its samples. Then the side that both blocks share is channels; in
        doubt, (n, 1) and squares are read as (channels, samples).

        Raises:
            TypeError: no numpy array of float32 or float64.
            LayoutError: more or fewer dimensions than 1 or 2.
        """
        if not cls.is_doubtful(blocks[0]):
            return cls.of(blocks[0])
        rows, columns = checked_array(blocks[0]).shape
        first = cls(2, rows, True), cls(2, columns, False)
        fitting = [layout for layout in first if all(layout.fits(block) for block in blocks)]
        if len(fitting) == 1:
            return fitting[0]
        return first[0] if columns == 1 or rows <= columns else first[1]

    @staticmethod
    def is_doubtful(array: object) -> bool:
        """Return whether a block is so short that its channels may be more than its samples."""
        shape = checked_array(array).shape
        return len(shape) == 2 and 0 not in shape and max(shape) <= _MOST_CHANNELS

    def fits(self, array: object) -> bool:
        """Return whether an array has this layout."""
        return self._holds(checked_array(array).shape)

    def _holds(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == self.dimensions and (
            self.dimensions == 1 or shape[0 if self.channels_first else 1] == self.channels
        )

    def waveform(self, array: object) -> Waveform:
        """Return the audio of an array of this layout as (channels, samples), float32.

        The result may share the array's memory.

        Raises:
            TypeError: no numpy array of float32 or float64.
            ValueError: another layout, NaN or inf.
        """
        checked = checked_array(array)
        if not self._holds(checked.shape):
            raise LayoutError(
                f"This stream takes blocks of shape {self}, got {checked.shape}. "
                "Call flush() or reset() before audio of another layout."
            )
        samples = checked_float32(checked)
        if self.dimensions == 1:
            return samples[np.newaxis, :]
        return samples if self.channels_first else samples.T

    def array(self, waveform: Waveform) -> npt.NDArray[np.float32]:
        """Return audio of shape (channels, samples) in this layout."""
        if self.dimensions == 1:
            return waveform[0]
        return waveform if self.channels_first else np.ascontiguousarray(waveform.T)

    def __str__(self) -> str:
        if self.dimensions == 1:
            return "(samples,)"
        return (
            f"({self.channels}, samples)" if self.channels_first else f"(samples, {self.channels})"
        )


def checked_array(array: object) -> npt.NDArray[Any]:
    """Return the array if it is one of float32 or float64, of any byte order.

    Raises:
        TypeError: anything else.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"Audio must be a numpy array of float32 or float64, got {type(array).__name__}. "
            "Convert it with numpy.asarray(audio, dtype=numpy.float32)."
        )
    if array.dtype.kind != "f" or array.dtype.itemsize not in (4, 8):
        raise TypeError(
            f"Audio must be float32 or float64 in [-1, 1], got {array.dtype}. Convert it with "
            "astype(numpy.float32); divide whole numbers by their full scale (32768 for int16)."
        )
    return np.asarray(array)
