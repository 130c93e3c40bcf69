"""An image of ready-made pixels as an item of a plot."""

from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, QSizeF
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class Raster(pg.GraphicsObject):
    """Draws pixels exactly: where there is one for each on the screen, none is blended."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._pixels = np.zeros((0, 0), np.uint32)
        self._rect = QRectF()

    def set_pixels(self, pixels: np.ndarray, rect: QRectF) -> None:
        """Draw these.

        Args:
            pixels: Shape (rows, columns) uint32 as 0xffRRGGBB, row 0 lowest.
            rect: Where, in the plot's coordinates.
        """
        self.prepareGeometryChange()
        self._pixels = np.ascontiguousarray(pixels[::-1])  # QImage does not keep it alive
        rows, columns = self._pixels.shape
        self._image = QImage(
            self._pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32
        )
        self._rect = rect
        self.update()

    def clear(self) -> None:
        """Draw nothing."""
        self._image = None
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._rect)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._image is None:
            return
        target = painter.worldTransform().mapRect(self._rect)
        ratio = painter.device().devicePixelRatioF()
        size = QSizeF(self._image.width() / ratio, self._image.height() / ratio)
        if abs(size.width() - target.width()) < 1 and abs(size.height() - target.height()) < 1:
            # One pixel for each of the screen: copied, neither scaled nor blended.
            corner = QPointF(round(target.x() * ratio) / ratio, round(target.y() * ratio) / ratio)
            target = QRectF(corner, size)
        painter.resetTransform()
        painter.drawImage(target, self._image)


def packed(colours: np.ndarray) -> np.ndarray:
    """Colours of shape (n, 3) uint8 as n numbers 0xffRRGGBB."""
    red, green, blue = colours.astype(np.uint32).T
    return 0xFF000000 | red << 16 | green << 8 | blue


@lru_cache(maxsize=64)
def ramp(*colours: str) -> np.ndarray:
    """Packed colours from the first to the last of these in 256 even steps."""
    stops = np.array([QColor(colour).getRgb()[:3] for colour in colours], np.float64)
    at = np.linspace(0, len(colours) - 1, 256)
    parts = [np.interp(at, np.arange(len(colours)), channel) for channel in stops.T]
    return packed(np.rint(np.stack(parts, axis=1)).astype(np.uint8))
