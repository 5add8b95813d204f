"""Values that are not whole yet: JSON read as it comes, in the caller's types."""

from dragoman.structured.partial.classes import MakeFieldsOptional, Partial, PartialBase, PartialLiteralMixin, wanted_of
from dragoman.structured.partial.elements import Delivery, ListeningToCalls, elements
from dragoman.structured.partial.listening import Listening
from dragoman.structured.partial.nodes import NOTHING
from dragoman.structured.partial.reader import Reader
from dragoman.structured.partial.scalars import NotJson
from dragoman.structured.partial.shapes import Adapter, shape_of

__all__ = [
    "NOTHING",
    "Adapter",
    "Delivery",
    "Listening",
    "ListeningToCalls",
    "MakeFieldsOptional",
    "NotJson",
    "Partial",
    "PartialBase",
    "PartialLiteralMixin",
    "Reader",
    "elements",
    "shape_of",
    "wanted_of",
]
