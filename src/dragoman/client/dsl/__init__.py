"""Types that help to say what is wanted, under Instructor's names: `Maybe`, lists, citations, schemas on classes.

Each is a plain pydantic model or makes one; asking and checking are `structured`'s.
"""

from dragoman.client.dsl.citation import CitationMixin
from dragoman.client.dsl.iterable import IterableBase, IterableModel
from dragoman.client.dsl.list_response import ListResponse
from dragoman.client.dsl.maybe import Maybe, MaybeBase
from dragoman.client.dsl.response_schema import OpenAISchema, ResponseSchema, openai_schema, response_schema
from dragoman.client.dsl.schemas import generate_anthropic_schema, generate_gemini_schema, generate_openai_schema
from dragoman.client.dsl.simple_type import AdapterBase, ModelAdapter, is_simple_type

__all__ = [
    "AdapterBase",
    "CitationMixin",
    "IterableBase",
    "IterableModel",
    "ListResponse",
    "Maybe",
    "MaybeBase",
    "ModelAdapter",
    "OpenAISchema",
    "ResponseSchema",
    "generate_anthropic_schema",
    "generate_gemini_schema",
    "generate_openai_schema",
    "is_simple_type",
    "openai_schema",
    "response_schema",
]
