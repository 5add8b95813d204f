"""Vertex AI, as its first SDK was called."""

from dragoman.providers import vertex
from dragoman.providers.spec import alias

SPEC = alias(vertex.SPEC, "vertexai", use="vertex")
