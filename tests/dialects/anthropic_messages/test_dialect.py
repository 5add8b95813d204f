"""The dialect as others find it."""

from __future__ import annotations

from dragoman.dialects import dialect_names, get_dialect
from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.messages import Request


def test_found_by_its_name() -> None:
    assert "anthropic_messages" in dialect_names()
    assert get_dialect("anthropic_messages") is DIALECT
    assert DIALECT.name == "anthropic_messages"


def test_where_and_how_requests_go() -> None:
    assert DIALECT.path(Request(model="claude-sonnet-4-5")) == "/v1/messages"
    assert DIALECT.headers() == (("anthropic-version", "2023-06-01"),)
    assert DIALECT.framing == "sse"


def test_how_ids_begin() -> None:
    assert (DIALECT.id_prefix, DIALECT.call_id_prefix) == ("msg_", "toolu_")


def test_a_limit_is_demanded_and_offered_but_not_filled_in() -> None:
    assert DIALECT.default_max_tokens == 4096
    assert "max_tokens" not in DIALECT.encode_request(Request(model="claude-sonnet-4-5")).wire
