"""The two drivers of flows, for a thread and for a task: with their events, and without."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeVar, cast

from dragoman.flow.carrying_out import AWAITED, CARRIED_OUT
from dragoman.flow.effects import Emit, Flow, Open, Pump
from dragoman.flow.handle import Handle, close
from dragoman.http import AsyncReply, Reply
from dragoman.messages import Event

T = TypeVar("T")


def events(flow: Flow[T], handle: Handle[T]) -> Generator[Event, None, None]:  # noqa: C901, PLR0912  # one branch an effect
    """Run `flow` in the calling thread, yielding the events it pumps and emits; its result goes to `handle`."""
    result: Any = None
    failure: Exception | None = None
    try:
        while not handle.aborted:
            try:
                effect = flow.send(result) if failure is None else flow.throw(failure)
            except StopIteration as stop:
                handle.result = stop.value
                return
            if handle.aborted:
                return
            result = failure = None
            try:
                match effect:
                    case Pump(reply, framing, decoder, _):
                        if handle.reply is not reply:  # it was made, and never opened
                            handle.release()
                            handle.hold(reply)
                        for frames in cast("Reply", reply).frames(framing):
                            for name, data in frames:
                                yield from decoder.feed(name, data)
                        yield from decoder.finish()
                    case Emit(event):
                        yield event
                    case _:
                        result = CARRIED_OUT[type(effect)](effect, handle)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                if handle.aborted:  # its own doing, as a rule; nobody waits for what the flow would make of it
                    return
                failure = error
    except GeneratorExit:
        raise
    except BaseException as error:
        handle.failure = type(error).__name__
        raise
    finally:
        close(flow)
        handle.release()


async def async_events(flow: Flow[T], handle: Handle[T]) -> AsyncGenerator[Event, None]:  # noqa: C901, PLR0912  # as there
    """`events`, awaited on the running loop."""
    result: Any = None
    failure: Exception | None = None
    try:
        while not handle.aborted:
            try:
                effect = flow.send(result) if failure is None else flow.throw(failure)
            except StopIteration as stop:
                handle.result = stop.value
                return
            if handle.aborted:
                return
            result = failure = None
            try:
                match effect:
                    case Pump(reply, framing, decoder, tap):
                        if handle.reply is not reply:
                            handle.release()
                            handle.hold(reply)
                        source = cast("AsyncReply", reply).frames(framing)
                        if tap is not None and (tapped := getattr(source, "tap", None)):
                            tapped(tap)
                        async for frames in source:
                            for name, data in frames:
                                for event in decoder.feed(name, data):
                                    yield event
                        for event in decoder.finish():
                            yield event
                    case Emit(event):
                        yield event
                    case _:
                        result = await AWAITED[type(effect)](effect, handle)
                        if type(effect) is Open:
                            handle.hold(result)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                if handle.aborted:  # its own doing, as a rule; nobody waits for what the flow would make of it
                    return
                failure = error
    except GeneratorExit:
        raise
    except BaseException as error:
        handle.failure = type(error).__name__
        raise
    finally:
        close(flow)
        handle.release()


def run(flow: Flow[T]) -> T:
    """Run `flow` to its end in the calling thread and return its result; events go nowhere."""
    handle: Handle[T] = Handle()
    result: Any = None
    failure: Exception | None = None
    try:
        while True:
            effect = flow.send(result) if failure is None else flow.throw(failure)
            result = failure = None
            try:
                result = CARRIED_OUT[type(effect)](effect, handle)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                failure = error
    except StopIteration as stop:
        return stop.value
    finally:
        failure = None  # it would hold this frame, which holds it
        flow.close()
        handle.release()


async def async_run(flow: Flow[T]) -> T:
    """`run`, awaited on the running loop."""
    handle: Handle[T] = Handle()
    result: Any = None
    failure: Exception | None = None
    try:
        while True:
            effect = flow.send(result) if failure is None else flow.throw(failure)
            result = failure = None
            try:
                result = await AWAITED[type(effect)](effect, handle)
                if type(effect) is Open:
                    handle.hold(result)
            except Exception as error:  # noqa: BLE001  # the flow judges it
                failure = error
    except StopIteration as stop:
        return stop.value
    finally:
        failure = None  # it would hold this frame, which holds it
        flow.close()
        handle.release()
