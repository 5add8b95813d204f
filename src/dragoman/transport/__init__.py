"""HTTP/1.1 for sync and async callers. See `framing` for streamed bodies."""
