"""GGUF files by llama.cpp. Reference: llama-cpp-python.readthedocs.io, and llama.h of llama.cpp (read 2026-11-21).

Its C functions are called through llama-cpp-python's bindings. The class `Llama` above those replaces the process's
standard output while it loads, and hands every candidate through Python where a grammar is wanted.
"""

from __future__ import annotations

import ctypes
import logging
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from dragoman.engines.base import ModelFiles, Prompt, Sampling
from dragoman.engines.files import find, gguf_of
from dragoman.engines.grammar import Grammar, check_grammars
from dragoman.engines.markup import MARKS
from dragoman.engines.memory import available_bytes
from dragoman.engines.prompt import refused, thinking_of
from dragoman.engines.sampling import Settled, settle
from dragoman.errors import MissingPackage, NotEnoughMemory, ProviderFailed, UnsupportedFeature
from dragoman.messages import JsonObject

_BATCH: Final = 512
"""How many tokens of a prompt are computed at a time."""
_LEAST_CONTEXT, _MOST_CONTEXT = 512, 32_768
_SHARE: Final = 4
"""The cache of keys and values takes at most the fourth part of the memory that the weights leave."""

_USUAL: Final = Sampling(temperature=0.8, top_k=40, top_p=0.95, min_p=0.05)
"""llama.cpp's own settings (common/common.h, read 2026-11-21), for files that say nothing."""
_SETTINGS: Final[dict[str, tuple[str, Callable[[str], float]]]] = {
    "temperature": ("general.sampling.temp", float),
    "top_k": ("general.sampling.top_k", int),
    "top_p": ("general.sampling.top_p", float),
    "min_p": ("general.sampling.min_p", float),
}
"""Where files say it (gguf-py/gguf/constants.py)."""


class LlamaCppModel:
    """A model in llama.cpp's memory: the weights, and a context with room for one answer at a time."""

    def __init__(self, files: ModelFiles) -> None:
        """Raises `NotEnoughMemory`, and `UnsupportedFeature` for a file that llama.cpp cannot open."""
        self._library = _imported()
        with ExitStack() as owned:
            self._model = _load(self._library, files, owned)
            self._vocabulary = Vocabulary(self._library, self._model)
            self._context, self._size = _open_context(self._library, self._model, files, owned)
            self._owned = owned.pop_all()
        self._own = Sampling(
            **{name: self._setting(*place) or getattr(_USUAL, name) for name, place in _SETTINGS.items()}
        )
        self.context_tokens: int | None = self._size
        self.end_tokens = self._vocabulary.end_tokens
        self.hidden_tokens = self._vocabulary.hidden_tokens
        self.chat_template = (self._library.llama_model_chat_template(self._model, None) or b"").decode()

    def _setting(self, key: str, read: Callable[[str], Any]) -> Any:
        said = _metadata(self._library, self._model, key)
        return None if said is None else read(said)

    def encode(self, prompt: Prompt) -> list[int]:
        """Raises `Rejected` for a conversation that the template refuses."""
        formats: Any = import_module("llama_cpp.llama_chat_format")
        jinja2: Any = import_module("jinja2")
        begin, end = self._vocabulary.begin_and_end()
        try:
            render = formats.Jinja2ChatFormatter(self.chat_template, eos_token=end, bos_token=begin)
            text = render(messages=list(prompt.messages), tools=list(prompt.tools) or None, **thinking_of(prompt))
        except (
            jinja2.TemplateError,
            ValueError,
        ) as error:  # the second is what `raise_exception` is in these templates
            raise refused(error) from error
        return self._vocabulary.encode(text.prompt.encode())

    def decode(self, tokens: Sequence[int]) -> str:
        return self._vocabulary.decode(tokens)

    def tokens(self, prompt: Sequence[int], sampling: Sampling, schema: JsonObject | None) -> Generator[int]:
        library, context = self._library, self._context
        grammar = None if schema is None else self._vocabulary.grammar(schema)
        library.llama_memory_clear(library.llama_get_memory(context), True)
        with _sampler(library, settle(sampling, self._own), self._vocabulary.size, self._size) as sampler:
            new = prompt
            while True:
                self._compute(new)
                if grammar is not None:
                    self._forbid(~grammar.allowed(self._vocabulary.size))
                token = library.llama_sampler_sample(sampler, context, -1)
                if grammar is not None:
                    grammar.accept(token)
                yield token
                new = [token]

    def _compute(self, tokens: Sequence[int]) -> None:
        for first in range(0, len(tokens), _BATCH):
            batch = _array(self._library, tokens[first : first + _BATCH])
            failed = self._library.llama_decode(self._context, self._library.llama_batch_get_one(batch, len(batch)))
            if failed:
                raise ProviderFailed(f"llama.cpp failed: llama_decode returned {failed}", retryable=False)

    def _forbid(self, tokens: Any) -> None:
        """Where llama.cpp keeps the next token's logits, make `tokens` (a NumPy mask) impossible."""
        numpy: Any = import_module("numpy")
        logits = self._library.llama_get_logits_ith(self._context, -1)
        numpy.ctypeslib.as_array(logits, (self._vocabulary.size,))[tokens] = -numpy.inf

    def close(self) -> None:
        del self._vocabulary
        self._owned.close()


class Vocabulary:
    """A GGUF file's tokens."""

    def __init__(self, library: Any, model: Any) -> None:
        self._library = library
        self._vocabulary = library.llama_model_get_vocab(model)
        self.size: int = library.llama_vocab_n_tokens(self._vocabulary)
        self.end_tokens = frozenset(self._all(library.llama_vocab_is_eog))
        control = self._all(library.llama_vocab_is_control)
        self.hidden_tokens = frozenset(token for token in control if self.decode([token]) not in MARKS)
        self._for_grammars: Any = None

    def _all(self, is_so: Callable[[Any, int], bool]) -> list[int]:
        return [token for token in range(self.size) if is_so(self._vocabulary, token)]

    def begin_and_end(self) -> tuple[str, str]:
        """The tokens of a text's begin and end as templates write them; `""`: there is none."""
        tokens = self._library.llama_vocab_bos(self._vocabulary), self._library.llama_vocab_eos(self._vocabulary)
        begin, end = ("" if token < 0 else self.decode([token]) for token in tokens)
        return begin, end

    def encode(self, text: bytes, *, marks: bool = True) -> list[int]:
        """`marks` in the text are the tokens they stand for. None is added: a template writes them all."""
        tokens = _array(self._library, [0] * (len(text) + 1))  # no token is less than a byte; some add a space
        count = self._library.llama_tokenize(self._vocabulary, text, len(text), tokens, len(tokens), False, marks)
        assert count >= 0
        return tokens[:count]

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(map(self.piece, tokens)).decode(errors="replace")

    def piece(self, token: int, size: int = 64) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        length = self._library.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, True)
        return buffer.raw[:length] if length >= 0 else self.piece(token, -length)

    def grammar(self, schema: JsonObject) -> Grammar:
        if self._for_grammars is None:
            check_grammars()
            llguidance: Any = import_module("llguidance")
            view = llguidance.TokenizerWrapper(_ForGrammars(self))
            self._for_grammars = llguidance.LLTokenizer(view, eos_token=sorted(self.end_tokens))
        return Grammar(self._for_grammars, schema)


class _ForGrammars:
    """A vocabulary as llguidance looks at it. (Its own view of one calls functions that llama.cpp gave up.)"""

    bos_token_id = None

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.eos_token_id = min(vocabulary.end_tokens)
        self.tokens = [vocabulary.piece(token) for token in range(vocabulary.size)]
        self.special_token_ids = sorted(vocabulary.hidden_tokens | vocabulary.end_tokens)

    def __call__(self, text: bytes) -> list[int]:
        return self._vocabulary.encode(text, marks=False)


def _imported() -> Any:
    library: Any = import_module("llama_cpp")
    logger = logging.getLogger("llama-cpp-python")  # what llama.cpp reports goes to standard error, by its level
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)
    library.llama_backend_init()
    return library


def _load(library: Any, files: ModelFiles, owned: ExitStack) -> Any:
    settings = library.llama_model_default_params()
    settings.n_gpu_layers = -1  # all, where it was built for a GPU
    model = library.llama_model_load_from_file(os.fsencode(files.path), settings)
    if not model:
        raise UnsupportedFeature(f"llama.cpp cannot open `{files.name}`: what it wrote to standard error says why")
    owned.callback(library.llama_model_free, model)
    return model


def _open_context(library: Any, model: Any, files: ModelFiles, owned: ExitStack) -> tuple[Any, int]:
    """As large as the model's own, as memory allows, or 32,768 tokens, whichever is least."""
    left = max(available_bytes() - files.size_bytes, 0) // _SHARE
    fitting = max(left // _bytes_per_token(library, model), _LEAST_CONTEXT)
    size = min(library.llama_model_n_ctx_train(model), fitting, _MOST_CONTEXT)
    settings = library.llama_context_default_params()
    settings.n_ctx, settings.n_batch = size, min(size, _BATCH)
    settings.n_threads_batch = os.cpu_count() or 1
    settings.n_threads = max(settings.n_threads_batch // 2, 1)  # two threads of a core share what computes
    context = library.llama_init_from_model(model, settings)
    if not context:
        raise NotEnoughMemory(f"`{files.name}` was loaded, but a context of {size} tokens finds no memory")
    owned.callback(library.llama_free, context)
    return context, size


def _bytes_per_token(library: Any, model: Any) -> int:
    """What keys and values of a token take: numbers of two bytes, in each layer, for each of its heads."""
    architecture = _metadata(library, model, "general.architecture")
    said = _metadata(library, model, f"{architecture}.attention.key_length")
    width = int(said) if said else library.llama_model_n_embd(model) // max(library.llama_model_n_head(model), 1)
    return max(2 * 2 * library.llama_model_n_layer(model) * library.llama_model_n_head_kv(model) * width, 1)


def _metadata(library: Any, model: Any, key: str) -> str | None:
    """A short text or a number of a file's header."""
    buffer = ctypes.create_string_buffer(128)
    length = library.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return None if length < 0 else buffer.value.decode()


@contextmanager
def _sampler(library: Any, settled: Settled, vocabulary: int, context: int) -> Generator[Any]:
    """llama.cpp's own, in the order of the other engines. Its repetition penalty counts the answer alone."""
    chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
    penalties = settled.repetition_penalty, settled.frequency_penalty, settled.presence_penalty
    try:
        if settled.penalizes:
            library.llama_sampler_chain_add(
                chain, library.llama_sampler_init_penalties(vocabulary, context, *penalties)
            )
        for step in _choosing(library, settled):
            library.llama_sampler_chain_add(chain, step)
        yield chain
    finally:
        library.llama_sampler_free(chain)


def _choosing(library: Any, settled: Settled) -> list[Any]:
    if settled.temperature == 0:
        return [library.llama_sampler_init_greedy()]
    return [
        library.llama_sampler_init_temp(settled.temperature),
        library.llama_sampler_init_top_k(settled.top_k),
        library.llama_sampler_init_top_p(settled.top_p, 1),
        library.llama_sampler_init_min_p(settled.min_p, 1),
        library.llama_sampler_init_dist(settled.seed),
    ]


def _array(library: Any, tokens: Sequence[int]) -> Any:
    return (library.llama_token * len(tokens))(*tokens)


class _LlamaCpp:
    name = "llama_cpp"

    def check(self) -> None:
        if find_spec("llama_cpp") is None:
            raise MissingPackage(
                "GGUF files need llama-cpp-python, which is not installed: `pip install 'dragoman[gguf]'` (it is "
                "compiled at installation, which needs a C++ compiler and takes minutes to an hour)"
            )

    def find(self, model: str) -> ModelFiles:
        return find(model, gguf_of)

    def load(self, files: ModelFiles) -> LlamaCppModel:
        return LlamaCppModel(files)


ENGINE = _LlamaCpp()
