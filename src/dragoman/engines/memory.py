"""How much memory there is, and what libraries say when it is too little."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from dragoman.errors import NotEnoughMemory

_SAID: Final = re.compile(r"out of memory|not enough memory|allocat|malloc", re.IGNORECASE)
"""In PyTorch's errors of CUDA, MPS and the CPU, and in MLX's."""


_MIB: Final = 2**20
_GIB: Final = 2**30


def written_size(count: int) -> str:
    """Bytes as people write them: `7.5 GiB`, `350 MiB`, `0.4 MiB`."""
    if count >= _GIB:
        return f"{count / _GIB:.1f} GiB"
    mebibytes = count / _MIB
    return f"{mebibytes:.0f} MiB" if mebibytes >= 10 else f"{mebibytes:.1f} MiB"


def total_bytes() -> int:
    """Of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def available_bytes() -> int:
    """What can be taken without swapping, as `psutil` tells it; all there is where that is not installed."""
    if find_spec("psutil") is None:
        return total_bytes()
    import psutil

    return psutil.virtual_memory().available


def return_freed() -> None:
    """Have the C library return to the system what was freed: glibc keeps what it took in pieces of up to 32 MiB."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)


@contextmanager
def memory_errors(model: str) -> Generator[None]:
    """Turns a library's own error, when it got no memory, into `NotEnoughMemory`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _SAID.search(str(error)):
            raise
        raise NotEnoughMemory(f"`{model}` got not enough memory: {error}") from error
