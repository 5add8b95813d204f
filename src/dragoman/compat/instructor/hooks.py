"""`instructor.hooks`: its words for handlers, of which each is any function that takes what its hook gives."""

from __future__ import annotations

from typing import TypeAlias

from dragoman.client.hooks import Handler, HookName, Hooks

__all__ = [
    "CompletionErrorHandler",
    "CompletionKwargsHandler",
    "CompletionResponseHandler",
    "CompletionUsageHandler",
    "HandlerType",
    "HookName",
    "HookNameType",
    "Hooks",
    "ParseErrorHandler",
]

HandlerType: TypeAlias = Handler
CompletionKwargsHandler: TypeAlias = Handler
CompletionResponseHandler: TypeAlias = Handler
CompletionErrorHandler: TypeAlias = Handler
CompletionUsageHandler: TypeAlias = Handler
ParseErrorHandler: TypeAlias = Handler
HookNameType: TypeAlias = HookName | str
