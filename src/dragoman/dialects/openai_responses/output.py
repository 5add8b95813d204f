"""The items of an answer as they are written, for whole answers and for streams."""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.annotations import encode_logprobs
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.assistant import encode_content, header_of
from dragoman.dialects.openai_responses.calls import CUSTOM_CALL, FUNCTION_CALL, call_item
from dragoman.dialects.openai_responses.extras import spelling_of
from dragoman.dialects.openai_responses.images import IMAGE_CALL, encode_answer_image
from dragoman.dialects.openai_responses.reasoning import encode_answer_reasoning
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.messages import Extra, Image, JsonObject, Opaque, Part, Reasoning, Refusal, Text, TokenLogprob, ToolCall

ID_PREFIX: Final = "resp_"

_PREFIXES: Final = {
    "message": "msg_",
    "reasoning": "rs_",
    FUNCTION_CALL: "fc_",
    CUSTOM_CALL: "ctc_",
    IMAGE_CALL: "ig_",
}
"""How ids of items begin."""


class Output:
    """`items` are those written so far. Clients want an id on each: it is made from that of the response."""

    __slots__ = ("_header", "_losses", "_stem", "items")

    def __init__(self, response_id: str | None, losses: Losses) -> None:
        self.items: list[Wire] = []
        self._stem = (response_id or "").removeprefix(ID_PREFIX)
        self._losses = losses
        self._header: JsonObject | None = None  # of the message that is open

    def id_of(self, kind: str, extra: Extra | None, place: int) -> str:
        spelled = (header_of(extra) or {}) if kind == "message" else spelling_of(extra)
        return spelled.get("id") or f"{_PREFIXES[kind]}{self._stem}_{place}"

    def header(self, kind: str, extra: Extra | None) -> Wire:
        return {"id": self.id_of(kind, extra, len(self.items)), "status": "completed"}

    def add(self, part: Part) -> None:
        """Report a loss for what has no place here."""
        if isinstance(part, Text | Refusal) or (isinstance(part, Opaque) and header_of(part.extra) is not None):
            self._add_content(part)
            return
        item = self.whole_item(part)
        if item is not None:
            self._header = None
            self.items.append(item)

    def whole_item(self, part: Part) -> Wire | None:
        match part:
            case ToolCall():
                kind = FUNCTION_CALL if part.text is None else CUSTOM_CALL
                return call_item(part, self.header(kind, part.extra), self._losses)
            case Reasoning():
                header = {"id": self.id_of("reasoning", part.extra, len(self.items))}
                return encode_answer_reasoning(part, header, self._losses)
            case Image():
                return encode_answer_image(part, self.header(IMAGE_CALL, part.extra), self._losses)
            case Opaque() if part.dialect == NAME and "type" in part.payload:
                return dict(part.payload)
            case _:
                self._losses.dropped("", f"an answer has no place for a {type(part).__name__}")
                return None

    def _add_content(self, part: Text | Refusal | Opaque) -> None:
        header = header_of(part.extra) or {}
        if self._header != header:
            self._header = header
            self.items.append(self.message(part.extra, len(self.items)))
        message = self.items[-1]
        if "content" not in header:
            message["content"].append(encode_content(part, self._losses))

    def message(self, extra: Extra | None, place: int) -> Wire:
        """A message item without content."""
        header = header_of(extra) or {}
        return {
            "type": "message",
            "id": self.id_of("message", extra, place),
            "status": "completed",
            **header,
            "role": "assistant",
            "content": [],
        }

    def add_logprobs(self, logprobs: tuple[TokenLogprob, ...] | None) -> None:
        """Beside the last text, or nowhere."""
        if not logprobs:
            return
        texts = [content for item in self.items if item["type"] == "message" for content in item["content"]]
        texts = [content for content in texts if content.get("type") == "output_text"]
        if texts:
            texts[-1]["logprobs"] = encode_logprobs(logprobs)["content"]
        else:
            self._losses.dropped("logprobs", "there is no text beside which they could stand")
