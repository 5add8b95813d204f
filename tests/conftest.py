"""What all tests share: that there are 33,000 of them must cost none of them anything."""

from __future__ import annotations

import gc

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Put the tests themselves where no garbage collection goes: there are those that collect more than once."""
    gc.collect()
    gc.freeze()
