"""Voyage's embeddings (mongodb.com/docs/api/doc/atlas-embedding-and-reranking-api, read 2026-11-21).

At most 1,000 inputs a request, and as many tokens as the model's family takes.
"""

from typing import Final

from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits
from dragoman.dialects.embeddings.openai_form import OpenAIForm

_TOKENS: Final = {
    "voyage-3.5-lite": 1_000_000,
    "voyage-4-lite": 1_000_000,
    "voyage-3.5": 320_000,
    "voyage-4": 320_000,
    "voyage-2": 320_000,
}
_FEWEST_TOKENS: Final = 120_000
"""Of the large models and those for a field, and of any that is not known."""


class VoyageEmbeddings(OpenAIForm):
    """OpenAI's form with `input_type`, and limits by model."""

    def limits(self, model: str) -> Limits:
        return Limits(inputs=1000, tokens=_TOKENS.get(model, _FEWEST_TOKENS))


CODEC: Final[EmbeddingCodec] = VoyageEmbeddings(
    "voyage_embeddings",
    names={
        "dimensions": "output_dimension",
        "dtype": "output_dtype",
        "encoding": "encoding_format",
        "input_type": "input_type",
        "truncate": "truncation",
    },
    limits=Limits(inputs=1000, tokens=_FEWEST_TOKENS),
    input_types={"query": "query", "document": "document"},
    smallest="base64",
)
