"""Networks that come inside the packages of the `bench` extra: nothing is downloaded."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Any


def file_of(package: str, name: str) -> Path:
    """Return a file inside an installed package, without importing that.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    found = util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)
    return Path(found.origin).parent / name


def onnx_session(package: str, name: str) -> Any:
    """Return an onnxruntime session, on one thread, of a network inside a package.

    Raises:
        ModuleNotFoundError: the package or onnxruntime is not installed.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        file_of(package, name), options, providers=["CPUExecutionProvider"]
    )
