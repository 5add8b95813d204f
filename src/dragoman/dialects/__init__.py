"""Wire codecs, both directions, one folder a dialect.

A dialect's client half (`encode_request`, `decode_response`, `stream_decoder`, `decode_error`) makes the library;
its server half (`decode_request`, `encode_response`, `stream_encoder`, `encode_error`) makes the gateway and the
emulator. Codecs are pure: no clock, socket, environment or logger. A codec never invents a value the caller did not
give, and what it cannot express it says.
"""

from dragoman.dialects.base import (
    Dialect,
    Encoded,
    StreamDecoder,
    StreamEncoder,
    Wire,
    dialect_at,
    dialect_names,
    get_dialect,
)

__all__ = ["Dialect", "Encoded", "StreamDecoder", "StreamEncoder", "Wire", "dialect_at", "dialect_names", "get_dialect"]
