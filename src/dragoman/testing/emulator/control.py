"""The control surface under `/_emulator/`: what Python can do with an emulator, for other processes.

GET  /_emulator/state      what waits, and how much has been answered
GET  /_emulator/requests   the last requests, keys hidden
GET  /_emulator/bill       the bill
POST /_emulator/script     `{"steps": […], "model": null, "path": null}`; see `script.steps_from`
POST /_emulator/faults     the fields of a `Fault`, and `times`, `share`, `model`, `path`
POST /_emulator/reset      forget everything
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.messages import decode_json
from dragoman.testing.emulator.faults import Filter, fault_from
from dragoman.testing.emulator.http import HttpCall, Reply, json_reply
from dragoman.testing.emulator.journal import shown
from dragoman.testing.emulator.memory import Memory
from dragoman.testing.emulator.script import steps_from

CONTROL: Final = "/_emulator/"


def control_reply(memory: Memory, call: HttpCall) -> Reply:
    """Answer a call to the control surface."""
    action = _ACTIONS.get((call.method, call.path.removeprefix(CONTROL).rstrip("/")))
    if action is None:
        known = [f"{method} {CONTROL}{name}" for method, name in _ACTIONS]
        return json_reply(404, {"error": f"not here: {call.method} {call.path}", "known": known})
    try:
        return json_reply(200, action(memory, _body_of(call)))
    except ConfigurationError as error:
        return json_reply(400, {"error": error.message})


def _body_of(call: HttpCall) -> dict[str, Any]:
    try:
        body = decode_json(call.body or b"{}")
    except ValueError:
        raise ConfigurationError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise ConfigurationError("the body is not a JSON object")
    return cast("dict[str, Any]", body)


def _state(memory: Memory, _: dict[str, Any]) -> Any:
    return memory.shown()


def _requests(memory: Memory, _: dict[str, Any]) -> Any:
    return [shown(seen) for seen in memory.journal.list()]


def _bill(memory: Memory, _: dict[str, Any]) -> Any:
    return memory.ledger.bill().shown()


def _script(memory: Memory, body: dict[str, Any]) -> Any:
    steps = body.pop("steps", None)
    if not isinstance(steps, list):
        raise ConfigurationError("`steps` must be a list")
    order = _order(body)
    memory.script.add(steps_from(cast("list[Any]", steps)), Filter(model=order.model, path=order.path))
    return memory.shown()


def _faults(memory: Memory, body: dict[str, Any]) -> Any:
    order = _order({name: body.pop(name) for name in _Order.__struct_fields__ if name in body})
    where = Filter(model=order.model, path=order.path)
    memory.faults.add(fault_from(body), where, times=order.times, share=order.share)
    return memory.shown()


class _Order(Struct, forbid_unknown_fields=True):
    """For which calls something is, and for how many."""

    model: str | None = None
    path: str | None = None
    times: int | None = 1
    share: float = 1.0


def _order(fields: dict[str, Any]) -> _Order:
    try:
        return msgspec.convert(fields, _Order)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"not an order: {error}") from None


def _reset(memory: Memory, _: dict[str, Any]) -> Any:
    memory.reset()
    return memory.shown()


_ACTIONS: Final[dict[tuple[str, str], Callable[[Memory, dict[str, Any]], Any]]] = {
    ("GET", "state"): _state,
    ("GET", "requests"): _requests,
    ("GET", "bill"): _bill,
    ("POST", "script"): _script,
    ("POST", "faults"): _faults,
    ("POST", "reset"): _reset,
}
