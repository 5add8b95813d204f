"""Make an environment for each foreign client that `make test-clients` runs, under `.clients/`.

Each has its own because their dependencies contradict each other. One that is up to date is left alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1] / ".clients"

TEST_TOOLS = ["hypothesis>=6.135", "pytest>=9", "pytest-timeout>=2.4"]
OUR_TESTS = [*TEST_TOOLS, "--editable", str(ROOT.parent)]

CLIENTS = {
    "openai": ["openai>=3.3,<4"],
    "anthropic": ["anthropic>=2.11,<3"],
    "boto3": ["boto3>=1.44,<2", *OUR_TESTS],
    "ollama": ["ollama>=0.6,<0.7"],
    "cohere": ["cohere>=7.3,<8"],
    "gemini": ["google-genai>=3.4,<4"],
    "gemini_v2": ["google-genai>=2.34,<3"],
    "gemini_v1": ["google-genai>=1.75,<2"],
    "mistral": ["mistralai>=3.7,<4"],
    "groq": ["groq>=1.7,<2"],
    "stainless": [
        "cerebras-cloud-sdk>=1.91,<2",
        "fireworks-ai>=1.2.28,<2",
        "perplexityai>=0.46,<1",
        "writer-sdk>=3,<4",
    ],
    "chapters": ["openai>=3.3,<4", "anthropic>=2.11,<3", "google-genai>=3.4,<4"],
    "aiobotocore": ["aiobotocore>=3.10,<4"],
    "anthropic_codec": ["anthropic>=2.11,<3", *OUR_TESTS],
    "litellm": ["litellm>=1.100,<1.109", "mcp", *OUR_TESTS],
    "instructor": [
        "openai>=3.3,<4",
        "anthropic>=2.11,<3",
        "google-genai>=3.4,<4",
        "pytest-asyncio>=1.2",
        "python-dotenv>=1",
        "requests>=2",
        "tenacity>=9",
        "jinja2>=3.1",
        *OUR_TESTS,
    ],
    "vertex": ["cryptography", *TEST_TOOLS, "--editable", f"{ROOT.parent}[vertex]"],
}
"""Environment → what is installed in it. Those with ours too run tests in which theirs and ours meet;
`vertex` has what our extra of that name brings, and nothing else that could hide what the extra lacks."""


def make(folder: Path, *steps: list[str]) -> None:
    """Each step is what pip is given at one time."""
    wanted = "\n".join("\n".join(packages) for packages in steps)
    stamp = folder / "packages.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"making {folder.relative_to(ROOT.parent)} with {', '.join(wanted.splitlines())}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    for packages in steps:
        subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages], check=True)
    stamp.write_text(wanted)


if __name__ == "__main__":
    for client, requirements in CLIENTS.items():
        make(ROOT / client, requirements)
