"""How the recording is drawn: what is remembered (Look), and what holds for now (Display)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from .colour_maps import MAPS
from .frequency_axis import KINDS, FrequencyAxis, zoomed
from .settings import Settings

LANES = ("before", "after", "removed", "difference")
WINDOWS_MS = (5, 10, 20, 30, 60, 120)
TOP_DB = (-60, 12)  # least and most
SPAN_DB = (20, 120)
MAGNIFICATION = (1.0, 1000.0)


@dataclass(frozen=True)
class Look:
    """What is remembered of how things are drawn.

    Attributes:
        axis: Frequency axis: "linear", "log" or "mel".
        colours: Name of the colour map.
        auto_top: Whether the brightest colour follows the loudest sound.
        top_db: Level of the brightest colour otherwise.
        span_db: From the darkest to the brightest colour.
        window_ms: Length of the spectrogram's window.
        lanes: Which of LANES are shown, separated by commas.
        heard_only: Show one of before, after and removed: that which is heard.
        waveform: Whether waveforms are shown.
        spectrogram: Whether spectrograms are shown.
        waveform_share: Height of the waveform of what it shares with the spectrogram.
    """

    axis: str = "mel"
    colours: str = "inferno"
    auto_top: bool = True
    top_db: int = -10
    span_db: int = 80
    window_ms: int = 30
    lanes: str = "before,after"
    heard_only: bool = False
    waveform: bool = True
    spectrogram: bool = True
    waveform_share: float = 0.3

    def __post_init__(self) -> None:
        allowed = {"axis": KINDS, "colours": MAPS, "window_ms": WINDOWS_MS}
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} must be one of {', '.join(map(str, values))}.")
        ranges = {"top_db": TOP_DB, "span_db": SPAN_DB, "waveform_share": (0.05, 0.95)}
        for name, (least, most) in ranges.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be between {least} and {most}.")
        if not set(self.shown) <= set(LANES) or not self.shown:
            raise ValueError(f"lanes must be some of {', '.join(LANES)}.")
        if not (self.waveform or self.spectrogram):
            raise ValueError("Either the waveform or the spectrogram must be shown.")

    @property
    def shown(self) -> tuple[str, ...]:
        """The lanes as a tuple."""
        return tuple(self.lanes.split(","))

    def as_texts(self) -> dict[str, str]:
        """Every field as text, for a store."""
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any]) -> "Look":
        """The inverse of `as_texts`; what makes no sense is replaced by the default."""
        look = cls()
        for field in fields(cls):
            kind = type(getattr(look, field.name))
            try:
                text = str(texts[field.name])
                value = text == "True" if kind is bool else kind(text)
                look = replace(look, **{field.name: value})
            except (KeyError, ValueError):
                continue
        return look


class Display(QObject):
    """One Look, and the vertical zoom of waveforms and spectrograms, for all lanes."""

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = Look()
        self.magnification = 1.0
        self.bottom, self.top = 0.0, 1.0  # the part of the frequency axis that is shown

    def recall(self, settings: Settings) -> None:
        """Look as the last time, and remember every change from now on."""
        self.set(**asdict(Look.from_texts(settings.look)))
        self.changed.connect(lambda: setattr(settings, "look", self.look.as_texts()))

    def axis(self, sample_rate: int) -> FrequencyAxis:
        """The frequency axis of a recording with this sample rate."""
        return FrequencyAxis(self.look.axis, sample_rate / 2, self.bottom, self.top)

    def set(self, **changes: Any) -> None:
        """Change fields of the look."""
        look = replace(self.look, **changes)
        if look.axis != self.look.axis:
            self.bottom, self.top = 0.0, 1.0
        if look != self.look:
            self.look = look
            self.changed.emit()

    def show_lane(self, name: str, wanted: bool) -> None:
        """Show or hide a lane; the last one stays."""
        chosen = [lane for lane in LANES if (wanted if lane == name else lane in self.look.shown)]
        if chosen:
            self.set(lanes=",".join(chosen))

    def show_part(self, name: str, wanted: bool) -> None:
        """Show or hide "waveform" or "spectrogram"; hiding the last one brings the other."""
        other = {"waveform": "spectrogram", "spectrogram": "waveform"}[name]
        self.set(**{name: wanted, other: getattr(self.look, other) or not wanted})

    def zoom_frequency(self, factor: float, around: float = 0.5) -> None:
        """Show `factor` times the frequencies; the height `around` (0 to 1) stays."""
        part = zoomed(self.bottom, self.top, factor, around)
        if part != (self.bottom, self.top):
            self.bottom, self.top = part
            self.changed.emit()

    def scroll_frequency(self, by: float) -> None:
        """Move the frequencies that are shown, by a share of what is shown."""
        span = self.top - self.bottom
        bottom = min(max(0.0, self.bottom + by * span), 1.0 - span)
        if bottom != self.bottom:
            self.bottom, self.top = bottom, bottom + span
            self.changed.emit()

    def magnify(self, factor: float) -> None:
        """Draw waveforms `factor` times as high."""
        wanted = min(max(self.magnification * factor, MAGNIFICATION[0]), MAGNIFICATION[1])
        if wanted != self.magnification:
            self.magnification = wanted
            self.changed.emit()

    def reset_vertical(self) -> None:
        """Show all frequencies, and waveforms as high as they fit."""
        if (self.magnification, self.bottom, self.top) != (1.0, 0.0, 1.0):
            self.magnification, self.bottom, self.top = 1.0, 0.0, 1.0
            self.changed.emit()
