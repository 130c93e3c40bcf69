"""Colours for levels: maps whose lightness grows evenly, and one for what fell and what rose."""

from functools import lru_cache

import numpy as np
import pyqtgraph as pg

# In each of them lightness alone tells the order, so that no eye is led astray.
MAPS = {
    "inferno": "Inferno",
    "magma": "Magma",
    "viridis": "Viridis",
    "cividis": "Cividis",
    "grey": "Grey",
}
SAFE = ("viridis", "cividis", "grey")  # look alike with and without red-green blindness
# Blue and orange are told apart by every common kind of colour blindness.
QUIETER, UNCHANGED, LOUDER = (118, 190, 255), (14, 15, 18), (255, 158, 68)


@lru_cache(maxsize=16)
def lookup_table(name: str) -> np.ndarray:
    """The 256 colours of a map in MAPS, shape (256, 3) uint8, the darkest first."""
    if name == "grey":
        return np.repeat(_even_greys()[:, None], 3, axis=1)
    return pg.colormap.get(name).getLookupTable(nPts=256, alpha=False)


@lru_cache(maxsize=1)
def difference_table() -> np.ndarray:
    """256 colours; 128 is no change, below it is quieter, above it louder."""
    distance = np.abs(np.arange(256) - 128)[:, None] / 128.0
    far = np.where(np.arange(256)[:, None] < 128, QUIETER, LOUDER)
    return np.rint(UNCHANGED + distance * (far - np.array(UNCHANGED))).astype(np.uint8)


def _even_greys() -> np.ndarray:
    """Greys at equal steps of CIE lightness, 0 to 100."""
    lightness = np.linspace(0.0, 100.0, 256)
    linear = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)
