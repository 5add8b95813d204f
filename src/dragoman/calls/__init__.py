"""One call to one target, as a flow: encode, open, decode or pump, try again.

`generate` is the whole: attempts under one deadline, logged and priced. `attempt` is one try.
"""

from dragoman.calls.call import Call
from dragoman.calls.generate import generate
from dragoman.calls.retry import RetryConfig
from dragoman.calls.target import Key, Target

__all__ = ["Call", "Key", "RetryConfig", "Target", "generate"]
