"""Values that fit a JSON Schema: checked, and made up from a prompt where it offers them."""

from dragoman.testing.json_schema.checking import Checker
from dragoman.testing.json_schema.facts import Facts
from dragoman.testing.json_schema.filling import Unfillable, fill_schema

__all__ = ["Checker", "Facts", "Unfillable", "fill_schema"]
