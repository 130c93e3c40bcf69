"""Board as a list: what it holds, how it is edited, what it refuses."""

from __future__ import annotations

import numpy as np
import pedalboard
import pytest
from pedalboard import Chain, Gain, Limiter, Mix, Pedalboard
from signals import noise

from processor import Board, Dereverb
from processor.model import Model


def test_list_is_edited_as_lists_are(tiny_model: Model) -> None:
    a, b, c, d = Gain(1), Dereverb(tiny_model), Gain(3), Gain(4)
    board = Board([a])
    board.append(b)
    board.insert(0, c)
    board.extend([d])
    assert list(board) == [c, a, b, d]
    assert board[0] is c and board[-1] is d and b in board and board.index(b) == 2
    board[0], board[1] = board[1], board[0]
    assert list(board) == [a, c, b, d]
    del board[-1]
    board.remove(c)
    assert board.pop() is b
    board[0:1] = [c, d]
    assert list(board) == [c, d] and len(board) == 2
    board.reverse()
    assert list(board) == [d, c]
    board.clear()
    assert not board


def test_slice_is_a_board(tiny_model: Model) -> None:
    board = Board([Gain(1), Dereverb(tiny_model), Gain(2)])
    assert isinstance(board[1:], Board)
    assert list(board[1:]) == list(board)[1:]


def test_board_is_made_of_any_series_of_plugins() -> None:
    plugins = [Gain(1), Limiter()]
    assert list(Board(plugin for plugin in plugins)) == plugins
    assert list(Board(Pedalboard(plugins))) == plugins


@pytest.mark.parametrize(
    "foreign", [None, "Reverb", 3, Gain, lambda x: x, np.zeros(3), object()], ids=str
)
def test_foreign_object_is_refused_with_a_remedy(foreign) -> None:
    board = Board([Gain(1)])
    with pytest.raises(TypeError, match=r"A Board holds .* before or after the board"):
        board.append(foreign)
    with pytest.raises(TypeError, match="A Board holds"):
        board[0] = foreign
    with pytest.raises(TypeError, match="A Board holds"):
        board[0:0] = [foreign]
    with pytest.raises(TypeError, match="A Board holds"):
        Board([foreign])
    assert len(board) == 1


def test_single_plugin_in_place_of_a_list_is_refused_with_a_remedy() -> None:
    with pytest.raises(TypeError, match=r"Board\(\[Gain\(\.\.\.\)\]\)"):
        Board(Gain(1))


def test_native_plugin_overridden_in_python_is_refused() -> None:
    class Louder(Gain):
        def process(self, *args, **kwargs):
            return 2 * super().process(*args, **kwargs)

    with pytest.raises(TypeError, match="silently never call"):
        Board([Louder(1)])


@pytest.mark.parametrize("make", [lambda model: Gain(1), lambda model: Dereverb(model)])
def test_same_object_twice_is_refused(tiny_model: Model, make) -> None:
    plugin = make(tiny_model)
    board = Board([plugin])
    for add in (lambda: Board([plugin, plugin]), lambda: board.append(plugin)):
        with pytest.raises(ValueError, match="more than once"):
            add()
    with pytest.raises(ValueError, match="more than once"):
        board.append(Board([plugin]))
    assert list(board) == [plugin]


def test_same_object_twice_in_native_containers_is_refused() -> None:
    gain = Gain(1)
    with pytest.raises(ValueError, match="more than once"):
        Board([gain, Chain([Mix([gain])])])


def test_object_that_got_in_twice_is_refused_when_audio_runs() -> None:
    gain, inner = Gain(1), Board()
    board = Board([gain, inner])
    inner.append(gain)
    with pytest.raises(ValueError, match="more than once"):
        board(noise(1, 100), 44100)


def test_board_cannot_hold_itself() -> None:
    inner = Board()
    outer = Board([inner])
    for board in (inner, outer):
        with pytest.raises(ValueError, match="cannot hold itself"):
            inner.append(board)


def test_every_native_effect_has_its_place() -> None:
    kinds = [getattr(pedalboard, name) for name in dir(pedalboard)]
    effects = [
        kind()
        for kind in kinds
        if isinstance(kind, type)
        and issubclass(kind, pedalboard.Plugin)
        and kind.__name__ not in NEED_ARGUMENTS
    ]
    assert len(effects) > 20
    assert len(Board(effects)) == len(effects)


NEED_ARGUMENTS = {
    *("Plugin", "PluginContainer", "ExternalPlugin", "VST3Plugin", "AudioUnitPlugin"),
    *("Convolution", "IIRFilter", "_klass"),
}


def test_native_containers_refuse_ours_loudly(tiny_model: Model) -> None:
    for make in (Mix, Chain, Pedalboard):
        for ours in (Dereverb(tiny_model), Board()):
            with pytest.raises(TypeError, match=r"processor\."):  # it names what it was given
                make([ours])
            with pytest.raises(TypeError):
                make([]).append(ours)


def test_empty_board_is_made_as_an_empty_pedalboard_is() -> None:
    assert list(Board()) == list(Board(None)) == list(Board([])) == list(Pedalboard(None)) == []


def test_list_in_a_list_is_refused_with_a_remedy() -> None:
    with pytest.raises(TypeError, match=r"got a list\. Make a Board of it: Board\(\[\.\.\.\]\)"):
        Board([[Gain(1)]])


def test_plugin_that_is_not_there_is_named() -> None:
    board = Board([Gain(1)])
    assert Gain(1) not in board and board[0] in board
    for ask in (board.index, board.remove):
        with pytest.raises(ValueError, match=r"Gain gain_db=2 .* is not in this board"):
            ask(Gain(2))


def test_places_are_counted_as_in_lists(tiny_model: Model) -> None:
    a, b, c = Gain(1), Dereverb(tiny_model), Gain(3)
    board = Board([a, b, c])
    assert list(board[::-1]) == [c, b, a] and list(reversed(board)) == [c, b, a]
    for out_of_range in (3, -4):
        with pytest.raises(IndexError):
            board[out_of_range]
        with pytest.raises(IndexError):
            del board[out_of_range]
    del board[::2]
    assert list(board) == [b]
    board += [a]
    board[5:] = [c]
    assert list(board) == [b, a, c]


def test_native_pedalboard_refuses_a_board(tiny_model: Model) -> None:
    with pytest.raises(TypeError):
        Pedalboard([Board([Dereverb(tiny_model)])])
