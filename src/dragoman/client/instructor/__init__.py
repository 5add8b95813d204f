"""`Instructor` and `AsyncInstructor`: a client in Instructor's manner, blocking or awaited.

Each method is one under four names: `client.create`, `client.chat.completions.create`, `client.messages.create` and
`client.responses.create`. The wire is that of the provider, whichever name is used.

module             what lives there
-----------------  -----------------------------------------------------------------------------------
`base.py`          what both faces share: attributes, paths, hooks, defaults, the wrapped client behind them
`blocking.py`      `Instructor`
`awaited.py`       `AsyncInstructor`
`creating.py`      `create_fn`: from a call's arguments to the flow that it becomes
`verbatim.py`      a call without a `response_model` on an SDK's client
`plainly.py`       a call without a `response_model`: what has no effect there
`foreign.py`       a `create_fn` that is not ours
`options.py`       a call's options, and other names for them
`google_options.py` Google's configuration, in our options
`sdk_values.py`    what SDKs' own types say as arguments
`conversation.py`  messages made ready: templates, addresses of pictures, `system`
`completions.py`   what the provider answered, in the SDK's own objects or ours
`usage_sums.py`    the usage of several answers in one such object
`remembering.py`   what a value keeps of its answer
"""

from dragoman.client.instructor.awaited import AsyncInstructor
from dragoman.client.instructor.blocking import Instructor
from dragoman.client.instructor.creating import AsyncCreate, Create

__all__ = ["AsyncCreate", "AsyncInstructor", "Create", "Instructor"]
