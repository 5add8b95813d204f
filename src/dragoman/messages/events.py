"""Events: the items of a stream.

Names are noun then action. `index` is the place of a part in the message and `choice` the answer it belongs to
(0 but for `n > 1`): deltas with the same two belong to the same part. A stream ends in exactly one of a `Finish`
or an exception. Every event has `.content`: the visible text it adds, `""` for all but a `TextDelta` of choice 0, so
joining it over a stream gives `response.content`.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from dragoman.messages.part_base import Extra, JsonObject
from dragoman.messages.parts import Citation, Part, ToolCall
from dragoman.messages.response import FinishReason, TokenLogprob
from dragoman.messages.usage import Usage


class EventBase(Struct, frozen=True, kw_only=True, tag_field="type", repr_omit_defaults=True):
    """What every event has.

    `index` is the place of the part that it belongs to, `choice` the number of the answer, where several were asked for
    (`n`): 0 is the one that becomes the response, the others become its `alternatives`.
    """

    @property
    def content(self) -> str:
        """The visible text this event adds."""
        return ""


class ResponseStart(EventBase, frozen=True, kw_only=True, tag="response_start"):
    """The provider has begun to answer: with which `model`, under which `id`, and when, in seconds since 1970.

    `dialect` is the one the answer is read from, where the decoder says so: an encoder of the same dialect may then
    pass reasoning on as it arrives, for what the end of it will prove to be its own.
    """

    id: str | None = None
    model: str | None = None
    created_at: int | None = None
    dialect: str | None = None


class TextDelta(EventBase, frozen=True, kw_only=False, tag="text_delta"):
    """More of the visible text: all `text` with the same `index` and `choice` is one part.

    `extra`, in the first delta of a part or when it changes, is what the part will have.
    """

    text: str
    index: int = 0
    choice: int = 0
    extra: Extra | None = None

    @property
    def content(self) -> str:
        return "" if self.choice else self.text


class CitationDelta(EventBase, frozen=True, kw_only=True, tag="citation_delta"):
    """A source for the text part at `index`: one more of its `citations`."""

    citation: Citation
    index: int = 0
    choice: int = 0


class ReasoningDelta(EventBase, frozen=True, kw_only=False, tag="reasoning_delta"):
    """More of the model's thinking. `extra` as in a `TextDelta`."""

    text: str
    index: int = 0
    choice: int = 0
    extra: Extra | None = None


class ReasoningEnd(EventBase, frozen=True, kw_only=True, tag="reasoning_end"):
    """The thinking at `index` is complete; `payload` is what `dialect` wants back with it.

    `extra` as in a `TextDelta`.
    """

    index: int = 0
    choice: int = 0
    payload: JsonObject | None = None
    dialect: str | None = None
    extra: Extra | None = None


class RefusalDelta(EventBase, frozen=True, kw_only=False, tag="refusal_delta"):
    """More of the model's words of refusal. `extra` as in a `TextDelta`."""

    text: str
    index: int = 0
    choice: int = 0
    extra: Extra | None = None


class ToolCallStart(EventBase, frozen=True, kw_only=True, tag="tool_call_start"):
    """The model begins to call a tool. `extra` is what the call at the end will have too.

    `free_form`: the deltas are the input of a free-form tool, not the JSON text of arguments.
    """

    id: str
    name: str
    index: int = 0
    choice: int = 0
    extra: Extra | None = None
    free_form: bool = False


class ToolCallDelta(EventBase, frozen=True, kw_only=True, tag="tool_call_delta"):
    """More of the JSON text of the arguments (or of the input of a free-form tool) of the call begun at `index`."""

    arguments: str
    index: int = 0
    choice: int = 0


class ToolCallEnd(EventBase, frozen=True, kw_only=True, tag="tool_call_end"):
    """The call begun at `index` is complete: `call` has all of it, its arguments parsed."""

    call: ToolCall
    index: int = 0
    choice: int = 0


class PartAdded(EventBase, frozen=True, kw_only=True, tag="part_added"):
    """A part that arrived whole: a picture, a server-side tool block, redacted thinking."""

    part: Part
    index: int = 0
    choice: int = 0


class LogprobsDelta(EventBase, frozen=True, kw_only=True, tag="logprobs_delta"):
    """Natural-log probabilities of the tokens just produced, when `logprobs=True` asked for them."""

    tokens: tuple[TokenLogprob, ...]
    choice: int = 0


class UsageUpdate(EventBase, frozen=True, kw_only=True, tag="usage_update"):
    """The usage so far, in all: it replaces the one before and is not added to it."""

    usage: Usage


class ChoiceFinish(EventBase, frozen=True, kw_only=True, tag="choice_finish"):
    """An alternative answer (`choice` > 0) is complete; `raw_finish_reason` is the provider's own word."""

    choice: int
    finish_reason: FinishReason | None = None
    raw_finish_reason: str | None = None


class Restarted(EventBase, frozen=True, kw_only=True, tag="restarted"):
    """What came before this event is void: the answer begins anew, from `target` (`provider/model`).

    `reason` is the name of the error's class that ended the try before.
    """

    target: str
    reason: str


class Seam(EventBase, frozen=True, kw_only=True, tag="seam"):
    """From here on `target` (`provider/model`) continues the text that another model began."""

    target: str
    reason: str


class Finish(EventBase, frozen=True, kw_only=True, tag="finish"):
    """The end of the stream: it comes once, and last.

    `finish_reason` is the same word for every provider and `raw_finish_reason` the provider's own; `stop_sequence` is
    the stop text that was met. `service_tier` and `extra` are those of the response.
    """

    finish_reason: FinishReason | None = None
    raw_finish_reason: str | None = None
    stop_sequence: str | None = None
    service_tier: str | None = None
    extra: Extra | None = None


Event: TypeAlias = (
    ResponseStart
    | TextDelta
    | CitationDelta
    | ReasoningDelta
    | ReasoningEnd
    | RefusalDelta
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | PartAdded
    | LogprobsDelta
    | UsageUpdate
    | ChoiceFinish
    | Restarted
    | Seam
    | Finish
)

METADATA_EVENTS = (ResponseStart, UsageUpdate, Restarted, Seam)
"""Events that deliver nothing of the answer: after only these a call may still be retried."""
