"""Recipe: plain values, and errors that say what to do."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from processor.recipe import Recipe


def test_values_become_plain() -> None:
    recipe = Recipe(focus=np.array([1, 0.5, 0], np.float32), link=np.bool_(True))  # type: ignore[arg-type]
    assert recipe.focus == (1.0, 0.5, 0.0)
    assert all(type(share) is float for share in recipe.focus)
    assert recipe.link is True
    assert recipe == pickle.loads(pickle.dumps(recipe)) and hash(recipe)


@pytest.mark.parametrize(
    "values, error, said",
    [
        ({"focus": (1, 1)}, ValueError, r"focus must be three numbers, got 2\. Pass three shares"),
        ({"focus": (1, 1, 1, 1)}, ValueError, "three numbers, got 4"),
        ({"focus": (1, 1, 1.1)}, ValueError, "Each number of focus must lie between 0 and 1"),
        ({"focus": (1, float("nan"), 1)}, ValueError, "focus must lie between"),
        ({"focus": (1, "1", 1)}, TypeError, "Each number of focus must be a number"),
        ({"focus": 0.5}, TypeError, r"focus must be three numbers, got 0\.5.*like \(1, 1, 0\.5\)"),
        ({"focus": "1,1,1"}, TypeError, "focus must be three numbers"),
        ({"focus": None}, TypeError, "focus must be three numbers"),
        ({"link": 1}, TypeError, "link must be True or False, got 1"),
        ({"link": None}, TypeError, "link must be True or False"),
        ({"output": "wet"}, ValueError, "output must be 'dry' or 'removed', got 'wet'"),
        ({"output": None}, TypeError, "output must be 'dry' or 'removed', got None"),
    ],
)
def test_value_that_makes_no_sense_is_named(
    values: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Recipe(**values)


def test_settings_are_told_in_one_line() -> None:
    assert Recipe("m.pt", 0.5, focus=(1, 1, 0.25), link=False, output="removed").settings == (
        "strength=0.5 mix=1 floor_db=-60 focus=1,1,0.25 link=False output=removed gain_db=0"
    )
