"""Routing as data: a document that says which targets there are, which policy orders them, and what is allowed."""

from dragoman.routing.tables.documents import Document
from dragoman.routing.tables.routing_table import RoutingTable, routing_from

__all__ = ["Document", "RoutingTable", "routing_from"]
