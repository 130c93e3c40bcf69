"""What a network has told of a recording, kept: at other settings it need not be asked again.

The network estimates what a voice would be without its room. Strength, floor, focus and link say
what is made of that, and never what is estimated: a tenth of the work.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from processor.model import Model, ModelSpec, ModelState
from processor.recipe import FLAT

# A run that begins in the middle has heard enough by then to go on where nothing is kept.
_FEW_HOPS = 8


class Estimates:
    """Estimates of one recording from its first hop on, as many as fit into so many bytes.

    They are filled while streams run over `recalling` models, and may be read by several threads.
    What comes out is what the model itself gives, bit for bit where steps are of the same lengths.

    Args:
        model: the network.
        most_bytes: of what is kept. 100 hops of the live model, a second, are 0.58 MB a channel.
    """

    def __init__(self, model: Model, most_bytes: int) -> None:
        self.model = model
        self._most_bytes = most_bytes
        self._lock = threading.Lock()  # never held while the network computes
        self._kept: list[_Kept] = []
        self._hops = self._nbytes = 0
        self._after: ModelState | None = None  # where the network can go on after all of them

    @property
    def seconds(self) -> float:
        """How much of the recording is kept."""
        return self._hops * self.model.spec.hop_length / self.model.spec.sample_rate

    @property
    def nbytes(self) -> int:
        """How much memory they take."""
        return self._nbytes

    def recalling(self, hop: int = 0, *, keeps: bool = True) -> RecallingModel:
        """Return what a `DereverbStream` takes for the model, for one run over the recording.

        Args:
            hop: where the run begins. What is removed of the first few hops is what it would be
                after silence. Where not enough is kept, it is the model itself that runs.
            keeps: whether what it asks is kept. Runs that keep are to have steps of one length.
        """
        begins = hop == 0 or hop + _FEW_HOPS <= self._hops
        return RecallingModel(self, hop if begins and self.model.can_revise else None, keeps)

    def look_up(self, hop: int) -> tuple[_Kept | None, ModelState | None]:
        """Return what was told from this hop on, as far as at once, or the state to ask with."""
        with self._lock:
            # Streams read one after the other; a recording of hours is a few thousand.
            kept = next((kept for kept in self._kept if kept.start <= hop < kept.stop), None)
            return kept, self._after if hop == self._hops else None

    def keep(self, hop: int, hops: int, estimate: Any, after: ModelState) -> None:
        """Keep what was told from this hop on, if it is the next and there is room."""
        with self._lock:
            nbytes = self._nbytes + estimate.nbytes
            if hop == self._hops and nbytes <= self._most_bytes:
                self._kept.append(_Kept(hop, hop + hops, estimate))
                self._nbytes = nbytes
                self._after, self._hops = after, hop + hops


@dataclass(frozen=True)
class _Kept:
    """What was told of some hops at once: (frames, channels, bins), frames a hop or more."""

    start: int
    stop: int
    estimate: Any

    def part(self, start: int, stop: int) -> Any:
        """What was told of some of them."""
        frames = self.estimate.shape[0] // (self.stop - self.start)  # a hop
        return self.estimate[(start - self.start) * frames : (stop - self.start) * frames]


@dataclass(frozen=True)
class _Place:
    """How far a run has come.

    Attributes:
        hop: the next; None where estimates are neither read nor kept.
        state: of the network, or only what it begins with, if estimates were read before.
        is_whole: which of the two.
    """

    hop: int | None
    state: ModelState
    is_whole: bool = True


class RecallingModel:
    """A model that is asked only what `Estimates` do not hold. For one run over the recording."""

    def __init__(self, estimates: Estimates, hop: int | None, keeps: bool) -> None:
        self._estimates = estimates
        self._keeps = keeps
        self._model = estimates.model
        self._begins_at = hop

    @property
    def spec(self) -> ModelSpec:
        """That of the model."""
        return self._model.spec

    def check_focus(self, focus: tuple[float, float, float]) -> None:
        """See `Model.check_focus`."""
        self._model.check_focus(focus)

    def initial_state(self, channels: int) -> _Place:
        """Return the state before the recording; asked again, that of a stream of its own."""
        hop, self._begins_at = self._begins_at, None
        return _Place(hop, self._model.initial_state(channels), is_whole=not hop)

    def step(
        self,
        waveform: npt.NDArray[np.float32],
        state: _Place,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = FLAT,
        link: bool = False,
    ) -> tuple[npt.NDArray[np.float32], _Place]:
        """See `Model.step`."""
        settings = (strength, floor_db, focus, link)
        if state.hop is None:
            removed, after = self._model.step(waveform, state.state, *settings)
            return removed, _Place(None, after)
        parts, place = [], state
        while waveform.shape[1]:
            removed, place = self._piece(waveform, place, settings)
            parts.append(removed)
            waveform = waveform[:, removed.shape[1] :]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1), place

    def _piece(
        self, waveform: npt.NDArray[np.float32], place: _Place, settings: Any
    ) -> tuple[npt.NDArray[np.float32], _Place]:
        """What is removed of the next hops, as many as are told in the same way."""
        assert place.hop is not None
        hop, length = place.hop, self.spec.hop_length
        kept, after = self._estimates.look_up(hop)
        if kept is not None:
            stop = min(kept.stop, hop + waveform.shape[1] // length)
            piece, told = waveform[:, : (stop - hop) * length], kept.part(hop, stop)
            removed, state = self._model.revised_step(piece, place.state, told, *settings)
            return removed, _Place(stop, state, is_whole=False)
        before = place.state if place.is_whole else place.state.followed_by(after)
        removed, state, told = self._model.estimated_step(waveform, before, *settings)
        stop = hop + waveform.shape[1] // length
        if self._keeps:
            self._estimates.keep(hop, stop - hop, told, state)
        return removed, _Place(stop, state)
