"""Level meters of before and after: peak, mean square, and a lamp for what is too loud."""

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ..levels import LOWEST_DB, Level
from ..session import Session
from ..theme import UNIT, Theme

TICK_MS = 33
LONGEST_S = 0.25  # more than that was a jump and not played
BAR = 6  # pixels
LAMP = 6
WIDTH = 12 * UNIT
NAMES = ("Before", "After")


class Meter(QWidget):
    """Two bars, before above after, from -60 dB to full scale. A click puts the lamps out.

    Args:
        session: What is heard.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._theme: Theme | None = None
        self.levels = [Level(), Level()]
        self._position = 0
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self.advance)
        self.setFixedSize(QSize(WIDTH, 3 * UNIT))
        self.setAccessibleName("Levels")
        session.player.playing_changed.connect(self._follow_playing)
        session.recording_changed.connect(self._put_out)
        self._tell()

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        self.update()

    def advance(self) -> None:
        """Show what was heard since the last time."""
        player, playback = self._session.player, self._session.playback
        pair = (np.zeros((1, 0), np.float32),) * 2
        if player.is_playing and playback is not None:
            begin, self._position = self._position, self._heard()
            if 0 < self._position - begin < LONGEST_S * playback.sample_rate:
                pair = playback.around(begin, self._position)
        elapsed_s = TICK_MS / 1000
        self.levels = [
            level.after(waveform, elapsed_s)
            for level, waveform in zip(self.levels, pair, strict=True)
        ]
        if not player.is_playing and all(each.rms_db <= LOWEST_DB for each in self.levels):
            self._tick.stop()
        self._tell()
        self.update()

    def _follow_playing(self, is_playing: bool) -> None:
        if is_playing:
            self._position = self._heard()
            self._tick.start()

    def _heard(self) -> int:
        playback, player = self._session.playback, self._session.player
        return 0 if playback is None else round(player.position_s * playback.sample_rate)

    def _put_out(self) -> None:
        self.levels = [Level(), Level()]
        self._tell()
        self.update()

    def _tell(self) -> None:
        clipped = [name for name, each in zip(NAMES, self.levels, strict=True) if each.has_clipped]
        text = f"{' and '.join(clipped)} went beyond full scale. Click to put the lamp out."
        self.setToolTip(text if clipped else "Levels of before (above) and after: peak and RMS.")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._put_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colours = (self._theme.before, self._theme.accent)
        for row, (level, colour) in enumerate(zip(self.levels, colours, strict=True)):
            self._paint_bar(painter, UNIT // 2 + row * (BAR + UNIT // 2), level, QColor(colour))

    def _paint_bar(self, painter: QPainter, top: int, level: Level, colour: QColor) -> None:
        length = self.width() - LAMP - UNIT // 2
        _fill(painter, QRectF(0, top, length, BAR), QColor(self._theme.raised))
        mean = length * _share(level.rms_db)
        if mean > 0:
            _fill(painter, QRectF(0, top, mean, BAR), colour)
        peak = length * _share(level.peak_db)
        if peak > 1:
            painter.fillRect(QRectF(peak - 2, top, 2, BAR), QColor(self._theme.text))
        lamp = QColor(self._theme.error if level.has_clipped else self._theme.raised)
        _fill(painter, QRectF(self.width() - LAMP, top, LAMP, BAR), lamp)


def _fill(painter: QPainter, place: QRectF, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawRoundedRect(place, 2, 2)


def _share(level_db: float) -> float:
    """Where a level stands between the ends of the bar, 0 ... 1."""
    return min(1.0, max(0.0, 1.0 - level_db / LOWEST_DB))
