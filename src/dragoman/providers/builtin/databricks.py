"""Databricks' serving endpoints; the workspace says where.

Reference: docs.databricks.com/en/machine-learning/model-serving (read 2026-11-20).
"""

from dragoman.providers.auth import bearer
from dragoman.providers.quirks import OLDER_LIMIT
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="databricks",
    dialect="openai_chat",
    default_prefix="/serving-endpoints",
    base_url_env=(
        "DATABRICKS_BASE_URL",
        "DATABRICKS_HOST",
        "DATABRICKS_WORKSPACE_URL",
    ),
    auth=bearer("DATABRICKS_TOKEN", "DATABRICKS_API_KEY"),
    quirks=(OLDER_LIMIT,),
    embeddings="openai_embeddings",
    docs_url="https://docs.databricks.com/en/machine-learning/model-serving",
)
