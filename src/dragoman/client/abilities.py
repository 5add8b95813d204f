"""What can be done in a dialect, for the records that say so before a call."""

from __future__ import annotations

from functools import cache
from typing import Final

from dragoman.client.mode import Mode
from dragoman.dialects import get_dialect
from dragoman.messages import Image, Message, OutputFormat, Request, Tool, ToolChoice

MODES: Final = {
    Mode.TOOLS: "tools",
    Mode.JSON_SCHEMA: "json_schema",
    Mode.JSON: "json_object",
    Mode.MD_JSON: "json_text",
    Mode.REASONING_TOOLS: "tools_offered",
    Mode.TOOLS_STRICT: "tools_strict",
    Mode.RESPONSES_TOOLS: "tools",
    Mode.PARALLEL_TOOLS: "parallel_tools",
}
"""Which technique of `structured` a mode asks for. Every dialect has a way to each of them, but for those below."""

WIRES: Final = {Mode.RESPONSES_TOOLS: "openai_responses"}
"""Modes that say in which dialect, too."""

NO_DEMANDS_WHILE_THINKING: Final = frozenset({"anthropic_messages", "bedrock_converse"})
"""Claude calls tools only of its own choice while it thinks: docs.claude.com/en/build-with-claude/extended-thinking."""

OPENAI_DIALECTS: Final = frozenset({"openai_chat", "openai_responses"})
"""Those that OpenAI's own SDK speaks."""


@cache
def has_pictures(dialect: str) -> bool:
    """Whether the dialect can say a picture: its codec is asked."""
    picture = Image.from_bytes(b"\x89PNG", "image/png")
    return not get_dialect(dialect).encode_request(Request(model="", messages=(Message("user", (picture,)),))).losses


@cache
def can_demand_call(dialect: str) -> bool:
    """Whether the dialect can say that a tool must be called."""
    demand = Request(model="", tools=(Tool(name="t"),), tool_choice=ToolChoice(mode="required"))
    return not get_dialect(dialect).encode_request(demand).losses


@cache
def has_strict_tools(dialect: str) -> bool:
    """Whether the dialect can say that the arguments of a tool are to be held to its schema."""
    tool = Tool(name="t", parameters={"type": "object", "properties": {}, "additionalProperties": False}, strict=True)
    return not get_dialect(dialect).encode_request(Request(model="", tools=(tool,))).losses


@cache
def has_json_mode(dialect: str) -> bool:
    """Whether the dialect can ask for any JSON, without a schema."""
    wanted = Request(model="", output_format=OutputFormat(kind="json_object"))
    return not get_dialect(dialect).encode_request(wanted).losses


def _has(dialect: str, mode: Mode) -> bool:
    return WIRES.get(mode, dialect) == dialect and (mode is not Mode.TOOLS_STRICT or has_strict_tools(dialect))


def modes_of(dialects: tuple[str, ...], lacks: frozenset[str]) -> list[Mode]:
    """The modes that work at a provider, first the one that is usual in the first of its `dialects`.

    One that is lacking is refused, but for `JSON`, which is asked for in words where there is no mode for it, and
    `TOOLS`, which are offered where no call can be demanded.
    """
    modes = [mode for mode, technique in MODES.items() if technique not in lacks - {"json_object"}]
    modes = [mode for mode in modes if any(_has(dialect, mode) for dialect in dialects)]
    demanding = "forced_tools" not in lacks and all(map(can_demand_call, dialects[:1]))
    return modes if demanding else sorted(modes, key=lambda mode: mode is not Mode.JSON_SCHEMA)
