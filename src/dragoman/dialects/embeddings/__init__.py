"""Codecs for embeddings, both ways, each a module in `codecs/`. What they share is here.

They are pure, as dialects are. Errors need no codec of their own: a provider words them as its chat dialect does.
"""

from dragoman.dialects.embeddings.base import (
    EmbeddingCodec,
    Limits,
    batches,
    embedding_codec_names,
    get_embedding_codec,
)

__all__ = ["EmbeddingCodec", "Limits", "batches", "embedding_codec_names", "get_embedding_codec"]
