"""A request: everything one call asks of a model, in no provider's words."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from dragoman.messages.message import Message
from dragoman.messages.part_base import Extra, JsonObject
from dragoman.messages.tools import AnyTool, ToolChoice

Effort: TypeAlias = str
"""How hard to think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`; a model takes a part of these."""

EFFORTS: Final[tuple[Effort, ...]] = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""From not at all to as hard as can be."""

USUAL_TIERS: Final = frozenset({"default", "standard", "standard_only", "on_demand"})
"""Words for the service tier that everybody has: OpenAI's, Anthropic's and Google's, Anthropic's for a wish, Groq's."""


class OutputFormat(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """The form the answer must have.

    `"json_schema"` with `schema` (and `name`, which some dialects require), `"json_object"` for any JSON,
    or `"text"`. `strict=True` asks the provider to hold the model to the schema; `None` leaves it its default.
    """

    kind: Literal["text", "json_object", "json_schema"]
    schema: JsonObject | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    extra: Extra | None = None


class ReasoningOptions(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """How the model should think before it answers.

    `effort` is a word from `none` to `max` (see `GenerateOptions`); `budget_tokens` a limit on thinking tokens, for
    models that take a number. `enabled=False` switches thinking off where it can be; `None` does not say.
    """

    effort: Effort | None = None
    budget_tokens: int | None = None
    enabled: bool | None = None
    extra: Extra | None = None


class Request(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One call to a model.

    A field that is `None` was not given, and the provider's default holds: codecs add nothing.

    Attributes:
        model: The model's name at its provider.
        messages: The conversation in order; system messages stand where the caller put them.
        tools: Functions, tools that the provider runs, and others as `Opaque` of their dialect.
        parallel_tool_calls: `False` allows at most one call a turn.
        stream: Ask for events instead of one body.
        include_usage: `False` asks a stream not to report usage (only some dialects can).
        max_tokens: Limit on the answer, thinking included, in tokens.
        temperature: 0 to 2 in most dialects, 0 to 1 in some.
        stop: Texts that end the answer; they are not part of it.
        n: How many alternative answers to produce.
        logprobs: Report the log probability of each token.
        top_logprobs: How many of the likeliest tokens to report at each place.
        user: The caller's own user, for the provider's abuse checks.
        extra: Fields that only one dialect knows, or (`dialect=None`) that the caller wants in the body as they are.
    """

    model: str
    messages: tuple[Message, ...] = ()
    tools: tuple[AnyTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    output_format: OutputFormat | None = None
    reasoning: ReasoningOptions | None = None
    stream: bool = False
    include_usage: bool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    user: str | None = None
    service_tier: str | None = None
    metadata: JsonObject | None = None
    extra: tuple[Extra, ...] = ()
