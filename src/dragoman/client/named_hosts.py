"""`from_together` and its like: hosts that OpenAI's own SDK is used for, by a model's name or by such a client."""

from __future__ import annotations

from typing import Any, cast

from dragoman.client.mode import Mode


def from_together(
    model_or_client: Any,
    mode: Mode | None = None,
    *,
    model: str | None = None,
    async_client: bool = False,
    **options: Any,
) -> Any:
    """A client for Together: of a model's name on our own transport, or of an `OpenAI` client that goes there."""
    return _from_host("together", model_or_client, mode, model, async_client=async_client, **options)


def from_databricks(
    model_or_client: Any,
    mode: Mode | None = None,
    *,
    model: str | None = None,
    async_client: bool = False,
    **options: Any,
) -> Any:
    """A client for Databricks, as `from_together`."""
    return _from_host("databricks", model_or_client, mode, model, async_client=async_client, **options)


def from_deepseek(
    model_or_client: Any,
    mode: Mode | None = None,
    *,
    model: str | None = None,
    async_client: bool = False,
    **options: Any,
) -> Any:
    """A client for DeepSeek, as `from_together`."""
    return _from_host("deepseek", model_or_client, mode, model, async_client=async_client, **options)


def from_anyscale(
    model_or_client: Any,
    mode: Mode | None = None,
    *,
    model: str | None = None,
    async_client: bool = False,
    **options: Any,
) -> Any:
    """A client for Anyscale, of an `OpenAI` client: its public endpoints closed in 2024, and are no provider here."""
    return _from_host("anyscale", model_or_client, mode, model, async_client=async_client, **options)


def _from_host(
    host: str, model_or_client: Any, mode: Mode | None, model: str | None, *, async_client: bool, **options: Any
) -> Any:
    if isinstance(model_or_client, str):
        from dragoman.client.default_registry import from_provider

        return from_provider(f"{host}/{model_or_client}", async_client=async_client, mode=mode, **options)
    from dragoman.client.wrapping.from_sdk import from_openai

    return cast("Any", from_openai)(model_or_client, mode, model, **options)
