"""Tables in files, CSV or JSON: rows with named columns, read and written whole."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from processor.audio_file import reason_of
from processor.errors import DereverbError
from processor.part_files import part_beside

TABLES = (".csv", ".jsonl", ".json")

Row = dict[str, Any]


def check_table(path: Path, *, written: bool) -> None:
    """Refuse a table that could not be read or written later, before any work.

    Raises:
        DereverbError: its ending is unknown, or it is or lies in no place for it.
    """
    verb = "write" if written else "read"
    if path.suffix.lower() not in TABLES:
        raise DereverbError(
            f"Cannot {verb} '{path}': a table ends in {', '.join(TABLES)}. Name it so."
        )
    if written and (path.is_dir() or not os.access(path.parent, os.W_OK)):
        raise DereverbError(
            f"Cannot write '{path}': it is a folder, or lies in one that is not there or that you "
            "may not write to. Choose another place."
        )


def read_table(path: Path) -> list[Row]:
    """Return the rows of a CSV file with a header, or of a file of JSON objects, one a line.

    Raises:
        DereverbError: it cannot be read, or is no such thing; names the line.
    """
    check_table(path, written=False)
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise DereverbError(
            f"Cannot read '{path}': {reason_of(error)}. Check its name and permissions."
        ) from error
    if path.suffix.lower() == ".csv":
        return _csv_rows(path, text)
    if path.suffix.lower() == ".json":
        return [_object(path, row, number) for number, row in enumerate(_list(path, text), 1)]
    lines = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return [_object(path, _parsed(path, line, number), number) for number, line in lines]


def write_table(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
    """Write rows; the file appears whole or not at all, and replaces one of that name.

    Args:
        path: .csv, .jsonl (an object a line) or .json (a list of objects).
        rows: values that JSON has. In CSV, what is missing or None is an empty cell.
        columns: which stand first, in this order, and stand there even without rows.

    Raises:
        DereverbError: the disk is full, or the folder is gone.
    """
    ending = path.suffix.lower()
    if ending == ".csv":
        text = _csv_text(rows, columns)
    elif ending == ".jsonl":
        text = "".join(json.dumps(row) + "\n" for row in rows)
    else:
        text = json.dumps(list(rows), indent=2) + "\n"
    write_whole(path, text)


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole, or not at all.

    Raises:
        DereverbError: the disk is full, or the folder is gone.
    """
    part = part_beside(path)
    try:
        part.write_bytes(text.encode("utf-8", "surrogateescape"))
        os.replace(part, path)
    except OSError as error:
        raise DereverbError(
            f"Cannot write '{path}': {reason_of(error)}. Free some space, or choose another place."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _csv_rows(path: Path, text: str) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise _unreadable(path, reader.line_num, str(error)) from error
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise _unreadable(path, number, "it has more or fewer cells than the header")
    return rows


def _csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    with io.StringIO(newline="") as file:
        writer = csv.DictWriter(file, list(names), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})
        return file.getvalue()


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, (Mapping, list, tuple)) else value


def _list(path: Path, text: str) -> list[Any]:
    rows = _parsed(path, text, 1)
    if not isinstance(rows, list):
        raise _unreadable(path, 1, "it is not a list of objects")
    return rows


def _parsed(path: Path, text: str, number: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise _unreadable(path, number, f"not JSON ({error})") from error


def _object(path: Path, row: Any, number: int) -> Row:
    if not isinstance(row, dict):
        raise _unreadable(path, number, "it is not an object with named columns")
    return row


def _unreadable(path: Path, number: int, why: str) -> DereverbError:
    return DereverbError(f"Cannot read '{path}', row {number}: {why}. Correct it.")
