"""Where a journal's lines go, and who may write them: a file with a lock, or objects in a store.

A store has neither lines that are added nor locks. There the journal is cut into objects of a few
lines, the last of which is put again, whole, with each new line. Who writes holds an object with a
name in it, and renews it as long as it lives.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from processor.audio_file import reason_of
from processor.errors import AudioFileError
from processor.folder_lock import FileLock
from processor.part_files import is_running
from processor.remote import Place, RemotePath, file_system, make_folder, speaking_of

JOURNAL = ".dryspell-journal"
"""How the names of all journals begin; they end in .jsonl."""
_OWNER = ".owner"

_LINES_OF_AN_OBJECT = 64
_RENEWED_SECONDS = 60.0
# An owner of another host that has been silent for so long is dead; clocks may differ a little.
_SILENT_SECONDS = 600.0
# Who ends a run does not want to wait.
_HASTE_SECONDS = 0.4

Event = Mapping[str, Any]


class FileLedger:
    """Lines in a file of a folder; the lock on it ends with the process."""

    def __init__(self, folder: Path, part: str) -> None:
        """Prepare; `part` tells the shard that writes, "" the whole."""
        self.folder = folder
        self.path = folder / f"{JOURNAL}{part}.jsonl"
        self._locks: list[FileLock] = []
        self._line_is_open = False

    def take(self) -> None:
        """Take the folder.

        Raises:
            BlockingIOError: another batch has it.
            AudioFileError: it cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            whole = self.folder / f"{JOURNAL}.jsonl"
            self._locks.append(FileLock(whole, shared=self.path != whole))
            if self.path != whole:
                self._locks.append(FileLock(self.path))
            with self.path.open("rb") as file:
                content = file.seek(0, os.SEEK_END)
                file.seek(max(0, content - 1))
                self._line_is_open = file.read() not in (b"", b"\n")
        except BlockingIOError:
            self.release()
            raise
        except OSError as error:
            self.release()
            raise AudioFileError(
                f"Cannot write into '{self.folder}': {reason_of(error)}. "
                "Choose a folder that you may write to."
            ) from error

    def append(self, lines: Sequence[str]) -> None:
        """Add lines; they are on the disk when this returns.

        Raises:
            AudioFileError: the disk takes no more.
        """
        text = ("\n" if self._line_is_open else "") + "".join(f"{line}\n" for line in lines)
        try:
            # Without Python's buffer: a line goes out in one piece, or an error tells.
            with self.path.open("ab", buffering=0) as file:
                data = memoryview(text.encode())
                self._line_is_open = True
                while data:
                    data = data[file.write(data) :]
                os.fsync(file.fileno())
                self._line_is_open = False
        except OSError as error:
            raise AudioFileError(
                f"Cannot write the journal '{self.path}': {reason_of(error)}. Free some space."
            ) from error

    def release(self, *, in_haste: bool = False) -> None:
        """Let the folder go, which takes no time here."""
        while self._locks:
            self._locks.pop().release()


class StoreLedger:
    """Lines in objects of a store's folder, and an object that says who writes there."""

    def __init__(self, folder: RemotePath, part: str) -> None:
        """Prepare; `part` tells the shard that writes, "" the whole."""
        self.folder = folder
        self._part = part
        self._owner = folder / f"{JOURNAL}{part}{_OWNER}"
        self._token = f"{time.time_ns():x}-{secrets.token_hex(2)}"
        self._number = 0
        self._lines: list[str] = []
        self._released = threading.Event()

    @property
    def path(self) -> RemotePath:
        """The object that grows."""
        return self.folder / f"{JOURNAL}{self._part}-{self._token}-{self._number:06}.jsonl"

    def take(self) -> None:
        """Take the folder; see `FileLedger.take`."""
        with speaking_of(self.folder, "write into"):
            fs = file_system(self.folder)
            make_folder(fs, self.folder)
            self._refuse_living_owners(fs)
            try:
                self._renew(fs, mode="create")
            except (FileExistsError, NotImplementedError, TypeError, ValueError):
                # The dead have left theirs, or somebody came just now; or it is not known here.
                self._refuse_living_owners(fs)
                self._renew(fs)
            if _owner_in(fs.cat_file(str(self._owner))).get("token") != self._token:
                raise BlockingIOError
        threading.Thread(target=self._live, daemon=True, name="dryspell-owner").start()

    def append(self, lines: Sequence[str]) -> None:
        """Add lines; they are in the store when this returns; see `FileLedger.append`."""
        self._lines += lines
        text = "".join(f"{line}\n" for line in self._lines)
        with speaking_of(self.path, "write the journal"):
            file_system(self.folder).pipe_file(str(self.path), text.encode())
        if len(self._lines) >= _LINES_OF_AN_OBJECT:
            self._number += 1
            self._lines.clear()

    def release(self, *, in_haste: bool = False) -> None:
        """Let the folder go; `in_haste` does not wait for a slow store.

        An owner that stays behind is known for dead: here at once, elsewhere when it is silent.
        """
        if self._released.is_set():
            return
        self._released.set()
        removal = threading.Thread(target=self._remove_owner, daemon=True)
        removal.start()
        removal.join(_HASTE_SECONDS if in_haste else None)

    def _remove_owner(self) -> None:
        with suppress(Exception):
            file_system(self._owner).rm_file(str(self._owner))

    def _refuse_living_owners(self, fs: Any) -> None:
        for path in _files_in(fs, self.folder, _OWNER):
            part = path.name.removeprefix(JOURNAL).removesuffix(_OWNER)
            if part and self._part and part != self._part:
                continue  # another shard
            with suppress(FileNotFoundError):  # it has just ended
                if _lives(_owner_in(fs.cat_file(str(path)))):
                    raise BlockingIOError

    def _renew(self, fs: Any, **how: str) -> None:
        owner = {
            "host": socket.gethostname(),
            "process": os.getpid(),
            "time": time.time(),
            "token": self._token,
        }
        fs.pipe_file(str(self._owner), json.dumps(owner).encode(), **how)

    def _live(self) -> None:
        while not self._released.wait(_RENEWED_SECONDS):
            with suppress(Exception):  # next time perhaps
                self._renew(file_system(self._owner))


def ledger_for(folder: Place, part: str) -> FileLedger | StoreLedger:
    """Return where the lines of a journal in this folder go."""
    return FileLedger(folder, part) if isinstance(folder, Path) else StoreLedger(folder, part)


def lines_in(folder: Place) -> Iterator[bytes]:
    """Yield the lines of all journals in a folder; of none, if it is not there.

    Raises:
        AudioFileError: a store cannot be read.
    """
    if isinstance(folder, Path):
        for path in sorted(folder.glob(f"{JOURNAL}*.jsonl")):
            with suppress(OSError), path.open("rb") as file:
                yield from file
        return
    with speaking_of(folder, "read"):
        fs = file_system(folder)
        paths = [str(path) for path in _files_in(fs, folder, ".jsonl")]
        # Many at a time, where the store can do that; one alone comes without its name.
        contents = fs.cat(paths, on_error="omit") if len(paths) > 1 else {}
        contents = contents or {path: fs.cat_file(path) for path in paths}
    for _, content in sorted(contents.items()):
        yield from content.splitlines(keepends=True)


def _files_in(fs: Any, folder: RemotePath, suffix: str) -> list[RemotePath]:
    try:
        names = fs.ls(str(folder), detail=False)
    except FileNotFoundError:
        return []
    found = (folder / str(name).rstrip("/").rpartition("/")[2] for name in names)
    return [path for path in found if path.name.startswith(JOURNAL) and path.suffix == suffix]


def _owner_in(content: bytes) -> Mapping[str, Any]:
    try:
        owner = json.loads(content)
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def _lives(owner: Mapping[str, Any]) -> bool:
    if owner.get("host") == socket.gethostname():
        return is_running(int(owner.get("process", 0)))
    return time.time() - float(owner.get("time", 0.0)) < _SILENT_SECONDS
