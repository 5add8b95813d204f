"""Structured output: an answer that is a value of the caller's type, or an error that says why not."""

from dragoman.structured.ask import Ask, Extracted, extract
from dragoman.structured.output import OutputType, output_type

__all__ = ["Ask", "Extracted", "OutputType", "extract", "output_type"]
