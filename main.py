"""Dryspell: without arguments the window opens; with any, this is the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from processor.cli import main as command_line


def main() -> int:
    """Run as `dryspell` or `python main.py`; return the exit code."""
    return command_line(open_window=open_window)


def open_window(files: list[Path]) -> int:
    """Show the window with these files; return the exit code when it is closed."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in displays):
        # Qt would abort the process without a word of help.
        print(
            "There is no display to open a window on. Use dryspell process; see dryspell --help.",
            file=sys.stderr,
        )
        return 2
    from desktop_app.app import main as window

    return window(files)


if __name__ == "__main__":
    sys.exit(main())
