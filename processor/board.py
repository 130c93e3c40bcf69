"""Board: a chain of native Pedalboard plugins and ours.

A native `pedalboard.Pedalboard` calls C++ and cannot call back into Python: what is not native is
refused, or silently skipped. Board therefore holds a plain list, and gives each run of native
neighbours to one native call.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, MutableSequence
from types import FunctionType
from typing import Any, Union, overload

import pedalboard

from processor.board_stream import BoardStream, Plugin, process_whole
from processor.dereverb import Dereverb
from processor.effect import Effect
from processor.waveform import Waveform

BoardItem = Union["Board", Dereverb, pedalboard.Plugin]


class Board(Effect, MutableSequence[BoardItem]):
    """A list of processors that audio runs through, called as one.

    >>> import numpy, pedalboard, processor
    >>> board = processor.Board([pedalboard.HighpassFilter(80), processor.Dereverb()])
    >>> board.append(pedalboard.Limiter())
    >>> board(numpy.zeros(44100, numpy.float32), 44100).shape
    (44100,)

    It holds `Dereverb`, native Pedalboard effects (`Chain`, `Mix` and loaded VST3 or Audio Units
    included) and other Boards. What is native holds natives only: Pedalboard itself refuses a
    Dereverb inside a `Mix` with a TypeError. The same object may appear once only, because it
    remembers the audio that ran through it. While a stream is under way (reset=False) the list must
    not change; the settings of its plugins may. Blocks of any sizes and a flush give what one call
    gives, with the exception of native plugins that Pedalboard itself restarts at each call:
    PitchShift and GSMFullRateCompressor.
    """

    __slots__ = ("_plugins",)

    def __init__(self, plugins: Iterable[BoardItem] | None = None) -> None:
        """Make a board of the plugins, first to last; an empty one of nothing.

        Raises:
            TypeError: something that a board cannot hold.
            ValueError: the same object twice.
        """
        super().__init__()
        self._plugins: list[BoardItem] = []
        if plugins is not None and not isinstance(plugins, Iterable):
            raise TypeError(f"A Board is made of a list: Board([{_name_of(plugins)}(...)]).")
        self.extend(plugins or ())

    @overload
    def __getitem__(self, index: int) -> BoardItem: ...
    @overload
    def __getitem__(self, index: slice) -> Board: ...
    def __getitem__(self, index: int | slice) -> BoardItem:
        """Return one plugin, or a Board of several."""
        if isinstance(index, slice):
            return Board(self._plugins[index])
        return self._plugins[index]

    @overload
    def __setitem__(self, index: int, value: BoardItem) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[BoardItem]) -> None: ...
    def __setitem__(self, index: int | slice, value: Any) -> None:
        """Replace plugins. One object may pass through two places (a swap), but not stay there."""
        if isinstance(index, slice):
            self._plugins[index] = [self._checked(plugin) for plugin in value]
        else:
            self._plugins[index] = self._checked(value)

    def __delitem__(self, index: int | slice) -> None:
        del self._plugins[index]

    def __len__(self) -> int:
        return len(self._plugins)

    def insert(self, index: int, value: BoardItem) -> None:
        """Put a plugin before the place `index`.

        Raises:
            TypeError: something that a board cannot hold.
            ValueError: an object that is already in the board.
        """
        plugins = list(self._plugins)
        plugins.insert(index, self._checked(value))
        _opened_once(plugins)
        self._plugins = plugins

    def index(self, value: object, start: int = 0, stop: int = sys.maxsize) -> int:
        """Return the place of a plugin.

        Raises:
            ValueError: it is not in the board, or in a nested one.
        """
        try:
            return self._plugins.index(value, start, stop)  # type: ignore[arg-type]
        except ValueError:
            raise ValueError(f"{value!r} is not in this board.") from None

    def plugins(self) -> tuple[Plugin, ...]:
        """Return what the audio runs through, first to last, nested Boards opened.

        Raises:
            ValueError: the same object twice.
        """
        return _opened_once(self._plugins)

    def reset(self) -> None:
        """Forget everything that was fed; what was held is lost."""
        with self._lock:
            super().reset()
            for plugin in _opened(self._plugins):
                # A Dereverb's own stream is another than the one it has in the board.
                if not isinstance(plugin, Dereverb):
                    plugin.reset()

    def _process_whole(self, waveform: Waveform, sample_rate: float, block: int) -> Waveform:
        return process_whole(self.plugins(), waveform, sample_rate, block)

    def _open_stream(self, sample_rate: float, channels: int, block: int) -> BoardStream:
        return BoardStream(self.plugins, sample_rate, channels, block)

    def _checked(self, value: object) -> BoardItem:
        """Return the value if a board can hold it."""
        if isinstance(value, Board):
            if value is self or any(inner is self for inner in _boards_in(value)):
                raise ValueError("A board cannot hold itself. Pass a copy: Board(list(board)).")
            return value
        if isinstance(value, Dereverb):
            return value
        if isinstance(value, (list, tuple)):
            raise TypeError(
                f"A Board holds plugins and other Boards, got a {_name_of(value)}. Make a Board of "
                "it: Board([...]); or add its plugins one by one: extend([...])."
            )
        if not isinstance(value, pedalboard.Plugin):
            raise TypeError(
                f"A Board holds processor.Dereverb, pedalboard plugins and other Boards, got "
                f"{_name_of(value)}. Call other functions on the arrays before or after the board."
            )
        if not value.is_effect:
            raise TypeError(
                f"{value!r} is an instrument: it makes audio from notes. A Board holds effects."
            )
        if any(isinstance(getattr(type(value), name), FunctionType) for name in _CALLED_NATIVELY):
            raise TypeError(
                f"{_name_of(value)} overrides the processing of a native plugin in Python, which "
                "native code would silently never call. Apply it to the arrays before or after "
                "the board."
            )
        return value

    def __copy__(self) -> Board:
        """Return another board of the same plugins. Only one of the two can run at a time."""
        return Board(self._plugins)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process, or be copied in depth, without the stream under way.

        Raises:
            TypeError: a native plugin is in the board.
        """
        for plugin in self._plugins:
            if isinstance(plugin, pedalboard.Plugin):
                raise TypeError(
                    f"{plugin!r} is native, and Pedalboard's plugins can be neither pickled nor "
                    "copied. Make the board where it is needed, with a function that returns it."
                )
        return Board, (self._plugins,)

    def __repr__(self) -> str:
        count = f"{len(self)} plugin{'' if len(self) == 1 else 's'}"
        return f"<processor.Board with {count}: {self._plugins!r} at {id(self):#x}>"


_CALLED_NATIVELY = ("process", "__call__", "reset")


def _name_of(value: object) -> str:
    return type(value).__name__


def _opened(plugins: Iterable[BoardItem]) -> Iterator[Plugin]:
    """Yield the plugins, and in place of nested boards, theirs."""
    for plugin in plugins:
        if isinstance(plugin, Board):
            yield from _opened(plugin)
        else:
            yield plugin


def _opened_once(plugins: Iterable[BoardItem]) -> tuple[Plugin, ...]:
    """Return the opened plugins, or raise ValueError if one is there twice."""
    flat = tuple(_opened(plugins))
    # Held, not only numbered: parts are wrapped anew, and the id of a freed wrapper is reused.
    seen: dict[int, object] = {}
    for plugin in flat:
        for part in _with_parts(plugin):
            if id(part) in seen:
                raise ValueError(
                    f"{part!r} would be in the board more than once. It remembers the audio that "
                    f"runs through it: make another {_name_of(part)} with the same settings."
                )
            seen[id(part)] = part
    return flat


def _boards_in(board: Board) -> Iterator[Board]:
    for plugin in board:
        if isinstance(plugin, Board):
            yield plugin
            yield from _boards_in(plugin)


def _with_parts(plugin: Any) -> Iterator[object]:
    """Yield a plugin and, if it is a native container, what it contains."""
    yield plugin
    if isinstance(plugin, (pedalboard.Chain, pedalboard.Mix)):
        for part in plugin:
            if part is not None:
                yield from _with_parts(part)
