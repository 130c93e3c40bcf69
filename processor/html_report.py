"""One HTML file that shows what was found: no other file, no network, light or dark as the reader.

Spectrograms are PNG images inside the file, written here: a palette, and lines that zlib packs.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from processor.analysis import Analysis, verdict
from processor.room import RoomFigures

# Night to lamp light, through violet: dark enough at its lower end for either page.
_PALETTE_STOPS = (
    (0, 12, 11, 24),
    (70, 66, 34, 110),
    (130, 196, 76, 92),
    (195, 250, 170, 80),
    (255, 255, 246, 214),
)

_STYLE = """
:root { color-scheme: light dark; --page: #f6f5f2; --card: #fff; --ink: #1d1c22; --soft: #6b6875;
  --line: #e3e0da; --good: #1f7a4d; --fair: #9a6a00; --bad: #b3392f; --accent: #5b3fa8; }
@media (prefers-color-scheme: dark) { :root { --page: #131217; --card: #1c1b22; --ink: #ece9f2;
  --soft: #9a96a6; --line: #302e39; --good: #6fcf9b; --fair: #e5b75a; --bad: #ef8a7e;
  --accent: #b7a2f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.5rem 4rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; letter-spacing: -.01em; }
header p { color: var(--soft); margin: .2rem 0 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem;
  margin: 1.5rem 0 2rem; }
.tile, article, footer { background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
.tile { padding: .8rem 1rem; }
.tile b { display: block; font-size: 1.45rem; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .85rem; }
article { padding: 1rem 1.2rem 1.2rem; margin-bottom: 1rem; break-inside: avoid; }
article h2 { font-size: 1.02rem; margin: 0; overflow-wrap: anywhere; }
article .head { display: flex; gap: .8rem; align-items: baseline; flex-wrap: wrap; }
article .where { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.verdict { font-size: .8rem; font-weight: 600; border: 1px solid currentColor; border-radius: 1rem;
  padding: 0 .6rem; margin-left: auto; white-space: nowrap; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.unclear { color: var(--soft); }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .8rem;
  margin: .8rem 0; }
figure { margin: 0; }
figure img { width: 100%; height: 7.5rem; display: block; border-radius: .4rem; }
figcaption { color: var(--soft); font-size: .8rem; margin-bottom: .2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .7rem; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; font-size: .82rem; }
th:first-child, td:first-child { text-align: left; padding-left: 0; color: var(--soft); }
tbody tr { border-top: 1px solid var(--line); }
.error { color: var(--bad); margin: .4rem 0 0; }
footer { padding: 1rem 1.2rem; color: var(--soft); font-size: .88rem; }
footer b { color: var(--ink); font-weight: 600; }
"""

_COLUMNS = ("T60", "C50", "DRR", "reverberation", "speech", "noise", "SNR", "clipped", "confidence")


def html_report(analyses: Sequence[Analysis], *, settings: str | None = None) -> str:
    """Return the whole page; the recordings stand in the order they are given in.

    Args:
        analyses: with pictures, if any are to be seen.
        settings: what `after` was made with.
    """
    after = "" if settings is None else f" After: {escape(settings)}."
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Room figures of {_many(len(analyses))}</title>",
            f"<style>{_STYLE}</style></head><body>",
            f"<header><h1>Room figures of {_many(len(analyses))}</h1>",
            f"<p>Those that need work most come first.{after}</p></header>",
            _tiles(analyses),
            *map(_article, analyses),
            _FOOTER,
            "</body></html>\n",
        ]
    )


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    """Return a picture, (rows, columns) with low frequencies first, as a PNG file.

    Source: PNG specification, third edition: 11.2. Colour type 3 is an index into a palette.
    """
    rows, columns = picture.shape
    lines = np.zeros((rows, columns + 1), np.uint8)  # filter 0 at the beginning of each line
    lines[:, 1:] = picture[::-1]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", _palette().tobytes()),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _palette() -> npt.NDArray[np.uint8]:
    at, *colours = np.array(_PALETTE_STOPS).T
    steps = np.arange(256)
    return np.stack([np.interp(steps, at, colour) for colour in colours], axis=1).astype(np.uint8)


def _tiles(analyses: Sequence[Analysis]) -> str:
    good = [analysis for analysis in analyses if analysis.ok]
    live = sum(verdict(analysis.before)[1] == "bad" for analysis in good)
    tiles = [
        (str(len(analyses)), "recordings"),
        (_clock(sum(analysis.duration_s for analysis in good)), "in total"),
        (str(live), "very reverberant"),
        (_median(good, "t60_s", "{:.2f} s"), "median T60"),
        (_median(good, "c50_db", "{:.1f} dB"), "median C50"),
    ]
    removed = [a.reverberation_removed_db for a in good if a.reverberation_removed_db is not None]
    if removed:
        tiles.append((f"{np.median(removed):.1f} dB", "median removed"))
    if len(good) < len(analyses):
        tiles.append((str(len(analyses) - len(good)), "could not be read"))
    cells = (f'<div class="tile"><b>{value}</b><span>{name}</span></div>' for value, name in tiles)
    return f'<div class="tiles">{"".join(cells)}</div>'


def _article(analysis: Analysis) -> str:
    path = analysis.path
    name = escape(_printable(path.name))
    if not analysis.ok:
        return (
            f'<article><div class="head"><h2>{name}</h2></div>'
            f'<p class="error">{escape(_printable(analysis.error or ""))}</p></article>'
        )
    word, kind = verdict(analysis.before)
    where = f"{_printable(str(path.parent))} · {_clock(analysis.duration_s)} · "
    where += f"{analysis.sample_rate / 1000:g} kHz · {analysis.channels} ch"
    if analysis.strength is not None:
        where += f" · strength {analysis.strength:.2f} for the clarity asked for"
    rows = [("Before", analysis.before)]
    if analysis.after is not None:
        rows.append(("After", analysis.after))
    return "".join(
        [
            f'<article><div class="head"><h2>{name}</h2>',
            f'<span class="verdict {kind}">{word}</span></div>',
            f'<div class="where">{escape(where)}</div>',
            _pictures(analysis, name),
            '<div class="scroll"><table><thead><tr><th></th>',
            *(f"<th>{column}</th>" for column in _COLUMNS),
            "</tr></thead><tbody>",
            *(_row(label, figures) for label, figures in rows),
            "</tbody></table></div></article>",
        ]
    )


def _pictures(analysis: Analysis, name: str) -> str:
    figures = []
    for label, picture in zip(("Before", "After"), analysis.pictures, strict=False):
        data = base64.b64encode(png(picture)).decode("ascii")
        figures.append(
            f"<figure><figcaption>{label}</figcaption>"
            f'<img alt="Spectrogram of {name}, {label.lower()}" src="data:image/png;base64,{data}">'
            "</figure>"
        )
    return f'<div class="pictures">{"".join(figures)}</div>' if figures else ""


def _row(label: str, figures: RoomFigures) -> str:
    cells = (
        _told(figures.t60_s, "{:.2f} s"),
        *(
            _told(value, "{:.1f} dB")
            for value in (
                figures.c50_db,
                figures.drr_db,
                figures.reverberation_db,
                figures.speech_level_db,
                figures.noise_db,
                figures.snr_db,
            )
        ),
        f"{figures.clipped_samples:,}",
        "–" if figures.c50_db is None else f"{figures.c50_confidence:.0%}",
    )
    return f"<tr><td>{label}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _told(value: float | None, pattern: str) -> str:
    if value is None:
        return "–"
    return pattern.format(0.0 if abs(value) < 0.05 else value).replace("-", "−")


def _median(analyses: Sequence[Analysis], figure: str, pattern: str) -> str:
    values = [getattr(analysis.before, figure) for analysis in analyses]
    known = [value for value in values if value is not None]
    return _told(float(np.median(known)) if known else None, pattern)


def _many(count: int) -> str:
    return "1 recording" if count == 1 else f"{count} recordings"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _printable(text: str) -> str:
    """A file name may hold bytes that are no text in any encoding."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


_FOOTER = """<footer><b>T60</b> reverberation time. <b>C50</b> clarity: what arrives within 50 ms
over what comes later; above 20 dB sounds dry, below 5 dB far away. <b>DRR</b> direct sound over all
that comes later. <b>Reverberation, speech, noise</b> levels; 0 dB is full scale. <b>Clipped</b>
samples at full scale in a row. <b>Confidence</b> the chance that C50 is off by less than 3 dB. T60,
C50 and DRR are told from the speech alone.</footer>"""
