"""Structured output: an answer that is a value of the caller's type, or an error that says why not."""

from dragoman.structured.ask import Ask, Asking, Extracted, extract
from dragoman.structured.ask_streamed import Extract, stream_extract
from dragoman.structured.given_schema import GivenSchema
from dragoman.structured.lowering import Lowered, SchemaLoss
from dragoman.structured.output import OutputType, output_type
from dragoman.structured.parallel import ParallelType, parallel_type
from dragoman.structured.rules import DEFAULT_RETRIES, Again, Rules, Watcher
from dragoman.structured.subsets import form_subset, tool_subset
from dragoman.structured.techniques import TECHNIQUES, Technique

__all__ = [
    "DEFAULT_RETRIES",
    "TECHNIQUES",
    "Again",
    "Ask",
    "Asking",
    "Extract",
    "Extracted",
    "GivenSchema",
    "Lowered",
    "OutputType",
    "ParallelType",
    "Rules",
    "SchemaLoss",
    "Technique",
    "Watcher",
    "extract",
    "form_subset",
    "output_type",
    "parallel_type",
    "stream_extract",
    "tool_subset",
]
