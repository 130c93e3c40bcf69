"""Conditions on room figures, as in `--only-if "c50 < 15 and snr > 10"`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from processor.room import RoomFigures

FIGURES = {
    "t60": "t60_s",
    "c50": "c50_db",
    "drr": "drr_db",
    "reverberation": "reverberation_db",
    "speech": "speech_level_db",
    "noise": "noise_db",
    "snr": "snr_db",
    "clipped": "clipped_samples",
    "confidence": "c50_confidence",
}
"""What may be asked for, and the figure that is meant; the figure's full name is taken, too."""

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
_TOKEN = re.compile(rf"\s*(?:{_NUMBER.pattern}|[a-z_]\w*|[<>]=?|==|!=|[()])", re.IGNORECASE)
_DEEPEST = 50
_EXAMPLE = 'Write it like "c50 < 15" or "t60 > 0.6 and snr > 10".'


@dataclass(frozen=True)
class Comparison:
    """A figure against a number. One that could not be told fulfils no comparison."""

    figure: str
    sign: str
    number: float

    def __call__(self, figures: RoomFigures) -> bool:
        """Tell whether the figures fulfil it."""
        value = getattr(figures, self.figure)
        return value is not None and _COMPARISONS[self.sign](value, self.number)


@dataclass(frozen=True)
class Combination:
    """Conditions of which all must hold, or any."""

    parts: tuple[Callable[[RoomFigures], bool], ...]
    all_of_them: bool

    def __call__(self, figures: RoomFigures) -> bool:
        """Tell whether the figures fulfil it."""
        held = (part(figures) for part in self.parts)
        return all(held) if self.all_of_them else any(held)


def parse_condition(text: str) -> Callable[[RoomFigures], bool]:
    """Return a function that tells whether figures fulfil a condition; it can be pickled.

    Comparisons (< <= > >= == !=) of a figure with a number, joined by `and`, which binds closer,
    and `or`, with parentheses. Figures: t60 [s], c50, drr, reverberation, speech, noise, snr [dB],
    clipped [samples], confidence (0 ... 1). A figure that could not be told fulfils nothing.

    Raises:
        ValueError: says where the text makes no sense, and how to write it.
    """
    return _Parser(text).condition()


class _Parser:
    """Reads a condition from left to right, each rule of the grammar by a method."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._cut(text))
        self._at = 0
        self._depth = 0

    def condition(self) -> Callable[[RoomFigures], bool]:
        if not self._tokens:
            raise ValueError(f"The condition is empty. {_EXAMPLE}")
        found = self._any()
        if self._at < len(self._tokens):
            raise self._error("'and' or 'or'")
        return found

    def _any(self) -> Callable[[RoomFigures], bool]:
        return self._joined("or", self._all)

    def _all(self) -> Callable[[RoomFigures], bool]:
        return self._joined("and", self._part)

    def _joined(
        self, word: str, part: Callable[[], Callable[[RoomFigures], bool]]
    ) -> Callable[[RoomFigures], bool]:
        parts = [part()]
        while self._token == word:
            self._at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Combination(tuple(parts), word == "and")

    def _part(self) -> Callable[[RoomFigures], bool]:
        if self._token != "(":
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"The condition has more than {_DEEPEST} parentheses in each other.")
        self._at += 1
        inner = self._any()
        if self._token != ")":
            raise self._error("')'")
        self._at += 1
        self._depth -= 1
        return inner

    def _comparison(self) -> Callable[[RoomFigures], bool]:
        name = self._token
        figure = name if name in FIGURES.values() else FIGURES.get(name)
        if figure is None:
            raise self._error(f"a figure ({', '.join(FIGURES)})")
        self._at += 1
        sign = self._token
        if sign not in _COMPARISONS:
            raise self._error("<, <=, >, >=, == or !=")
        self._at += 1
        if not _NUMBER.fullmatch(self._token):
            raise self._error("a number")
        self._at += 1
        return Comparison(figure, sign, float(self._tokens[self._at - 1]))

    @property
    def _token(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _error(self, wanted: str) -> ValueError:
        found = f"'{self._token}'" if self._token else "its end"
        return ValueError(
            f"Cannot read the condition '{self._text}': {wanted} is missing before {found}. "
            f"{_EXAMPLE}"
        )

    @staticmethod
    def _cut(text: str) -> list[str]:
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(
                    f"Cannot read the condition '{text}': '{text[at:].strip()[0]}' means nothing "
                    f"here. {_EXAMPLE}"
                )
            tokens.append(found[0].strip().lower())
            at = found.end()
        return tokens
