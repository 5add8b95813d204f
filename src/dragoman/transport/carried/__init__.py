"""Calls that others' code carries, in place of our own HTTP: an SDK's client, or a function such as litellm's.

Our body goes in by that code's own way, and what it gives or raises becomes the reply that HTTP would have been. It is
in this room because it is a transport like the others, and because two rooms above need it that must not know each
other's parts: `client/` for what users bring, `providers/` for what a provider's file calls by itself.

module              what lives there
------------------  ------------------------------------------------------------------------------------
`transport.py`      the transports, for threads and for tasks
`carrier.py`        what there has to be for each SDK
`function.py`       the carrier of a function in the form of `litellm.completion`
`sending.py`        what is to be sent, and how much time it has
`replies.py`        what was given, as a reply; `dumping.py` has its JSON
`invoke_stream.py`  one stream that is wrapped in another
`failures.py`       what was raised, told by its shape

Nothing foreign is imported.
"""
