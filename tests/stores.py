"""Stores to read from and write to, and what is in them: fixtures that conftest.py makes known."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from signals import noise

from processor.cli import main
from processor.remote import place_of, survey


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have temporary files in a folder of the test's own, in processes that it starts, too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def memory() -> Iterator[str]:
    """An empty store of this process."""
    fsspec = pytest.importorskip("fsspec", reason="pip install 'dryspell[remote]'")
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    yield "memory://tapes"
    fs.store.clear()


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """A real object store, as far as one comes from PyPI: a server of its own on loopback."""
    pytest.importorskip("moto")
    pytest.importorskip("s3fs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import logging, time; logging.disable()\n"
        "from moto.server import ThreadedMotoServer\n"
        f"ThreadedMotoServer('127.0.0.1', {port}, verbose=False).start()\n"
        "time.sleep(3600)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/moto-api/data.json", timeout=5).read()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    server.kill()
    server.wait()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    request = urllib.request.Request(f"{s3_server}/moto-api/reset", method="POST")
    urllib.request.urlopen(request, timeout=30).read()
    s3fs.S3FileSystem().mkdir("tapes")
    yield "s3://tapes"
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> str:
    """Each of the two in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def batch(tiny_model_path: Path):
    """Call dryspell batch here."""

    def call(*arguments: object, jobs: int = 0) -> int:
        words = map(str, arguments)
        return main(["batch", *words, "--jobs", str(jobs), "--model", str(tiny_model_path)])

    return call


def fs_of(url: str):
    import fsspec

    return fsspec.core.url_to_fs(url, use_listings_cache=False)[0]


def fill(url: str, tmp_path: Path, names=("a.wav", "b 2.flac", "ü/c.wav"), samples=4000) -> None:
    """Put recordings below a folder of a store."""
    fs = fs_of(url)
    for number, name in enumerate(names):
        local = tmp_path / f"{number}{Path(name).suffix}"
        soundfile.write(local, noise(1, samples + number, seed=number).T, 16_000, "PCM_16")
        fs.put_file(str(local), f"{url}/{name}")


def contents(url: str) -> dict[str, bytes]:
    """Return what lies below a folder of a store, but for the journal."""
    fs, root = fs_of(url), place_of(url)
    return {
        place.relative_to(root).as_posix(): fs.cat_file(str(place))
        for place in survey(root)
        if not place.name.startswith(".")
    }


def stages() -> list[str]:
    return [name for name in os.listdir(tempfile.gettempdir()) if name.startswith(".dryspell-")]
