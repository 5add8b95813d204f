"""The face of the library: `create_llm`, `LLM` and `AsyncLLM`, their streams and chats."""

from dragoman.client.chat import AsyncChat, Chat
from dragoman.client.create import create_llm
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.options import GenerateOptions
from dragoman.client.streams import AsyncStream, Stream

__all__ = ["LLM", "AsyncChat", "AsyncLLM", "AsyncStream", "Chat", "GenerateOptions", "Stream", "create_llm"]
