"""Gemini's embedding of one input: `embedContent`, for clients other than Google's own.

Its body is what is one element in that of `batchEmbedContents`. It is served here, and asked of nobody.
"""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.embeddings.base import EmbeddingCodec
from dragoman.dialects.embeddings.codecs.gemini_embed import GeminiEmbed
from dragoman.messages import EmbeddingRequest, EmbeddingResponse


class GeminiEmbedContent(GeminiEmbed):
    """The codec, without state."""

    name: str = "gemini_embed_content"
    fields: frozenset[str] = frozenset({"model", "content", "taskType", "title", "outputDimensionality"})

    def path(self, request: EmbeddingRequest) -> str:
        return super().path(request).replace(":batchEmbedContents", ":embedContent")

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:
        return super().decode_request({"requests": [wire]}, path)

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        encoded = super().encode_response(response, request)
        (embedding,) = encoded.wire.pop("embeddings")
        return Encoded({"embedding": embedding, **encoded.wire}, encoded.losses)


EMBED_CONTENT: Final[EmbeddingCodec] = GeminiEmbedContent()
