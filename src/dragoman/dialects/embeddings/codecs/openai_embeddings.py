"""OpenAI's embeddings, as OpenAI and its imitators have them (platform.openai.com/docs/api-reference/embeddings).

At most 2,048 inputs and 300,000 tokens a request (as quoted in github.com/spiceai/spiceai/pull/6144, read 2026-11-21).
Its SDK asks for base64 unless told otherwise, so
every imitator has met that; those that ignore it send numbers, which are read too.
"""

from typing import Final

from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits
from dragoman.dialects.embeddings.openai_form import OpenAIForm

CODEC: Final[EmbeddingCodec] = OpenAIForm(
    "openai_embeddings",
    names={"dimensions": "dimensions", "encoding": "encoding_format", "user": "user"},
    limits=Limits(inputs=2048, tokens=300_000),
    smallest="base64",
    token_ids=True,
)
