"""Colours tell levels: lighter is louder, for every eye."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.colour_maps import MAPS, SAFE, difference_table, lookup_table
from desktop_app.look import Look

# Machado et al. 2009: what eyes without red or green cones see, in linear RGB.
BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
}


def linear(colours: np.ndarray) -> np.ndarray:
    shares = colours / 255.0
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def lightness(light: np.ndarray) -> np.ndarray:
    """CIE L* of linear RGB."""
    y = np.clip(light, 0, 1) @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


@pytest.mark.parametrize("name", MAPS)
def test_louder_is_lighter_and_evenly_so(name):
    steps = np.diff(lightness(linear(lookup_table(name)))[::8])
    assert (steps > 0.3).all()
    assert steps.max() < 3 * np.median(steps)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("kind", BLINDNESS)
def test_louder_is_lighter_for_the_colour_blind_too(name, kind):
    seen = linear(lookup_table(name)) @ np.array(BLINDNESS[kind]).T
    assert (np.diff(lightness(seen)[::8]) > 0.2).all()


def test_what_is_marked_as_safe_exists():
    assert set(SAFE) <= set(MAPS) and Look().colours in MAPS


def test_the_difference_is_dark_in_the_middle_and_lighter_to_both_sides():
    table = difference_table().astype(int)
    light = lightness(linear(table))
    assert table.shape == (256, 3) and light.argmin() == 128
    assert (np.diff(light[:129]) <= 0).all() and (np.diff(light[128:]) >= 0).all()
    assert table[0, 2] > table[0, 0] and table[255, 0] > table[255, 2]  # blue falls, orange rises
    assert light[0] == pytest.approx(light[255], abs=6)
