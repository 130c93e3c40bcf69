"""Pictures of takes, read back by another program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from signals import sine

from training.pictures import COLOURS, GAP, MARK, colours, draw_comparison, png

RATE = 48_000


def read(path: Path) -> np.ndarray:
    """Pixels of a picture, (rows, columns, 3)."""
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    rows = image.constBits().asarray(image.sizeInBytes())
    lines = np.frombuffer(bytes(rows), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (17, 4)])
def test_a_picture_is_what_was_drawn(tmp_path: Path, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    (tmp_path / "a.png").write_bytes(png(pixels))
    np.testing.assert_array_equal(read(tmp_path / "a.png"), pixels)


def test_colours_run_from_silence_to_the_loudest() -> None:
    found = colours(np.array([[-1.0, 0.0, 1.0, 2.0]]))
    np.testing.assert_array_equal(found[0], COLOURS[[0, 0, -1, -1]])


def test_a_tone_is_bright_where_its_frequency_is(tmp_path: Path) -> None:
    loud = sine(1, 2 * RATE, RATE, 2_000)[0]
    draw_comparison(tmp_path / "new" / "a.png", (loud, 0 * loud), RATE)
    picture = read(tmp_path / "new" / "a.png").astype(int).sum(axis=2)
    rows = (len(picture) - GAP) // 2
    before, after = picture[: rows - MARK, MARK:], picture[rows + GAP : -MARK, MARK:]
    assert abs(int(before.sum(axis=1).argmax()) - 3 * rows // 4) <= 1  # 2 of 8 kHz, from below
    assert after.max() == COLOURS[0].sum()


def test_a_take_shorter_than_a_window_is_drawn(tmp_path: Path) -> None:
    draw_comparison(tmp_path / "a.png", (np.ones(7, np.float32),), RATE)
    assert read(tmp_path / "a.png").shape[1] == 1
