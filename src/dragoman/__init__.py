"""dragoman: one call shape for every LLM provider, and back exactly what was asked for.

    import dragoman

    llm = dragoman.create_llm("openai", model="gpt-4o-mini")
    print(llm.generate("What is machine learning?").content)

Names are loaded on first use: importing this package loads no provider, no SDK and no event loop.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dragoman._version import __version__ as __version__

_ROOMS = {
    "dragoman.batch": ("BatchResult", "BatchResults"),
    "dragoman.calls": ("RetryConfig",),
    "dragoman.catalog": ("RetiredModelWarning",),
    "dragoman.client": (
        "LLM", "AsyncChat", "AsyncLLM", "AsyncStream", "Chat", "EmbedOptions", "GenerateOptions", "Stream",
        "async_list_models", "create_llm", "hooks", "list_models",
    ),
    "dragoman.client.dsl": (
        "CitationMixin", "IterableModel", "ListResponse", "Maybe", "ModelAdapter", "OpenAISchema", "ResponseSchema",
        "generate_anthropic_schema", "generate_gemini_schema", "generate_openai_schema", "is_simple_type",
        "openai_schema", "response_schema",
    ),
    "dragoman.client.dsl.distil": ("FinetuneFormat", "Instructions"),
    "dragoman.client.batch_names": ("BatchJob", "BatchProcessor", "BatchRequest"),
    "dragoman.client.multimodal": (
        "PDF", "Audio", "Document", "Image", "ImageWithCacheControl", "PDFWithCacheControl", "PDFWithGenaiFile",
    ),
    "dragoman.client.named_hosts": ("from_anyscale", "from_databricks", "from_deepseek", "from_together"),
    "dragoman.client.provider_enum": ("Provider",),
    "dragoman.client.cache.base": ("AutoCache", "BaseCache"),
    "dragoman.client.cache.disk": ("DiskCache",),
    "dragoman.client.hooks": ("HookName", "Hooks"),
    "dragoman.client.instructor": ("AsyncInstructor", "Instructor"),
    "dragoman.client.instructor.plainly": ("IgnoredOptionWarning",),
    "dragoman.client.value_streams": (
        "AsyncIterableStream", "AsyncPartialStream", "IterableStream", "PartialStream",
    ),
    "dragoman.structured.partial": ("MakeFieldsOptional", "Partial", "PartialLiteralMixin"),
    "dragoman.client.explain": ("SchemaExplanation", "explain_schema"),
    "dragoman.client.default_registry": ("from_provider", "provider_registry", "register_provider"),
    "dragoman.client.wrapping.patching": ("apatch", "patch"),
    "dragoman.client.wrapping.from_sdk": (
        "from_anthropic", "from_bedrock", "from_cerebras", "from_cohere", "from_fireworks", "from_gemini",
        "from_genai", "from_groq", "from_litellm", "from_mistral", "from_openai", "from_openrouter",
        "from_perplexity", "from_vertexai", "from_writer", "from_xai",
    ),
    "dragoman.client.registry": ("ClientFactory", "ProviderRegistry"),
    "dragoman.client.llm_provider": (
        "AnthropicProvider", "LLMProvider", "OllamaProvider", "OpenAIProvider", "ProviderFactory", "TextStream",
    ),
    "dragoman.client.routers.by_environment": ("create_client", "get_client", "router_from"),
    "dragoman.client.routers.choosing": ("TaskType", "Tier", "client_for_tenant", "get_client_and_model"),
    "dragoman.client.routers.fallback_chain": ("AsyncFallbackChain", "FallbackChain"),
    "dragoman.client.routers.llm_router": ("LLMRouter",),
    "dragoman.client.routers.load_balancer": ("AsyncLoadBalancer", "LoadBalancer"),
    "dragoman.client.routers.router": ("AsyncRouter", "Router"),
    "dragoman.providers": ("provider_names", "use_keys"),
    "dragoman.routing.rules": ("Hedge", "RouteRules"),
    "dragoman.routing.target": ("Limits", "Target"),
    "dragoman.client.provider_config": ("ProviderConfig",),
    "dragoman.client.mode": ("Mode",),
    "dragoman.secret": ("Secret",),
    "dragoman.structured": ("Extracted",),
    "dragoman.validation": ("async_field_validator", "async_model_validator", "llm_validator", "openai_moderation"),
    "dragoman.transport": ("TransportOptions",),
    "dragoman.http": ("Timeouts",),
    "dragoman.errors": (
        "AnswerCutOff", "AnswerDeclined", "BudgetExceeded", "CallerError", "CallFailed", "ConfigurationError",
        "ConnectFailed", "ConnectionLost", "ContextTooLong", "DecodeError", "Error", "FallbackExhausted",
        "FetchRefused", "Filtered", "KeyRefused", "LossRefused", "MissingKey", "MissingPackage", "ModelNotAllowed",
        "ModelStringError", "NoDeployment", "NoFurtherTry", "NoModelFits", "NothingFits", "OutcomeUnknown",
        "OutOfCredit", "OutputError", "Overloaded", "ProviderError", "ProviderFailed", "RateLimited", "Rejected",
        "RetriesExhausted", "RouteError", "StorageFailed", "StorageFull", "StreamInterrupted", "TimedOut",
        "TransportError", "Unauthorized", "Unavailable", "UnknownModel", "UnknownProvider", "UnsupportedFeature",
    ),
    "dragoman.exceptions": (
        "AsyncValidationError", "FailedAttempt", "ResponseParsingError", "TokenBudgetExceeded",
        "TokenUsageUnavailableError",
    ),
    "dragoman.messages": (
        "Attempt", "CacheMark", "ChoiceFinish", "Citation", "CitationDelta", "EmbeddingResponse",
        "Event", "Extra", "Finish", "FinishReason", "LLMResponse", "LogprobsDelta", "Loss", "Message",
        "ModelInfo", "Opaque", "OutputFormat", "Part", "PartAdded", "Reasoning", "ReasoningDelta", "ReasoningEnd",
        "ReasoningOptions", "Refusal", "RefusalDelta", "Request", "ResponseStart", "Restarted", "Role", "Seam",
        "ServerTool", "ServerToolCall", "Text", "TextDelta", "TokenCount", "TokenLogprob", "Tool", "ToolCall",
        "ToolCallDelta", "ToolCallEnd", "ToolCallStart", "ToolChoice", "ToolResult", "Usage", "UsageUpdate", "Video",
    ),
}  # fmt: skip
"""Which room each public name lives in."""

_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_HOMES)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # the table is the list


def __getattr__(name: str) -> Any:
    room = _HOMES.get(name)
    if room is None:
        raise AttributeError(f"module `dragoman` has no attribute `{name}`")
    module = import_module(room)
    value = globals()[name] = getattr(module, name) if hasattr(module, name) else import_module(f"{room}.{name}")
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
