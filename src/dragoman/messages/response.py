"""A response: what came back, who answered, what it cost and what went wrong on the way."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from dragoman.messages.media import Audio, Document, Image, Video
from dragoman.messages.message import Message, Role
from dragoman.messages.part_base import Extra
from dragoman.messages.parts import Citation, Opaque, Part, Text, ToolCall, joined_text
from dragoman.messages.usage import Usage

FinishReason: TypeAlias = Literal[
    "stop", "length", "tool_calls", "content_filter", "refusal", "pause", "error", "other"
]
"""Why the model stopped, in the field's words.

`stop`: it was done, or met a stop text. `length`: a token limit. `tool_calls`: it waits for tool results.
`content_filter`: the provider withheld text. `refusal`: the model declined. `pause`: a long server-side turn, to be
continued by sending the message back. `error`: the provider failed inside the answer. `other`: a word we do not know.
"""


class Loss(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Something asked for that the dialect could not express, or something of the answer that was not as it should be.

    `where` is a path into the request such as `seed` or `messages[2].content[0]`, or into the `answer`: a value was
    read from that although it was no right JSON (`repaired`), or from a part of it (`dropped`).
    """

    effect: Literal["dropped", "changed", "repaired"]
    where: str
    why: str

    def __str__(self) -> str:
        return f"`{self.where}` was {self.effect}: {self.why}"


class TokenLogprob(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """A token of the answer with its natural-log probability; `top` holds the likeliest tokens at its place."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[TokenLogprob, ...] = ()


class ServerToolCall(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What a tool of the provider was asked, and what it gave, as the provider wrote both.

    `name` is the provider's word (`nova_grounding`). `result` is `None` while it runs, and where nothing is shown.
    """

    name: str
    input: Any = None
    id: str | None = None
    result: Any = None


class Attempt(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One try at one target.

    Attributes:
        target: `provider/model`.
        outcome: `"ok"`, or the name of the error's class.
        seconds: How long the try took, waiting before it not included.
        status: The HTTP status, when there was an answer.
        error: What was raised, when it failed.
        waited_seconds: The pause before this try.
        notes: What was filled in for the caller, for example a default `max_tokens`, and what a wrapped client did.
    """

    target: str
    outcome: str
    seconds: float
    status: int | None = None
    usage: Usage | None = None
    cost: Decimal | None = None
    error: BaseException | None = None
    waited_seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        cost = "" if self.cost is None else f" ${self.cost:f}"
        return f"<Attempt {self.target} {self.outcome} {self.seconds:.3f}s{cost}>"


class _Elsewhere:
    """A name of another library's response: whoever looks for it is told where that is here.

    As `__getattr__` it would slow down every attribute of a response.
    """

    def __init__(self, place: str) -> None:
        self._place = place

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, response: object, owner: type) -> NoReturn:
        raise AttributeError(f"`{owner.__name__}` has no `{self._name}`: {self._place}")


class LLMResponse(Struct, frozen=True):
    """A model's answer.

    `LLMResponse("Hello", "gpt-4o-mini", {"prompt_tokens": 3})` makes one by hand: `parts` follow from `content`.

    Attributes:
        content: The visible text, `""` when there is none.
        model: The model that answered, as the provider names it.
        usage: Tokens of this answer (of the successful attempt; `attempts` has the others).
        finish_reason: Why it stopped (`FinishReason`), or `None` when the provider did not say.
        raw_finish_reason: The provider's own word.
        stop_sequence: The stop text that ended the answer, where the provider reports it.
        parts: Everything the model produced, in order.
        logprobs: For each token of the answer, when asked for.
        alternatives: The other answers when `n > 1` was asked for.
        id: The provider's id of the response.
        created_at: When it was made, in seconds since 1970, where the provider says so.
        request_id: The provider's id of the HTTP request, for its support.
        provider: Who served it.
        cost: US dollars over all attempts, or `None` when any part of it is unknown; then `cost_note` says why.
        latency_seconds: From the call to the end of the answer, retries and waits included.
        first_token_seconds: From the call to the first content of a stream.
        attempts: A record of each try.
        service_tier: The tier it was served at, as the provider says: what it costs depends on it.
        extra: Fields of the answer that only one dialect knows, for those who pass it on (Anthropic's `container`).
        warnings: What the dialect could not express.
        raw: The provider's body as decoded JSON: an object, or a list of them for a stream.
    """

    content: str = ""
    model: str = ""
    usage: Usage = Usage()  # an immutable record may be shared
    finish_reason: FinishReason | None = "stop"
    raw_finish_reason: str | None = None
    stop_sequence: str | None = None
    parts: tuple[Part, ...] = ()
    logprobs: tuple[TokenLogprob, ...] | None = None
    alternatives: tuple[LLMResponse, ...] = ()
    id: str | None = None
    created_at: int | None = None
    request_id: str | None = None
    provider: str | None = None
    cost: Decimal | None = None
    cost_note: str | None = None
    latency_seconds: float | None = None
    first_token_seconds: float | None = None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[Loss, ...] = ()
    raw: Any = None
    service_tier: str | None = None
    extra: Extra | None = None

    if TYPE_CHECKING:  # `usage` may be given as a plain mapping

        def __init__(  # noqa: PLR0917  # as the fields are
            self,
            content: str = "",
            model: str = "",
            usage: Usage | Mapping[str, int] = ...,
            finish_reason: FinishReason | None = "stop",
            raw_finish_reason: str | None = None,
            stop_sequence: str | None = None,
            parts: tuple[Part, ...] = (),
            logprobs: tuple[TokenLogprob, ...] | None = None,
            alternatives: tuple[LLMResponse, ...] = (),
            id: str | None = None,  # noqa: A002  # as the field is
            created_at: int | None = None,
            request_id: str | None = None,
            provider: str | None = None,
            cost: Decimal | None = None,
            cost_note: str | None = None,
            latency_seconds: float | None = None,
            first_token_seconds: float | None = None,
            attempts: tuple[Attempt, ...] = (),
            warnings: tuple[Loss, ...] = (),
            raw: Any = None,
            service_tier: str | None = None,
            extra: Extra | None = None,
        ) -> None: ...

    else:  # at run time alone, so that a type checker finds them missing
        choices = _Elsewhere("the text is `content`, the calls are `tool_calls`, further answers `alternatives`")
        output_text = _Elsewhere("the text is `content`")

    def __post_init__(self) -> None:
        if type(self.usage) is not Usage:
            force_setattr(self, "usage", Usage.from_mapping(cast("Any", self.usage)))
        parts = self.parts
        if parts:
            if not self.content:
                only = parts[0]
                if type(only) is Text and len(parts) == 1:  # as of most answers: nothing is joined
                    force_setattr(self, "content", only.text)
                else:
                    force_setattr(self, "content", joined_text(parts))
        elif self.content:
            force_setattr(self, "parts", (Text(self.content),))

    @property
    def text(self) -> str:
        """The same as `content`, as messages and streams call it."""
        return self.content

    @property
    def message(self) -> Message:
        """The answer as a turn to append before going on: signatures, tool calls and reasoning included."""
        return Message(Role.ASSISTANT, self.parts)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """What the model asks the caller to run, in its order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def server_tool_calls(self) -> tuple[ServerToolCall, ...]:
        """What the provider's own tools did. There is nothing to answer; citations are in `citations`."""
        calls: list[ServerToolCall] = []
        for part in self.parts:
            if isinstance(part, Opaque) and part.kind == "server_tool_call":
                calls.append(ServerToolCall(name=part.name or "", input=part.input, id=part.id, result=part.output))
            elif isinstance(part, Opaque) and part.kind == "server_tool_result":
                _answer(calls, part)
        return tuple(calls)

    @property
    def reasoning(self) -> str | None:
        """The model's thinking as text, or `None` when it showed none."""
        return self.message.reasoning

    @property
    def refusal(self) -> str | None:
        """The model's words of refusal, or `None`."""
        return self.message.refusal

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources of all its text, in its order."""
        return tuple(citation for part in self.parts if isinstance(part, Text) for citation in part.citations)

    @property
    def media(self) -> tuple[Image | Audio | Video | Document, ...]:
        """Pictures, sounds, films and files the model produced."""
        return tuple(part for part in self.parts if isinstance(part, Image | Audio | Video | Document))

    def __str__(self) -> str:
        return self.content

    def __repr__(self) -> str:
        text = self.content if len(self.content) <= 60 else f"{self.content[:57]}..."
        served = f"{self.provider}/{self.model}" if self.provider else self.model
        calls = "".join(f" {call.name}()" for call in self.tool_calls)
        tokens = f" {self.usage.input_tokens}+{self.usage.output_tokens} tokens" if self.usage else ""
        cost = "" if self.cost is None else f" ${self.cost:f}"
        return f"<LLMResponse {served} {self.finish_reason} {text!r}{calls}{tokens}{cost}>"

    def __hash__(self) -> int:
        """By what can be hashed: the body cannot. `asyncio.gather` asks for it before it awaits what it was given."""
        return hash((self.content, self.model, self.id))

    def __await__(self) -> Generator[None, None, NoReturn]:
        raise TypeError(
            "this response is already here: `LLM.generate` is synchronous. "
            "For `await`, make the client with `create_llm(..., async_client=True)`"
        )


def _answer(calls: list[ServerToolCall], result: Opaque) -> None:
    """Join `result` to its call: the one of its id, or where servers give none the latest of its name."""
    for place, call in reversed(tuple(enumerate(calls))):
        if call.id == result.id if result.id is not None else call.name == result.name:
            calls[place] = replace(call, result=result.output)
            return
