"""Menus and keys: everything that can be done, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QActionGroup, QKeySequence
from PyQt6.QtWidgets import QMenu

from .playback import Monitor
from .session import State
from .theme import UNIT
from .view_menu import fill_look, fill_selection, fill_zoom
from .views.controls import caption

if TYPE_CHECKING:
    from .main_window import MainWindow

SEEK_S = 1.0
LONG_SEEK_S = 5.0
ZOOM_STEP = 0.5
RECENT_WIDTH = 50 * UNIT
THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}


class Actions:
    """Fills a window's menu bar.

    Args:
        window: The window whose verbs the menus call.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._session = window.session
        self._player = window.session.player
        self._needs_recording: list[QAction] = []
        self._fill_file_menu()
        self._fill_edit_menu()
        self._fill_playback_menu()
        self._fill_view_menu()
        fill_selection(self._menu("&Select"), self._add, self._window.workspace, self._player)
        self._fill_help_menu()
        self._session.state_changed.connect(self._enable)
        self._session.exporter.changed.connect(self._enable)
        self._player.availability_changed.connect(self._enable)
        self._window.files.changed.connect(self._enable)
        self._session.history.changed.connect(self._enable)
        self._window.pages.currentChanged.connect(self._enable)
        self._enable()

    def _menu(self, title: str) -> QMenu:
        return self._window.menuBar().addMenu(title)

    def _add(self, menu: QMenu, text: str, do: Callable[[], object], *keys: str) -> QAction:
        action = QAction(text, menu)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.triggered.connect(lambda _: do())
        menu.addAction(action)
        return action

    def _add_for_recording(
        self, menu: QMenu, text: str, do: Callable[[], object], *keys: str
    ) -> QAction:
        action = self._add(menu, text, do, *keys)
        self._needs_recording.append(action)
        return action

    def _fill_file_menu(self) -> None:
        menu, files = self._menu("&File"), self._window.files
        dialogs = self._window.dialogs
        self._add(menu, "&Open…", dialogs.ask_for_files, "Ctrl+O")
        self._add(menu, "Open &folder…", dialogs.ask_for_folder, "Ctrl+Shift+O")
        self._recent = menu.addMenu("Open &recent")
        self._recent.aboutToShow.connect(self._list_recent)
        samples = menu.addMenu("Open a &sample")
        for path in self._window.samples:
            self._add(samples, path.name, lambda chosen=path: self._window.open_file(chosen))
        samples.setEnabled(bool(self._window.samples))
        self._add(menu, "Open &model file…", dialogs.ask_for_model)
        menu.addSeparator()
        self.export = self._add(
            menu, "&Export…", dialogs.ask_for_export, "Ctrl+E", "Ctrl+S", "Ctrl+Shift+S"
        )
        self._add_for_recording(menu, "Export &all…", dialogs.ask_for_export_of_all, "Ctrl+Shift+E")
        self._add(menu, "&Batch…", self._window.show_batch, "Ctrl+B")
        menu.addSeparator()
        self._next = self._add(menu, "Ne&xt recording", lambda: files.step(1), "Ctrl+PgDown")
        self._previous = self._add(menu, "Pre&vious recording", lambda: files.step(-1), "Ctrl+PgUp")
        self._add_for_recording(
            menu, "&Close recording", lambda: files.remove(files.current), "Ctrl+W"
        )
        menu.addSeparator()
        self._add(menu, "&Quit", self._window.close, "Ctrl+Q")

    def _list_recent(self) -> None:
        self._recent.clear()
        for path in self._window.settings.recent_files:
            text = caption(path, self._recent.fontMetrics(), RECENT_WIDTH)
            self._add(self._recent, text, lambda chosen=path: self._window.open_file(chosen))
        if self._recent.isEmpty():
            self._recent.addAction("No files yet").setEnabled(False)

    def _fill_edit_menu(self) -> None:
        menu, history = self._menu("&Edit"), self._session.history
        self._undo = self._add(menu, "&Undo", history.undo, "Ctrl+Z")
        self._redo = self._add(menu, "&Redo", history.redo, "Ctrl+Shift+Z", "Ctrl+Y")
        history.changed.connect(self._name_steps)
        self._name_steps()

    def _name_steps(self) -> None:
        history = self._session.history
        for action, verb, name in (
            (self._undo, "&Undo", history.undo_name),
            (self._redo, "&Redo", history.redo_name),
        ):
            action.setText(f"{verb} {name}".rstrip().replace(" &", " &&"))

    def _fill_playback_menu(self) -> None:
        menu = self._menu("&Playback")
        self.play = self._add(menu, "&Play or pause", self._player.toggle, "Space")
        add = self._add_for_recording
        add(menu, "To the &start", lambda: self._player.seek(0.0), "Home")
        add(menu, "To the &end", self._seek_to_end, "End")
        for text, by_s, key in (
            ("&Back", -SEEK_S, "Left"),
            ("&Forward", SEEK_S, "Right"),
            ("Far back", -LONG_SEEK_S, "Shift+Left"),
            ("Far forward", LONG_SEEK_S, "Shift+Right"),
        ):
            add(menu, text, lambda by_s=by_s: self._seek_by(by_s), key)
        menu.addSeparator()
        for text, monitor, key in (
            ("Hear &before", Monitor.BEFORE, "1"),
            ("Hear &after", Monitor.AFTER, "2"),
            ("Hear what is &removed", Monitor.REMOVED, "3"),
        ):
            add(menu, text, lambda chosen=monitor: self._session.set_monitor(chosen), key)
        add(menu, "S&witch before and after", self._switch, "B")
        add(menu, "&Match loudness", self._session.hearing.toggle_matched, "M")

    def _seek_to_end(self) -> None:
        self._player.seek(self._session.recording.duration_s)

    def _seek_by(self, by_s: float) -> None:
        self._player.seek(self._player.position_s + by_s)

    def _switch(self) -> None:
        is_before = self._session.monitor is Monitor.BEFORE
        self._session.set_monitor(Monitor.AFTER if is_before else Monitor.BEFORE)

    def _fill_view_menu(self) -> None:
        menu = self._menu("&View")
        time_window = self._window.workspace.time_window
        at_playhead = lambda factor: time_window.zoom(factor, self._zoom_centre())  # noqa: E731
        add = self._add_for_recording
        add(menu, "Zoom &in", lambda: at_playhead(ZOOM_STEP), "Ctrl++", "Ctrl+=", "Up")
        add(menu, "Zoom &out", lambda: at_playhead(1 / ZOOM_STEP), "Ctrl+-", "Down")
        add(menu, "Show &all", time_window.show_all, "Ctrl+0")
        fill_zoom(menu, add, self._window.workspace)
        menu.addSeparator()
        fill_look(menu, add, self._window.workspace)
        menu.addSeparator()
        self._add(menu, "&Recording page", self._window.show_recording, "F2")
        self._add(menu, "&Batch page", self._window.show_batch, "F3")
        themes = menu.addMenu("&Theme")
        group = QActionGroup(self._window)
        for choice, text in THEMES.items():
            action = self._add(
                themes, text, lambda chosen=choice: self._window.choose_theme(chosen)
            )
            action.setCheckable(True)
            action.setChecked(choice == self._window.appearance.choice)
            group.addAction(action)

    def _zoom_centre(self) -> float:
        """The playhead if it is in sight, else the middle."""
        window, position_s = self._window.workspace.time_window, self._player.position_s
        if window.start_s <= position_s <= window.end_s:
            return position_s
        return (window.start_s + window.end_s) / 2

    def _fill_help_menu(self) -> None:
        menu = self._menu("&Help")
        self._add(menu, "&Keys and mouse", self._window.show_keys, "F1")
        self._add(menu, "Show the &log", self._window.dialogs.show_log)
        self._add(menu, "&About Dryspell", self._window.show_about)

    def _enable(self) -> None:
        # Nothing is done to a recording that is out of sight.
        is_seen = self._window.pages.currentWidget() is self._window.workspace
        has_recording = is_seen and self._session.recording is not None
        history = self._session.history
        self._undo.setEnabled(is_seen and bool(history.undo_name))
        self._redo.setEnabled(is_seen and bool(history.redo_name))
        for action in self._needs_recording:
            action.setEnabled(has_recording)
        is_open = self._session.recording is not None  # what plays can be paused anywhere
        self.play.setEnabled(is_open and not self._player.unavailable())
        files = self._window.files
        for action, step in ((self._next, 1), (self._previous, -1)):
            beside = files.current and files.list.beside(files.current, step)
            action.setEnabled(is_seen and beside is not None)
        treated = self._session.state in (State.RENDERING, State.READY)
        self.export.setEnabled(is_seen and treated and not self._session.exporter.is_busy)
