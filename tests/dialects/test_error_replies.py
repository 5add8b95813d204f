"""What is read alike in replies with an error, whoever wrote them."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.error_replies import (
    class_of_words,
    content_of,
    deepest_text,
    error_object,
    given_status,
    page_text,
    retry_after,
    text_in,
)
from dragoman.errors import ContextTooLong, Error, Overloaded, RateLimited, Rejected, TimedOut

IN_MILLISECONDS_TOO = {"retry-after-ms": 0.001, "retry-after": 1.0}


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b'{"message": "no"}', {"message": "no"}),
        (b"<html>Bad gateway</html>\n", "<html>Bad gateway</html>"),
        (b"", ""),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}" * 2),
    ],
)
def test_a_body_is_json_or_else_text(body: bytes, content: Any) -> None:
    assert content_of(body) == content


@pytest.mark.parametrize(
    ("content", "error", "outer"),
    [
        ({"error": {"message": "m"}, "id": 1}, {"message": "m"}, {"error": {"message": "m"}, "id": 1}),
        ([{"error": {"message": "m"}}], {"message": "m"}, {"error": {"message": "m"}}),
        ({"message": "m"}, {"message": "m"}, {"message": "m"}),
        ({"error": "m"}, {"error": "m"}, {"error": "m"}),
        ("a page", {}, {}),
        ([], {}, {}),
    ],
)
def test_the_object_that_describes_the_error(content: Any, error: Any, outer: Any) -> None:
    assert error_object(content) == (error, outer)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"error": "no", "message": "other"}, "no"),
        ({"error": "", "message": "other"}, "other"),
        ({"error": {"message": "inside"}}, "inside"),
        ({"error": {"code": 7}, "message": "beside"}, None),  # an object that says nothing is still the answer's place
        ({"detail": "elsewhere"}, None),
        ("a page", "a page"),
        ("x" * 900, "x" * 500),
        ("", None),
        (None, None),
    ],
)
def test_the_deepest_text(content: Any, text: str | None) -> None:
    assert deepest_text(content, ("error", "message")) == text


def test_texts_are_looked_for_in_order_and_are_not_empty() -> None:
    wire = {"message": "", "code": 400, "error": "no", "msg": "later"}
    assert text_in(wire, "message", "code", "error", "msg") == "no"
    assert text_in(wire, "message", "code") is None
    assert page_text(wire) is None


def test_the_first_words_of_the_table_count_whatever_their_case() -> None:
    table = (("too long", ContextTooLong), ("too", Rejected))
    assert class_of_words("Prompt is TOO LONG", table) is ContextTooLong
    assert class_of_words("too bad", table) is Rejected
    assert class_of_words("fine", table) is None


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"retry-after": "2"}, 2.0),
        (503, {"retry-after": " 1.5 "}, 1.5),
        (429, {"retry-after": "0"}, 0.0),
        (429, {"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        (429, {"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (429, {"retry-after": "-1"}, None),
        (429, {"retry-after": "nan"}, None),
        (429, {"retry-after": "inf"}, None),
        (429, {}, None),
        (400, {"retry-after": "2"}, None),
    ],
)
def test_how_long_to_wait(status: int, headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(status, headers, IN_MILLISECONDS_TOO) == seconds


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RateLimited("m", http_status=429), 429),
        (Overloaded("m", http_status=503), 503),
        (RateLimited("m", http_status=400), None),  # it says less than the class
        (Rejected("m", http_status=422), None),  # the dialect has no such status
        (Rejected("m"), None),
        (TimedOut("m"), None),
    ],
)
def test_a_status_that_was_given_is_kept_where_it_says_as_much(error: Error, status: int | None) -> None:
    assert given_status(error, {400, 429, 503}) == status
