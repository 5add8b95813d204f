"""JSON Schemas as forms to fill in: values that are valid, taken from a prompt where they fit."""

from dragoman.testing.forms.checking import Checker
from dragoman.testing.forms.facts import Facts
from dragoman.testing.forms.filling import Unfillable, fill_form

__all__ = ["Checker", "Facts", "Unfillable", "fill_form"]
