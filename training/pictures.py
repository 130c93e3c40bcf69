"""Spectrograms as PNG files, without a plotting library: for looking at what went wrong."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.acoustics import Samples

Pixels = NDArray[np.uint8]

HIGHEST_HZ = 8_000
RANGE_DB = 60.0
# From silence to the loudest: black, violet, red, orange, pale yellow.
COLOURS = np.array([[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]])
GAP, MARK = 12, 6


def draw_comparison(path: Path, takes: Sequence[Samples], sample_rate: int) -> None:
    """Write the spectrograms of equally long takes, one below the other, on one scale of levels.

    0 to HIGHEST_HZ and RANGE_DB below the first take's loudest; white marks on the left at every
    2 kHz, below at every second.
    """
    levels = [level_db(take, sample_rate) for take in takes]
    top_db = float(np.percentile(levels[0], 99.5))
    panels = []
    for level in levels:
        panel = _marked(colours(1 + (level[::-1] - top_db) / RANGE_DB))
        panels += [panel, np.full((GAP, panel.shape[1], 3), 255, np.uint8)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(np.concatenate(panels[:-1])))


def level_db(take: Samples, sample_rate: int) -> NDArray[np.float64]:
    """Level of each bin below HIGHEST_HZ, (bins, frames), 32 ms every 8 ms, in dB."""
    n_fft, hop = round(0.032 * sample_rate), round(0.008 * sample_rate)
    padded = np.pad(take, (0, max(0, n_fft - len(take))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    spectrum = np.fft.rfft(frames * np.hanning(n_fft), axis=1)
    bins = round(HIGHEST_HZ / sample_rate * n_fft)
    return 20 * np.log10(np.abs(spectrum[:, :bins]).T + 1e-9)


def colours(brightness: NDArray[np.float64]) -> Pixels:
    """Pixels of a brightness, 0 ... 1, clipped: (rows, columns) -> (rows, columns, 3)."""
    position = np.clip(brightness, 0, 1) * (len(COLOURS) - 1)
    channels = [np.interp(position, np.arange(len(COLOURS)), c) for c in COLOURS.T]
    return np.stack(channels, axis=-1).astype(np.uint8)


def png(pixels: Pixels) -> bytes:
    """Return the PNG file of an image, (rows, columns, 3)."""
    rows, columns, _ = pixels.shape
    # Each row begins with its filter: none.
    data = np.pad(pixels.reshape(rows, -1), ((0, 0), (1, 0))).tobytes()
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(data)),
            _chunk(b"IEND", b""),
        )
    )


def _marked(panel: Pixels) -> Pixels:
    rows = len(panel)
    for row in range(0, rows, max(rows * 2_000 // HIGHEST_HZ, 1)):
        panel[rows - 1 - row, :MARK] = 255
    panel[-MARK:, ::125] = 255  # 125 frames of 8 ms
    return panel


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
