"""Google's Vertex AI: Gemini on Gemini's wire, Claude on Anthropic's.

Reference: cloud.google.com/vertex-ai/generative-ai/docs/reference/rest (read 2026-11-20). For Claude the variables of
Anthropic's own SDK (`anthropic.AnthropicVertex`) go first.
"""

from dragoman.providers.addresses import google
from dragoman.providers.auth.google import GoogleAuth
from dragoman.providers.quirks import name_version
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="vertex",
    dialect=lambda model: "anthropic_messages" if model.startswith("claude") else "gemini",
    base_url=google.address,
    base_url_env=("GOOGLE_VERTEX_BASE_URL",),
    settings=(
        Setting(
            name="project",
            env=("GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID"),
            first_for={"claude": "ANTHROPIC_VERTEX_PROJECT_ID"},
        ),
        Setting(
            name="location",
            env=("GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION"),
            first_for={"claude": "CLOUD_ML_REGION"},
            default="global",
        ),
    ),
    configure=google.in_project,
    auth=GoogleAuth(),
    quirks=(name_version("vertex-2023-10-16", why="Google puts the model in the address and the version in the body"),),
    embeddings="vertex_predict_embed",
    counting="vertex_count_tokens",
    listing=None,
    docs_url="https://cloud.google.com/vertex-ai/generative-ai/docs",
)
