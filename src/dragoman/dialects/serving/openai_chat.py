"""OpenAI, asked for chat completions."""

from dragoman.dialects.serving.base import Serving

SERVING = Serving(passed_headers=("openai-beta",))
