"""Users' own SDK clients: the client does the I/O, we say what is sent and read what comes back.

module             what lives there
-----------------  ------------------------------------------------------------------------------------
`from_sdk.py`      `from_openai` and its like: from a client to an `Instructor`
`patching.py`      `patch`, the way before there was that
`sdks.py`          the table: which classes are a client of which SDK, what it speaks
`behind.py`        who answers behind such a client, by its address
`wrap.py`          from both to the `Instructor`
`stainless.py`     openai, anthropic, groq and others that are made alike; one module for each other SDK
`methods.py`       an SDK's methods, and what they take by name; `limits.py` says to them how much time there is
`witness.py`       such a client as a transport, and the SDK's own object for an answer

What becomes of the call in the client's hands is in `transport/carried/`. No SDK is imported here but by the
client's own module: whoever brings a client has its SDK.
"""
