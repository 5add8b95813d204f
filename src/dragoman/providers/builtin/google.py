"""Google's Gemini API. Reference: ai.google.dev/api/generate-content (read 2026-11-20)."""

from dragoman.providers.auth import header
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="google",
    dialect="gemini",
    base_url="https://generativelanguage.googleapis.com",
    default_prefix="/v1beta",
    base_url_env=("GOOGLE_GEMINI_BASE_URL",),
    auth=header("x-goog-api-key", "GOOGLE_API_KEY", "GEMINI_API_KEY"),
    embeddings="gemini_embed",
    counting="gemini_count_tokens",
    docs_url="https://ai.google.dev/api/generate-content",
)
