"""The page at `/`, for people who open the address in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>dragoman</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}}
code,pre{{background:#8881;padding:.1em .3em;border-radius:.3em}}pre{{padding:1em;overflow:auto}}</style></head>
<body><h1>dragoman</h1>
<p>One address that LLM clients speak to unchanged. Point yours here:</p>
<pre>OPENAI_BASE_URL={root}/v1
ANTHROPIC_BASE_URL={root}
GOOGLE_GEMINI_BASE_URL={root}
OLLAMA_HOST={root}</pre>
<p><a href="{mount}/docs">All paths</a> · <a href="{mount}/v1/models">models</a> ·
<a href="{mount}/health">health</a> · <a href="{mount}/metrics">metrics</a></p>
<h2>Models</h2><ul>{models}</ul></body></html>
"""


def home_page(models: Sequence[str], root: str, mount: str) -> str:
    """`root`: the address of the gateway as the reader wrote it; `mount`: the part of it that is a path."""
    items = "".join(f"<li><code>{escape(name)}</code></li>" for name in models)
    nothing = "<li>any, as <code>provider/model</code></li>"
    return _PAGE.format(root=escape(root), mount=escape(mount), models=items or nothing)
