"""What was open a while ago is back at once: as it was, as long as its file is, within bounds."""

from __future__ import annotations

import gc
import os
import weakref

import pytest
import soundfile
from signals import noise

from desktop_app.memory import spare_bytes
from desktop_app.recording import open_recording
from desktop_app.rendering import Rendering
from desktop_app.session import State
from desktop_app.shelf import Shelf
from processor import Recipe

RATE = 16_000


@pytest.fixture
def make(tmp_path, tiny_model_path):
    """Makes a recording of that name, read, with its rendering."""

    def make_one(name: str, seconds: float = 1.0):
        path = tmp_path / name
        soundfile.write(path, noise(1, round(seconds * RATE)).T, RATE)
        recording = open_recording(path)
        recording.read(lambda _: None)
        rendering = Rendering(recording, Recipe(model=str(tiny_model_path)))
        rendering.render(lambda _: None)
        return recording, rendering

    return make_one


def test_what_was_put_there_is_taken_once(make):
    shelf, pair = Shelf(10**9), make("a.wav")
    shelf.put(*pair)
    assert shelf.take(pair[0].path) == pair and shelf.take(pair[0].path) is None


def test_the_oldest_go_where_there_is_no_room(make):
    pairs = [make(f"{number}.wav") for number in range(4)]
    shelf = Shelf(2 * sum(part.nbytes for part in pairs[0]))
    for pair in pairs:
        shelf.put(*pair)
    taken = [shelf.take(recording.path) is not None for recording, _ in pairs]
    assert taken == [False, False, True, True] and shelf.size == 0


def test_what_is_too_large_drives_nothing_else_away(make):
    small, large = make("small.wav"), make("large.wav", 20.0)
    shelf = Shelf(3 * sum(part.nbytes for part in small))
    shelf.put(*small)
    shelf.put(*large)
    assert shelf.take(large[0].path) is None and shelf.take(small[0].path) == small


@pytest.mark.parametrize("change", [os.unlink, lambda path: os.utime(path, (1, 1))])
def test_a_file_that_has_changed_is_read_again(make, change):
    shelf, pair = Shelf(10**9), make("a.wav")
    shelf.put(*pair)
    change(pair[0].path)
    assert shelf.take(pair[0].path) is None


def test_what_is_unfinished_is_not_kept(make, tiny_model_path):
    shelf, (recording, _) = Shelf(10**9), make("a.wav")
    shelf.put(recording, Rendering(recording, Recipe(model=str(tiny_model_path))))
    assert shelf.take(recording.path) == (recording, None)
    shelf.put(open_recording(recording.path), None)
    assert shelf.take(recording.path) is None


@pytest.mark.parametrize(
    "plain, told, is_told, is_kept",
    [
        (2, 2, [True, True], [True, True]),
        (2, 1, [False, True], [True, True]),
        (2, 0, [False, False], [True, True]),
        (1, 1, [False, False], [False, True]),
        (1, 0, [False, False], [False, True]),
    ],
)
def test_what_models_have_told_goes_first_where_there_is_no_room(
    tmp_path, plain, told, is_told, is_kept
):
    """Room for so many recordings, and for what was told of so many."""
    pairs = []
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, noise(1, 48_000).T, 48_000)
        recording = open_recording(tmp_path / name)
        recording.read(lambda _: None)
        rendering = Rendering(recording, Recipe())
        size = recording.nbytes + rendering.nbytes
        rendering.render(lambda _: None)
        assert recording.told_s >= recording.duration_s
        pairs.append((recording, rendering))
    size_told = recording.nbytes + rendering.nbytes - size
    assert size_told > 500_000
    shelf = Shelf(plain * size + told * size_told)
    for pair in pairs:
        shelf.put(*pair)
    assert [bool(recording.told_s) for recording, _ in pairs] == is_told
    assert [shelf.take(recording.path) is not None for recording, _ in pairs] == is_kept


def test_what_goes_is_gone_without_a_collector(make):
    shelf, pair = Shelf(10**9), make("a.wav")
    shelf.put(*pair)
    left = [weakref.ref(pair[0].waveform), weakref.ref(pair[1].removed)]
    gc.disable()
    try:
        shelf.forget(pair[0].path)
        del pair
        assert [reference() for reference in left] == [None, None]
    finally:
        gc.enable()


def test_a_machine_gives_what_it_can_spare():
    assert 0 < spare_bytes(2**30) <= 2**30
    assert spare_bytes(1) == 1 and spare_bytes(2**60) < 2**60


@pytest.fixture
def two(window, tmp_path, qtbot):
    """The window with two recordings, both of them looked at."""
    paths = [tmp_path / "1.wav", tmp_path / "2.wav"]
    for number, path in enumerate(paths):
        soundfile.write(path, noise(1, 5 * RATE, seed=number).T, RATE)
    window.open_paths(paths)
    for path in reversed(paths):
        window.files.choose(window.files.list.find(path))
        wait_for(qtbot, window, path)
        qtbot.waitUntil(lambda: window.session.room_change.figures is not None, timeout=30_000)
    return window


def wait_for(qtbot, window, path) -> None:
    session = window.session
    qtbot.waitUntil(
        lambda: (
            session.state is State.READY
            and session.recording.path == path
            and session.rendering.recipe == session.recipe
        ),
        timeout=30_000,
    )


def test_going_to_and_fro_in_the_list_renders_nothing_again(two, qtbot, monkeypatch):
    first, second = two.files.list.entries
    monkeypatch.setattr(Rendering, "render", None)  # would fail if it were used
    for entry in (second, first, second):
        two.files.choose(entry)
        session = two.session
        assert session.state is State.READY and session.recording.path == entry.path
        assert session.room_change.figures is not None and two.files.current is entry
        heard = session.playback.pull(1000)[:, 500:]  # past the crossfade at its beginning
        assert (heard == session.rendering.samples(500, 1000)).all()


def test_another_setting_is_rendered_over_what_was_kept(two, qtbot):
    first, second = two.files.list.entries
    second.recipe = Recipe(model=first.recipe.model, strength=0.25)
    two.files.choose(second)
    assert two.session.rendering.recipe.strength == 1.0  # to look at meanwhile
    wait_for(qtbot, two, second.path)
    assert two.session.rendering.recipe.strength == 0.25
    two.files.choose(first)
    assert two.session.recipe.strength == 1.0 and two.session.state is State.READY


def test_what_was_written_anew_meanwhile_is_heard_anew(two, qtbot):
    _, second = two.files.list.entries
    soundfile.write(second.path, noise(1, 3 * RATE, seed=9).T, RATE)
    two.files.choose(second)
    wait_for(qtbot, two, second.path)
    assert two.session.recording.info.frames == 3 * RATE
