"""Structured output: an answer that is a value of the caller's type, or an error that says why not."""

from dragoman.structured.ask import Ask, Asking, Extracted, extract
from dragoman.structured.output import OutputType, output_type
from dragoman.structured.rules import DEFAULT_RETRIES, Again, Rules, Watcher
from dragoman.structured.techniques import TECHNIQUES, Technique

__all__ = [
    "DEFAULT_RETRIES",
    "TECHNIQUES",
    "Again",
    "Ask",
    "Asking",
    "Extracted",
    "OutputType",
    "Rules",
    "Technique",
    "Watcher",
    "extract",
    "output_type",
]
