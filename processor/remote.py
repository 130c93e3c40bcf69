"""Places in stores that are no folders: s3://, gs://, https://, sftp:// and whatever fsspec knows.

fsspec is imported when a URL is named. What a file system does and a store may not (append, lock,
rename) is not asked of it: files are fetched whole and put whole.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from processor.errors import AudioFileError

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://(.*)", re.IGNORECASE | re.DOTALL)
_LOCAL = ("file", "local")
# There an object appears whole or not at all, and folders need not be made.
_OBJECT_STORES = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "oci", "r2", "memory"}
)
# Many pieces of 50 MB at a time would be held in memory; one file at a time is quick enough.
_OPTIONS: Mapping[str, Mapping[str, Any]] = {"s3": {"max_concurrency": 1}}
# What tells one content of an object from another, the best first.
_VERSIONS = (
    *("ETag", "etag", "md5Hash", "content_md5", "checksum", "LastModified", "last_modified"),
    *("updated", "mtime", "modified", "created"),
)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Info = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class RemotePath:
    """A place in a store, with as much of a Path's manners as a plan needs.

    Attributes:
        scheme: what stands before "://".
        path: what stands behind it, such as bucket/folder/name.
    """

    scheme: str
    path: PurePosixPath

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"

    def __truediv__(self, name: str | PurePath) -> RemotePath:
        return RemotePath(self.scheme, self.path / PurePath(name).as_posix())

    @property
    def name(self) -> str:
        """The last part, as of a Path."""
        return self.path.name

    @property
    def stem(self) -> str:
        """The last part without its ending."""
        return self.path.stem

    @property
    def suffix(self) -> str:
        """The ending with its dot."""
        return self.path.suffix

    @property
    def parent(self) -> RemotePath:
        """The folder."""
        return RemotePath(self.scheme, self.path.parent)

    @property
    def parents(self) -> tuple[RemotePath, ...]:
        """All folders above, the nearest first."""
        return tuple(RemotePath(self.scheme, path) for path in self.path.parents)

    def with_name(self, name: str) -> RemotePath:
        """Return the place of that name in the same folder."""
        return RemotePath(self.scheme, self.path.with_name(name))

    def relative_to(self, folder: RemotePath) -> PurePosixPath:
        """Return the place as seen from a folder of the same store.

        Raises:
            ValueError: it does not lie below.
        """
        if folder.scheme != self.scheme:
            raise ValueError(f"'{self}' does not lie below '{folder}'.")
        return self.path.relative_to(folder.path)

    def is_relative_to(self, folder: RemotePath) -> bool:
        """Whether the place is that folder, or lies below it."""
        return folder.scheme == self.scheme and self.path.is_relative_to(folder.path)


Place = Path | RemotePath
"""Where a recording or an output lies: on this machine, or in a store."""


def place_of(given: object) -> Place:
    """Return the place that a name stands for: a store's if it is a URL.

    >>> place_of("s3://tapes/a.wav").name, place_of("tapes/a.wav"), place_of("file:///a.wav")
    ('a.wav', PosixPath('tapes/a.wav'), PosixPath('/a.wav'))
    """
    if isinstance(given, RemotePath):
        return given
    match = _URL.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        return Path(given)  # type: ignore[arg-type]
    scheme, rest = match[1].lower(), match[2]
    return Path(rest) if scheme in _LOCAL else RemotePath(scheme, PurePosixPath(rest))


def file_system(place: RemotePath) -> Any:
    """Return the fsspec file system of a place; to be used inside `speaking_of`."""
    if place.scheme == "http" or place.scheme == "https":
        importlib.import_module("aiohttp")
    core = importlib.import_module("fsspec.core")
    # What others write meanwhile must be seen: no listing is kept.
    options = {"use_listings_cache": False, **_OPTIONS.get(place.scheme, {})}
    return core.url_to_fs(str(place), **options)[0]


@contextmanager
def speaking_of(place: RemotePath, verb: str) -> Iterator[None]:
    """Turn whatever a store raises into a sentence about a place.

    Raises:
        AudioFileError: says what failed, and what helps.
    """
    begin = f"Cannot {verb} '{place}'"
    try:
        yield
    except (AudioFileError, BlockingIOError):
        raise
    except ImportError as error:
        raise AudioFileError(
            f"{begin}: what {place.scheme}:// needs is not installed ({error}). For s3 and http "
            "it comes with pip install 'dryspell[remote]'."
        ) from error
    except FileNotFoundError as error:
        raise AudioFileError(
            f"{begin}: there is no such file, folder or bucket. Check the name."
        ) from error
    except PermissionError as error:
        raise AudioFileError(
            f"{begin}: permission denied. Check your credentials, and what they allow."
        ) from error
    except Exception as error:  # each store has errors of its own
        raise AudioFileError(f"{begin}: {_reason(place, error)}") from error


def _reason(place: RemotePath, error: Exception) -> str:
    kind, text = type(error).__name__, " ".join(str(error).split())
    if "Credential" in kind:
        return (
            "there are no credentials for it. Give them as for the store's own tools; for s3 "
            "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if isinstance(error, ValueError) and "rotocol" in text:
        return f"nothing is known of {place.scheme}://. Check the name; fsspec has to know it."
    return f"{text or kind} ({kind}). Check the name, the network and the store's settings."


# What was found below folders, so that a plan of many files does not ask for each.
_surveys: dict[RemotePath, dict[RemotePath, Info]] = {}


def survey(folder: RemotePath) -> dict[RemotePath, Info]:
    """Return what lies below a folder now, and remember it for `remote_state`.

    Raises:
        AudioFileError: the store cannot be read. A folder that is not there is empty.
    """
    with speaking_of(folder, "read"):
        fs = file_system(folder)
        root = fs._strip_protocol(str(folder)).rstrip("/")
        try:
            found = fs.find(str(folder), detail=True)
        except FileNotFoundError:
            fs.ls(_bucket_of(fs, root))  # a folder without files is none; a bucket has to be
            found = {}
    listed = {}
    for name, info in found.items():
        relative = name[len(root) :].lstrip("/") if name.startswith(root) else ""
        if relative:
            listed[folder / relative] = info
    _surveys[folder] = listed
    return listed


def _bucket_of(fs: Any, root: str) -> str:
    """Return what has to be there before anything can be written below a folder."""
    if "s3" in fs.protocol or "gs" in fs.protocol or "abfs" in fs.protocol:
        return root.strip("/").partition("/")[0]
    return str(fs.root_marker)


def remote_state(place: RemotePath, *, fresh: bool = False) -> tuple[int, int] | None:
    """Return a file's size and a number for its version; None if there is no file.

    Args:
        place: a file, perhaps.
        fresh: ask the store, whatever `survey` has found.

    Raises:
        AudioFileError: the store cannot be read.
    """
    if not fresh:
        for folder, listed in _surveys.items():
            if place.is_relative_to(folder):
                return _state(listed.get(place))
    return _state(_info(place))


def remote_kind(place: RemotePath) -> str:
    """Return "file", "directory", or "" where there is nothing.

    Raises:
        AudioFileError: the store cannot be read.
    """
    return str((_info(place) or {}).get("type", ""))


def _info(place: RemotePath) -> Info | None:
    with speaking_of(place, "read"):
        try:
            found: Info = file_system(place).info(str(place))
        except FileNotFoundError:
            return None
        return found


def _state(info: Info | None) -> tuple[int, int] | None:
    if info is None or info.get("type") == "directory":
        return None
    version = next((info[key] for key in _VERSIONS if info.get(key)), "")
    if isinstance(version, datetime):  # alone; in a list some stores have seconds
        version = version.timestamp()
    digest = hashlib.sha256(str(version).encode()).digest()
    return int(info.get("size") or 0), int.from_bytes(digest[:6], "big")


def fetch(place: RemotePath, to: Path) -> None:
    """Copy a file of a store to a local one.

    Raises:
        AudioFileError: it cannot be read, or has not come whole.
    """
    expected = remote_state(place, fresh=True)
    with speaking_of(place, "read"):
        if expected is None:
            raise FileNotFoundError(str(place))
        try:
            file_system(place).get_file(str(place), str(to))
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise AudioFileError(
                f"Cannot fetch '{place}' to '{to.parent}': the disk is full. Free some space, or "
                "name another place for temporary files: TMPDIR."
            ) from error
    came = to.stat().st_size
    if (expected[0] and came != expected[0]) or remote_state(place, fresh=True) != expected:
        raise AudioFileError(
            f"Cannot use '{place}': it changed while it was read, or did not come whole "
            f"({came} of {expected[0]} bytes). Try again when nothing writes to it any more."
        )


def put(local: Path, place: RemotePath, *, part_name: str) -> None:
    """Copy a local file to a store, where it appears whole or not at all.

    Args:
        local: the file.
        place: where it goes; what is there is replaced.
        part_name: under which name it grows where stores show files that are not whole.

    Raises:
        AudioFileError: it cannot be written.
    """
    with speaking_of(place, "write"):
        fs = file_system(place)
        if place.scheme in _OBJECT_STORES:
            fs.put_file(str(local), str(place))
        else:
            _put_and_rename(fs, local, place, place.with_name(part_name))
        arrived = fs.info(str(place)).get("size")
    if arrived != local.stat().st_size:
        raise AudioFileError(
            f"Cannot write '{place}': {arrived} of {local.stat().st_size} bytes arrived. Try again."
        )


def _put_and_rename(fs: Any, local: Path, place: RemotePath, part: RemotePath) -> None:
    make_folder(fs, place.parent)
    try:
        fs.put_file(str(local), str(part))
        if fs.exists(str(place)):
            with suppress(NotImplementedError):
                fs.rm_file(str(place))  # some rename only to where nothing is
        fs.mv(str(part), str(place))
    except BaseException:
        with suppress(Exception):
            fs.rm_file(str(part))
        raise


def make_folder(fs: Any, folder: RemotePath) -> None:
    """Make a folder where a store has such a thing. Never a bucket: its name may be mistyped."""
    if folder.scheme not in _OBJECT_STORES:
        fs.makedirs(str(folder), exist_ok=True)


def refuse_unshared(places: Iterable[Place]) -> None:
    """Refuse places that other processes do not see.

    Raises:
        AudioFileError: names the first.
    """
    for place in places:
        if isinstance(place, RemotePath) and place.scheme == "memory":
            raise AudioFileError(
                f"Cannot use '{place}': what is in memory:// is seen by one process only. Work "
                "without others (--jobs 0)."
            )
