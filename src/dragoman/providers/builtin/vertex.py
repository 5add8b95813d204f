"""Google's Vertex AI: Gemini on Gemini's wire, Claude on Anthropic's.

Reference: cloud.google.com/vertex-ai/generative-ai/docs/reference/rest (read 2026-11-20).
"""

from collections.abc import Mapping

from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.messages import Request
from dragoman.providers.auth.google import GoogleAuth
from dragoman.providers.quirks import name_version
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec


def _address(settings: Mapping[str, str]) -> str:
    location = settings["location"]
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{'' if location == 'global' else f'{location}-'}aiplatform.googleapis.com"


def _form(spec: ProviderSpec, settings: Mapping[str, str], _: str | None) -> ProviderSpec:
    """With the project in its paths; without one it is express mode, for which a key is enough."""
    project, location = settings.get("project"), settings["location"]
    place = f"/projects/{project}/locations/{location}/publishers" if project else "/publishers"

    def gemini(request: Request) -> str:
        return f"/v1beta1{place}/google{get_dialect('gemini').path(request)}"

    def claude(request: Request) -> str:
        return f"/v1{place}/anthropic/models/{request.model}:{'streamRawPredict' if request.stream else 'rawPredict'}"

    def vectors(request: Request) -> str:
        return f"/v1beta1{place}/google/models/{request.model}:predict"

    return replace(spec, paths={"gemini": gemini, "anthropic_messages": claude, "vertex_predict_embed": vectors})


SPEC = ProviderSpec(
    name="vertex",
    dialect=lambda model: "anthropic_messages" if model.startswith("claude") else "gemini",
    base_url=_address,
    base_url_env=("GOOGLE_VERTEX_BASE_URL",),
    settings=(
        Setting(name="project", env=("GOOGLE_CLOUD_PROJECT", "ANTHROPIC_VERTEX_PROJECT_ID")),
        Setting(name="location", env=("GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION"), default="global"),
    ),
    form=_form,
    auth=GoogleAuth(),
    quirks=(name_version("vertex-2023-10-16", why="Google puts the model in the address and the version in the body"),),
    embeddings="vertex_predict_embed",
    counting="vertex_count_tokens",
    listing="",
    docs_url="https://cloud.google.com/vertex-ai/generative-ai/docs",
)
