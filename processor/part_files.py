"""The files in which outputs grow before they get their names, and what a killed run left of them.

The name tells who writes it: `.dryspell-HOST-PROCESS-TOKEN.part`. A file whose process is gone, on
this host, is a leftover; one of another host is, when nothing was written to it for an hour.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_NAME = re.compile(r"\.dryspell-(?:([0-9a-f]{8})-(\d+)-)?[0-9a-f]{8}\.part")
# A writer puts down a few seconds of audio at a time; none is silent for so long.
_SILENT_SECONDS = 3600.0


def part_beside(target: Path) -> Path:
    """Return a new name in the folder of `target`, for what is to become it."""
    return target.with_name(part_name())


def part_name() -> str:
    """Return a new name for what this process is writing."""
    return f"{part_prefix(os.getpid())}{secrets.token_hex(4)}.part"


def part_prefix(process: int) -> str:
    """Return how the names begin of all that a process of this host is writing."""
    return f".dryspell-{_this_host()}-{process}-"


def process_of(name: str) -> int | None:
    """Return which process of this host has given this name; None for all other names."""
    match = _NAME.fullmatch(name)
    return int(match[2]) if match and match[1] == _this_host() else None


def remove_leftovers(folders: Iterable[Path]) -> list[Path]:
    """Remove the part files in these folders whose writers are gone; return which."""
    removed = []
    for folder in folders:
        for path in _parts_in(folder):
            if _is_leftover(path):
                with suppress(OSError):  # not ours to remove; on Windows also: in use
                    path.unlink()
                    removed.append(path)
    return removed


def remove_parts_of(process: int, folders: Iterable[Path]) -> None:
    """Remove what a process of this host, which has ended, was writing in these folders."""
    for folder in folders:
        for path in _parts_in(folder):
            if process_of(path.name) == process:
                with suppress(OSError):
                    path.unlink()


def _parts_in(folder: Path) -> Iterator[Path]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name):
                yield Path(entry.path)


def _is_leftover(path: Path) -> bool:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return False
    process = process_of(path.name)
    if process is not None:
        return not is_running(process)
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _SILENT_SECONDS
    return False


def is_running(process: int) -> bool:
    """Whether a process of that number lives on this host."""
    if os.name == "nt":  # A signal would end it there; but what is in use cannot be removed.
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    # One that was killed, and whose end nobody has asked for, still has its number.
    with suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return True


def _this_host() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"
