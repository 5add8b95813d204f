"""What a provider refuses although it is well formed: a conversation that does not hold together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dragoman.catalog import find_model, providers_of
from dragoman.dialects import Dialect
from dragoman.dialects.embeddings import EmbeddingCodec
from dragoman.errors import ContextTooLong, ProviderError, Rejected
from dragoman.messages import EmbeddingRequest, Image, Request, Role, Tool
from dragoman.testing.emulator.customs import customs_of
from dragoman.testing.rules import count_request


def check_request(request: Request, dialect: Dialect) -> None:
    """Raises the `ProviderError` that the request meets at a real provider."""
    for check in _CHECKS:
        check(request, dialect)


def _needs_no_memory(request: Request, dialect: Dialect) -> None:
    customs_of(dialect.name).check_state(request)


def check_inputs(request: EmbeddingRequest, codec: EmbeddingCodec) -> None:
    """Raises the `ProviderError` that a request for embeddings meets at a real provider."""
    limits = codec.limits(request.model)
    if not request.inputs or "" in request.inputs:
        raise _rejected("input cannot be an empty string or an empty list")
    pictures = sum(isinstance(each, Image) for each in request.inputs)
    for name, most, given in (("inputs", limits.inputs, len(request.inputs)), ("images", limits.images, pictures)):
        if most is not None and given > most:
            raise _rejected(f"too many {name} in one request: {given} > {most}")


def _is_not_empty(request: Request, _: Dialect) -> None:
    if not request.messages:
        raise _rejected("messages: at least one message is required")


def _results_answer_calls(request: Request, _: Dialect) -> None:
    """Each result follows the call it answers, and each call is answered before the conversation goes on."""
    open_calls: set[str] = set()
    for number, message in enumerate(request.messages):
        results = {result.id for result in message.tool_results}
        if results - open_calls:
            raise _rejected(
                f"messages.{number}: a tool result must answer a tool call of the turn before; "
                f"there is none with id `{min(results - open_calls)}`"
            )
        open_calls -= results
        if open_calls and (message.role is Role.ASSISTANT or (message.role is Role.USER and not results)):
            raise _rejected(f"messages.{number}: the tool call `{min(open_calls)}` has not been answered")
        if message.role is Role.ASSISTANT:
            open_calls = {call.id for call in message.tool_calls}


def _named_tools_exist(request: Request, _: Dialect) -> None:
    choice = request.tool_choice
    known = {tool.name for tool in request.tools if isinstance(tool, Tool)}
    if choice is None or len(known) < len(request.tools):  # server-side tools have names of their own
        return
    for name in choice.names:
        if name not in known:
            raise _rejected(f"tool_choice: there is no tool `{name}`")
    if choice.mode == "required" and not known:
        raise _rejected("tool_choice: a tool is demanded, but none is given")


def _thinking_is_genuine(request: Request, dialect: Dialect) -> None:
    customs_of(dialect.name).check_reasoning(request)


def _fits_the_window(request: Request, _: Dialect) -> None:
    """The models of the catalog refuse what is longer than their window, in the words that clients look for."""
    window = max(
        (
            facts.most_input_tokens or 0
            for provider in providers_of(request.model)
            if (facts := find_model(provider, request.model))
        ),
        default=0,
    )
    tokens = count_request(request) if window else 0
    if tokens > window:
        message = f"prompt is too long: {tokens} tokens > {window} maximum"
        raise ContextTooLong(message, http_status=400, code="context_length_exceeded")


def _rejected(message: str) -> ProviderError:
    return Rejected(message, http_status=400, code="invalid_request_error")


_CHECKS: Final[tuple[Callable[[Request, Dialect], None], ...]] = (
    _needs_no_memory,
    _is_not_empty,
    _results_answer_calls,
    _named_tools_exist,
    _thinking_is_genuine,
    _fits_the_window,
)
