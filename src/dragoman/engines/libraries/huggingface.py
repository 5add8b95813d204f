"""The Hugging Face hub's models: by transformers, or by llama.cpp where the files are GGUF."""

from __future__ import annotations

from dragoman.engines.base import Engine, LoadedModel, ModelFiles
from dragoman.engines.files import ANY_WEIGHTS, Choice, Place, find, folder_of, gguf_files, gguf_of
from dragoman.engines.libraries.llama_cpp import ENGINE as LLAMA_CPP
from dragoman.engines.libraries.transformers import ENGINE as TRANSFORMERS


def _choose(place: Place) -> Choice:
    """GGUF where it is wished or there is nothing else. What its engine lacks is said before anything is downloaded."""
    is_gguf = place.wish is not None or (gguf_files(place) and not place.matching(*ANY_WEIGHTS))
    (LLAMA_CPP if is_gguf else TRANSFORMERS).check()
    return gguf_of(place) if is_gguf else folder_of(*ANY_WEIGHTS)(place)


class _HuggingFace:
    name = "huggingface"

    def check(self) -> None:
        """Which package is needed is known when the files are."""

    def find(self, model: str) -> ModelFiles:
        return find(model, _choose)

    def load(self, files: ModelFiles) -> LoadedModel:
        engine: Engine = LLAMA_CPP if files.path.suffix == ".gguf" else TRANSFORMERS
        return engine.load(files)


ENGINE = _HuggingFace()
