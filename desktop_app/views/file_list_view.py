"""The list at the side: every recording at hand, how far one is with it, and which is open."""

from PyQt6.QtCore import QEvent, QModelIndex, QRect, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPen
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from ..file_list import ENTRY, FileEntry, FileState
from ..icons import icon
from ..open_files import OpenFiles
from ..theme import UNIT, Theme
from .controls import button, icon_button, label

WIDTH = 25 * UNIT
ROW_HEIGHT = 6 * UNIT
MARK_SIZE = 2 * UNIT
# Who runs down the list with an arrow key does not want every file on the way.
SETTLE_MS = 250
LIST_KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)


class FileListView(QFrame):
    """Shows the files that are open together; hidden while there is one or none.

    Args:
        files: What is shown.
        theme: The colours to start with.
    """

    open_asked = pyqtSignal()
    export_asked = pyqtSignal()

    def __init__(self, files: OpenFiles, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("files")
        self.setFixedWidth(WIDTH)
        self._files = files
        self.title = label("RECORDINGS", "section")
        self.add = icon_button("Open more", "Open more recordings (Ctrl+O)", 16)
        self.add.clicked.connect(self.open_asked)
        self.rows = Rows(files)
        self.apply_to_all = button("Settings to all")
        self.apply_to_all.setToolTip("Set every recording of the list as this one is set")
        self.apply_to_all.clicked.connect(files.apply_to_all)
        self.export_all = button("Export all…")
        self.export_all.setToolTip("Export every recording of the list (Ctrl+Shift+E)")
        self.export_all.clicked.connect(self.export_asked)
        self._lay_out()
        files.list.rowsInserted.connect(self._show)
        files.list.rowsRemoved.connect(self._show)
        self.use_theme(theme)
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(2 * UNIT, UNIT, UNIT, 0)
        head.addWidget(self.title)
        head.addStretch()
        head.addWidget(self.add)
        foot = QVBoxLayout()
        foot.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, 2 * UNIT)
        foot.setSpacing(UNIT)
        foot.addWidget(self.apply_to_all)
        foot.addWidget(self.export_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        column.addLayout(head)
        column.addWidget(self.rows, 1)
        column.addLayout(foot)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.add.setIcon(icon("add", theme.text))
        self.rows.use_theme(theme)

    def _show(self) -> None:
        count = self._files.list.rowCount()
        self.title.setText(f"RECORDINGS   {count}")
        self.title.setAccessibleName(f"{count} recordings")
        self.setVisible(count > 1)


class Rows(QListView):
    """The rows; arrow keys and clicks open, Delete takes out of the list."""

    def __init__(self, files: OpenFiles) -> None:
        super().__init__()
        self._files = files
        self.setModel(files.list)
        self.setAccessibleName("Recordings")
        self.setItemDelegate(_RowPainter(files, self))
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.open_chosen)
        self.clicked.connect(lambda _: self.open_chosen())
        files.changed.connect(self._follow)

    @property
    def chosen(self) -> FileEntry | None:
        """The row under the keyboard."""
        return self.currentIndex().data(ENTRY)

    def open_chosen(self) -> None:
        """Open the chosen row, unless it is open already; what failed is tried again."""
        self._settle.stop()
        entry = self.chosen
        if entry is None:
            return
        if entry is not self._files.current or entry.state is FileState.FAILED:
            self._files.choose(entry)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.itemDelegate().use_theme(theme)
        self.viewport().update()

    def _follow(self) -> None:
        """Put the keyboard's row where the open one is, however it was opened."""
        current = self._files.current
        if current is not None and not self._settle.isActive() and self.chosen is not current:
            self.setCurrentIndex(self.model().index(self._files.list.entries.index(current)))
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        # Elsewhere in the window these keys zoom and seek.
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.key() in LIST_KEYS and not event.modifiers()
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        entry = self.chosen
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and entry is not None:
            self._files.remove(entry)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_chosen()
        else:
            super().keyPressEvent(event)
            if self.chosen is not entry:
                self._settle.start()


class _RowPainter(QStyledItemDelegate):
    """Two lines: the name, and its length and state; a mark and a bar tell what is open."""

    def __init__(self, files: OpenFiles, parent: QListView) -> None:
        super().__init__(parent)
        self._files = files
        self._theme: Theme | None = None

    def use_theme(self, theme: Theme) -> None:
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(WIDTH - 2 * UNIT, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        entry: FileEntry = index.data(ENTRY)
        is_current = entry is self._files.current
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option, is_current)
        inside = option.rect.adjusted(2 * UNIT, UNIT - 2, -UNIT, 2 - UNIT)
        self._paint_mark(painter, inside, entry)
        text = inside.adjusted(MARK_SIZE + UNIT, 0, 0, 0)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold if is_current else QFont.Weight.Normal)
        self._write(painter, text, font, index.data(), self._theme.text, top=True)
        colour = self._theme.error if entry.state.is_fault else self._theme.muted
        self._write(painter, text, option.font, entry.remark, colour, top=False)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, is_current: bool
    ) -> None:
        ground = QRectF(option.rect).adjusted(UNIT / 2, 1, -UNIT / 2, -1)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_current or hovered:
            painter.setBrush(QColor(self._theme.raised))
            painter.drawRoundedRect(ground, 6, 6)
        if is_current:
            painter.setBrush(QColor(self._theme.accent))
            bar = QRectF(ground.left(), ground.top() + UNIT, 3, ground.height() - 2 * UNIT)
            painter.drawRoundedRect(bar, 1.5, 1.5)
        in_focus = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_Selected
        if option.state & in_focus == in_focus and self.parent().hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.drawRoundedRect(ground.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _paint_mark(self, painter: QPainter, inside: QRect, entry: FileEntry) -> None:
        """A ring, a dot, a tick or a warning: the state once more, for the quick eye."""
        place = QRect(inside.left(), inside.center().y() - UNIT, MARK_SIZE, MARK_SIZE)
        drawn = {
            FileState.EXPORTED: ("done", self._theme.done),
            FileState.NOT_EXPORTED: ("alert", self._theme.error),
            FileState.FAILED: ("alert", self._theme.error),
        }.get(entry.state)
        if drawn is not None and not (entry.state is FileState.EXPORTED and entry.is_unsaved):
            icon(*drawn).paint(painter, place)
            return
        painter.setPen(QPen(QColor(self._theme.muted), 1.5))
        is_new = entry.state is FileState.NEW
        painter.setBrush(Qt.BrushStyle.NoBrush if is_new else QColor(self._theme.muted))
        painter.drawEllipse(QRectF(place).adjusted(5, 5, -5, -5))

    def _write(
        self, painter: QPainter, place: QRect, font: QFont, text: str, colour: str, *, top: bool
    ) -> None:
        half = place.height() // 2
        line = QRect(place.left(), place.top() + (0 if top else half), place.width(), half)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, elided)
