"""After a crash the list and its settings are back; after a clean exit nothing is left behind."""

from __future__ import annotations

import json

import pytest
from PyQt6.QtCore import QLockFile

from desktop_app.file_list import FileState
from desktop_app.keeper import MOST_ATTEMPTS, Keeper
from desktop_app.recovery import VERSION, Recovery, Work, read_work
from desktop_app.session import State
from processor import Recipe
from processor.order import Order


@pytest.fixture
def work(tmp_path) -> Work:
    order = Order([str(tmp_path / "in")], str(tmp_path / "out"), recursive=True, existing="skip")
    return Work(
        {
            tmp_path / "a.wav": Recipe(strength=0.3),
            tmp_path / "b ü\n.wav": Recipe(model="studio", focus=(1, 0.5, 0)),
        },
        tmp_path / "a.wav",
        [tmp_path / "a.wav"],
        order,
        Recipe(mix=0.5),
        1,
    )


def test_what_was_written_comes_back_once_the_lock_is_gone(tmp_path, work):
    crashed = Recovery(tmp_path)
    assert not crashed.begin()
    crashed.write(work)
    assert not Recovery(tmp_path).begin()  # another window, while the first is alive
    crashed._lock.unlock()
    found = Recovery(tmp_path).begin()
    assert found.recipes == work.recipes and found.current == work.current
    assert found.order_recipe == work.order_recipe and found.attempts == 1
    assert found.order.inputs == work.order.inputs and found.order.existing == "skip"


def test_a_clean_exit_leaves_nothing(tmp_path, work):
    recovery = Recovery(tmp_path)
    recovery.begin()
    recovery.write(work)
    recovery.end()
    assert not list(tmp_path.glob("*.json")) and not Recovery(tmp_path).begin()


def test_what_several_windows_left_is_put_together(tmp_path):
    windows = [Recovery(tmp_path) for _ in range(2)]
    for number, window in enumerate(windows):
        window.begin()
        window.write(Work({tmp_path / f"{number}.wav": Recipe()}))
    for window in windows:
        window._lock.unlock()
    found = Recovery(tmp_path).begin()
    assert {path.name for path in found.recipes} == {"0.wav", "1.wav"}
    assert len(list(tmp_path.glob("*.json"))) == 1  # the second window's goes with the first's


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        json.dumps({"version": VERSION + 1}),
        json.dumps({"version": VERSION}),
        json.dumps({"version": VERSION, "files": [{"path": "a.wav", "recipe": {"mix": 7}}]}),
    ],
    ids=lambda text: text[:16],
)
def test_nonsense_counts_as_nothing(tmp_path, text):
    (tmp_path / "window-0.json").write_text(text)
    assert not read_work(tmp_path / "window-0.json") and not Recovery(tmp_path).begin()


def test_where_nothing_can_be_written_the_window_works_all_the_same(tmp_path, work):
    (tmp_path / "file").touch()
    recovery = Recovery(tmp_path / "file" / "folder")
    assert not recovery.begin()
    recovery.write(work)
    recovery.end()


def test_a_window_writes_down_what_it_holds(ready, take, tmp_path, qtbot):
    recovery = Recovery(tmp_path / "state")
    recovery.begin()
    keeper = Keeper(ready.files, ready.batch, recovery)
    ready.closed.connect(keeper.end)
    ready.session.set_recipe(strength=0.3)
    path = tmp_path / "state" / "window-0.json"
    qtbot.waitUntil(path.exists)
    written = read_work(path)
    assert written.recipes[take].strength == 0.3 and written.current == take
    assert written.unsaved == [take]
    ready.close_now()
    assert not path.exists()


def test_a_window_comes_back_with_list_and_settings(window, take, tmp_path, qtbot):
    recipe = Recipe(model=window.session.recipe.model, strength=0.3)
    gone = tmp_path / "gone.wav"
    work = Work({gone: recipe, take: recipe}, take, [take])
    keeper = Keeper(window.files, window.batch, Recovery(tmp_path / "state"))
    window.come_back(work, keeper.bring_back(work))
    qtbot.waitUntil(lambda: window.session.state is State.READY, timeout=30_000)
    assert window.session.recording.path == take and window.session.recipe == recipe
    assert [entry.path for entry in window.files.list.entries] == [gone, take]
    assert [entry.path for entry in window.files.unsaved] == [take]
    assert "not closed properly" in window.notice.text.text()


def test_a_file_that_crashes_the_window_every_time_is_not_opened_again(window, take, tmp_path):
    work = Work({take: Recipe()}, take, attempts=MOST_ATTEMPTS)
    keeper = Keeper(window.files, window.batch, Recovery(tmp_path / "state"))
    assert keeper.bring_back(work) is None
    window.come_back(work, None)
    assert window.files.list.entries[0].state is FileState.NEW


def test_a_lock_of_a_living_process_is_respected(tmp_path):
    lock = QLockFile(str(tmp_path / "window-0.lock"))
    assert lock.tryLock(0)
    recovery = Recovery(tmp_path)
    recovery.begin()
    recovery.write(Work({tmp_path / "a.wav": Recipe()}))
    assert not (tmp_path / "window-0.json").exists() and (tmp_path / "window-1.json").exists()
