"""Where each provider's models are found."""

from __future__ import annotations

from typing import NamedTuple


class Provider(NamedTuple):
    """Where a provider's models are found.

    Attributes:
        name: Our name, and the file's.
        serves: `own`: models it made; `others`: those of others; `local`: on the user's machine.
        genai: Its name in genai-prices.
        litellm: Its names in LiteLLM's list.
        prefix: What LiteLLM puts before its models' names.
        keep: Only models whose name matches are taken, of the longest lists.
        leave_out: Models whose name matches are not.
        falls_back_to: The list that holds for it too.
        only_current: Whether what is deprecated, retired, without a window, or a price of the past is left out.
        variants: Whether `name:variant` is a model of the list at another price.
    """

    name: str
    serves: str = "others"
    genai: str | None = None
    litellm: tuple[str, ...] = ()
    prefix: str = ""
    keep: str = ""
    leave_out: str = "^$"
    falls_back_to: str | None = None
    only_current: bool = False
    variants: bool = False


_OPEN_MODELS = (
    r"kimi|glm|deepseek|qwen3|qwen2\.5|gpt-oss|llama-?(v3p[13]|3\.[13]|4)|minimax|gemma-?[34]|nemotron|nomic|bge"
)
_VERTEX = ("anthropic", "mistral", "llama", "deepseek", "qwen", "openai", "zai", "moonshot")
_ROUTED = (
    "openai|anthropic|google|x-ai|mistralai|deepseek|moonshotai|z-ai|qwen|meta-llama|cohere|perplexity|minimax|nvidia"
)
_OLD_ROUTED = (
    r"/(gpt-3|gpt-4-|gpt-4$|o1|claude-[23]|gemini-(1|2\.0|pro|flash)|llama-[23]-|mi[sx]tral-(7b|8x7b|tiny)"
    r"|qwen-?2-|qwen-[a-z]|grok-[23]|palm)|:batch$|lyria"
)
"""What OpenRouter still lists and hardly anyone asks for; and its prices for batches, as models of their own."""

PROVIDERS = (
    # OpenAI's own API does not serve its open models
    Provider("openai", "own", "openai", ("openai",), leave_out=r"^gpt-oss|^(ada|babbage|curie|davinci)$"),
    Provider("anthropic", "own", "anthropic", ("anthropic",)),
    Provider(
        "google", "own", "google", ("gemini",), "gemini/", leave_out=r"claude|lyria|learnlm|gemini-exp|gemini-gemma"
    ),
    Provider("mistral", "own", "mistral", ("mistral",), "mistral/"),
    Provider("cohere", "own", "cohere", ("cohere", "cohere_chat"), "cohere/"),
    Provider("deepseek", "own", "deepseek", ("deepseek",), "deepseek/"),
    Provider(
        "xai", "own", "x-ai", ("xai",), "xai/", leave_out=r"grok-4\.20-(beta|experimental|multi-agent-(beta|exp))"
    ),
    Provider("moonshot", "own", "moonshotai", ("moonshot",), "moonshot/"),
    Provider("zai", "own", "zai", ("zai",), "zai/"),
    Provider("minimax", "own", "minimax", ("minimax",), "minimax/"),
    Provider("voyage", "own", "voyageai", ("voyage",), "voyage/"),
    Provider("writer", "own"),
    Provider(
        "perplexity",
        "own",
        "perplexity",
        ("perplexity",),
        "perplexity/",
        leave_out=r"^(codellama|llama-2|pplx-7|mi[sx]t)|^sonar-(small|medium)",
    ),
    Provider(
        "vertex",
        "others",
        "google",
        tuple(f"vertex_ai-{maker}_models" for maker in _VERTEX),
        "vertex_ai/",
        leave_out=r"gemini|gemma",
        falls_back_to="google",
    ),
    Provider("bedrock", "others", "aws", ("bedrock", "bedrock_converse"), leave_out=r"^us-gov"),
    Provider("groq", "others", "groq", ("groq",), "groq/"),
    Provider("cerebras", "others", "cerebras", ("cerebras",), "cerebras/"),
    Provider(
        "fireworks",
        "others",
        "fireworks",
        ("fireworks_ai", "fireworks_ai-embedding-models"),
        "fireworks_ai/",
        keep=_OPEN_MODELS,
        only_current=True,
    ),
    Provider("together", "others", "together", ("together_ai",), "together_ai/", keep=_OPEN_MODELS, only_current=True),
    Provider(
        "openrouter",
        "others",
        "openrouter",
        keep=rf"^({_ROUTED})/",
        leave_out=_OLD_ROUTED,
        only_current=True,
        variants=True,
    ),
    Provider("dashscope", "others", None, ("dashscope",), "dashscope/"),
    Provider("sambanova", "others", None, ("sambanova",), "sambanova/"),
    Provider("deepinfra", "others", None, ("deepinfra",), "deepinfra/", keep=_OPEN_MODELS, only_current=True),
    Provider("databricks", "others", "databricks", ("databricks",), "databricks/", only_current=True),
    Provider("cloudflare", "others", "cloudflare", ("cloudflare",), "cloudflare/"),
    Provider("nvidia", "others", None, ("nvidia_nim",), "nvidia_nim/"),
    Provider("ollama", "local"),
    Provider("mlx", "local"),
    Provider("lmstudio", "local"),
    Provider("huggingface", "local"),
)

MAKERS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "mistralai": "mistral",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "x-ai": "xai",
    "xai": "xai",
    "moonshotai": "moonshot",
    "z-ai": "zai",
    "minimax": "minimax",
    "perplexity": "perplexity",
}
"""Who made a model that others call `vendor/model`: what it can do is taken from its maker's list."""
