"""The clock that takes no time, for routes that pause."""

from tests.calls.conftest import clock as clock  # noqa: PLC0414  # pytest finds it by its name here
