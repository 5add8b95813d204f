"""For tests and demos: a provider on this machine that needs no key and no network."""

from typing import TYPE_CHECKING, Any

from dragoman.testing.emulator import Bill, BillLine, Emulator, Fault, SeenRequest
from dragoman.testing.tape import Tape

if TYPE_CHECKING:
    from dragoman.testing.conformance import ProviderConformance

__all__ = ["Bill", "BillLine", "Emulator", "Fault", "ProviderConformance", "SeenRequest", "Tape"]


def __getattr__(name: str) -> Any:
    """`ProviderConformance` is loaded when it is asked for: it alone needs pytest."""
    if name != "ProviderConformance":
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    import pytest

    pytest.register_assert_rewrite("dragoman.testing.conformance")
    from dragoman.testing.conformance import ProviderConformance

    return ProviderConformance
