"""The recorded provider traffic: where it lies, how it is read, and what our decoders must make of it.

The recordings stand beside the repository (`../shared/corpus`, or `$DRAGOMAN_CORPUS`) and are not part of it;
tests that need them skip when they are absent.
"""

from __future__ import annotations

import json
import os
import tomllib
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragoman.messages import LLMResponse, Opaque

ROOT = Path(os.environ.get("DRAGOMAN_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
KNOWN_DIFFERENCES: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "known_differences.toml").read_text()
)


@dataclass(frozen=True)
class Exchange:
    """One recorded call: the request, the response, and what the official SDK understood."""

    id: str
    dialect: str
    provider: str
    features: frozenset[str]
    request: dict[str, Any]
    response: dict[str, Any]
    expect: dict[str, Any] = field(repr=False)

    @property
    def streamed(self) -> bool:
        """Whether the recorded body is a stream (an error that answers a streamed request is not)."""
        return "body" not in self.response and "stream_events" in self.expect

    @property
    def body(self) -> bytes:
        if "body_base64" in self.response:
            return b64decode(self.response["body_base64"])
        if "body_text" in self.response:
            return self.response["body_text"].encode()
        return json.dumps(self.response["body"], ensure_ascii=False).encode()

    @property
    def is_array(self) -> bool:
        """Whether the stream is one JSON array, as Gemini sends it to those who do not ask for SSE."""
        return self.streamed and self.body.lstrip().startswith(b"[")


FOLDERS = {
    "ollama": "ollama_chat",
    "cohere_v2": "cohere_v2_chat",
    "gemini": "gemini_generate",
    "mistral": "mistral_chat",
}
"""Where a dialect's recordings lie, when not in the folder of its name."""


def exchanges(dialect: str) -> list[Exchange]:
    """Every recording of `dialect`, or none when the corpus is absent."""
    return [_load(path, dialect) for path in sorted(ROOT.glob(f"{FOLDERS.get(dialect, dialect)}/*/*.json"))]


def _load(path: Path, dialect: str) -> Exchange:
    record = json.loads(path.read_text())
    names = ("id", "provider", "request", "response", "expect")
    return Exchange(dialect=dialect, features=frozenset(record["features"]), **{name: record[name] for name in names})


def differences(exchange: Exchange, outcome: LLMResponse | Exception) -> dict[str, str]:
    """Where `outcome` is not what the recording expects: field → what differs. Empty when all agrees."""
    expect = exchange.expect
    if expect["kind"] == "error":
        return _error_differences(expect["error"], outcome)
    failure = expect.get("stream_error") or expect.get("error")
    if failure and not isinstance(outcome, LLMResponse):
        return _stream_error_differences(expect, failure["message"], outcome)
    if not isinstance(outcome, LLMResponse):
        return {"outcome": f"{type(outcome).__name__}: {outcome}"}
    return _response_differences(expected_fields(expect), outcome)


def expected_fields(expect: dict[str, Any]) -> dict[str, Any]:
    """The expectation, with what was read by hand where the SDK could not read it."""
    by_hand = (expect.get("cross_check") or {}).get("by_hand") if isinstance(expect.get("cross_check"), dict) else None
    if not by_hand:
        return expect
    usage = {name.removeprefix("usage."): value for name, value in by_hand.items() if name.startswith("usage.")}
    plain = {name: value for name, value in by_hand.items() if not name.startswith("usage.")}
    return {**expect, **plain, **({"usage": usage} if usage else {})}


def _error_differences(expect: dict[str, Any], outcome: object) -> dict[str, str]:
    from dragoman.errors import ProviderError

    if not isinstance(outcome, ProviderError):
        return {"outcome": f"expected a ProviderError, got {outcome!r}"}
    got = {"status": outcome.http_status, "message": outcome.message}
    return {name: f"{got[name]!r} != {expect[name]!r}" for name in got if got[name] != expect[name]}


def _stream_error_differences(expect: dict[str, Any], message: str, outcome: object) -> dict[str, str]:
    from dragoman.errors import Error

    if not isinstance(outcome, Error):
        return {"outcome": f"a foreign exception: {outcome!r}"}
    wrong = {} if outcome.message == message else {"message": f"{outcome.message!r} != {message!r}"}
    if outcome.partial is None:
        return {**wrong, "partial": "nothing was kept of what had arrived"}
    return {**wrong, **_response_differences(expected_fields(expect), outcome.partial)}


def _response_differences(expect: dict[str, Any], response: LLMResponse) -> dict[str, str]:
    got = {
        "text": response.content,
        "finish_reason": response.raw_finish_reason,
        "refusal": response.refusal,
        "reasoning_text": response.reasoning or None,
        "model": response.model or None,
        "response_id": response.id or None,
        "stop_sequence": response.stop_sequence,
        "citations_count": len(response.citations),
    }
    wrong = {
        name: f"{value!r} != {expect[name]!r}"
        for name, value in got.items()
        if name in expect and value != (expect[name] if name in ("text", "citations_count") else expect[name] or None)
    }
    return (
        wrong
        | _tool_call_differences(expect, response)
        | _server_differences(expect, response)
        | _usage_differences(expect, response)
    )


def _tool_call_differences(expect: dict[str, Any], response: LLMResponse) -> dict[str, str]:
    if "tool_calls" not in expect:
        return {}
    want = [(call["id"], call["name"], call["arguments"] or {}) for call in expect["tool_calls"]]
    got = [(call.id, call.name, call.arguments) for call in response.tool_calls]
    same = len(want) == len(got) and all(
        (not a[0] or a[0] == b[0]) and a[1:] == b[1:] for a, b in zip(want, got, strict=True)
    )
    return {} if same else {"tool_calls": f"{got} != {want}"}


def _server_differences(expect: dict[str, Any], response: LLMResponse) -> dict[str, str]:
    """What ran at the provider. SDKs tell more or less of it: all of what they tell must be found."""
    want = expect.get("server_tool_calls") or []
    calls = [
        {"id": call.id, "name": call.name, "arguments": call.input, "type": part.payload.get("type")}
        for call, part in zip(response.server_tool_calls, _server_parts(response), strict=True)
    ]
    told = {"id", "name", "arguments", "type"}
    got = [{name: call[name] for name in told & each.keys()} for call, each in zip(calls, want, strict=False)]
    asked = [{name: each[name] for name in told & each.keys()} for each in want]
    same = "server_tool_calls" not in expect or (len(calls) == len(want) and got == asked)
    return {} if same else {"server_tool_calls": f"{calls} != {want}"}


def _server_parts(response: LLMResponse) -> list[Opaque]:
    return [part for part in response.parts if isinstance(part, Opaque) and part.kind == "server_tool_call"]


def _usage_differences(expect: dict[str, Any], response: LLMResponse) -> dict[str, str]:
    usage = expect.get("usage")
    if not usage:
        return {}
    want = canonical_usage(usage, exclusive_cache=not _CACHE_OUTSIDE.isdisjoint(usage.get("raw") or ()))
    got = {name: getattr(response.usage, name) for name in want}
    return {f"usage.{name}": f"{got[name]} != {want[name]}" for name in want if got[name] != want[name]}


_CACHE_OUTSIDE = {"cache_creation_input_tokens", "cacheReadInputTokens", "cacheWriteInputTokens"}
"""Counts, as reported, of those who leave the cache out of the input."""


def canonical_usage(usage: dict[str, Any], *, exclusive_cache: bool) -> dict[str, int]:
    """The provider's counts under our definitions: all input, all output, parts inside their whole."""
    known = {name: value for name, value in usage.items() if isinstance(value, int)}
    want: dict[str, int] = {}
    cached = known.get("cached_input", 0) + known.get("cache_write", 0) if exclusive_cache else 0
    if "input" in known:
        want["input_tokens"] = known["input"] + cached
    if "output" in known:
        reasoning = known.get("reasoning", 0)
        total = known.get("input", 0) + known["output"] + reasoning
        apart = "thoughtsTokenCount" in (usage.get("raw") or ())  # Gemini's thoughts are outside, whatever the total
        outside = apart or reasoning > known["output"] or (reasoning and known.get("total") == total)
        want["output_tokens"] = known["output"] + (reasoning if outside else 0)
    for name, ours in (("cached_input", "cache_read_tokens"), ("cache_write", "cache_write_tokens")):
        if name in known:
            want[ours] = known[name]
    for name, ours in (("reasoning", "reasoning_tokens"), ("total", "total_tokens")):
        if name in known:
            want[ours] = known[name]
    return want
