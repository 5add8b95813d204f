"""Several values in one answer, each the arguments of a call: `Mode.PARALLEL_TOOLS` with `Iterable[A | B]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Union
from typing import get_args as args_of
from typing import get_origin as origin_of

from msgspec import Raw, Struct
from msgspec.json import Decoder

from dragoman.errors import ConfigurationError
from dragoman.messages import LLMResponse, ToolCall
from dragoman.messages.json_text import encode_json
from dragoman.structured.explaining import gathered
from dragoman.structured.forms import MANY
from dragoman.structured.output import OutputType, output_type


class _Call(Struct):
    name: str
    arguments: Raw


_read_calls: Final = Decoder(list[_Call]).decode


class ParallelType(OutputType[list[Any]]):
    """A list of values, each of one of `members`, asked for as calls of as many tools.

    As JSON it is a list of `{"name": …, "arguments": …}`, in the order of the calls.
    """

    def __init__(self, members: Sequence[Any]) -> None:
        super().__init__(list[Union[tuple(members)]])  # noqa: UP007  # made at run time
        self.members: dict[str, OutputType[Any]] = {}
        for member in map(output_type, members):
            if member.name in self.members:
                raise ConfigurationError(
                    f"two of the types are called {member.name}: their tools need names of their own"
                )
            self.members[member.name] = member

    def parse(self, text: str, *, context: Mapping[str, Any] | None = None, strict: bool | None = None) -> list[Any]:
        """The values of the calls. Raises `pydantic.ValidationError`, each fault under the number of its call."""
        values: list[Any] = []
        wrong: dict[int | str, ValueError] = {}
        for number, call in enumerate(_read_calls(text)):
            try:
                values.append(self.value_of(call.name, bytes(call.arguments), context=context, strict=strict))
            except ValueError as error:
                wrong[number] = error
        if wrong:
            raise gathered(self.name, wrong)
        return values

    def value_of(
        self, name: str, arguments: str | bytes, *, context: Mapping[str, Any] | None = None, strict: bool | None = None
    ) -> Any:
        """The value of one call. Raises `ValueError`."""
        member = self.members.get(name)
        if member is None:
            raise ValueError(f"there is no tool `{name}`: call {self.names}")
        text = arguments if isinstance(arguments, str) else arguments.decode()
        return member.parse(text, context=context, strict=strict)

    @property
    def names(self) -> str:
        """The tools, in words."""
        return ", ".join(f"`{name}`" for name in self.members)


def parallel_type(wanted: Any) -> ParallelType:
    """The type that `Iterable[A | B]` asks for. Raises `ConfigurationError` for what says no such thing."""
    if origin_of(wanted) not in MANY or not args_of(wanted):
        raise ConfigurationError(
            "Mode.PARALLEL_TOOLS gives as many values as the model makes calls: ask for response_model=Iterable[A | B]"
        )
    return ParallelType(_members(args_of(wanted)[0]))


def _members(wanted: Any) -> Sequence[Any]:
    if origin_of(wanted) is Annotated:
        return _members(args_of(wanted)[0])
    return args_of(wanted) if origin_of(wanted) in (Union, UnionType) else (wanted,)


def calls_as_json(calls: Sequence[ToolCall]) -> str:
    """The calls as `ParallelType.parse` reads them."""
    said = (f'{{"name":{encode_json(call.name).decode()},"arguments":{call.arguments_json}}}' for call in calls)
    return f"[{','.join(said)}]"


def calls_of(response: LLMResponse, output: ParallelType) -> Sequence[ToolCall]:
    """The calls of the types' tools; others may be the caller's. Raises `ValueError` when there is none."""
    calls = [call for call in response.tool_calls if call.name in output.members] or response.tool_calls
    if not calls:
        raise ValueError(f"no tool was called: call {output.names}")
    return calls
