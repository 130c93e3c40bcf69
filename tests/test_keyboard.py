"""Without a mouse, and without seeing: every control is reached, shows it, and says its name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QWidget,
)

from desktop_app.export_plan import ExportWish
from desktop_app.views.details_dialog import error_dialog
from desktop_app.views.export_dialog import ExportDialog

CONTROLS = (
    *(QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox),
    *(QLineEdit, QAbstractItemView, QProgressBar),
)
QTS_OWN = (QScrollBar, QHeaderView)


def controls(top: QWidget) -> Iterator[QWidget]:
    """What one can use in it, as far as it is shown; not what Qt makes its widgets of."""
    for widget in top.findChildren(QWidget):
        is_part = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QAbstractItemView)
        if isinstance(widget, QTS_OWN) or is_part or widget.objectName().startswith("qt_"):
            continue
        is_tabbed = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if widget.isVisible() and (isinstance(widget, CONTROLS) or is_tabbed):
            yield widget


def spoken(widget: QWidget) -> str:
    """What a screen reader says of it."""
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


def described(widget: QWidget) -> str:
    return f"{type(widget).__name__} '{spoken(widget)}' {widget.toolTip()[:40]}"


def tabbed(top: QWidget) -> list[QWidget]:
    """The controls that Tab should come to."""
    return [
        widget
        for widget in controls(top)
        if widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def group_of(widget: QWidget) -> object:
    """Of buttons that exclude each other Tab comes to one, and arrow keys go on to the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return widget if group is None else group


@pytest.fixture(params=["empty", "recording", "batch", "export", "export all", "error"])
def shown(request, window, take, tmp_path, qtbot) -> QWidget:
    """Every page and dialog, with all that it can show."""
    if request.param == "empty":
        return window
    if request.param == "batch":
        window.show_batch()
        return window
    window = request.getfixturevalue("ready")
    window.files.restore({tmp_path / "other.wav": window.session.recipe})
    if request.param == "recording":
        window.workspace.selection.select(1.0, 2.0)
        window.workspace.treatment.advanced.set_open(True)
        QApplication.processEvents()
        return window
    entries, info = window.files.list.entries, window.session.recording.info
    dialogs = {
        "export": lambda: ExportDialog(entries[:1], ExportWish(), info, window),
        "export all": lambda: ExportDialog(entries, ExportWish(), None, window),
        "error": lambda: error_dialog("Traceback", tmp_path / "log", window),
    }
    dialog = dialogs[request.param]()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    dialog.activateWindow()
    return dialog


def test_every_control_says_its_name(shown):
    nameless = [described(widget) for widget in controls(shown) if not spoken(widget).strip()]
    assert nameless == []


def test_no_two_controls_of_a_page_have_the_same_name(shown):
    names = [(type(widget), spoken(widget)) for widget in controls(shown)]
    assert sorted({str(name) for name in names if names.count(name) > 1}) == []


def test_tab_comes_to_every_control(shown):
    wanted, reached = tabbed(shown), []
    wanted[0].setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(2 * len(wanted) + 20):
        reached.append(group_of(QApplication.focusWidget()))
        shown.focusNextChild()
    left_out = [described(widget) for widget in wanted if group_of(widget) not in reached]
    assert len(wanted) >= 2 and left_out == []


def test_one_sees_which_control_has_the_keyboard(shown):
    unseen = []
    for widget in tabbed(shown):
        shown.setFocus()
        QApplication.processEvents()
        before = widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if widget.hasFocus() and widget.grab().toImage() == before:
            unseen.append(described(widget))
    assert unseen == []


def test_a_dialog_ends_by_escape(shown, qtbot):
    if not isinstance(shown, QDialog):
        return
    qtbot.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()
