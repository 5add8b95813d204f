"""The same answers, streams, refusals and farewells where every request goes through ASGI, as behind another's server."""

from __future__ import annotations

import pytest

from dragoman.gateway import protocol
from tests.gateway.front import test_answers, test_leaving, test_refusals, test_streams

_NOT_SO = {"test_who_sends_another_request_before_the_answer_and_leaves_is_noticed"}
"""A server may read no more while it has another request of the connection to answer, as uvicorn does."""

for _module in (test_answers, test_leaving, test_refusals, test_streams):
    _tests = {name: test for name, test in vars(_module).items() if name.startswith("test_") and name not in _NOT_SO}
    assert not _tests.keys() & globals().keys(), "one test would hide another"
    globals().update(_tests)


@pytest.fixture(autouse=True)
def _no_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "found_at", lambda _: None)
    monkeypatch.setattr(protocol, "known_at", lambda _: None)
