"""`from_together` and its like: hosts that OpenAI's own SDK is used for, by a model's name or by such a client."""

from __future__ import annotations

from typing import Any, Final, Protocol, cast

from dragoman.client.mode import Mode

_BY_EITHER: Final = "of a model's name on our own transport, or of an `OpenAI` client that goes there."


class FromHost(Protocol):
    """One of these functions, as editors see it."""

    def __call__(
        self,
        model_or_client: Any,
        mode: Mode | None = None,
        *,
        model: str | None = None,
        async_client: bool = False,
        **options: Any,
    ) -> Any:
        """A client for this host: of a model's name on our own transport, or of an `OpenAI` client that goes there."""
        ...


def _from(host: str, called: str) -> FromHost:
    def from_host(
        model_or_client: Any,
        mode: Mode | None = None,
        *,
        model: str | None = None,
        async_client: bool = False,
        **options: Any,
    ) -> Any:
        if isinstance(model_or_client, str):
            from dragoman.client.default_registry import from_provider

            return from_provider(f"{host}/{model_or_client}", async_client=async_client, mode=mode, **options)
        from dragoman.client.wrapping.from_sdk import from_openai

        return cast("Any", from_openai)(model_or_client, mode, model, **options)

    from_host.__name__ = from_host.__qualname__ = f"from_{host}"
    from_host.__doc__ = f"A client for {called}: {_BY_EITHER}"
    return from_host


from_together: Final = _from("together", "Together")
from_databricks: Final = _from("databricks", "Databricks")
from_deepseek: Final = _from("deepseek", "DeepSeek")
from_anyscale: Final = _from("anyscale", "Anyscale")
"""Of an `OpenAI` client alone: Anyscale's public endpoints closed in 2024, and are no provider here."""
