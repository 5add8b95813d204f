"""Models by transformers, on a GPU where there is one. Reference: huggingface.co/docs/transformers (read 2026-11-21).

The loop from token to token is ours, around the model's forward pass: `generate()` cannot be left between two tokens
by the one who reads them. Choosing a token is done by transformers' own processors.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from threading import local
from typing import Any, Final

from dragoman.engines.base import ModelFiles, Sampling
from dragoman.engines.files import ANY_WEIGHTS, find, folder_of
from dragoman.engines.folder_model import FolderModel
from dragoman.engines.grammar import Grammar
from dragoman.engines.memory import memory_errors
from dragoman.engines.sampling import Penalties, Settled, settle
from dragoman.errors import MissingPackage, UnsupportedFeature
from dragoman.messages import JsonObject

_thread: Final = local()


class TransformersModel(FolderModel):
    """A model in PyTorch's memory."""

    def __init__(self, files: ModelFiles) -> None:
        """Raises `NotEnoughMemory`, and `UnsupportedFeature` for an architecture that transformers does not know."""
        self._torch: Any = import_module("torch")
        super().__init__(files)
        with memory_errors(files.name):
            self._model = _load(files, self._torch)
        self._once = {"logits_to_keep": 1} if "logits_to_keep" in signature(self._model.forward).parameters else {}

    def tokens(self, prompt: Sequence[int], sampling: Sampling, schema: JsonObject | None) -> Generator[int]:
        choose = _Chooser(self._torch, prompt, settle(sampling, self._own), self._model.device)
        grammar: Grammar | None = None
        past, new = None, list(prompt)
        while True:
            with memory_errors(self._name), self._torch.inference_mode():
                logits, past = self._forward(new, past)
                if schema is not None:
                    grammar = grammar or self._grammar(schema, len(logits))
                    allowed = self._torch.from_numpy(grammar.allowed(len(logits))).to(logits.device)
                    logits = logits.masked_fill(~allowed, float("-inf"))
                token = choose(logits)
            if grammar is not None:
                grammar.accept(token)
            yield token
            new = [token]

    def _forward(self, new: Sequence[int], past: Any) -> tuple[Any, Any]:
        """The logits of the token after `new`, and the cache that goes on from there."""
        tokens = self._torch.tensor([new], device=self._model.device)
        output = self._model(input_ids=tokens, past_key_values=past, use_cache=True, **self._once)
        past = getattr(output, "past_key_values", None)
        if past is None:
            raise UnsupportedFeature(f"`{self._name}` keeps no cache of keys and values: it is no model for chat")
        return output.logits[0, -1].float().to(tokens.device), past

    def close(self) -> None:
        super().close()
        del self._model
        for kind in ("cuda", "mps"):
            device = getattr(self._torch, kind)
            if device.is_available():
                device.empty_cache()


def _load(files: ModelFiles, torch: Any) -> Any:
    device = _device(torch)
    # accelerate spreads a model over several GPUs, and over the CPU for what does not fit
    spread = {"device_map": "auto"} if device == "cuda" and find_spec("accelerate") else {}
    transformers: Any = import_module("transformers")
    try:
        with _unseen():
            model = transformers.AutoModelForCausalLM.from_pretrained(
                files.path, dtype="auto", local_files_only=True, trust_remote_code=False, **spread
            )
    except (ValueError, KeyError) as error:  # its ways to say that it has no class for a configuration
        raise UnsupportedFeature(f"transformers cannot run `{files.name}`: {error}") from error
    return (model if spread else model.to(device)).eval()


@contextmanager
def _unseen() -> Generator[None]:
    """Draws no bar on the screen while weights are loaded, unless `HF_HUB_DISABLE_PROGRESS_BARS=0` asks for one.

    The hook for bars is the process's, so ours stays there and minds the bars of this thread alone.
    """
    constants: Any = import_module("huggingface_hub.constants")
    bars: Any = import_module("transformers.utils.logging")
    set_hook: Any = getattr(bars, "set_tqdm_hook", None)  # 5.2 has none yet, and draws its bar
    if set_hook is not None and constants.HF_HUB_DISABLE_PROGRESS_BARS is None:
        theirs = set_hook(_bar)
        if theirs is not None:
            set_hook(theirs)  # ours already, or a caller's who wants to see bars in a way of their own
    _thread.is_loading = True
    try:
        yield
    finally:
        _thread.is_loading = False


def _bar(make: Callable[..., Any], arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    hidden = {"disable": True} if getattr(_thread, "is_loading", False) else {}
    return make(*arguments, **{**options, **hidden})


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class _Chooser:
    """Takes a token by its logits, with a random generator of its own."""

    def __init__(self, torch: Any, prompt: Sequence[int], settled: Settled, device: Any) -> None:
        self._torch = torch
        self._prompt = prompt
        self._settled = settled
        self._random = torch.Generator(device).manual_seed(settled.seed)
        self._warp = _warpers(settled)
        self._penalties: Penalties | None = None

    def __call__(self, logits: Any) -> int:
        if self._settled.penalizes:
            prompt = self._torch.tensor(self._prompt, device=logits.device)
            self._penalties = self._penalties or Penalties(self._torch, logits, prompt, self._settled)
            logits = self._penalties.apply(logits)
        token = int(self._take(logits))
        if self._penalties is not None:
            self._penalties.count(token)
        return token

    def _take(self, logits: Any) -> Any:
        if self._settled.temperature == 0:
            return logits.argmax()
        scores = self._warp(None, logits.unsqueeze(0))
        return self._torch.multinomial(scores.softmax(-1), 1, generator=self._random)


def _warpers(settled: Settled) -> Any:
    """What narrows the choice, in transformers' order."""
    library: Any = import_module("transformers")
    wanted: list[tuple[bool, Callable[[], Any]]] = [
        (settled.temperature > 0, lambda: library.TemperatureLogitsWarper(float(settled.temperature))),
        (settled.top_k > 0, lambda: library.TopKLogitsWarper(settled.top_k)),
        (settled.top_p < 1, lambda: library.TopPLogitsWarper(settled.top_p)),
        (settled.min_p > 0, lambda: library.MinPLogitsWarper(settled.min_p)),
    ]
    return library.LogitsProcessorList(make() for is_wanted, make in wanted if is_wanted)


class _Transformers:
    name = "transformers"

    def check(self) -> None:
        absent = [package for package in ("torch", "transformers") if find_spec(package) is None]
        if absent:
            raise MissingPackage(f"{' and '.join(absent)} not installed: `pip install 'dragoman[huggingface]'`")

    def find(self, model: str) -> ModelFiles:
        return find(model, folder_of(*ANY_WEIGHTS))

    def load(self, files: ModelFiles) -> TransformersModel:
        return TransformersModel(files)


ENGINE = _Transformers()
