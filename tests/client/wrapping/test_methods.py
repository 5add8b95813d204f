"""What an SDK's methods are given: less time than they would take, fields by name, bytes as bytes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dragoman.client.wrapping.boto import _with_bytes
from dragoman.client.wrapping.limits import narrowed
from dragoman.client.wrapping.methods import named_in
from dragoman.transport.carried.sending import LEAST_SECONDS


class HttpxTimeout:
    """As httpx's."""

    def __init__(self, **limits: float | None) -> None:
        self.limits = limits

    def as_dict(self) -> dict[str, float | None]:
        return self.limits


@pytest.mark.parametrize(
    ("own", "left", "limit"),
    [(30.0, 7, 7), (30.0, 90, 30.0), (None, 7, 7), (30.0, None, 30.0), (5, 0, LEAST_SECONDS), ("odd", 7, 7)],
)
def test_the_smaller_limit(own: Any, left: float | None, limit: Any) -> None:
    assert narrowed(own, left) == limit


def test_limits_by_phase() -> None:
    own = HttpxTimeout(connect=2, read=600, pool=None)
    assert narrowed(own, 7).limits == {"connect": 2, "read": 7, "pool": 7}
    assert narrowed(own, 7) is not own
    wide = HttpxTimeout(connect=2)
    assert narrowed(wide, 7) is wide


def test_a_method_is_given_by_name_what_it_takes() -> None:
    def method(self: Any, *, model: str) -> None: ...

    fields = {"model": "m", "top_k": 3}
    assert named_in(method, fields) == ({"model": "m"}, {"top_k": 3})
    assert named_in(lambda **_: None, fields) == (fields, {})


def test_bytes_stand_where_the_service_says() -> None:
    def shape(kind: str, **of: Any) -> Any:
        return SimpleNamespace(type_name=kind, **of)

    source = shape("structure", members={"bytes": shape("blob")})
    tool = shape("structure", is_document_type=True, members={})
    parts = shape("list", member=shape("structure", members={"image": source, "json": tool}))
    body = {"content": [{"image": {"bytes": "aGk="}}, {"json": {"bytes": "aGk="}}], "other": 1}
    assert _with_bytes(body, shape("structure", members={"content": parts})) == {
        "content": [{"image": {"bytes": b"hi"}}, {"json": {"bytes": "aGk="}}],
        "other": 1,
    }
