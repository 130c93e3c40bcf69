"""What ties the list of recordings to the session: which one is open, and what each is set to."""

import os
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from processor import AudioInfo, DereverbError, Recipe, probe

from .file_list import FileEntry, FileList, FileState
from .history import NO_STEPS, Step
from .job import JobSlot, Progress
from .session import Session, State
from .wording import in_the_window


class OpenFiles(QObject):
    """The list, the entry that is open, and the verbs on them.

    The session holds one recording and one recipe; here each entry keeps its own, and gets it back
    when it is opened again.

    Args:
        session: What opens, renders and exports.
        parent: The owner.
    """

    changed = pyqtSignal()  # the list, a recipe or a state in it, or which one is open

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.list = FileList(self)
        self.current: FileEntry | None = None  # what the session's recipe belongs to
        self._shown: FileEntry | None = None  # what was read to its end last
        self._alone: FileEntry | None = None  # goes again if it cannot be opened
        self._probed: deque[tuple[FileEntry, AudioInfo]] = deque()
        self._probing = JobSlot(self)
        session.recipe_changed.connect(self._keep_recipe)
        session.state_changed.connect(self._note_opened)
        session.opening_failed.connect(self._note_failed)
        exporter = session.exporter
        exporter.succeeded.connect(lambda job, recipe: self.note_exported(job.source, recipe))
        exporter.failed.connect(lambda job, why: self.note_not_exported(job.source, str(why)))

    def open(self, paths: Sequence[Path]) -> None:
        """Put these into the list and open the first of them."""
        paths = [Path(os.path.abspath(path)) for path in paths]
        is_new = self.list.find(paths[0]) is None
        entries = self.list.add(paths, self.session.recipe)
        self._alone = entries[0] if is_new and len(entries) == 1 else None
        self.choose(entries[0])
        self._measure()

    def restore(self, recipes: Mapping[Path, Recipe], unsaved: Collection[Path] = ()) -> None:
        """Put files into the list as they were set, and open none of them."""
        for path, recipe in recipes.items():
            (entry,) = self.list.add([path], recipe)
            if path in unsaved:
                entry.saved = None
        self._measure()
        self.changed.emit()

    def choose(self, entry: FileEntry) -> None:
        """Open this entry, with its own recipe."""
        if self._alone is not entry:
            self._alone = None
        self._change_over(entry)
        self.session.open(entry.path)
        self.changed.emit()

    def step(self, by: int) -> None:
        """Open the next entry, or the one before."""
        beside = None if self.current is None else self.list.beside(self.current, by)
        if beside is not None:
            self.choose(beside)

    def remove(self, entry: FileEntry) -> None:
        """Take it out of the list; where it was open, the next one takes its place."""
        successor = self.list.beside(entry, 1) or self.list.beside(entry, -1)
        self.list.remove(entry)
        if self._shown is entry:
            self._shown = None
        if entry is self.current:
            if successor is None:
                self._change_over(None)
                self.session.close()
            else:
                self.choose(successor)
        self.changed.emit()

    def apply_to_all(self) -> None:
        """Set every entry as the open one is set."""
        if self.current is None:
            return
        recipe = self.session.recipe
        for entry in self.list.entries:
            if entry.recipe != recipe:
                step = Step(f"Settings of '{self.current.path.name}'", entry.recipe, recipe)
                entry.steps = entry.steps.then(step)
                entry.recipe = recipe
        self.list.show(self.list.entries)
        self.changed.emit()

    @property
    def unsaved(self) -> list[FileEntry]:
        """What was set by hand and not exported since."""
        return [entry for entry in self.list.entries if entry.is_unsaved]

    def note_exported(self, source: Path, recipe: Recipe) -> None:
        """Mark what was exported, whoever exported it."""
        entry = self.list.find(Path(os.path.abspath(source)))
        if entry is not None:
            entry.saved = recipe
            self._set_state(entry, FileState.EXPORTED)

    def note_not_exported(self, source: Path, error: str) -> None:
        """Mark what could not be exported."""
        entry = self.list.find(Path(os.path.abspath(source)))
        if entry is not None:
            self._set_state(entry, FileState.NOT_EXPORTED, in_the_window(error))

    def stop(self) -> None:
        """Wait for what runs in the background."""
        self._probing.stop()

    def _change_over(self, entry: FileEntry | None) -> None:
        """Put the session's settings and steps away, and take those of this entry."""
        left = self.current
        if entry is left:
            return
        recipe = self.session.recipe if entry is None else entry.recipe
        steps = NO_STEPS if entry is None else entry.steps
        kept = self.session.history.swap(recipe, steps)
        if left is not None:
            left.steps = kept
        self.current = entry
        self.session.set_recipe(**vars(recipe))

    def _keep_recipe(self) -> None:
        entry = self.current
        if entry is not None and entry.recipe != self.session.recipe:
            entry.recipe = self.session.recipe
            self.list.show([entry])
            self.changed.emit()

    def _note_opened(self) -> None:
        recording, entry = self.session.recording, self.current
        if self.session.state is State.READING or recording is None or entry is None:
            return
        if entry.path == recording.path and self._shown is not entry:
            self._shown, self._alone = entry, None
            entry.info = recording.info
            if entry.state in (FileState.EXPORTED, FileState.NOT_EXPORTED):
                self._set_state(entry, entry.state, entry.error)
            else:
                self._set_state(entry, FileState.OPEN)

    def _note_failed(self, error: Exception) -> None:
        entry = self.current
        if entry is None:
            return
        self._change_over(self._shown)
        if self._shown is None and self.session.recording is not None:
            self.session.close()  # what came back was taken out of the list meanwhile
        if entry is self._alone:
            self.list.remove(entry)
        else:
            self._set_state(entry, FileState.FAILED, in_the_window(error))
            if self._shown is None:
                QTimer.singleShot(0, lambda: self._open_instead_of(entry))
        self.changed.emit()

    def _open_instead_of(self, entry: FileEntry) -> None:
        """Open the next one that can perhaps be opened: one that cannot is to hide no others."""
        if self.current is None and entry in self.list.entries:
            beside = self.list.beside(entry, 1) or self.list.beside(entry, -1)
            if beside is not None:
                self.choose(beside)

    def _set_state(self, entry: FileEntry, state: FileState, error: str = "") -> None:
        entry.state, entry.error = state, error
        self.list.show([entry])
        self.changed.emit()

    def _measure(self) -> None:
        """Find out what the files are and how long, in the background."""
        unknown = [each for each in self.list.entries if each.info is None]
        job = self._probing.start(lambda progress: self._probe(unknown, progress))
        job.progressed.connect(self._take_probed)
        job.succeeded.connect(self._take_probed)

    def _probe(self, entries: Iterable[FileEntry], progress: Progress) -> None:
        for entry in entries:
            progress(0.0)
            try:
                self._probed.append((entry, probe(entry.path)))
            except DereverbError:
                continue  # told when it is opened

    def _take_probed(self, _: object) -> None:
        known = []
        while self._probed:
            entry, entry.info = self._probed.popleft()
            known.append(entry)
        self.list.show(known)
