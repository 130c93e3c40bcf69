"""The trained network as a pure function. The only runtime module that names torch.

torch is imported when the first model is loaded, never on import: it takes seconds and 200 MB.
"""

from __future__ import annotations

import functools
import hashlib
import io
import logging
import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from processor.errors import ModelError
from processor.model_files import DEFAULT_MODEL, model_file
from processor.model_spec import FORMAT_VERSION, ModelSpec, refuse_model, refuse_unreadable
from processor.recipe import FLAT

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelState:
    """What a model remembers of one stream. Opaque: only the model that made it reads it."""

    channels: int
    tensors: Any = field(repr=False)

    def followed_by(self, whole: ModelState | None) -> ModelState:
        """Return a state from `revised_step`, made whole by one from `estimated_step`.

        Raises:
            ValueError: there is none.
        """
        if whole is None:
            raise ValueError("A run cannot go on where nothing is known of what came before.")
        return ModelState(self.channels, self.tensors + whole.tensors[len(self.tensors) :])


class Model:
    """A loaded network: immutable, free of state, may be shared between threads.

    Two uses of one model never disturb each other, because all that it remembers of a stream
    goes in and comes out as a `ModelState`. It travels to other processes as its `source`.
    """

    def __init__(
        self, module: Any, spec: ModelSpec, path: Path, *, name: str | None = None
    ) -> None:
        """Wrap a TorchScript module. Use `Model.load`."""
        self._module = module
        self._name = name
        self.spec = spec
        self.path = path

    @property
    def source(self) -> str | None:
        """What `load` takes: a file, the name of an installed model, or None for the default."""
        if self._name is None:
            return str(self.path)
        return None if self._name == DEFAULT_MODEL else self._name

    @classmethod
    def load(cls, model: str | os.PathLike[str] | None = None) -> Model:
        """Return the model of that name, in that file, or the default; loads each once.

        Args:
            model: a name ("live", see `processor.model_files`), the path of a model file, or None.
                A file that has changed is loaded again.

        Raises:
            ModelError: no model has that name, or the file is missing, is no model of ours, or
                needs a newer version.
        """
        name, path = model_file(model)
        if name is not None:
            return _load_installed(name, path)
        try:
            status = path.stat()
        except OSError as error:
            refuse_unreadable(path, error)
        return _load_file(path, status.st_size, status.st_mtime_ns)

    def initial_state(self, channels: int) -> ModelState:
        """Return the state before the first sample of a stream of so many channels."""
        return ModelState(channels, self._run(self._module.initial_state, channels))

    def step(
        self,
        waveform: npt.NDArray[np.float32],
        state: ModelState,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = FLAT,
        link: bool = False,
    ) -> tuple[npt.NDArray[np.float32], ModelState]:
        """Return what is to be removed from the next samples of a stream, and the new state.

        Sample i of the result belongs to the input sample `spec.latency_samples` before it.
        Runs on one torch thread: with two, a busy machine is slower and far less even.

        Args:
            waveform: input at the model's rate, in [-1, 1].
            state: from `initial_state` or from the step before.
            strength: 0 ... 1; 0 gives exact zeros.
            floor_db: no component is lowered by more than this [dB].
            focus: shares of the removed part, 0 ... 1, below 300 Hz, between, and above 3 kHz.
            link: the channels are those of one recording and get the same change of magnitude; a
                model of format 1 knows nothing of it.

        Shape:
            waveform, result: (channels, k * spec.hop_length), k >= 1. Do not write into the
            result: its memory belongs to the model.

        Raises:
            ValueError: the shape is wrong.
            ModelError: the network fails, or has no focus and is asked for one.
        """
        call = self._checked(waveform, state, strength, floor_db, focus, link)
        removed, tensors = self._run(self._module, call[0], state.tensors, *call[1:])
        return removed.numpy(), ModelState(state.channels, tensors)

    @property
    def can_revise(self) -> bool:
        """Whether it has `estimated_step` and `revised_step`; model files of before do not."""
        return hasattr(self._module, "revised")

    def estimated_step(
        self,
        waveform: npt.NDArray[np.float32],
        state: ModelState,
        *settings: Any,
    ) -> tuple[npt.NDArray[np.float32], ModelState, Any]:
        """As `step`, and what was estimated, for `revised_step`: it has `nbytes`, and is opaque."""
        call = self._checked(waveform, state, *settings)
        method = self._module.estimated
        removed, tensors, estimate = self._run(method, call[0], state.tensors, *call[1:])
        return removed.numpy(), ModelState(state.channels, tensors), estimate

    def revised_step(
        self,
        waveform: npt.NDArray[np.float32],
        state: ModelState,
        estimate: Any,
        *settings: Any,
    ) -> tuple[npt.NDArray[np.float32], ModelState]:
        """As `step`, with what `estimated_step` has told of the same hops: a tenth of the work.

        The state that comes back is good for this alone: it is what a whole one begins with.
        """
        call = self._checked(waveform, state, *settings)
        method = self._module.revised
        removed, tensors = self._run(method, call[0], state.tensors, estimate, *call[1:])
        return removed.numpy(), ModelState(state.channels, tensors)

    def _checked(
        self,
        waveform: npt.NDArray[np.float32],
        state: ModelState,
        strength: float,
        floor_db: float,
        focus: tuple[float, float, float] = FLAT,
        link: bool = False,
    ) -> tuple[Any, ...]:
        """The samples and the settings of a step, as the network takes them."""
        self.check_focus(focus)
        channels, samples = waveform.shape
        hop_length = self.spec.hop_length
        if channels != state.channels or samples == 0 or samples % hop_length:
            raise ValueError(
                f"A step takes ({state.channels}, k * {hop_length}) samples, got {waveform.shape}."
            )
        # torch shares the memory of the array, and warns of one that it must not write to.
        if waveform.dtype != np.float32 or not waveform.flags.carray:
            waveform = np.require(waveform, np.float32, ["C", "W"])
        call = (_as_tensor(waveform), float(strength), float(floor_db))
        if self.spec.has_focus_and_link:
            low, mid, high = focus
            return (*call, (float(low), float(mid), float(high)), bool(link))
        if link and channels > 1:
            _tell_unlinked(str(self.path))
        return call

    def check_focus(self, focus: tuple[float, float, float]) -> None:
        """Refuse a focus that is not flat, if the network has none.

        Raises:
            ModelError: the model is of format 1.
        """
        if tuple(focus) != FLAT and not self.spec.has_focus_and_link:
            raise ModelError(
                f"The model '{self.path}' has no focus (format version 1). Leave focus at "
                "(1, 1, 1), or write the model again with training.export."
            )

    def _run(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Call the network: no gradients, one thread, foreign errors translated."""
        import torch

        try:
            if _one_thread.is_given:
                with torch.inference_mode():
                    return method(*arguments)
            with _one_thread, torch.inference_mode():
                return method(*arguments)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"The model '{self.path}' failed: {reason}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return Model.load, (self.source,)

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        return self

    def __repr__(self) -> str:
        return f"<processor.Model {self.spec.name} {self.spec.sample_rate} Hz '{self.path}'>"


@functools.lru_cache(maxsize=4)
def _load_installed(name: str, path: Path) -> Model:
    return _load(path, name)


@functools.lru_cache(maxsize=4)
def _load_file(path: Path, size: int, changed_ns: int) -> Model:
    """Load a file that has this size and time of change."""
    return _load(path)


def _load(path: Path, name: str | None = None) -> Model:
    try:
        content = path.read_bytes()
    except OSError as error:
        refuse_unreadable(path, error)

    import torch

    extra: dict[str, Any] = {"spec.json": ""}
    try:
        with warnings.catch_warnings():
            # TorchScript is deprecated but kept; torch's version is bounded in pyproject.toml.
            warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
            module = torch.jit.load(io.BytesIO(content), map_location="cpu", _extra_files=extra)
    except Exception as error:  # torch raises whatever its zip and pickle readers raise
        refuse_model(path, "it is not a TorchScript file", error)
    if not extra["spec.json"]:
        refuse_model(path, "it is a TorchScript file without a spec.json, made by another program")
    try:
        spec = ModelSpec.from_json(extra["spec.json"], hashlib.sha256(content).hexdigest())
    except ValueError as error:
        refuse_model(path, str(error), error)
    if spec.format_version > FORMAT_VERSION:
        raise ModelError(
            f"The model '{path}' has format version {spec.format_version}, this version of "
            f"Dryspell reads up to {FORMAT_VERSION}. Update Dryspell, or use the bundled model."
        )
    if not hasattr(module, "initial_state"):
        refuse_model(path, "it lacks the method initial_state")
    if hasattr(module, "pack") and torch.backends.quantized.engine in ("x86", "fbgemm"):
        module.pack()
    return Model(module.eval(), spec, path, name=name)


def _as_tensor(array: npt.NDArray[np.float32]) -> Any:
    """Return a tensor that shares the array's memory."""
    import torch

    return torch.from_numpy(array)


@functools.cache
def _tell_unlinked(path: str) -> None:
    """Say once of each model."""
    _log.info("The model '%s' (format version 1) treats each channel alone: no link.", path)


class _OneThread:
    """Runs torch on one thread for the length of a `with`, then puts the number back.

    torch.set_num_threads is both global (what new threads start with) and the calling thread's
    own, so each thread that enters sets and restores. While several are inside, only the first
    reads the number to go back to: the others would read our 1. The lock guards the counting,
    it is not held while the network computes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._usual = 1

    @property
    def is_given(self) -> bool:
        """Whether torch runs on one thread anyway, as it was told to."""
        import torch

        return not self._inside and torch.get_num_threads() == 1

    def __enter__(self) -> None:
        import torch

        with self._lock:
            if self._inside == 0:
                self._usual = torch.get_num_threads()
            self._inside += 1
            if self._usual != 1:
                torch.set_num_threads(1)

    def __exit__(self, *_: object) -> None:
        import torch

        with self._lock:
            self._inside -= 1
            if self._usual != 1:
                torch.set_num_threads(self._usual)


_one_thread = _OneThread()
