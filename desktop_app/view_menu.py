"""The entries of the View and Select menus, and their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu

from .colour_maps import MAPS
from .frequency_axis import KINDS
from .views.view_bar import LANE_NAMES

if TYPE_CHECKING:
    from .player import Player
    from .views.workspace import Workspace

Add = Callable[..., QAction]  # (menu, text, what to do, *keys)
SAMPLE_DISTANCE = 8  # pixels from sample to sample after zooming to samples
PAGE, STEP = 0.9, 0.1  # of what is shown
VERTICAL_STEP = 0.8


def fill_zoom(menu: QMenu, add: Add, workspace: Workspace) -> None:
    """Entries that change which stretch of time, which levels and frequencies are shown."""
    window, display = workspace.time_window, workspace.stage.display
    add(menu, "Zoom to &selection", workspace.zoom_to_selection, "Z")
    add(menu, "Zoom to sa&mples", lambda: workspace.zoom_to_samples(SAMPLE_DISTANCE), "Shift+Z")
    move = menu.addMenu("Sc&roll")
    for text, spans, key in (
        ("Page &back", -PAGE, "PgUp"),
        ("Page &forward", PAGE, "PgDown"),
        ("A little back", -STEP, "Ctrl+Left"),
        ("A little forward", STEP, "Ctrl+Right"),
    ):
        add(move, text, lambda by=spans: window.scroll_by(by), key)
    height = menu.addMenu("&Height")
    for text, factor, key in (
        ("Larger &waveform", 1 / VERTICAL_STEP, "Ctrl+Up"),
        ("Smaller waveform", VERTICAL_STEP, "Ctrl+Down"),
    ):
        add(height, text, lambda factor=factor: display.magnify(factor), key)
    for text, factor, key in (
        ("Fewer &frequencies", VERTICAL_STEP, "Alt+Up"),
        ("More frequencies", 1 / VERTICAL_STEP, "Alt+Down"),
    ):
        add(height, text, lambda factor=factor: display.zoom_frequency(factor), key)
    for text, by, key in (
        ("Higher frequencies", STEP, "Alt+PgUp"),
        ("Lower frequencies", -STEP, "Alt+PgDown"),
    ):
        add(height, text, lambda by=by: display.scroll_frequency(by), key)
    add(height, "&All levels and frequencies", display.reset_vertical, "Ctrl+Shift+0")


def fill_look(menu: QMenu, add: Add, workspace: Workspace) -> None:
    """Entries that choose the lanes and how they look."""
    display = workspace.stage.display
    checks: list[tuple[QAction, Callable[[], bool]]] = []

    def check(
        into: QMenu, text: str, is_on: Callable[[], bool], do: Callable, *keys: str
    ) -> QAction:
        action = add(into, text, lambda: do(not is_on()), *keys)
        action.setCheckable(True)
        checks.append((action, is_on))
        return action

    lanes = menu.addMenu("&Lanes")
    for number, (name, (text, _)) in enumerate(LANE_NAMES.items(), start=1):
        check(
            lanes,
            text,
            lambda name=name: name in display.look.shown,
            lambda on, name=name: display.show_lane(name, on),
            f"Alt+{number}",
        )
    lanes.addSeparator()
    check(
        lanes,
        "Only what is &heard",
        lambda: display.look.heard_only,
        lambda on: display.set(heard_only=on),
        "V",
    )
    lanes.addSeparator()
    for name, key in (("waveform", "Shift+W"), ("spectrogram", "Shift+S")):
        check(
            lanes,
            f"{name.capitalize()}s",
            lambda name=name: getattr(display.look, name),
            lambda on, name=name: display.show_part(name, on),
            key,
        )
    for title, field, choices in (
        ("&Frequency axis", "axis", KINDS),
        ("&Colours", "colours", MAPS),
    ):
        choice = menu.addMenu(title)
        group = QActionGroup(choice)
        for value, text in choices.items():
            action = check(
                choice,
                text,
                lambda field=field, value=value: getattr(display.look, field) == value,
                lambda _, field=field, value=value: display.set(**{field: value}),
            )
            group.addAction(action)

    def show() -> None:
        for action, is_on in checks:
            action.setChecked(is_on())

    display.changed.connect(show)
    show()


def fill_selection(menu: QMenu, add: Add, workspace: Workspace, player: Player) -> None:
    """Entries that select a stretch of time."""
    selection = workspace.selection
    add(menu, "Select &all", selection.select_all, "Ctrl+A")
    add(menu, "&Start at the playhead", lambda: selection.set_start(player.position_s), "[")
    add(menu, "&End at the playhead", lambda: selection.set_end(player.position_s), "]")
    add(menu, "&Loop the selection", workspace.view_bar.loop.toggle, "L")
    clear = add(menu, "&Clear the selection", selection.clear, "Escape")
    # Escape closes messages, too: it is the selection's only while there is one.
    selection.changed.connect(lambda: clear.setEnabled(bool(selection)))
    clear.setEnabled(False)
