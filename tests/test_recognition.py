"""Word errors, without a recogniser."""

from __future__ import annotations

import pytest

from training.recognition import Heard, plausible, word_errors, words_of

REFERENCE = ["the", "pond", "stands", "at", "a", "convenient", "distance"]


@pytest.mark.parametrize(
    ("heard", "errors"),
    [
        ("the pond stands at a convenient distance", 0),
        ("the pond stands at a convenient instance", 1),
        ("pond stands at a convenient distance", 1),
        ("the the pond stands at a convenient distance", 1),
        ("the pont stand at convenient distance", 3),
        ("", 7),
        ("stands the pond", 6),
    ],
)
def test_word_errors_are_the_fewest_edits(heard: str, errors: int) -> None:
    assert word_errors(heard.split(), REFERENCE) == errors


def test_words_have_neither_case_nor_punctuation() -> None:
    assert words_of(" Alden Ham's Pond, 1789. ") == ("alden", "ham's", "pond", "1789")


@pytest.mark.parametrize(
    ("log_probability", "compression", "words", "serves"),
    [(-0.3, 1.2, 7, True), (-0.9, 1.2, 7, False), (-0.3, 3.0, 7, False), (-0.3, 1.2, 4, False)],
)
def test_only_speech_that_was_followed_serves_as_a_transcript(
    log_probability: float, compression: float, words: int, serves: bool
) -> None:
    assert plausible(Heard(("word",) * words, log_probability, compression)) is serves
