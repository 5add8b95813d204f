"""Addresses on Google Cloud: the location names the host, the project stands in the path.

Reference: cloud.google.com/vertex-ai/generative-ai/docs/reference/rest (read 2026-11-20).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.messages import Request
from dragoman.providers.spec import ProviderSpec


def address(settings: Mapping[str, str]) -> str:
    location = settings["location"]
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{'' if location == 'global' else f'{location}-'}aiplatform.googleapis.com"


def in_project(spec: ProviderSpec, settings: Mapping[str, str], _: str | None) -> ProviderSpec:
    """`spec` with the project in its paths; without one it is express mode, for which a key is enough."""
    project, location = settings.get("project"), settings["location"]
    place = f"/projects/{project}/locations/{location}/publishers" if project else "/publishers"

    def gemini(request: Request) -> str:
        return f"/v1beta1{place}/google{get_dialect('gemini').path(request)}"

    def claude(request: Request) -> str:
        return f"/v1{place}/anthropic/models/{request.model}:{'streamRawPredict' if request.stream else 'rawPredict'}"

    def vectors(request: Request) -> str:
        return f"/v1beta1{place}/google/models/{request.model}:predict"

    return replace(spec, paths={"gemini": gemini, "anthropic_messages": claude, "vertex_predict_embed": vectors})
