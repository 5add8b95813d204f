"""The face of the library: `create_llm`, `LLM` and `AsyncLLM`, their streams and chats.

Beside it stand two faces that others have drawn: clients in Instructor's manner with the registry that makes them, and
providers as interchangeable objects. Both ask through the first.
"""

from dragoman.client.chat import AsyncChat, Chat
from dragoman.client.create import async_list_models, create_llm, list_models
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.options import EmbedOptions, GenerateOptions
from dragoman.client.streams import AsyncStream, Stream

__all__ = [
    "LLM",
    "AsyncChat",
    "AsyncLLM",
    "AsyncStream",
    "Chat",
    "EmbedOptions",
    "GenerateOptions",
    "Stream",
    "async_list_models",
    "create_llm",
    "list_models",
]
