"""Models in this process by MLX: Apple silicon, or Linux. Reference: github.com/ml-explore/mlx-lm (read 2026-11-21)."""

from dragoman.providers.auth import ARGUMENT_ONLY
from dragoman.providers.quirks import OF_ENGINES
from dragoman.providers.spec import IN_PROCESS, ProviderSpec

SPEC = ProviderSpec(
    name="mlx",
    dialect="ollama",
    engine="mlx",
    base_url=IN_PROCESS,
    listing=None,
    auth=ARGUMENT_ONLY,
    quirks=OF_ENGINES,
    lacks=frozenset({"forced_tools"}),
    price_list=None,
    docs_url="https://github.com/ml-explore/mlx-lm",
)
