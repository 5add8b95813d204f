"""`Instructions`: examples for fine-tuning, written as a function is used, and the function answered by a model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from functools import wraps
from json import dumps
from logging import Handler, getLogger
from typing import Any, Literal, ParamSpec, TypeVar, cast, overload
from uuid import uuid4

from pydantic import BaseModel

from dragoman.client.dsl.schemas import generate_openai_schema
from dragoman.errors import ConfigurationError
from dragoman.structured.kept import kept_with_type

P = ParamSpec("P")
R = TypeVar("R", bound=BaseModel)


class FinetuneFormat(Enum):
    """How an example is written: as a chat for OpenAI's fine-tuning, or as everything that is known of the call."""

    MESSAGES = "messages"
    RAW = "raw"


class Instructions:
    """Watches functions that return models.

    Every call of a function under `distil` is written as one line of JSON to the logger called `name`, at level INFO.
    With `mode="dispatch"` the function is not run: the model that was trained on its examples answers.

    Args:
        name: The logger's name.
        id: A name for this set of examples; one is made when there is none.
        log_handlers: Where the lines go.
        finetune_format: What a line holds.
        indent: How the answer's JSON inside a line is indented.
        include_code_body: Show the model the function's code, not only its head and docstring.
        openai_client: A client with `create`, for `mode="dispatch"`.
    """

    def __init__(  # noqa: PLR0917  # Instructor's order
        self,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  # Instructor's name
        log_handlers: list[Handler] | None = None,
        finetune_format: FinetuneFormat = FinetuneFormat.MESSAGES,
        indent: int = 2,
        include_code_body: bool = False,
        openai_client: Any = None,
    ) -> None:
        self.name = name
        self.id = id or str(uuid4())
        self.finetune_format = finetune_format
        self.indent = indent
        self.include_code_body = include_code_body
        self.client = openai_client
        self.logger = getLogger(name)
        for handler in log_handlers or ():
            self.logger.addHandler(handler)

    @overload
    def distil(self, fn: Callable[P, R], /) -> Callable[P, R]: ...

    @overload
    def distil(
        self,
        fn: None = None,
        /,
        *,
        name: str | None = None,
        mode: Literal["distil", "dispatch"] = "distil",
        model: str = "gpt-3.5-turbo",
        fine_tune_format: FinetuneFormat | None = None,
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...

    def distil(
        self,
        fn: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        mode: Literal["distil", "dispatch"] = "distil",
        model: str = "gpt-3.5-turbo",
        fine_tune_format: FinetuneFormat | None = None,
    ) -> Callable[..., Any]:
        """A decorator for a function whose return annotation is a model: `@distil`, or `@distil(name=…)`.

        Args:
            fn: The function.
            name: What to call it in the examples.
            mode: `"distil"` runs it and writes the example, `"dispatch"` asks `model` in its place.
            model: The fine-tuned model.
            fine_tune_format: In place of the one given to `Instructions`.
        """
        if mode not in ("distil", "dispatch"):
            raise ConfigurationError(f"mode is 'distil' or 'dispatch', not {mode!r}")

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            returned = _returned_model(function)
            called = name or function.__name__

            @wraps(function)
            def dispatch(*args: Any, **kwargs: Any) -> Any:
                asked = self.openai_kwargs(called, function, args, kwargs)
                return self._client().chat.completions.create(**asked, model=model, response_model=returned)

            @wraps(function)
            def watched(*args: Any, **kwargs: Any) -> Any:
                answer = function(*args, **kwargs)
                self.track(function, args, kwargs, answer, called, fine_tune_format or self.finetune_format)
                return answer

            return dispatch if mode == "dispatch" else watched

        return decorate if fn is None else decorate(fn)

    def track(  # noqa: PLR0917  # Instructor's order
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        resp: BaseModel,
        name: str | None = None,
        finetune_format: FinetuneFormat = FinetuneFormat.MESSAGES,
    ) -> None:
        """Write one call of `fn`, and the answer it gave, as an example."""
        write = self._raw if finetune_format is FinetuneFormat.RAW else self._chat
        self.logger.info(dumps(write(fn, args, kwargs, resp, name or fn.__name__)))

    def _chat(self, fn: Any, args: Any, kwargs: Any, resp: BaseModel, name: str) -> dict[str, Any]:
        asked = self.openai_kwargs(name, fn, args, kwargs)
        call = {"name": type(resp).__name__, "arguments": resp.model_dump_json(indent=self.indent)}
        asked["messages"].append({"role": "assistant", "function_call": call})
        return {**asked, "functions": [generate_openai_schema(type(resp))]}

    def _raw(self, fn: Any, args: Any, kwargs: Any, resp: BaseModel, name: str) -> dict[str, Any]:
        return {
            "fn_name": name,
            "fn_repr": format_function(fn),
            "args": args,
            "kwargs": kwargs,
            "resp": resp.model_dump(mode="json"),
            "schema": type(resp).model_json_schema(),
        }

    def openai_kwargs(
        self, name: str, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The messages that ask a model to be the function."""
        shown = format_function(fn) if self.include_code_body else get_signature_from_fn(fn)
        given = ", ".join([*map(str, args), *(f"{key}={dumps(value)}" for key, value in kwargs.items())])
        return {
            "messages": [
                {"role": "system", "content": f"Predict the results of this function:\n\n{shown}"},
                {"role": "user", "content": f"Return `{name}({given})`"},
            ]
        }

    def _client(self) -> Any:
        if self.client is None:
            raise ConfigurationError("nobody is there to ask: pass openai_client= to Instructions")
        return self.client


def _returned_model(function: Callable[..., Any]) -> type[BaseModel]:
    """The model a function returns. An `AssertionError` for another, as in Instructor, whose callers expect it."""
    assert is_return_type_base_model_or_instance(function), (
        f"`{function.__name__}` must have a return annotation that is a pydantic model"
    )
    return cast("type[BaseModel]", _annotated_return(function))


def is_return_type_base_model_or_instance(func: Callable[..., Any]) -> bool:
    """Whether the return annotation is a pydantic model. Without one there is an `AssertionError`."""
    returned = _annotated_return(func)
    assert returned is not inspect.Signature.empty, "there must be a return annotation that is a pydantic model"
    return inspect.isclass(returned) and issubclass(returned, BaseModel)


def _annotated_return(function: Callable[..., Any]) -> Any:
    return inspect.signature(function, eval_str=True).return_annotation


def get_signature_from_fn(fn: Callable[..., Any]) -> str:
    """The head of a function, with its docstring."""
    return f"def {fn.__name__}{inspect.signature(fn)}\n{_quoted_docstring(fn)}"


@kept_with_type
def format_function(func: Callable[..., Any]) -> str:
    """All of a function's code."""
    return inspect.cleandoc(inspect.getsource(func))


def _quoted_docstring(function: Callable[..., Any]) -> str:
    said = inspect.getdoc(function)
    return f'"""\n{said}\n"""' if said else ""
