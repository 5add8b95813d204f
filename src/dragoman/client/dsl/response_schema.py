"""`ResponseSchema`, in Instructor's older code `OpenAISchema`: a model that shows its schemas and reads SDK objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isclass
from typing import Any, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, create_model

from dragoman.client.dsl.schemas import generate_anthropic_schema, generate_gemini_schema, generate_openai_schema
from dragoman.client.mode import Mode

V = TypeVar("V")
M = TypeVar("M", bound=BaseModel)


class ClassProperty(Generic[V]):
    """A value of the class that is worked out when it is looked at."""

    def __init__(self, read: Callable[[Any], V]) -> None:
        self.read = read
        self.__doc__ = read.__doc__

    def __get__(self, _: object, owner: type) -> V:
        return self.read(owner)


class ResponseSchema(BaseModel):
    """A model that shows its schema as three SDKs take it, and reads itself from their answers."""

    model_config = ConfigDict(ignored_types=(ClassProperty,))

    openai_schema = ClassProperty(generate_openai_schema)
    anthropic_schema = ClassProperty(generate_anthropic_schema)
    gemini_schema = ClassProperty(generate_gemini_schema)

    @classmethod
    def from_response(
        cls,
        completion: Any,
        context: Mapping[str, Any] | None = None,
        strict: bool | None = None,
        mode: Mode = Mode.TOOLS,
    ) -> Self:
        """The value in an answer that was got elsewhere: an SDK's own object, or its JSON as a dict.

        Args:
            completion: OpenAI's, Anthropic's, Gemini's or another dialect's response.
            context: For validators, as `info.context`.
            strict: Pydantic's; with `True` JSON that is not quite right is not repaired either.
            mode: Where the value is in the answer.

        Raises:
            AnswerCutOff: The answer was cut off by the token limit.
            AnswerDeclined: The model refused.
            ResponseParsingError: What was asked for is not in the answer.
            pydantic.ValidationError: It does not fit.
        """
        from dragoman.client.dsl.reading import read_completion

        return read_completion(cls, completion, context, strict, mode)


OpenAISchema = ResponseSchema


def response_schema(cls: type[M]) -> type[M]:
    """A class decorator: the model as before, and a `ResponseSchema`."""
    if not (isclass(cls) and issubclass(cls, BaseModel)):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise TypeError(f"response_model must be a subclass of pydantic.BaseModel, not {cls!r}")
    if issubclass(cls, ResponseSchema):
        return cls
    made = create_model(cls.__name__, __base__=(cls, ResponseSchema), __module__=cls.__module__, __doc__=cls.__doc__)
    return cast("type[M]", made)


openai_schema = response_schema
