"""Vertex AI, as its first SDK was called."""

from dragoman.providers.registry import get_spec
from dragoman.providers.spec import alias

SPEC = alias(get_spec("vertex"), "vertexai", use="vertex")
