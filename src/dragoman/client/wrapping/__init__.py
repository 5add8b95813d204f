"""Users' own SDK clients: the client does the I/O, we say what is sent and read what comes back.

module             what lives there
-----------------  ------------------------------------------------------------------------------------
`from_sdk.py`      `from_openai` and its like: from a client to an `Instructor`
`sdks.py`          the table: which classes are a client of which SDK, who is behind it, what it speaks
`transport.py`     such a client as a transport, for threads and for tasks
`carrier.py`       what the module of an SDK provides
`stainless.py`     openai, anthropic, groq and others that are made alike; one module for each other SDK
`replies.py`       what an SDK gives, as a reply
`failures.py`      what an SDK raises, told by its shape
`witness.py`       the SDK's own object for an answer

No SDK is imported here but by the client's own module: whoever brings a client has its SDK.
"""
