"""The shapes in `wire.py` are what the codec reads and writes."""

from __future__ import annotations

from hypothesis import given, settings

from dragoman.dialects import Dialect, get_dialect
from dragoman.dialects.openai_chat import request as codec
from dragoman.dialects.openai_chat.wire import AnswerMessage, ChatRequest, Choice, Completion, ErrorDetails, fields_of
from dragoman.errors import Error
from dragoman.messages import LLMResponse, Request

from .strategies import held_responses

CHAT: Dialect = get_dialect("openai_chat")


def test_every_documented_field_of_a_request_is_read() -> None:
    assert {*codec._PLAIN, *codec._DECODE, *codec._LATER} == fields_of(ChatRequest)


@settings(max_examples=30, deadline=None)
@given(held_responses())
def test_answers_have_documented_fields_only(response: LLMResponse) -> None:
    body = CHAT.encode_response(response, Request(model="m")).wire
    assert body.keys() <= fields_of(Completion)
    for choice in body["choices"]:
        assert choice.keys() <= fields_of(Choice)
        assert choice["message"].keys() <= fields_of(AnswerMessage)


def test_errors_have_documented_fields_only() -> None:
    _, body = CHAT.encode_error(Error("m"))
    assert body["error"].keys() == fields_of(ErrorDetails)


def test_where_requests_go() -> None:
    assert (CHAT.path(Request(model="m")), CHAT.headers(), CHAT.framing) == ("/chat/completions", (), "sse")
    assert (CHAT.id_prefix, CHAT.call_id_prefix, CHAT.default_max_tokens) == ("chatcmpl-", "call_", None)
