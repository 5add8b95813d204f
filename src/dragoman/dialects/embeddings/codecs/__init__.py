"""The codecs for embeddings, one module each: its presence registers it, and nothing names it."""
