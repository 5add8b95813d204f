"""Instructor's modules, as its versions 1.8.3 and 1.17.0 have them (read 2026-11-21).

Internals (`instructor.v2`, `process_response`, `retry`) are left out: who imports those relies on how it is done there.
"""

from __future__ import annotations

from typing import Final

from dragoman.compat.finder import Peer

_DSL: Final = "dragoman.client.dsl"
_CACHE: Final = "dragoman.client.cache"
_ERRORS: Final = "dragoman.exceptions"
_HOOKS: Final = "dragoman.compat.instructor.hooks"
_MEDIA: Final = "dragoman.compat.instructor.multimodal"
_PARTIAL: Final = "dragoman.structured.partial"
_UTILS: Final = "dragoman.compat.instructor.utils"
_VALIDATION: Final = "dragoman.validation"

_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "": (),
    "auto_client": (_UTILS,),
    "batch": (),
    "cache": (f"{_CACHE}.base", f"{_CACHE}.disk", "dragoman.compat.instructor.cache"),
    "client": (),
    "core": (_ERRORS, _HOOKS),
    "core.client": (),
    "core.exceptions": (_ERRORS,),
    "core.hooks": (_HOOKS,),
    "core.patch": (),
    "distil": (f"{_DSL}.distil",),
    "dsl": (_DSL, _PARTIAL, _VALIDATION),
    "dsl.citation": (_DSL,),
    "dsl.iterable": (_DSL,),
    "dsl.maybe": (_DSL,),
    "dsl.partial": (_PARTIAL,),
    "dsl.response_list": (_DSL,),
    "dsl.simple_type": (_DSL,),
    "dsl.validators": (_VALIDATION,),
    "exceptions": (_ERRORS,),
    "function_calls": (_DSL, _ERRORS),
    "hooks": (_HOOKS,),
    "mode": (),
    "models": (_UTILS,),
    "multimodal": (_MEDIA,),
    "patch": (),
    "processing": (_MEDIA, _VALIDATION),
    "processing.function_calls": (_DSL, _ERRORS),
    "processing.multimodal": (_MEDIA, _ERRORS),
    "processing.schema": (_DSL,),
    "processing.validators": (_VALIDATION,),
    "templating": ("dragoman.compat.instructor.templating",),
    "utils": (_UTILS,),
    "utils.core": (_UTILS,),
    "utils.providers": (_UTILS,),
    "validation": (_VALIDATION,),
    "validation.async_validators": (_VALIDATION,),
    "validation.llm_validators": (_VALIDATION,),
    "validators": (_VALIDATION,),
}

_CLIENTS: Final = (
    "anthropic", "bedrock", "cerebras", "cohere", "fireworks", "gemini", "genai", "groq", "mistral", "openai",
    "openrouter", "perplexity", "vertexai", "writer", "xai",
)  # fmt: skip
"""The providers that have a module of their own there: `client_x` in 1.8.3, `providers.x.client` in 1.17."""

_NAMES: Final = (
    "Instructor", "Image", "Audio", "from_openai", "from_anyscale", "from_together", "from_databricks",
    "from_deepseek", "from_openrouter", "from_litellm", "from_vertexai", "from_provider", "AsyncInstructor", "Provider",
    "ResponseSchema", "response_schema", "OpenAISchema", "CitationMixin", "IterableModel", "Maybe", "Partial",
    "openai_schema", "generate_openai_schema", "generate_anthropic_schema", "generate_gemini_schema", "Mode", "patch",
    "apatch", "FinetuneFormat", "Instructions", "BatchProcessor", "BatchRequest", "BatchJob", "llm_validator",
    "openai_moderation", "hooks", "from_anthropic", "from_gemini", "from_fireworks", "from_cerebras", "from_groq",
    "from_mistral", "from_cohere", "from_bedrock", "from_writer", "from_xai", "from_perplexity", "from_genai",
)  # fmt: skip
"""`instructor.__all__` of 1.17.0 with every SDK installed, but for `v2`."""

PEER: Final = Peer(
    version="1.17.0",
    paths={
        **_PATHS,
        **{f"client_{name}": () for name in _CLIENTS},
        "providers": (),
        **{f"providers.{name}{part}": () for name in _CLIENTS for part in ("", ".client")},
    },
    names=_NAMES,
)
