"""Draw docs/images/spectrogram.png: a bundled sample before and after, with the shipped model.

python docs/spectrogram.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyqtgraph
import soundfile
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter

from processor import Dereverb

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "resources" / "samples" / "church.flac"
PICTURE = ROOT / "docs" / "images" / "spectrogram.png"
HIGHEST_HZ = 8_000
RANGE_DB = 60.0
LEFT, TOP, WIDTH, HEIGHT, GAP, BELOW = 56, 34, 1120, 240, 44, 40
BACKGROUND, TEXT = QColor("#ffffff"), QColor("#33373e")


def main() -> None:
    """Process the sample and write the picture."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QGuiApplication([])
    before, sample_rate = soundfile.read(SAMPLE, dtype="float32")
    after = Dereverb()(before, sample_rate)
    levels = [level_db(waveform, sample_rate) for waveform in (before, after)]
    loudest = float(np.percentile(levels[0], 98))

    picture = QImage(LEFT + WIDTH + 16, TOP + 2 * HEIGHT + GAP + BELOW, QImage.Format.Format_RGB32)
    picture.fill(BACKGROUND)
    painter = QPainter(picture)
    painter.setFont(QFont("DejaVu Sans", 10))
    painter.setPen(TEXT)
    for row, (title, level) in enumerate(zip(("Before", "After"), levels, strict=True)):
        top = TOP + row * (HEIGHT + GAP)
        draw(painter, QRect(LEFT, top, WIDTH, HEIGHT), title, level, loudest)
    bottom = TOP + 2 * HEIGHT + GAP
    duration_s = len(before) / sample_rate
    for second in range(0, int(duration_s) + 1, 2):
        x = LEFT + round(second / duration_s * WIDTH)
        painter.drawText(
            QRect(x - 30, bottom + 4, 60, 20), Qt.AlignmentFlag.AlignCenter, f"{second} s"
        )
    painter.end()
    PICTURE.parent.mkdir(exist_ok=True)
    picture.save(str(PICTURE))
    print(PICTURE.relative_to(ROOT))
    del app


def level_db(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Level of each bin below HIGHEST_HZ, (bins, frames), dB."""
    n_fft, hop = round(0.032 * sample_rate), round(0.008 * sample_rate)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, n_fft)[::hop]
    spectrum = np.fft.rfft(frames * np.hanning(n_fft), axis=1)
    bins = round(HIGHEST_HZ / sample_rate * n_fft)
    return 20 * np.log10(np.abs(spectrum[:, :bins]).T + 1e-9)


def draw(painter: QPainter, place: QRect, title: str, level: np.ndarray, loudest: float) -> None:
    """One spectrogram with its title and frequency axis; both share one scale of levels."""
    scaled = np.clip((level - loudest + RANGE_DB) / RANGE_DB, 0, 1)
    colours = pyqtgraph.colormap.get("inferno").getLookupTable(nPts=256)
    pixels = np.ascontiguousarray(colours[(255 * scaled[::-1]).astype(int)].astype(np.uint8))
    height, width, _ = pixels.shape
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, image)
    painter.drawText(LEFT, place.top() - 9, title)
    for khz in range(0, HIGHEST_HZ // 1000 + 1, 2):
        y = place.bottom() - round(1000 * khz / HIGHEST_HZ * place.height())
        label = f"{khz} kHz" if khz else "0"
        painter.drawText(
            QRect(0, y - 10, LEFT - 8, 20),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            label,
        )


if __name__ == "__main__":
    main()
