"""Where a model's files are: a file, a folder, or a name on the Hugging Face hub, whose cache is looked at first.

What of the files is taken depends on the engine, so each passes a function that chooses. It sees names and sizes only:
nothing is downloaded before it has chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import Struct

from dragoman.engines.base import ModelFiles
from dragoman.errors import MissingPackage, Unauthorized, UnknownModel
from dragoman.messages import decode_json

SAFETENSORS: Final = ("model*.safetensors",)
"""As mlx-lm looks for them."""
ANY_WEIGHTS: Final = ("*.safetensors", "pytorch_model*.bin")
"""As transformers looks for them: the second only where there is none of the first."""

_BESIDE: Final = ("*.json", "*.jinja", "*.model", "*.txt", "*.tiktoken")
_TOKENIZERS: Final = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json")
_PREFERRED: Final = "Q4_K_M"
_PART: Final = re.compile(r"-\d{5}-of-\d{5}(?=\.gguf$)")
_OF: Final = re.compile(r"-of-(\d{5})\.")
_NAME: Final = re.compile(r"(?P<repository>[\w.-]+(?:/[\w.-]+)?)(?:/(?P<file>[\w./-]+\.gguf)|:(?P<tag>[\w.-]+))?")
_HINT: Final = (
    "Name a folder, a `.gguf` file, or a model on huggingface.co as `owner/name` (`owner/name:Q4_K_M` or "
    "`owner/name/file.gguf` for one of several files)."
)


class Place(Struct, frozen=True, kw_only=True):
    """Where a model's files are, or from where they can be had.

    Attributes:
        name: As the caller named the model.
        wish: The file, or the part of its name, that the caller named.
        sizes: The files, by their names in the folder, and their sizes in bytes.
        get: Brings files here; returns the folder they are in.
    """

    name: str
    wish: str | None
    sizes: Mapping[str, int]
    get: Callable[[Sequence[str]], Path]

    def matching(self, *patterns: str) -> list[str]:
        """Files of the folder itself."""
        return [name for name in self.sizes if "/" not in name and any(fnmatch(name, each) for each in patterns)]

    def size(self, names: Sequence[str]) -> int:
        return sum(self.sizes[name] for name in names)


class Choice(Struct, frozen=True, kw_only=True):
    """The files an engine takes. `file` is the one to open; `""`: it opens the folder."""

    names: Sequence[str]
    size_bytes: int
    file: str = ""
    note: str | None = None


Choose: TypeAlias = Callable[[Place], Choice]
"""Raises `UnknownModel` when a place lacks what the engine needs."""


def find(model: str, choose: Choose) -> ModelFiles:
    """The files of `model`, downloaded if need be. Raises `UnknownModel`, `Unauthorized` and `MissingPackage`."""
    missing: UnknownModel | None = None
    for place in _places(model):
        try:
            choice = choose(place)
        except UnknownModel as error:
            missing = error
        else:
            # A file is not resolved: in the hub's cache its name is that of a link
            path = place.get(choice.names).resolve() / choice.file
            return ModelFiles(name=model, path=path, size_bytes=choice.size_bytes, note=choice.note)
    assert missing is not None
    raise missing


# ---------------------------------------------------------------------- what is chosen


def folder_of(*weights: str) -> Choose:
    """Chooses a folder in transformers' form, whose weights are called so: by the first name that is there."""

    def choose(place: Place) -> Choice:
        found = [place.matching(each) for each in weights]
        there = next((names for names in found if names), list[str]())
        _check_folder(place, there, weights)
        return Choice(names=[*there, *place.matching(*_BESIDE)], size_bytes=place.size(there))

    return choose


def _check_folder(place: Place, there: Sequence[str], weights: Sequence[str]) -> None:
    if "config.json" not in place.sizes:
        raise unknown(f"`{place.name}` has no `config.json`{_instead(place)}")
    if not there:
        raise unknown(f"`{place.name}` has no weights (`{'` or `'.join(weights)}`){_instead(place)}")
    if not any(name in place.sizes for name in _TOKENIZERS):
        raise unknown(f"`{place.name}` has no tokenizer (`{'`, `'.join(_TOKENIZERS)}`)")
    total = max((int(part[1]) for name in there if (part := _OF.search(name))), default=0)
    if total > len(there):
        raise unknown(f"`{place.name}` has {len(there)} of its {total} files of weights")


def _instead(place: Place) -> str:
    return ": it holds GGUF files, which the provider `huggingface` runs" if gguf_files(place) else ""


def gguf_of(place: Place) -> Choice:
    """Chooses one GGUF file: the one that was wished, else Q4_K_M, else the smallest."""
    files = gguf_files(place)
    if not files:
        raise unknown(f"`{place.name}` has no GGUF file")
    wished = _wished(place, files)
    usual = [name for name in wished if _PREFERRED in name.upper()] or wished
    file = min(usual, key=lambda name: place.size(files[name]))
    note = f"of {len(wished)} GGUF files, `{file}` is taken: name another as `{place.name}:{file}`"
    return Choice(
        names=files[file], size_bytes=place.size(files[file]), file=file, note=note if len(wished) > 1 else None
    )


def _wished(place: Place, files: Mapping[str, Sequence[str]]) -> list[str]:
    """All, where nothing was wished."""
    wish = (place.wish or "").lower()
    exact = [name for name in files if wish in (name.lower(), name.lower().rpartition("/")[2])]
    wished = exact or [name for name in files if wish in name.lower()]
    if not wished:
        raise unknown(f"`{place.name}`: there is no `{place.wish}`, but {', '.join(f'`{each}`' for each in files)}")
    return wished


def gguf_files(place: Place) -> dict[str, list[str]]:
    """The models in GGUF form, each by its first file; it may have several. Projectors for images are none."""
    models: dict[str, list[str]] = {}
    for name in sorted(place.sizes):
        if name.endswith(".gguf") and not name.rpartition("/")[2].startswith("mmproj"):
            models.setdefault(_PART.sub("", name), []).append(name)
    return {parts[0]: parts for parts in models.values()}


def unknown(message: str) -> UnknownModel:
    error = UnknownModel(message)
    error.hint = _HINT
    return error


# ---------------------------------------------------------------------- where files are


def _places(model: str) -> Iterator[Place]:
    path = Path(model).expanduser()
    if path.is_dir():
        yield _folder(model, path)
        return
    if path.is_file():
        if path.suffix != ".gguf":
            raise unknown(f"`{model}` is no GGUF file; of a model in several files, name the folder")
        yield _folder(model, path.parent, path.name)
        return
    named = _NAME.fullmatch(model)
    if named is None:
        raise unknown(f"there is no file or folder `{model}`")
    yield from _repository(model, named["repository"], named["file"] or named["tag"])


def _folder(model: str, folder: Path, wish: str | None = None) -> Place:
    files = [file for pattern in ("*", "*/*") for file in folder.glob(pattern) if file.is_file()]
    sizes = {file.relative_to(folder).as_posix(): file.stat().st_size for file in files}
    return Place(name=model, wish=wish, sizes=sizes, get=lambda _: folder)


def _repository(model: str, repository: str, wish: str | None) -> Iterator[Place]:
    """Its copy in the hub's cache, then the repository itself."""
    if find_spec("huggingface_hub") is None:
        raise MissingPackage(
            f"there is no folder `{model}`, and to look for it on huggingface.co, huggingface_hub is not installed: "
            "`pip install 'dragoman[huggingface]'`"
        )
    hub: Any = import_module("huggingface_hub")
    try:
        # With nothing asked for, nothing can be missing: what is there is looked at here
        cached = hub.snapshot_download(repository, local_files_only=True, ignore_patterns="*")
        yield _folder(model, Path(cached), wish)
    except hub.errors.LocalEntryNotFoundError:
        pass  # nothing of it is in the cache
    except hub.errors.HFValidationError as error:
        raise unknown(f"there is no file or folder `{model}`, and it is no name on huggingface.co: {error}") from None
    yield _remote(model, hub, repository, wish)


def _remote(model: str, hub: Any, repository: str, wish: str | None) -> Place:
    try:
        there: list[Any] = hub.HfApi().model_info(repository, files_metadata=True).siblings or []
    except hub.errors.GatedRepoError as error:
        raise _gated(repository) from error
    except hub.errors.RepositoryNotFoundError as error:
        raise unknown(
            f"there is no folder `{model}`, and no such model on huggingface.co; if it is private, set `HF_TOKEN`"
        ) from error
    except Exception as error:
        raise unknown(
            f"`{model}` is no folder, is not whole in the hub's cache, and huggingface.co cannot be asked: {error}"
        ) from error
    sizes: dict[str, int] = {file.rfilename: file.size or 0 for file in there}
    return Place(name=model, wish=wish, sizes=sizes, get=lambda names: _download(hub, repository, names))


def _download(hub: Any, repository: str, names: Sequence[str]) -> Path:
    try:
        return Path(hub.snapshot_download(repository, allow_patterns=list(names)))
    except hub.errors.GatedRepoError as error:
        raise _gated(repository) from error


def _gated(repository: str) -> Unauthorized:
    error = Unauthorized(f"`{repository}` is given only to those who accepted its terms")
    error.hint = f"Accept them on https://huggingface.co/{repository}, and set `HF_TOKEN`."
    return error


# ---------------------------------------------------------------------- what files say


def facts_in(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file of a model's folder; empty when it is not there."""
    file = folder / name
    return decode_json(file.read_bytes()) if file.is_file() else {}
