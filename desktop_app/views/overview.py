"""The whole recording in one strip, with a frame around what the lanes show."""

import numpy as np
from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PyQt6.QtWidgets import QWidget

from ..plot_data import Picture
from ..theme import Theme
from .pane import AXIS_WIDTH
from .raster import ramp
from .stage import Stage
from .time_mouse import GRIP, turn_along_time
from .waveform_pane import coverage

HEIGHT = 40
GROWTH_MS = 200  # between two drawings of what is growing
VEIL_ALPHA = 150  # over what the lanes do not show
SELECTION_ALPHA = 72
LEAST_FRAME = 8.0  # pixels, so that it can be seen and taken in hours of sound
KEYS = {
    Qt.Key.Key_Left: -0.1,
    Qt.Key.Key_Right: 0.1,
    Qt.Key.Key_PageUp: -1.0,
    Qt.Key.Key_PageDown: 1.0,
}


class Overview(QWidget):
    """A scroll bar that shows what it scrolls: drag the frame or its edges, or click elsewhere.

    Args:
        stage: What it shares with the panes.
        theme: The colours to start with.
    """

    def __init__(self, stage: Stage, theme: Theme) -> None:
        super().__init__()
        self._window = stage.time_window
        self._selection = stage.selection
        self._theme = theme
        self._pictures: list[tuple[Picture, str]] = []
        self._position_s = 0.0
        self._drawn: QImage | None = None
        self._growth = QTimer(self, singleShot=True, interval=GROWTH_MS)
        self._growth.timeout.connect(self.redraw)
        self._held: str | None = None  # "frame", "start" or "end" while dragged
        self._grip_s = 0.0  # from the start of the frame to where it is held
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Overview")
        self.setAccessibleDescription(
            "The whole recording. The arrow keys move what is shown, Page up and down by a page."
        )
        self._window.changed.connect(self.update)
        self._selection.changed.connect(self.update)

    def use_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.redraw()

    def show_pictures(self, *pictures: tuple[Picture, str]) -> None:
        """Draw these above each other from now on, each in a colour of the theme."""
        self._pictures = list(pictures)
        self.redraw()

    def redraw(self) -> None:
        """The pictures have changed."""
        self._drawn = None
        self.update()

    def grow(self) -> None:
        """There is more to draw than before; it will be, soon."""
        if not self._growth.isActive():
            self._growth.start()

    def set_position(self, position_s: float) -> None:
        self._position_s = position_s
        self.update()

    def x_of(self, time_s: float) -> float:
        """The horizontal position of a time."""
        return AXIS_WIDTH + time_s / self._window.duration_s * self._strip_width()

    def time_at(self, x: float) -> float:
        """The time under a horizontal position."""
        part = (x - AXIS_WIDTH) / self._strip_width()
        return min(max(0.0, part), 1.0) * self._window.duration_s

    def frame(self) -> QRectF:
        """What the lanes show."""
        left, right = self.x_of(self._window.start_s), self.x_of(self._window.end_s)
        if right - left < LEAST_FRAME:
            middle = (left + right - LEAST_FRAME) / 2
            left = min(max(AXIS_WIDTH, middle), self.width() - LEAST_FRAME)
            right = left + LEAST_FRAME
        return QRectF(left, 0, right - left, HEIGHT)

    def _strip_width(self) -> float:
        return max(1.0, self.width() - AXIS_WIDTH)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        strip = QRectF(AXIS_WIDTH, 0, self._strip_width(), HEIGHT)
        painter.fillRect(strip, QColor(self._theme.plot))
        if self._drawn is None:
            self._drawn = self._draw()
        if self._drawn is not None:
            painter.drawImage(strip, self._drawn)
        self._paint_selection(painter)
        self._paint_frame(painter, strip)
        playhead = self.x_of(self._position_s)
        painter.fillRect(QRectF(playhead - 0.5, 0, 1, HEIGHT), QColor(self._theme.playhead))

    def _draw(self) -> QImage | None:
        ratio = self.devicePixelRatioF()
        width, rows = round(self._strip_width() * ratio), round(HEIGHT * ratio)
        pixels = np.full((rows, width), ramp(self._theme.plot, self._theme.plot)[0])
        for picture, colour in self._pictures:
            extremes = picture.waveform.columns(0, picture.frames, width)
            extremes = extremes / max(1e-6, self._pictures[0][0].waveform.peak())
            low, high = extremes[..., 0].min(axis=0), extremes[..., 1].max(axis=0)
            shares = coverage((low * 0.46 + 0.5) * rows, (high * 0.46 + 0.5) * rows, rows)
            colours = ramp(self._theme.plot, getattr(self._theme, colour))
            pixels = np.where(shares[::-1] > 0, colours[shares[::-1]], pixels)
        pixels = np.ascontiguousarray(pixels, np.uint32)
        image = QImage(pixels.data, width, rows, 4 * width, QImage.Format.Format_RGB32)
        return image.copy()  # it owns its pixels

    def _paint_selection(self, painter: QPainter) -> None:
        if self._selection:
            left, right = self.x_of(self._selection.start_s), self.x_of(self._selection.end_s)
            colour = QColor(self._theme.accent)
            colour.setAlpha(SELECTION_ALPHA)
            painter.fillRect(QRectF(left, 0, max(1.0, right - left), HEIGHT), colour)

    def _paint_frame(self, painter: QPainter, strip: QRectF) -> None:
        frame = self.frame()
        if not self._window.shows_all:
            veil = QColor(self._theme.window)
            veil.setAlpha(VEIL_ALPHA)
            painter.fillRect(QRectF(strip.left(), 0, frame.left() - strip.left(), HEIGHT), veil)
            painter.fillRect(QRectF(frame.right(), 0, strip.right() - frame.right(), HEIGHT), veil)
        if self.hasFocus() or not self._window.shows_all:
            pen = QPen(QColor(self._theme.accent if self.hasFocus() else self._theme.muted))
            pen.setWidthF(1.5)
            painter.setPen(pen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), 3, 3)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _part_at(self, x: float) -> str:
        """What of the frame lies under the mouse; an empty string outside."""
        frame = self.frame()
        if self._window.shows_all:
            near = [("start", frame.left()), ("end", frame.right())]
        elif frame.width() < 4 * GRIP:  # too narrow to tell its edges from its inside
            near = [("start", frame.left() - GRIP), ("end", frame.right() + GRIP)]
        else:
            near = [("start", frame.left()), ("end", frame.right())]
        for part, edge in near:
            if abs(x - edge) <= GRIP:
                return part
        return "frame" if frame.left() <= x <= frame.right() else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        self._held = self._part_at(x)
        if not self._held:  # jump there, and take the frame along
            self._window.scroll_to(self.time_at(x) - self._window.span_s / 2)
            self._held = "frame"
        self._grip_s = self.time_at(x) - self._window.start_s

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._held is None:
            self._show_cursor(self._part_at(x))
            return
        time_s, window = self.time_at(x), self._window
        if self._held == "frame":
            window.scroll_to(time_s - self._grip_s)
        elif self._held == "start":
            window.show_stretch(min(time_s, window.end_s), window.end_s)
        else:
            window.show_stretch(window.start_s, max(time_s, window.start_s))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._window.show_all()

    def _show_cursor(self, part: str) -> None:
        shapes = {
            "start": Qt.CursorShape.SizeHorCursor,
            "end": Qt.CursorShape.SizeHorCursor,
            "frame": Qt.CursorShape.OpenHandCursor,
        }
        self.setCursor(shapes.get(part, Qt.CursorShape.PointingHandCursor))

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn_along_time(event, self._window, self.time_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        # The arrow keys seek everywhere else in the window.
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.key() in KEYS and not event.modifiers()
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in KEYS and not event.modifiers():
            self._window.scroll_by(KEYS[event.key()])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self.redraw()

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)
