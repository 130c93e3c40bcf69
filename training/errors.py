"""What is wrong with what the user named, and how the commands say it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from processor.errors import DereverbError

EXIT_USAGE = 2
EXIT_CANCELLED = 130


class TrainingError(Exception):
    """A data folder, a configuration or a checkpoint is not as it should be."""


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the user can mend into a sentence and an exit code; faults of ours stay faults."""
    try:
        yield
    except (TrainingError, DereverbError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(EXIT_USAGE) from None
    except ModuleNotFoundError as error:  # the metrics are imported when they are needed
        print(f"{error}. Install what training needs: pip install -e '.[train]'", file=sys.stderr)
        raise SystemExit(EXIT_USAGE) from None
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        raise SystemExit(EXIT_CANCELLED) from None


def reason_of(error: OSError) -> str:
    """What the system says of a failure, to stand inside a sentence."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
