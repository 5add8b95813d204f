"""The dialects as they are served: where their requests come to, and what is ready before one comes."""

from dragoman.gateway.surfaces.paths import READ, Action, Endpoint, Place, place_of
from dragoman.gateway.surfaces.surface import JSON, Header, Surface, surface_of

__all__ = ["JSON", "READ", "Action", "Endpoint", "Header", "Place", "Surface", "place_of", "surface_of"]
