"""The look: two themes with one accent colour, as a palette and a style sheet."""

from dataclasses import dataclass

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication

from .icons import resource
from .stylesheet import STYLESHEET

UNIT = 8  # all distances are multiples of this

# Plain families that read well at small sizes; the first that is installed is taken.
FAMILIES = ("Inter", "SF Pro Text", "Segoe UI", "Noto Sans", "Cantarell", "Ubuntu")


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for. Text on its ground has a contrast of 4.5 or more."""

    name: str
    window: str  # behind everything
    surface: str  # panels
    raised: str  # buttons and fields
    hover: str
    border: str
    text: str
    muted: str  # secondary text
    accent: str
    accent_hover: str
    on_accent: str  # text on the accent
    plot: str  # behind waveforms
    before: str  # the untreated waveform
    ghost: str  # the untreated waveform behind the treated one
    playhead: str
    error: str
    error_ground: str
    done: str
    done_ground: str
    veil: str  # over the window while a file hovers


DARK = Theme(
    name="dark",
    window="#121419",
    surface="#1a1d24",
    raised="#262b35",
    hover="#303643",
    border="#2d333f",
    text="#eceef2",
    muted="#a3acba",
    accent="#f0b14e",
    accent_hover="#f7c573",
    on_accent="#1e1503",
    plot="#0d0f13",
    before="#8a9bb4",
    ghost="#3a4352",
    playhead="#ffffff",
    error="#ffb4a9",
    error_ground="#3b1f1f",
    done="#a5e3bb",
    done_ground="#1a3025",
    veil="rgba(18, 20, 25, 215)",
)

LIGHT = Theme(
    name="light",
    window="#f2f1ee",
    surface="#fcfbf9",
    raised="#eae8e3",
    hover="#dfdcd5",
    border="#d8d5cd",
    text="#1c1f25",
    muted="#565d69",
    accent="#a65408",
    accent_hover="#8c4504",
    on_accent="#ffffff",
    plot="#ffffff",
    before="#5d6f8b",
    ghost="#ccd3de",
    playhead="#1c1f25",
    error="#8f1d14",
    error_ground="#fbe6e3",
    done="#125c33",
    done_ground="#e0f2e7",
    veil="rgba(242, 241, 238, 225)",
)


class Appearance(QObject):
    """Applies a theme to the application and follows the system's, if that is chosen."""

    changed = pyqtSignal(object)

    def __init__(self, application: QApplication, choice: str = "system") -> None:
        super().__init__(application)
        self._application = application
        self._hints = application.styleHints()
        self._hints.colorSchemeChanged.connect(self._follow_system)
        self.theme = DARK
        self.choice = choice
        application.setStyle("Fusion")
        application.setFont(interface_font(application.font()))
        self.choose(choice)

    def choose(self, choice: str) -> None:
        """Use "light", "dark", or what the "system" says (dark, if it says nothing)."""
        self.choice = choice
        if hasattr(self._hints, "setColorScheme"):  # Qt 6.8: title bars and dialogs, too
            self._hints.setColorScheme(
                {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(
                    choice, Qt.ColorScheme.Unknown
                )
            )
        if choice == "system":
            light = self._hints.colorScheme() == Qt.ColorScheme.Light
            self._apply(LIGHT if light else DARK)
        else:
            self._apply(LIGHT if choice == "light" else DARK)

    def _follow_system(self) -> None:
        if self.choice == "system":
            self.choose("system")

    def _apply(self, theme: Theme) -> None:
        self.theme = theme
        self._application.setPalette(palette(theme))
        icons = {
            name: resource("icons", f"{name}-{theme.name}.svg").as_posix()
            for name in ("tick", "chevron")
        }
        self._application.setStyleSheet(STYLESHEET.substitute(vars(theme), **icons))
        self.changed.emit(theme)


def interface_font(default: QFont) -> QFont:
    """The system's font; where it has none of its own, a plain one that is installed."""
    font = QFont(default)
    if default.family().lower() in ("sans serif", "sans", "dejavu sans"):
        installed = set(QFontDatabase.families())
        font.setFamilies([f for f in FAMILIES if f in installed] or [default.family()])
        font.setPointSizeF(10.0)
    if hasattr(font, "setFeature"):  # Qt 6.7: digits of one width, so that times do not jitter
        font.setFeature(QFont.Tag("tnum"), 1)
    return font


def palette(theme: Theme) -> QPalette:
    """The theme as Qt's palette, for what the style sheet does not reach."""
    roles = {
        QPalette.ColorRole.Window: theme.window,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.Base: theme.surface,
        QPalette.ColorRole.AlternateBase: theme.raised,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.Button: theme.raised,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.ToolTipBase: theme.raised,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.muted,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent,
    }
    result = QPalette()
    for role, colour in roles.items():
        result.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return result
