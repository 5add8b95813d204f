"""Models in this process by transformers, and GGUF files by llama.cpp: which, is told by a model's files.

Reference: huggingface.co/docs/transformers, llama-cpp-python.readthedocs.io (read 2026-11-21). For the hub's hosted
models there is `huggingface_router`.
"""

from dragoman.providers.in_process import in_process

SPEC = in_process("huggingface", docs_url="https://huggingface.co/docs/transformers")
