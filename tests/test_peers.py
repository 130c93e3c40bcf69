"""Peers are aligned, kept, and missed by name. None of their packages is needed."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from signals import speech_like

from training import peers
from training.errors import TrainingError
from training.peers import PEERS, SAMPLE_RATE, CachedPeer, Peer, Process, aligned, delay_samples


def delayed(samples: int, gain: float = 1.0) -> Process:
    """A process that returns its input late (or early), and no longer than that."""

    def process(recording: np.ndarray) -> np.ndarray:
        late = np.concatenate([np.zeros(max(samples, 0)), recording[max(-samples, 0) :]])
        return (gain * late[: len(recording)]).astype(np.float32)

    return process


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two peers of which the second takes what the first returns; the names they were called by."""
    names: list[str] = []

    def loader(name: str, process: Process) -> Process:
        def counted(recording: np.ndarray) -> np.ndarray:
            names.append(name)
            return process(recording)

        return counted

    made = (
        Peer("late", ("numpy",), "half", lambda: loader("late", delayed(480, 0.5))),
        Peer("two → late", ("numpy",), "", lambda: loader("two", delayed(7, 0.5)), after="late"),
        Peer("absent", ("no-such-package",), "", lambda: delayed(0)),
    )
    monkeypatch.setattr(peers, "PEERS", {peer.name: peer for peer in made})
    return names


@pytest.mark.parametrize("late", [0, 1, 479, 1_440, -13])
def test_the_delay_of_a_process_is_measured_to_the_sample(late: int) -> None:
    assert delay_samples(delayed(late)) == late


@pytest.mark.parametrize("late", [0, 1, 479, 1_440])
@pytest.mark.parametrize("length", [1, 480, 50_021])
def test_an_aligned_process_returns_every_sample_in_its_place(late: int, length: int) -> None:
    recording = speech_like(1, length, SAMPLE_RATE)[0]
    np.testing.assert_array_equal(aligned(delayed(late))(recording), recording)


def test_an_aligned_process_fills_up_what_is_cut_short() -> None:
    def short(recording: np.ndarray) -> np.ndarray:
        return recording[: len(recording) - 6_000]

    recording = speech_like(1, SAMPLE_RATE, SAMPLE_RATE)[0]
    output = aligned(short)(recording)
    assert output.shape == recording.shape
    np.testing.assert_array_equal(output[:-6_000], recording[:-6_000])


def test_what_a_peer_returned_is_kept(calls: list[str], tmp_path: Path) -> None:
    recording = speech_like(1, 5_003, SAMPLE_RATE)[0]
    first = CachedPeer(peers.PEERS["late"], tmp_path)(recording)
    asked = len(calls)
    again = CachedPeer(peers.PEERS["late"], tmp_path)(recording)
    np.testing.assert_array_equal(first, again)
    assert len(calls) == asked
    CachedPeer(peers.PEERS["late"], tmp_path)(0.9 * recording)
    assert len(calls) > asked


def test_another_setting_or_version_is_asked_anew(
    calls: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = speech_like(1, 5_003, SAMPLE_RATE)[0]
    CachedPeer(peers.PEERS["late"], tmp_path)(recording)
    monkeypatch.setattr(metadata, "version", lambda name: "99")
    CachedPeer(peers.PEERS["late"], tmp_path)(recording)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cascade_takes_what_the_peer_before_returned(calls: list[str], tmp_path: Path) -> None:
    recording = speech_like(1, 5_003, SAMPLE_RATE)[0]
    output = CachedPeer(peers.PEERS["two → late"], tmp_path)(recording)
    np.testing.assert_allclose(output, 0.25 * recording, atol=1e-7)
    assert set(calls) == {"late", "two"}


def test_a_missing_package_is_told_with_its_extra(calls: list[str], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"absent needs .*no-such-package.*\[bench\]"):
        peers.peer_programs(["absent"], SAMPLE_RATE, tmp_path)


def test_an_unknown_peer_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no peer 'Wpe'.*WPE.*NSNet2"):
        peers.peer_programs(["Wpe"], SAMPLE_RATE, tmp_path)


def test_peers_are_compared_at_their_rate_only(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="48000 Hz, the model at 16000"):
        peers.peer_programs(["WPE"], 16_000, tmp_path)


def test_no_two_peers_share_their_files() -> None:
    stems = [peer.file_stem for peer in PEERS.values()]
    assert len(set(stems)) == len(stems)
    assert all(stem.isascii() for stem in stems)
