"""One call to one target, as a flow: encode, open, decode or pump, try again.

`generate` is the whole: attempts under one deadline, logged and priced. `attempt` is one try. `embed`, `count_tokens`
and `list_models` have the same tries, deadline and log (`round_trip`).
"""

from dragoman.calls.call import Call, Terms
from dragoman.calls.count import count_tokens
from dragoman.calls.embed import EmbeddingCall, embed
from dragoman.calls.generate import generate
from dragoman.calls.known import OWN_HEADERS, Known, known_of
from dragoman.calls.models import list_models
from dragoman.calls.retry import RetryConfig
from dragoman.calls.target import Key, Target
from dragoman.calls.thinking import thinking_of
from dragoman.calls.verbatim import Verbatim

__all__ = [
    "OWN_HEADERS",
    "Call",
    "EmbeddingCall",
    "Key",
    "Known",
    "RetryConfig",
    "Target",
    "Terms",
    "Verbatim",
    "count_tokens",
    "embed",
    "generate",
    "known_of",
    "list_models",
    "thinking_of",
]
