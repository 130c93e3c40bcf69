"""Recordings in memory, and where they are too large for it."""

from __future__ import annotations

import numpy as np
import pytest

import desktop_app.recording as recording_module
from desktop_app.recording import allocate
from processor import AudioFileError


def test_large_arrays_lie_in_a_file_that_vanishes(monkeypatch, tmp_path):
    monkeypatch.setattr(recording_module, "IN_MEMORY_BYTES", 1000)
    monkeypatch.setattr(recording_module.tempfile, "tempdir", str(tmp_path))
    large = allocate(2, 1000)
    large[:] = 0.5
    assert isinstance(large, np.memmap) and large.shape == (2, 1000) and (large == 0.5).all()
    assert list(tmp_path.iterdir()) == []


def test_without_room_for_a_large_array_it_says_so(monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording_module, "IN_MEMORY_BYTES", 1000)
    monkeypatch.setattr(recording_module.tempfile, "TemporaryFile", full)
    with pytest.raises(AudioFileError, match="no room for"):
        allocate(2, 1000)
