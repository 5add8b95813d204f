"""How much memory there is."""

from __future__ import annotations

import os
from importlib.util import find_spec


def total_bytes() -> int:
    """Of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def available_bytes() -> int:
    """What can be taken without swapping, as `psutil` tells it; all there is where that is not installed."""
    if find_spec("psutil") is None:
        return total_bytes()
    import psutil

    return psutil.virtual_memory().available
