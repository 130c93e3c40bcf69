"""A lock on a file that only one process can have, and that a killed process loses.

The system holds it (flock, or Windows' locks), so there is nothing to clean up after `kill -9`. On
a file system without such locks, a file beside it names the process that has it.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

from processor.part_files import is_running

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_NO_SUCH_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


class FileLock:
    """Holds a file that others may read meanwhile, until `release` or the end of the process."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        """Take the lock; make the file if there is none.

        Args:
            path: the file; what it holds is left alone.
            shared: several may have it together, but none who wants it alone. On Windows and on
                file systems without locks such a lock is none.

        Raises:
            BlockingIOError: another process has it.
            OSError: the file cannot be opened for writing.
        """
        self._owner: Path | None = None
        self._descriptor = os.open(
            path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666
        )
        try:
            _lock(self._descriptor, shared)
        except OSError as error:
            if error.errno not in _NO_SUCH_LOCKS:
                os.close(self._descriptor)
                if error.errno in _TAKEN:
                    raise BlockingIOError(errno.EAGAIN, "in use", str(path)) from error
                raise
            if not shared:
                self._take_by_name(path.with_name(f"{path.name}.owner"))

    def release(self) -> None:
        """Let the file go."""
        os.close(self._descriptor)
        if self._owner is not None:
            self._owner.unlink(missing_ok=True)

    def _take_by_name(self, owner: Path) -> None:
        """Take the lock by making a file; one of a process of this host that died is replaced."""
        me = f"{socket.gethostname()} {os.getpid()}"
        try:
            for _ in range(2):
                with suppress(FileExistsError), open(owner, "x", encoding="utf-8") as file:
                    file.write(me)
                    self._owner = owner
                    return
                if not _is_of_the_dead(owner):
                    break
                owner.unlink(missing_ok=True)
            raise BlockingIOError(errno.EAGAIN, f"in use, says '{owner.name}'", str(owner))
        except OSError:
            os.close(self._descriptor)
            raise


def _lock(descriptor: int, shared: bool) -> None:
    if os.name == "nt":
        import msvcrt

        if not shared:
            # Far behind the end: the lock is on these bytes alone, and all can be read.
            os.lseek(descriptor, 2**40, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    import fcntl

    fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _is_of_the_dead(owner: Path) -> bool:
    try:
        host, _, process = owner.read_text(encoding="utf-8").rpartition(" ")
        return host == socket.gethostname() and not is_running(int(process))
    except (OSError, ValueError):
        return False
