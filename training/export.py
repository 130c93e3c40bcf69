"""Write a model file: `python -m training.export CHECKPOINT --out resources/live.pt`.

A model file is one TorchScript archive with its spec inside. It is written only if it behaves as
the network does in every way that its users rely on.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from processor.model import Model, ModelSpec
from training.checkpoint import opened_checkpoint, refuse_same_file
from training.config import Config
from training.errors import TrainingError, reason_of, told_plainly
from training.network import Network

TOLERANCE = 1e-5
HOPS_A_CALL = (1, 2, 3, 7, 50)
METHODS = ("initial_state", "pack", "estimated", "revised")
"""Of a network that its file has, beside forward."""
CHECKED_S = 4.0  # three calls at least; more of a network of long hops would only take minutes

Settings = tuple[float, float, tuple[float, float, float], bool]
CHECKED_SETTINGS: dict[str, Settings] = {
    "each channel alone": (0.7, -40.0, (1.0, 1.0, 1.0), False),
    "channels linked, with a focus": (0.7, -40.0, (1.0, 0.5, 0.2), True),
    "full strength": (1.0, -60.0, (1.0, 1.0, 1.0), False),
}
"""strength, floor_db, focus and link."""


class ExportError(TrainingError):
    """The exported model does not behave as the network does."""


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="best.pt or checkpoint.pt of a run")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with told_plainly():
        spec = export(arguments.checkpoint, arguments.out)
    print(f"{arguments.out}: {spec.name}, {spec.parameters:,} parameters, checks passed")


def load_network(checkpoint: str | Path) -> tuple[Network, Config, dict[str, Any]]:
    """Averaged network of a checkpoint, its configuration and its training figures."""
    with opened_checkpoint(checkpoint) as saved:
        config = Config.from_dict(saved["config"])
        network = Network(config.network)
        network.load_state_dict(saved["average"])
        provenance = {
            "command": "python -m training.train",
            "steps": saved["step"],
            "trained_hours": round(saved["trained_s"] / 3600, 2),
            "heard_hours": round(saved["heard_h"], 1),
            "validation_loss": round(saved["score"], 5),
            "history": _changes(saved["history"]),
        }
    return network.eval(), config, provenance


def _changes(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The history of a run with each later configuration cut down to what it changed."""
    short = history[:1]
    for before, after in itertools.pairwise(history):
        changed = {k: v for k, v in after["config"].items() if before["config"].get(k) != v}
        short.append({"from_step": after["from_step"], "changed": changed})
    return short


def export(checkpoint: str | Path, out: str | Path) -> ModelSpec:
    """Write the checkpoint's network as a model file and return its spec.

    Raises:
        ExportError: the file differs from the network, depends on how the audio is cut into
            chunks, or changes anything at strength 0. `out` is then left as it was.
        TrainingError: the checkpoint cannot be read, or `out` not be written.
    """
    refuse_same_file(checkpoint, out)
    network, config, provenance = load_network(checkpoint)
    out = Path(out)
    spec = ModelSpec(
        name=config.network.name,
        sample_rate=config.network.sample_rate,
        hop_length=network.hop,
        latency_samples=network.latency_samples,
        parameters=sum(p.numel() for p in network.parameters()),
        provenance=provenance,
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as folder:
            partial = Path(folder) / out.name
            write(network, spec, partial)
            verify(network, partial)
            partial.replace(out)
    except OSError as error:
        raise TrainingError(
            f"Cannot write '{out}': {reason_of(error)}. Choose a folder that you may write to."
        ) from error
    return spec


def round_weights(network: Network) -> None:
    """Round all matrices to half precision: what a packed layer multiplies by, and any other."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 2:
                parameter.copy_(parameter.half())


def write(network: Network, spec: ModelSpec, path: Path) -> None:
    """Save the network as TorchScript with its spec inside. Its own matrices are rounded, too."""
    round_weights(network)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        for method in METHODS:
            torch.jit.export(getattr(type(network), method))  # compiled beside forward
        scripted = torch.jit.freeze(torch.jit.script(network.eval()), preserved_attrs=list(METHODS))
        for method in ("forward", *METHODS):
            give_numbers_a_side(getattr(scripted, method).graph)
        torch.jit.save(scripted, str(path), _extra_files={"spec.json": spec.to_json()})


def give_numbers_a_side(graph: Any) -> None:
    """Make the numbers that a graph keeps tensors of shape (1,): others are copied each time."""
    for node in graph.findAllNodes("prim::Constant", recurse=True):
        value = node.output().toIValue() if node.hasAttribute("value") else None
        if isinstance(value, Tensor) and value.dim() == 0 and value.is_floating_point():
            node.t_("value", value.reshape(1))
            node.output().inferTypeFrom(value.reshape(1))


def verify(network: Network, path: Path) -> None:
    """Check the file at `path` against the network it was made from.

    Raises:
        ExportError: naming the property that does not hold and by how much.
    """
    model = Model.load(path)
    calls = hops_a_call(model.spec)
    waveform = _test_waveform(model.spec.sample_rate, sum(calls) * model.spec.hop_length)
    for name, settings in CHECKED_SETTINGS.items():
        with torch.no_grad():
            expected: Tensor = network(
                torch.from_numpy(waveform), network.initial_state(len(waveform)), *settings
            )[0]
        whole = _in_calls(model, waveform, [sum(calls)], settings)
        _require(f"reload equals eager, {name}", whole - expected.numpy())
        in_calls = _in_calls(model, waveform, calls, settings)
        _require(f"any chunking equals one call, {name}", in_calls - whole)
        told, revised = _told(model, waveform, calls, settings)
        _require(f"what is told with estimates equals what is asked, {name}", told - whole)
        _require(f"what is revised equals what is asked, {name}", revised - whole)
        if np.any(_in_calls(model, waveform, calls, (0.0, *settings[1:]))):
            raise ExportError(
                f"Strength 0 removes something, {name}: the input would not come back."
            )


def hops_a_call(spec: ModelSpec) -> tuple[int, ...]:
    """Awkward numbers of hops to cut the audio of a check into."""
    fits = [
        total * spec.hop_length <= CHECKED_S * spec.sample_rate
        for total in itertools.accumulate(HOPS_A_CALL)
    ]
    return HOPS_A_CALL[: max(3, sum(fits))]


def _in_calls(model: Model, waveform: np.ndarray, hops: Any, settings: Settings) -> np.ndarray:
    state = model.initial_state(len(waveform))
    parts = []
    for piece in _pieces(model, waveform, hops):
        removed, state = model.step(piece, state, *settings)
        parts.append(removed)
    return np.concatenate(parts, axis=1)


def _told(
    model: Model, waveform: np.ndarray, hops: Any, settings: Settings
) -> tuple[np.ndarray, np.ndarray]:
    """What is removed when estimates are asked for, and with those of other settings."""
    first = asked = revised = model.initial_state(len(waveform))
    parts = []
    for piece in _pieces(model, waveform, hops):
        told, first, _ = model.estimated_step(piece, first, *settings)
        _, asked, estimate = model.estimated_step(piece, asked, 0.9, -50.0)
        removed, revised = model.revised_step(piece, revised, estimate, *settings)
        parts.append(np.stack([told, removed]))
    told, removed = np.concatenate(parts, axis=2)
    return told, removed


def _pieces(model: Model, waveform: np.ndarray, hops: Any) -> list[np.ndarray]:
    ends = np.cumsum(hops) * model.spec.hop_length
    return np.split(waveform[:, : ends[-1]], ends[:-1], axis=1)


def _require(name: str, difference: np.ndarray) -> None:
    worst = float(np.abs(difference).max())
    if not worst <= TOLERANCE:
        raise ExportError(f"'{name}' does not hold: off by {worst:.2g}, allowed {TOLERANCE:.0e}.")


def _test_waveform(sample_rate: int, length: int) -> np.ndarray:
    """Two channels of decaying noise bursts between silences, (2, length) float32."""
    rng = np.random.default_rng(0)
    time_s = np.arange(length) / sample_rate
    bursts = np.exp(-12 * (time_s % 0.21)) * (time_s % 0.43 < 0.3)
    return (0.3 * bursts * rng.standard_normal((2, length))).astype(np.float32)


if __name__ == "__main__":
    main()
