"""Which files of a model are taken, and what is said when some are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.engines.base import get_engine
from dragoman.engines.files import ANY_WEIGHTS, SAFETENSORS, find, folder_of, gguf_of
from dragoman.engines.libraries import huggingface, llama_cpp, mlx, transformers
from dragoman.errors import ConfigurationError, MissingPackage, UnknownModel

FOLDER = {"config.json": 10, "tokenizer.json": 10, "model.safetensors": 500}


def place(folder: Path, files: dict[str, int]) -> Path:
    for name, size in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * size)
    return folder


@pytest.mark.parametrize(
    ("files", "taken", "size", "note"),
    [
        ({"a.gguf": 5}, "a.gguf", 5, None),
        ({"a-Q8_0.gguf": 9, "a-Q4_K_M.gguf": 5, "a-Q2_K.gguf": 2}, "a-Q4_K_M.gguf", 5, "of 3 GGUF files"),
        ({"a-Q8_0.gguf": 9, "a-Q5_0.gguf": 5}, "a-Q5_0.gguf", 5, "of 2 GGUF files"),
        ({"a-00001-of-00002.gguf": 3, "a-00002-of-00002.gguf": 4, "b.gguf": 9}, "a-00001-of-00002.gguf", 7, "of 2"),
        ({"mmproj-a.gguf": 1, "a.gguf": 5}, "a.gguf", 5, None),
        ({"Q4_K_M/a.gguf": 5, "Q8_0/a.gguf": 9}, "Q4_K_M/a.gguf", 5, "of 2"),
    ],
)
def test_of_several_gguf_files_one_is_taken(
    tmp_path: Path, files: dict[str, int], taken: str, size: int, note: str | None
) -> None:
    found = find(str(place(tmp_path, files)), gguf_of)
    assert (found.path, found.size_bytes) == (tmp_path / taken, size)
    assert (found.note or "").startswith(note or "")
    assert (found.note is None) == (note is None)


def test_a_file_that_is_named_is_taken(tmp_path: Path) -> None:
    place(tmp_path, {"a-Q8_0.gguf": 9, "a-Q4_K_M.gguf": 5})
    found = find(str(tmp_path / "a-Q8_0.gguf"), gguf_of)
    assert (found.path.name, found.size_bytes, found.note) == ("a-Q8_0.gguf", 9, None)


@pytest.mark.parametrize(
    ("files", "weights", "missing"),
    [
        ({"model.safetensors": 1}, SAFETENSORS, "has no `config.json`"),
        ({"config.json": 1, "tokenizer.json": 1}, SAFETENSORS, r"has no weights \(`model\*.safetensors`\)"),
        ({"config.json": 1, "model.safetensors": 1}, SAFETENSORS, "has no tokenizer"),
        ({**FOLDER, "model-00001-of-00003.safetensors": 1}, SAFETENSORS, "has 2 of its 3 files of weights"),
        ({"a.gguf": 1}, SAFETENSORS, "it holds GGUF files, which the provider `huggingface` runs"),
        ({"config.json": 1, "tokenizer.json": 1, "a.bin": 1}, ANY_WEIGHTS, "has no weights"),
    ],
)
def test_what_a_folder_lacks_is_said(
    tmp_path: Path, files: dict[str, int], weights: tuple[str, ...], missing: str
) -> None:
    with pytest.raises(UnknownModel, match=missing):
        find(str(place(tmp_path, files)), folder_of(*weights))


def test_a_folder_is_taken_with_all_its_weights(tmp_path: Path) -> None:
    found = find(str(place(tmp_path, FOLDER)), folder_of(*SAFETENSORS))
    assert (found.path, found.size_bytes) == (tmp_path, 500)


@pytest.mark.parametrize("model", ["/nowhere/at/all", "a b", "model.safetensors"])
def test_what_is_no_model_is_said(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place(tmp_path, {"model.safetensors": 1}))
    with pytest.raises(UnknownModel, match=r"there is no file or folder|is no GGUF file"):
        find(model, gguf_of)


@pytest.mark.parametrize(
    ("module", "engine", "install"),
    [
        (mlx, "mlx", r"dragoman\[mlx\]"),
        (transformers, "transformers", r"dragoman\[huggingface\]"),
        (llama_cpp, "llama_cpp", r"dragoman\[gguf\]"),
    ],
)
def test_a_missing_package_is_said_with_its_install_line(
    monkeypatch: pytest.MonkeyPatch, module: object, engine: str, install: str
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    monkeypatch.setattr(mlx.platform, "machine", lambda: "arm64")
    with pytest.raises(MissingPackage, match=install):
        get_engine(engine).check()


def test_mlx_says_that_intel_macs_cannot_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlx, "find_spec", lambda _: None)
    monkeypatch.setattr(mlx.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(mlx.platform, "machine", lambda: "x86_64")
    with pytest.raises(ConfigurationError, match="MLX runs on Apple silicon"):
        mlx.ENGINE.check()


@pytest.mark.parametrize(
    ("files", "install"),
    [
        ({"a.gguf": 1, "config.json": 1}, r"dragoman\[gguf\]"),
        ({**FOLDER, "a.gguf": 1}, r"dragoman\[huggingface\]"),
    ],
)
def test_hugging_faces_engine_is_told_by_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, int], install: str
) -> None:
    for module in (transformers, llama_cpp):
        monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(MissingPackage, match=install):
        huggingface.ENGINE.find(str(place(tmp_path, files)))
