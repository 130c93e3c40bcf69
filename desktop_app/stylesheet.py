"""The style sheet; $names are the fields of a Theme."""

from string import Template

STYLESHEET = Template(
    """
QMainWindow, QDialog { background: $window; }
QLabel { color: $text; background: transparent; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="title"] { font-size: 22px; font-weight: 600; }
QLabel[role="file"] { font-size: 15px; font-weight: 600; }
QLabel[role="section"] { color: $muted; font-size: 11px; font-weight: 600; letter-spacing: 1px; }
QLabel[role="lane"] { font-weight: 600; }
QLabel[role="readout"] { color: $text; }
QLabel[role="time"] { font-size: 20px; font-weight: 500; }
QLabel[role="error"] { color: $error; }

QMenuBar { background: $window; color: $text; padding: 2px 8px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $surface; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 16px; border-radius: 4px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::indicator { width: 12px; height: 12px; left: 2px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 8px; }

#header { background: $window; }
#side, #transport, #files { background: $surface; }
#side { border-left: 1px solid $border; }
#files { border-right: 1px solid $border; }
QListView { background: transparent; border: 0; outline: 0; }
QTableView {
    background: $surface; border: 1px solid $border; border-radius: 8px; outline: 0;
    selection-background-color: $raised;
}
QTableView:focus { border-color: $accent; }
QTableView::item { padding: 0 8px; border: 0; }
QHeaderView { background: transparent; }
QHeaderView::section {
    background: transparent; color: $muted; border: 0; border-bottom: 1px solid $border;
    padding: 8px 11px; font-weight: 600;
}
QPlainTextEdit {
    background: $plot; color: $text; border: 1px solid $border; border-radius: 6px; padding: 8px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QPlainTextEdit:focus { border-color: $accent; }
#transport { border-top: 1px solid $border; }

QPushButton {
    background: $raised; color: $text; border: 1px solid $border; border-radius: 6px;
    padding: 7px 16px; min-height: 16px; outline: 0;
}
QPushButton:hover { background: $hover; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $muted; background: transparent; }
QPushButton[role="primary"] {
    background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
}
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled {
    background: $raised; color: $muted; border-color: $border;
}
QPushButton[role="link"] {
    background: transparent; border: 1px solid transparent; color: $accent; padding: 3px 6px;
    font-weight: 600;
}
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border-color: $accent; }
QPushButton[role="chooser"] {
    text-align: left; padding: 7px 12px; background: $raised url("$chevron") no-repeat;
    background-position: right center; background-origin: content;
}
QPushButton[role="chooser"]:hover { background-color: $hover; }
QToolButton#fold {
    background: transparent; color: $muted; border: 1px solid transparent; border-radius: 6px;
    padding: 3px 0; text-align: left;
}
QToolButton#fold:hover { color: $text; }
QToolButton#fold:focus { border-color: $accent; }
#knobs { background: $surface; }
#exporting { border-top: 1px solid $border; }
QPushButton[role="chip"] {
    background: transparent; color: $muted; border: 1px solid $border; border-radius: 6px;
    padding: 3px 8px;
}
QPushButton[role="chip"]:hover { color: $text; }
QPushButton[role="chip"]:checked { background: $raised; color: $text; border-color: $muted; }
QPushButton[role="chip"]:focus { border-color: $accent; }
QPushButton[role="chip"]:disabled {
    background: transparent; color: $muted; border-color: transparent;
}
#panel { background: $surface; border: 1px solid $border; border-radius: 8px; }
QPushButton[role="file"] {
    background: transparent; border: 1px solid transparent; text-align: left; padding: 6px 12px;
}
QPushButton[role="file"]:hover { background: $raised; }
QPushButton[role="file"]:focus { border-color: $accent; }

#pages QPushButton {
    background: transparent; border: 1px solid transparent; padding: 4px 16px; color: $muted;
}
#pages QPushButton:hover { color: $text; }
#pages QPushButton:checked { background: $raised; color: $text; font-weight: 600; }
#pages QPushButton:focus { border-color: $accent; }

#monitor { background: $window; border: 1px solid $border; border-radius: 8px; }
#monitor QPushButton {
    background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 6px 16px;
    color: $muted;
}
#monitor QPushButton:hover { color: $text; }
#monitor QPushButton:checked { background: $accent; color: $on_accent; font-weight: 600; }
#monitor QPushButton:focus { border-color: $accent; }
#monitor QPushButton:checked:focus { border-color: $text; }

QSlider::groove:horizontal { height: 4px; background: $raised; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
    background: $text; width: 16px; height: 16px; margin: -6px 0; border-radius: 8px;
}
QSlider::handle:horizontal:hover { background: $accent_hover; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled { background: $muted; }

QSpinBox, QDoubleSpinBox, QLineEdit {
    background: $window; color: $text; border: 1px solid $border; border-radius: 6px;
    padding: 4px 8px; selection-background-color: $accent; selection-color: $on_accent;
}
QComboBox {
    background: $window; color: $text; border: 1px solid $border; border-radius: 6px;
    padding: 4px 8px; min-height: 18px;
}
QComboBox:focus { border-color: $accent; }
QComboBox:disabled { color: $muted; }
QComboBox::drop-down { border: 0; width: 24px; }
QComboBox::down-arrow { image: url("$chevron"); width: 12px; height: 12px; }
QComboBox QAbstractItemView {
    background: $surface; color: $text; border: 1px solid $border; outline: 0; padding: 4px;
    selection-background-color: $raised; selection-color: $text;
}
QSpinBox:focus, QDoubleSpinBox:focus, QLineEdit:focus { border-color: $accent; }
QSpinBox:disabled, QLineEdit:disabled { color: $muted; }

QCheckBox { color: $text; spacing: 8px; }
QCheckBox:disabled { color: $muted; }
QCheckBox::indicator {
    width: 16px; height: 16px; border: 1px solid $muted; border-radius: 4px; background: $window;
}
QCheckBox::indicator:checked {
    background: $accent; border-color: $accent; image: url("$tick");
}
QCheckBox::indicator:focus { border-color: $text; }

QProgressBar { background: $raised; border: 0; border-radius: 2px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $hover; border-radius: 5px; min-width: 32px; }
QScrollBar::handle:horizontal:hover { background: $muted; }
QScrollBar::handle:horizontal:disabled { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $hover; border-radius: 5px; min-height: 32px; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar::handle:vertical:disabled { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

#notice { border: 1px solid $border; border-radius: 8px; }
#notice[kind="error"] { background: $error_ground; }
#notice[kind="error"] QLabel { color: $error; }
#notice[kind="done"] { background: $done_ground; }
#notice[kind="done"] QLabel { color: $done; }
#notice[kind="busy"] { background: $surface; }

#dropzone { border: 2px dashed $border; border-radius: 16px; background: $surface; }
#dropzone[hot="true"] { border-color: $accent; }
QLabel[role="veil"] {
    background: $veil; color: $text; border: 3px solid $accent; font-size: 22px; font-weight: 600;
}
QPushButton[role="icon"] { background: transparent; border: 1px solid transparent; padding: 6px; }
QPushButton[role="icon"]:hover { background: $hover; }
QPushButton[role="icon"]:focus { border-color: $accent; }
QPushButton#play { background: $accent; border-radius: 19px; padding: 0; min-height: 0; }
QPushButton#play:hover { background: $accent_hover; }
QPushButton#play:focus { border: 2px solid $text; }
QPushButton#play:disabled { background: $raised; }
"""
)
