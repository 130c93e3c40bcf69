"""The table of a batch: a row for every file."""

from pathlib import Path

from PyQt6.QtCore import QEvent, QModelIndex, QRectF, QSortFilterProxyModel, Qt, QUrl
from PyQt6.QtGui import QColor, QContextMenuEvent, QDesktopServices, QKeyEvent, QPainter, QPalette
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ..batch_items import Item, Status
from ..batch_run import BatchRun
from ..batch_table import FILE, FOLDER, ITEM, LENGTH, SORT_KEY, STATE, BatchTable
from ..theme import UNIT, Theme

ROW_HEIGHT = 4 * UNIT
BAR_HEIGHT = 3
TABLE_KEYS = (
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right),
    *(Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End),
    *(Qt.Key.Key_Return, Qt.Key.Key_Enter),
)


class BatchRows(QTableView):
    """Shows a run; a double click or Return opens a result in its folder.

    Args:
        run: What is shown.
    """

    def __init__(self, run: BatchRun) -> None:
        super().__init__()
        self._run = run
        self.table = BatchTable(run, self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.table)
        self.sorted.setSortRole(SORT_KEY)
        self.sorted.setDynamicSortFilter(False)  # rows that jump while they run cannot be read
        self.setModel(self.sorted)
        self.setAccessibleName("Files of the batch")
        self._painter = _StatePainter(self)
        self.setItemDelegate(self._painter)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._set_columns()
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.doubleClicked.connect(self.open_result)

    def _set_columns(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.setMinimumSectionSize(ROW_HEIGHT)
        columns.setHighlightSections(False)
        for column, mode in (
            (FILE, QHeaderView.ResizeMode.Stretch),
            (FOLDER, QHeaderView.ResizeMode.Stretch),
            (STATE, QHeaderView.ResizeMode.Stretch),
            (LENGTH, QHeaderView.ResizeMode.Fixed),
        ):
            columns.setSectionResizeMode(column, mode)
        columns.resizeSection(LENGTH, 9 * UNIT)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._painter.theme = theme
        self.viewport().update()

    @property
    def chosen(self) -> Item | None:
        """The row under the keyboard."""
        return self.currentIndex().data(ITEM)

    def open_result(self) -> None:
        """Open the chosen file's result, with what the system opens sound files with."""
        item = self.chosen
        if item is not None and item.status in (Status.DONE, Status.KEPT, Status.SKIPPED):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(item.job.destination)))

    def open_folder(self) -> None:
        """Show the folder in which the chosen file's result lies, or that of the first."""
        item = self.chosen or next(iter(self._run.items), None)
        if item is not None:
            folder = Path(item.job.destination).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def event(self, event: QEvent) -> bool:
        # Elsewhere in the window these keys zoom and seek.
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.key() in TABLE_KEYS and not event.modifiers()
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_result()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.chosen
        if item is None:
            return
        menu = QMenu(self)
        open_result = menu.addAction("Open result")
        open_result.triggered.connect(lambda _: self.open_result())
        open_result.setEnabled(item.status in (Status.DONE, Status.KEPT, Status.SKIPPED))
        menu.addAction("Show in folder").triggered.connect(lambda _: self.open_folder())
        menu.popup(event.globalPos())


class _StatePainter(QStyledItemDelegate):
    """Rows as text; under a running file's state a bar, and failures in their colour."""

    theme: Theme | None = None

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        if self.theme is None:
            return
        status = index.data(ITEM).status
        colour = self.theme.text if index.column() == FILE else self.theme.muted
        if index.column() == STATE:
            option.textElideMode = Qt.TextElideMode.ElideRight
            colour = {Status.FAILED: self.theme.error, Status.DONE: self.theme.done}.get(
                status, colour
            )
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
            option.palette.setColor(role, QColor(colour))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        item: Item = index.data(ITEM)
        if index.column() != STATE or item.status is not Status.RUNNING or self.theme is None:
            return
        bar = QRectF(option.rect)
        bar.setLeft(self._left_of_text(option))
        bar.setRight(bar.right() - 2 * UNIT)
        bar.setTop(bar.bottom() - 1 - BAR_HEIGHT)
        bar.setHeight(BAR_HEIGHT)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.raised))
        painter.drawRect(bar)
        bar.setWidth(bar.width() * item.fraction)
        painter.setBrush(QColor(self.theme.accent))
        painter.drawRect(bar)
        painter.restore()

    def _left_of_text(self, option: QStyleOptionViewItem) -> int:
        table = self.parent()
        style = table.style()
        text = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, table)
        return text.left() + style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1
