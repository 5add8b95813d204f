"""`Mode`: how a provider is made to answer with a value of the caller's type, under Instructor's names.

A mode says the technique; who is asked, and in which dialect, is the client's. So the modes named for a provider mean
what a core mode means (`Mode.core`), and are kept for code and configuration that has them. Which modes work is not
said here but in each provider's `ProviderConfig.supported_modes`.
"""

from __future__ import annotations

import warnings
from enum import Enum
from typing import Final

from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.errors import ConfigurationError


class Mode(Enum):
    """A technique for structured output. The values are those of Instructor 1.17 (read 2026-11-21)."""

    TOOLS = "tool_call"
    TOOLS_STRICT = "tools_strict"
    PARALLEL_TOOLS = "parallel_tool_call"
    REASONING_TOOLS = "reasoning_tools"
    RESPONSES_TOOLS = "responses_tools"
    JSON = "json_mode"
    JSON_SCHEMA = "json_schema_mode"
    MD_JSON = "markdown_json_mode"

    FUNCTIONS = "function_call"
    JSON_O1 = "json_o1"
    RESPONSES_TOOLS_WITH_INBUILT_TOOLS = "responses_tools_with_inbuilt_tools"
    ANTHROPIC_TOOLS = "anthropic_tools"
    ANTHROPIC_REASONING_TOOLS = "anthropic_reasoning_tools"
    ANTHROPIC_PARALLEL_TOOLS = "anthropic_parallel_tools"
    ANTHROPIC_JSON = "anthropic_json"
    BEDROCK_TOOLS = "bedrock_tools"
    BEDROCK_JSON = "bedrock_json"
    CEREBRAS_TOOLS = "cerebras_tools"
    CEREBRAS_JSON = "cerebras_json"
    COHERE_TOOLS = "cohere_tools"
    COHERE_JSON_SCHEMA = "json_object"
    FIREWORKS_TOOLS = "fireworks_tools"
    FIREWORKS_JSON = "fireworks_json"
    GEMINI_TOOLS = "gemini_tools"
    GEMINI_JSON = "gemini_json"
    GENAI_TOOLS = "genai_tools"
    GENAI_JSON = "genai_json"
    GENAI_STRUCTURED_OUTPUTS = "genai_structured_outputs"
    MISTRAL_TOOLS = "mistral_tools"
    MISTRAL_STRUCTURED_OUTPUTS = "mistral_structured_outputs"
    OPENROUTER_STRUCTURED_OUTPUTS = "openrouter_structured_outputs"
    PERPLEXITY_JSON = "perplexity_json"
    VERTEXAI_TOOLS = "vertexai_tools"
    VERTEXAI_PARALLEL_TOOLS = "vertexai_parallel_tools"
    VERTEXAI_JSON = "vertexai_json"
    WRITER_TOOLS = "writer_tools"
    WRITER_JSON = "writer_json"
    XAI_TOOLS = "xai_tools"
    XAI_JSON = "xai_json"

    @property
    def core(self) -> Mode:
        """The mode that says the same without naming a provider."""
        if self in _CORE:
            return self
        return _ODD.get(self) or _BY_ENDING[next(ending for ending in _BY_ENDING if self.name.endswith(ending))]

    @classmethod
    def tool_modes(cls) -> set[Mode]:
        """Those in which the answer is a call of a tool."""
        return {mode for mode in cls if mode.core in _TOOLS}

    @classmethod
    def json_modes(cls) -> set[Mode]:
        """Those in which the answer is JSON in the text."""
        return {mode for mode in cls if mode.core not in _TOOLS}

    @classmethod
    def parallel_modes(cls) -> set[Mode]:
        """Those in which one answer may hold several values, of different types."""
        return {mode for mode in cls if mode.core is Mode.PARALLEL_TOOLS}


def checked(mode: object, name: str = "mode") -> Mode:
    """`mode` itself. Raises `ConfigurationError` when it is none, as its value in a configuration file is not."""
    if not isinstance(mode, Mode):
        raise ConfigurationError(f"{name} must be a Mode such as Mode.TOOLS, not {mode!r}")
    return mode


def current(mode: Mode) -> Mode:
    """The core mode for `mode`. Of one that is named for a provider it warns, once in a process."""
    core = mode.core
    if core is not mode and mode not in _told:
        _told.add(mode)
        warnings.warn(
            f"{mode} is deprecated: write {core}; the client says who is asked",
            DeprecationWarning,
            stacklevel=stacklevel_of_caller(),
        )
    return core


_told: Final[set[Mode]] = set()


_CORE: Final = frozenset({
    Mode.TOOLS, Mode.TOOLS_STRICT, Mode.PARALLEL_TOOLS, Mode.REASONING_TOOLS, Mode.RESPONSES_TOOLS,
    Mode.JSON, Mode.JSON_SCHEMA, Mode.MD_JSON,
})  # fmt: skip

_TOOLS: Final = frozenset({
    Mode.TOOLS, Mode.TOOLS_STRICT, Mode.PARALLEL_TOOLS, Mode.REASONING_TOOLS, Mode.RESPONSES_TOOLS,
})  # fmt: skip

_ODD: Final = {
    Mode.FUNCTIONS: Mode.TOOLS,
    Mode.JSON_O1: Mode.JSON_SCHEMA,
    Mode.RESPONSES_TOOLS_WITH_INBUILT_TOOLS: Mode.RESPONSES_TOOLS,
    Mode.ANTHROPIC_JSON: Mode.JSON,
    Mode.GENAI_JSON: Mode.JSON,
    Mode.GENAI_STRUCTURED_OUTPUTS: Mode.JSON,
}

_BY_ENDING: Final = {
    "_REASONING_TOOLS": Mode.REASONING_TOOLS,
    "_PARALLEL_TOOLS": Mode.PARALLEL_TOOLS,
    "_TOOLS": Mode.TOOLS,
    "_JSON_SCHEMA": Mode.JSON_SCHEMA,
    "_STRUCTURED_OUTPUTS": Mode.JSON_SCHEMA,
    "_JSON": Mode.MD_JSON,
}
"""The first ending that a name has, decides."""
