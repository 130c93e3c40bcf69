"""How quick the window is: `python -m benchmarks.window` prints Markdown. Needs no screen.

Wall time is what somebody at the window waits; the CPU time beside it is that of all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.report import Section, Target, machine, milliseconds, targets_table
from benchmarks.timing import ROOT, Timing, load_average

RATE = 48_000
BEAT_MS = 5
PATIENCE_S = 900.0
HEARD_DB = -90.0  # what lies below counts for nothing in how far a sketch is off
PAINT = "from benchmarks.window import paint_once; paint_once()"


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="of the recording")
    parser.add_argument("--rounds", type=int, default=3, help="that the window is started in")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    arguments = parser.parse_args()
    if arguments.minutes < 1 or arguments.rounds < 1:
        parser.error("a minute and a round at least")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    begun = load_average()
    sections = {
        "starting": starting(arguments.rounds),
        "recording": recording(arguments.minutes),
    }
    for section in sections.values():
        print(section.markdown(), flush=True)
    print(targets_table([target for section in sections.values() for target in section.targets]))
    surroundings = {**machine(), "load_at_start": begun, "load_at_end": load_average()}
    print(
        f"{surroundings['processor']}, {surroundings['cores']} cores, Python "
        f"{surroundings['python']}. Load average {begun:.1f} at the start, "
        f"{surroundings['load_at_end']:.1f} at the end."
    )
    if arguments.json:
        figures = {name: section.figures for name, section in sections.items()}
        text = json.dumps({"machine": surroundings, **figures}, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")


def starting(rounds: int) -> Section:
    """From the start of the process to the first painted window; the best of some rounds."""
    painted = []
    for _ in range(rounds):
        begun = time.time()
        told = subprocess.run(
            [sys.executable, "-c", PAINT], cwd=ROOT, check=True, capture_output=True, text=True
        )
        at, cpu_s = map(float, told.stdout.split()[-2:])
        painted.append(Timing(at - begun, cpu_s))
    best = min(painted, key=lambda timing: timing.wall_s)
    return Section(
        f"The start, the quickest of {rounds}",
        ["", "wall", "CPU"],
        [["the window is painted", *_cells(best)]],
        {"painted_s": [timing.wall_s for timing in painted]},
        [Target("The window is painted", 1.0, "s", best.cpu_s, best.wall_s)],
    )


def paint_once() -> None:
    """Start the window; when it is painted, print the time and the CPU time, and end."""
    from PyQt6.QtCore import QEvent, QObject

    from desktop_app.app import build

    class Eye(QObject):
        def eventFilter(self, watched: Any, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
            if event.type() == QEvent.Type.Paint:
                print(time.time(), time.process_time(), flush=True)
                os._exit(0)
            return False

    with tempfile.TemporaryDirectory() as folder:
        application, window = build(_settings(folder))
        eye = Eye()
        window.installEventFilter(eye)
        window.show()
        application.exec()


def recording(minutes: float) -> Section:
    """A recording is opened and treated, and a knob is turned; all of it is in sight."""
    from desktop_app.app import build, share_the_interpreter
    from desktop_app.session import State

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.wav"
        _write_speech(path, minutes)
        application, window = build(_settings(folder))
        session = window.session
        share_the_interpreter()
        window.resize(1280, 800)
        window.show()
        session.loading.load()
        _Watch().until(lambda: not session.loading.is_busy)
        rows: dict[str, Timing] = {}
        watch = _Watch()
        window.open_file(path)
        rows["it is shown"] = watch.until(lambda: session.recording is not None)
        rows["it is read to its end"] = watch.until(lambda: session.recording.is_complete)
        rows["the after view is complete"] = watch.until(lambda: session.state is State.READY)
        gaps = watch.gaps_s
        watch = _Watch()
        session.set_recipe(strength=0.6)
        watch.until(lambda: session.state is not State.READY)
        shown = session.rendering
        rows["a knob was turned: the whole after view is sketched"] = watch.until(
            lambda: shown.sketch_of == session.recipe
        )
        sketch = _coarse(shown)
        rows["20 s around the playhead are exact"] = watch.until(
            lambda: shown.picture.tells(*session.viewpoint.stretch())
        )
        rows["the whole after view is exact"] = watch.until(lambda: session.state is State.READY)
        off_db = np.abs(sketch - _coarse(session.rendering))[_coarse(session.rendering) > HEARD_DB]
        gaps = np.array(gaps + watch.gaps_s)
        window.close_now()
        application.processEvents()
    held = float(gaps.max())
    told = [[name, *_cells(timing)] for name, timing in rows.items()]
    told.append(["longest turn of the event loop", milliseconds(held), ""])
    told.append(["99 % of the turns are shorter than", milliseconds(np.quantile(gaps, 0.99)), ""])
    off = [float(np.quantile(off_db, share)) for share in (0.5, 0.9)]
    told.append(["half and 90 % of the sketch are off by at most", f"{off[0]} and {off[1]} dB", ""])
    sketched, near, whole = list(rows.values())[-3:]
    return Section(
        f"A recording of {minutes:g} minutes, mono, 48 kHz",
        ["", "wall", "CPU"],
        told,
        {name: vars(timing) for name, timing in rows.items()}
        | {"longest_turn_s": held, "sketch_off_db": off},
        [
            Target("After a knob: all of it, sketched", 2.0, "s", sketched.cpu_s, sketched.wall_s),
            Target("After a knob: 20 s of it, exactly", 2.0, "s", near.cpu_s, near.wall_s),
            Target("After a knob: all of it, exactly", 2.0, "s", whole.cpu_s, whole.wall_s),
            Target("The event loop is held up", 50.0, "ms", None, 1000 * held),
        ],
    )


def _coarse(rendering: Any) -> npt.NDArray[np.float64]:
    """What is drawn of a rendering when minutes are in sight [dB]."""
    from desktop_app.stft import LOWEST_DB, STEP_DB

    return LOWEST_DB + STEP_DB * rendering.picture.spectrogram._levels[2].astype(np.float64)


@dataclass
class _Watch:
    """Runs the event loop and sees how long each turn of it takes."""

    begun: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)
    gaps_s: list[float] = field(default_factory=list)

    def until(self, there: Callable[[], bool]) -> Timing:
        """Return how long it took from the beginning of the watch.

        Raises:
            TimeoutError: it takes far too long.
        """
        from PyQt6.QtCore import QEventLoop, Qt, QTimer

        loop, last = QEventLoop(), time.perf_counter()

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            self.gaps_s.append(now - last)
            last = now
            if there() or now - self.begun > PATIENCE_S:
                loop.quit()

        timer = QTimer(interval=BEAT_MS)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(beat)
        timer.start()
        loop.exec()
        timer.stop()
        if not there():
            raise TimeoutError(f"The window needs more than {PATIENCE_S:.0f} s.")
        return Timing(time.perf_counter() - self.begun, time.process_time() - self.cpu)


def _settings(folder: str) -> Any:
    from PyQt6.QtCore import QSettings

    return QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)


def _write_speech(path: Path, minutes: float) -> None:
    """The clip of the other benchmarks, again and again."""
    import soundfile

    from benchmarks.contenders import clip

    soundfile.write(path, clip(minutes), RATE, subtype="PCM_16")


def _cells(timing: Timing) -> list[str]:
    return [milliseconds(timing.wall_s), milliseconds(timing.cpu_s)]


if __name__ == "__main__":
    main()
