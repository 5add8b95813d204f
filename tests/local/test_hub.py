"""Models by their names on the Hugging Face hub: its own client, against a small hub on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytestmark = [
    pytest.mark.local,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        find_spec("huggingface_hub") is None, reason="no huggingface_hub: `make test-local` installs it"
    ),
]

COMMIT = "0" * 40
REPOSITORIES = {
    "house/folder": {
        "config.json": 2,
        "tokenizer.json": 2,
        "model.safetensors": 300,
        "model.onnx": 900,
        "README.md": 9,
    },
    "house/quantized": {"config.json": 2, "a-Q8_0.gguf": 80, "a-Q4_K_M.gguf": 40, "a-Q2_K.gguf": 20},
}

PROGRAM = """
import json, sys
from dragoman.engines.files import ANY_WEIGHTS, find, folder_of, gguf_of
from dragoman.errors import Error
try:
    found = find(sys.argv[1], gguf_of if sys.argv[2] == "gguf" else folder_of(*ANY_WEIGHTS))
except Error as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}))
else:
    folder = found.path if found.path.is_dir() else found.path.parent
    there = sorted(each.name for each in folder.iterdir())
    print(json.dumps({"path": found.path.name, "size": found.size_bytes, "note": found.note, "there": there}))
"""


class Hub(BaseHTTPRequestHandler):
    """As much of huggingface.co as its client asks for a download."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/api/models/").strip("/")
        name = "/".join(path.split("/")[:2])
        files = REPOSITORIES.get(name)
        if files is None:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif "/resolve/" in path:
            content = b"{}".ljust(files[path.split("/", 4)[4]])
            self._send(200, content, {"ETag": f'"{sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT})
        elif "/tree/" in path:
            self._json([{"type": "file", "path": each, "size": size, "oid": COMMIT} for each, size in files.items()])
        else:
            siblings = [{"rfilename": each, "size": size} for each, size in files.items()]
            self._json({"id": name, "sha": COMMIT, "siblings": siblings, "private": False, "tags": [], "downloads": 0})

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for each in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(*each)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def find(model: str, form: str, hub: str, cache: Path, **environment: str) -> dict[str, Any]:
    """What is found, in a process of its own: the hub's client reads its environment once."""
    known = {"HF_ENDPOINT": hub, "HF_HOME": str(cache), "PYTHONPATH": ":".join(sys.path), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", PROGRAM, model, form]
    done = subprocess.run(command, env={**known, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_folder_is_downloaded_without_what_is_not_needed(hub: str, tmp_path: Path) -> None:
    found = find("house/folder", "folder", hub, tmp_path)
    assert found["size"] == 300
    assert found["there"] == ["config.json", "model.safetensors", "tokenizer.json"]


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("house/quantized", "a-Q4_K_M.gguf"),
        ("house/quantized:Q8_0", "a-Q8_0.gguf"),
        ("house/quantized/a-Q2_K.gguf", "a-Q2_K.gguf"),
    ],
)
def test_one_gguf_file_is_downloaded(hub: str, tmp_path: Path, model: str, taken: str) -> None:
    found = find(model, "gguf", hub, tmp_path)
    assert found["path"] == taken
    assert found["there"] == [taken]
    assert (found["note"] is None) == (model != "house/quantized")


def test_what_was_downloaded_needs_no_hub(hub: str, tmp_path: Path) -> None:
    first = find("house/folder", "folder", hub, tmp_path)
    assert find("house/folder", "folder", "http://127.0.0.1:9", tmp_path) == first
    assert find("house/folder", "folder", hub, tmp_path, HF_HUB_OFFLINE="1") == first


def test_another_file_than_the_cached_is_downloaded(hub: str, tmp_path: Path) -> None:
    find("house/quantized:Q2_K", "gguf", hub, tmp_path)
    assert find("house/quantized:Q8_0", "gguf", hub, tmp_path)["path"] == "a-Q8_0.gguf"


@pytest.mark.parametrize(
    ("model", "environment", "said"),
    [
        ("house/nothing", {}, "no such model on huggingface.co; if it is private, set `HF_TOKEN`"),
        ("house/nothing", {"HF_HUB_OFFLINE": "1"}, "huggingface.co cannot be asked"),
        ("house/nothing", {"HF_ENDPOINT": "http://127.0.0.1:9"}, "huggingface.co cannot be asked"),
        ("a--b/c..d", {}, "it is no name on huggingface.co"),
        ("house/quantized:Q5_0", {}, "there is no `Q5_0`, but `a-Q2_K.gguf`"),
    ],
)
def test_what_cannot_be_had_is_said(
    hub: str, tmp_path: Path, model: str, environment: dict[str, str], said: str
) -> None:
    found = find(model, "gguf", hub, tmp_path, **environment)
    assert found["error"] == "UnknownModel"
    assert said in found["message"]
