"""How providers list their models: one way for OpenAI and all who took after it, four others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import quote

from msgspec import Struct

from dragoman.dialects.base import Wire, list_in, object_in
from dragoman.errors import ConfigurationError, DecodeError
from dragoman.messages import ModelInfo


class Listing(Struct, frozen=True, kw_only=True):
    """An endpoint that lists models.

    Attributes:
        path: Below the provider's prefix, with what asks for long pages.
        field: Where the entries stand in its answer.
        model: Reads one entry.
        next_page: What to add to the path for the next page, or `None` after the last.
    """

    path: str
    field: str
    model: Callable[[Wire], ModelInfo]
    next_page: Callable[[Wire], str | None] = lambda _: None

    def models(self, wire: Wire) -> list[ModelInfo]:
        """The models of a page. Raises `DecodeError` for what is no page of this listing's."""
        entries = wire.get(self.field, _NONE)
        try:
            return [self.model(entry) for entry in entries or ()]
        except (AttributeError, KeyError, TypeError) as error:
            raise _not_a_list(self, wire) from error


_NONE: Final = object()
"""In place of a list that is missing, which is not the same as one that is empty or null."""


def _not_a_list(listing: Listing, wire: Wire) -> DecodeError:
    """Where base_url leads to a server that lists in another way, asking again brings nothing else."""
    found = ", ".join(f"`{name}`" for name in wire) or "nothing"
    error = DecodeError(
        f"this is no list of models as `{listing.path.partition('?')[0]}` gives it here: in place of `{listing.field}` "
        f"with entries that have a name there is {found}; does base_url lead to this provider?"
    )
    error.retryable = False
    return error


def _first(entry: Mapping[str, Any], *names: str) -> Any:
    """The first of `names` that `entry` has a value for; a zero is none, for it means not known."""
    return next((entry[name] for name in names if entry.get(name)), None)


def _able(abilities: Any) -> frozenset[str]:
    """What can be done, of a list of words or of words with a yes or no each (Anthropic's is inside an object)."""
    if isinstance(abilities, dict):
        return frozenset(name for name, said in cast("Wire", abilities).items() if _yes(said))
    return frozenset(map(str, cast("list[object]", abilities))) if isinstance(abilities, list) else frozenset()


def _yes(said: Any) -> bool:
    return bool(cast("Wire", said).get("supported")) if isinstance(said, dict) else said is True


def _seconds(text: str | None) -> int | None:
    """Seconds since 1970 of an ISO time; a zero year or none is not known."""
    if not text:
        return None
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return None


# ---------------------------------------------------------------------- OpenAI and who took after it


def _openai_model(entry: Wire) -> ModelInfo:
    """Windows go by many names: OpenRouter's, Groq's, Mistral's, vLLM's, and llama.cpp's inside `meta`."""
    inside = object_in(entry, "model_spec")  # Venice
    window = _first(entry, "context_length", "context_window", "max_context_length", "max_model_len")
    limits = object_in(entry, "top_provider")  # OpenRouter
    return ModelInfo(
        id=entry["id"],
        name=_first(entry, "name", "display_name") or inside.get("name"),
        created_at=_first(entry, "created"),
        owner=_first(entry, "owned_by"),
        context_tokens=window or object_in(entry, "meta").get("n_ctx"),
        max_output_tokens=_first(entry, "max_completion_tokens", "max_output_tokens", "max_output_length")
        or _first(limits, "max_completion_tokens")
        or _first(inside, "maxCompletionTokens"),
        abilities=_able(
            _first(entry, "capabilities", "supported_features", "supported_parameters") or inside.get("capabilities")
        ),
        raw=entry,
    )


# ---------------------------------------------------------------------- Anthropic, Google, Cohere, Ollama


def _anthropic_model(entry: Wire) -> ModelInfo:
    return ModelInfo(
        id=entry["id"],
        name=entry.get("display_name"),
        created_at=_seconds(entry.get("created_at")),
        context_tokens=entry.get("max_input_tokens"),
        max_output_tokens=entry.get("max_tokens"),
        abilities=_able(entry.get("capabilities")),
        raw=entry,
    )


def _after_id(wire: Wire) -> str | None:
    last = wire.get("last_id")
    return f"&after_id={quote(last)}" if wire.get("has_more") and last else None


def _gemini_model(entry: Wire) -> ModelInfo:
    return ModelInfo(
        id=entry["name"].removeprefix("models/"),  # the name of the resource, which `raw` keeps
        name=entry.get("displayName"),
        context_tokens=entry.get("inputTokenLimit"),
        max_output_tokens=entry.get("outputTokenLimit"),
        abilities=_able(
            [*list_in(entry, "supportedGenerationMethods"), *(["thinking"] if entry.get("thinking") else [])]
        ),
        raw=entry,
    )


def _page_token(field: str, parameter: str) -> Callable[[Wire], str | None]:
    def next_page(wire: Wire) -> str | None:
        token = wire.get(field)
        return f"&{parameter}={quote(token, safe='')}" if token else None

    return next_page


def _cohere_model(entry: Wire) -> ModelInfo:
    return ModelInfo(
        id=entry["name"],
        context_tokens=_first(entry, "context_length"),
        max_output_tokens=object_in(entry, "config").get("max_output_tokens"),
        abilities=_able([*list_in(entry, "endpoints"), *list_in(entry, "features")]),
        raw=entry,
    )


def _ollama_model(entry: Wire) -> ModelInfo:
    """What is installed. Its window is told only by `/api/show`, for one model at a time."""
    return ModelInfo(
        id=entry.get("model") or entry["name"],
        name=entry.get("name"),
        created_at=_seconds(entry.get("modified_at")),
        abilities=_able(entry.get("capabilities")),
        raw=entry,
    )


LISTINGS: Final[Mapping[str, Listing]] = {
    "openai_models": Listing(path="/models", field="data", model=_openai_model),
    "anthropic_models": Listing(
        path="/v1/models?limit=1000", field="data", model=_anthropic_model, next_page=_after_id
    ),
    "gemini_models": Listing(
        path="/models?pageSize=1000",
        field="models",
        model=_gemini_model,
        next_page=_page_token("nextPageToken", "pageToken"),
    ),
    "cohere_models": Listing(
        path="/v1/models?page_size=1000",
        field="models",
        model=_cohere_model,
        next_page=_page_token("next_page_token", "page_token"),
    ),
    "ollama_tags": Listing(path="/api/tags", field="models", model=_ollama_model),
}  # fmt: skip
"""By the name that `ProviderSpec.listing` says."""

_OF_DIALECTS: Final[Mapping[str, str]] = {
    "anthropic_messages": "anthropic_models",
    "gemini": "gemini_models",
    "cohere_v2": "cohere_models",
    "ollama": "ollama_tags",
}
"""How those who speak a dialect at home list their models; others do it as OpenAI does."""


def listing_of(dialect: str) -> str:
    """The name of the way in which those list their models who speak `dialect` at home."""
    return _OF_DIALECTS.get(dialect, "openai_models")


def get_listing(name: str) -> Listing:
    """The way of listing called `name`. Raises `ConfigurationError` for a name that is none."""
    if name not in LISTINGS:
        raise ConfigurationError(f"there is no way of listing models `{name}`; known are {', '.join(LISTINGS)}")
    return LISTINGS[name]
