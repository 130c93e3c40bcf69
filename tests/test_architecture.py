"""The import arrows of docs/architecture.md, read from the source with ast."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("processor", "desktop_app", "training")

# Each module of the processor may import those before it, none after it.
PROCESSOR_FROM_THE_GROUND_UP = [
    *("errors", "remote", "recipe", "waveform", "layout", "resampler"),
    *("model_spec", "model_files", "model", "mixing", "stream", "estimates"),
    *("room_features", "room_estimator", "room", "conditions"),
    *("effect", "dereverb", "board_stream", "board"),
    *("audio_format", "part_files", "quantiser", "chunks", "chunk_times", "chunk_writer"),
    *("mended", "media"),
    *("labels", "id3_tags", "chunk_texts", "tags"),
    *("audio_file", "audio_writer", "delivery"),
    *("jobs", "clashes", "file_job", "strengths", "staging", "crew", "workers"),
    *(
        "finding",
        "naming",
        "plan",
        "folder_lock",
        "ledger",
        "history",
        "journal",
        "cluster",
        "batch",
    ),
    *("overview", "analysis", "analyses", "analysis_tables", "html_report"),
    *("tables", "manifest", "order"),
    *("report", "facts", "cli_options", "interruption", "cli_run"),
    *("cli_page", "cli_results"),
    *("cli_batch_options", "cli_batch", "cli_analyze", "cli"),
]


def modules_of(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


ALL_MODULES = [ROOT / "main.py", *(path for package in PACKAGES for path in modules_of(package))]


def names_imported(path: Path) -> Iterator[str]:
    """Yield the full dotted names that a module imports, at the top or inside functions."""
    folders = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folders[: len(folders) - node.level + 1] if node.level else ()
            home = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{home}.{alias.name}" for alias in node.names)


def packages_imported(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in names_imported(path)}


def processor_modules_imported(path: Path) -> set[str]:
    """Return the modules of the processor behind a file's imports, also behind re-exports."""
    import processor

    found = set()
    for name in names_imported(path):
        package, _, rest = name.partition(".")
        if package == "processor" and rest:
            first = rest.partition(".")[0]
            found.add(processor._HOME_OF.get(first, first))
    return found


def text_of(node: ast.AST) -> str:
    """Return a dotted name such as torch.jit.load, or nothing for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{text_of(node.value)}.{node.attr}"
    return ""


def names_torchscript(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(text_of(node) == "torch.jit" for node in ast.walk(tree)) or any(
        name == "torch.jit" or name.startswith("torch.jit.") for name in names_imported(path)
    )


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_main_opens_only_the_window_or_the_command_line() -> None:
    ours = {name for name in names_imported(ROOT / "main.py") if name.startswith(PACKAGES)}
    assert {name.rpartition(".")[0] for name in ours} <= {"processor.cli", "desktop_app.app"}


@pytest.mark.parametrize("path", modules_of("processor"), ids=short)
def test_processor_knows_nothing_of_what_is_built_on_it(path: Path) -> None:
    assert not packages_imported(path) & {"desktop_app", "training", "main", "PyQt6", "pyqtgraph"}


@pytest.mark.parametrize("path", modules_of("processor"), ids=short)
def test_processor_modules_import_downwards(path: Path) -> None:
    if path.stem == "__init__":
        return  # it re-exports all of them
    order = PROCESSOR_FROM_THE_GROUND_UP
    assert path.stem in order, f"give {path.stem} its place in PROCESSOR_FROM_THE_GROUND_UP"
    below = set(order[: order.index(path.stem)])
    assert processor_modules_imported(path) <= below


@pytest.mark.parametrize("path", modules_of("desktop_app"), ids=short)
def test_window_sees_the_processor_and_never_torch(path: Path) -> None:
    assert not packages_imported(path) & {"torch", "training", "main"}
    assert "cli" not in processor_modules_imported(path)


@pytest.mark.parametrize("path", modules_of("training"), ids=short)
def test_training_sees_only_what_it_fits_of_the_processor(path: Path) -> None:
    assert not packages_imported(path) & {"desktop_app", "main", "PyQt6"}
    rooms = {"room", "room_features", "room_estimator"}  # to fit the blind figures
    assert processor_modules_imported(path) <= {"model", "errors", *rooms}


@pytest.mark.parametrize("path", ALL_MODULES, ids=short)
def test_torch_stays_in_the_model_and_in_training(path: Path) -> None:
    if short(path) == "processor/model.py" or path.is_relative_to(ROOT / "training"):
        return
    assert "torch" not in packages_imported(path)


@pytest.mark.parametrize("path", ALL_MODULES, ids=short)
def test_torchscript_is_read_in_one_place_and_written_in_one(path: Path) -> None:
    if names_torchscript(path):
        assert short(path) in {"processor/model.py", "training/export.py"}


@pytest.mark.parametrize("path", ALL_MODULES, ids=short)
def test_threads_of_qt_are_made_in_one_place(path: Path) -> None:
    if "QThread" in path.read_text(encoding="utf-8"):
        assert short(path) == "desktop_app/job.py"


@pytest.mark.parametrize(
    "name",
    ["desktop_app", "processor", "resources", "packaging", "tests", "main.py", "pyproject.toml"],
)
def test_top_level_keeps_its_fixed_names(name: str) -> None:
    assert (ROOT / name).exists()


def test_packaging_folder_does_not_shadow_the_package_of_that_name() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_resources_are_a_package_so_that_a_wheel_carries_them() -> None:
    assert (ROOT / "resources" / "__init__.py").exists()


def test_importing_the_processor_loads_nothing_heavy() -> None:
    heavy = "torch", "numpy", "pedalboard", "soundfile", "soxr", "typer", "rich"
    code = f"import sys, processor; print(*[name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []


def test_processing_classes_load_torch_only_with_the_first_model() -> None:
    code = (
        "import sys; from processor import Board, Dereverb, Model, probe, process_file; "
        "print('torch' in sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == ["False"]
