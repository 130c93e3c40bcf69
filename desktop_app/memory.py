"""How much of the machine's memory may be spent on being quick."""

import os

SHARE = 8  # one part in so many


def spare_bytes(most: int) -> int:
    """So much, or less on a small machine."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no such thing
        return most
    return min(most, memory // SHARE)
