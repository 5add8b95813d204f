"""Users' own SDK clients: the client does the I/O, we say what is sent and read what comes back.

module             what lives there
-----------------  ------------------------------------------------------------------------------------
`from_sdk.py`      `from_openai` and its like: from a client to an `Instructor`
`patching.py`      `patch`, the way before there was that
`sdks.py`          the table: which classes are a client of which SDK, what it speaks
`behind.py`        who answers behind such a client, by its address
`wrap.py`          from both to the `Instructor`
`transport.py`     such a client as a transport, for threads and for tasks
`carrier.py`       what the module of an SDK provides
`stainless.py`     openai, anthropic, groq and others that are made alike; one module for each other SDK
`sending.py`       what is to be sent, and how much time it has; `limits.py` says that to an SDK
`replies.py`       what an SDK gives, as a reply; `dumping.py` has its JSON
`failures.py`      what an SDK raises, told by its shape
`witness.py`       the SDK's own object for an answer

No SDK is imported here but by the client's own module: whoever brings a client has its SDK.
"""
