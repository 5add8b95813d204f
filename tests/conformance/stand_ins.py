"""Providers that speak the recorded ways of embedding and listing, whether they have a file of their own or not."""

from __future__ import annotations

from importlib.metadata import EntryPoint

from dragoman.dialects import dialect_names
from dragoman.dialects.embeddings import embedding_codec_names, get_embedding_codec
from dragoman.dialects.listing import LISTINGS
from dragoman.providers import ProviderSpec
from dragoman.providers.auth import bearer
from dragoman.providers.registry import ENTRY_POINTS


def spec(name: str, **fields: str) -> ProviderSpec:
    dialect = fields.pop("dialect", "openai_chat")
    known = dialect if dialect in dialect_names() else "openai_chat"
    return ProviderSpec(
        name=name, dialect=known, auth=bearer("STAND_IN_KEY", required=False), price_list=None, **fields
    )


SPECS = {
    **{
        f"stand_in_{name}": spec(f"stand_in_{name}", dialect=get_embedding_codec(name).home, embeddings=name)
        for name in embedding_codec_names()
    },
    **{f"stand_in_{name}": spec(f"stand_in_{name}", listing=name) for name in LISTINGS},
    "stand_in_counter": spec("stand_in_counter", dialect="anthropic_messages", counting="anthropic_count_tokens"),
}
"""By name."""

globals().update(SPECS)


def entry_points(*, group: str) -> list[EntryPoint]:
    """What `importlib.metadata` would give if a package held these."""
    return [EntryPoint(name, f"{__name__}:{name}", ENTRY_POINTS) for name in SPECS] if group == ENTRY_POINTS else []
