"""Mistral's embeddings: OpenAI's form with names of its own.

How many inputs a request may have is not documented: a recorded one with 257 was refused as having too many. The most
tokens are 16,384, by its errors (github.com/aurelio-labs/semantic-router/issues/297, read 2026-11-21).
"""

from typing import Final

from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits
from dragoman.dialects.embeddings.openai_form import OpenAIForm

CODEC: Final[EmbeddingCodec] = OpenAIForm(
    "mistral_embeddings",
    names={"dimensions": "output_dimension", "dtype": "output_dtype", "encoding": "encoding_format"},
    limits=Limits(inputs=256, tokens=16_384),
    smallest=None,
)
