"""Users' own SDK clients, wrapped: each module of `wrapping/` runs whole where its SDK is installed.

Our packages are lent to the SDK's environment, which is made by the same Python.
"""

from __future__ import annotations

import os
import site
import subprocess
from pathlib import Path

import pytest

import dragoman
from tests.seeds.guide import seed

from .conftest import find_python

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.clients

MODULES = [
    ("openai", "openai_client"),
    ("litellm", "openai_client"),  # openai 2
    ("openai", "openai_validators"),
    ("litellm", "openai_validators"),
    ("anthropic", "anthropic_client"),
    ("groq", "groq_client"),
    ("stainless", "stainless_clients"),
    ("gemini", "gemini_client"),
    ("gemini_v2", "gemini_client"),
    ("gemini_v1", "gemini_client"),
    ("mistral", "mistral_client"),
    ("cohere", "cohere_client"),
    ("boto3", "bedrock_client"),
    ("aiobotocore", "aiobotocore_client"),
    ("litellm", "litellm_function"),
    ("chapters", "seed_chapters"),
    ("chapters", "routed_chapter"),
    ("instructor_package", "instructor_targets"),
]
"""By environment: what runs in it."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("environment", "module"), MODULES)
def test_wrapped(environment: str, module: str) -> None:
    """SDKs warn of their own: of models that they think retired, of parts of Python that are to go."""
    source = Path(dragoman.__file__).parents[1]
    seeds = {name: os.environ[name] for name in ("DRAGOMAN_SEEDS",) if name in os.environ}
    done = subprocess.run(
        [find_python(environment), "-m", "pytest", "-q", "-W", "default", f"tests/clients/wrapping/{module}.py"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(source), *site.getsitepackages()]),
            **seeds,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert seed("000") is None or "skipped" not in done.stdout.splitlines()[-1]


def test_every_module_runs() -> None:
    names = {path.stem for path in (Path(__file__).parent / "wrapping").glob("*.py")} - {"__init__", "contract"}
    assert names == {module for _, module in MODULES}
