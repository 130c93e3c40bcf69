"""What the processor says of its command line is not said in the window."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from desktop_app.wording import in_the_window

PROCESSOR = Path(__file__).parent.parent / "processor"
# What only the command line uses.
NOT_IN_THE_WINDOW = {"html_report.py", "report.py", "conditions.py", "strengths.py"}
NOR = r"--(manifest|only-if|jobs 0)"  # lists, conditions, stores of one process


def said() -> list[str]:
    """All texts of the processor that name an option and may come to the window."""
    found = []
    for path in sorted(PROCESSOR.glob("*.py")):
        if path.name.startswith("cli") or path.name in NOT_IN_THE_WINDOW:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names_one = re.search(r"(^|[ (])--[a-z]", node.value)
                found += [node.value] if names_one and not re.search(NOR, node.value) else []
    return found


@pytest.mark.parametrize("text", said())
def test_no_option_of_the_command_line_is_told(text: str) -> None:
    assert not re.search(r"--[a-z]", in_the_window(text))


def test_there_are_such_texts_and_others_stay() -> None:
    assert len(said()) > 5
    assert in_the_window("'a--b.wav' is no audio.") == "'a--b.wav' is no audio."
    assert in_the_window(ValueError("No.")) == "No."
