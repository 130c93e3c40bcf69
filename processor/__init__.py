"""Dryspell's processor: takes the room out of recorded speech.

The names below are loaded on first use, so that `import processor` costs next to nothing:
audio libraries come with the class that needs them, torch with the first loaded model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from processor.analyses import analyze_files
    from processor.analysis import Analysis, analyze_file
    from processor.audio_file import AudioInfo, probe
    from processor.batch import plan_batch, process_batch
    from processor.board import Board
    from processor.conditions import parse_condition
    from processor.dereverb import Dereverb
    from processor.errors import AudioFileError, Cancelled, DereverbError, ModelError
    from processor.file_job import process_file
    from processor.jobs import FileJob, FileResult
    from processor.model import Model
    from processor.model_spec import ModelSpec
    from processor.recipe import Recipe
    from processor.room import RoomFigures, RoomMeter, room_figures
    from processor.stream import DereverbStream
    from processor.strengths import strength_for_c50
    from processor.workers import process_job

_HOME_OF = {
    "Analysis": "analysis",
    "AudioFileError": "errors",
    "AudioInfo": "audio_file",
    "Board": "board",
    "Cancelled": "errors",
    "Dereverb": "dereverb",
    "DereverbError": "errors",
    "DereverbStream": "stream",
    "FileJob": "jobs",
    "FileResult": "jobs",
    "Model": "model",
    "ModelError": "errors",
    "ModelSpec": "model_spec",
    "Recipe": "recipe",
    "RoomFigures": "room",
    "RoomMeter": "room",
    "analyze_file": "analysis",
    "analyze_files": "analyses",
    "parse_condition": "conditions",
    "plan_batch": "batch",
    "probe": "audio_file",
    "process_batch": "batch",
    "process_file": "file_job",
    "process_job": "workers",
    "room_figures": "room",
    "strength_for_c50": "strengths",
}

__all__ = [
    "Analysis",
    "AudioFileError",
    "AudioInfo",
    "Board",
    "Cancelled",
    "Dereverb",
    "DereverbError",
    "DereverbStream",
    "FileJob",
    "FileResult",
    "Model",
    "ModelError",
    "ModelSpec",
    "Recipe",
    "RoomFigures",
    "RoomMeter",
    "analyze_file",
    "analyze_files",
    "parse_condition",
    "plan_batch",
    "probe",
    "process_batch",
    "process_file",
    "process_job",
    "room_figures",
    "strength_for_c50",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'processor' has no attribute {name!r}")
    value = getattr(import_module(f"processor.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
