"""The service: a call in, a reply out. It knows no sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from dragoman.catalog import providers_of
from dragoman.dialects import Dialect, dialect_names, get_dialect
from dragoman.dialects.embeddings import embedding_codec_names, get_embedding_codec
from dragoman.dialects.serving import serving_of
from dragoman.errors import Error, ProviderError, Rejected, UnknownModel
from dragoman.messages import EmbeddingResponse, LLMResponse, ModelInfo, Request, ToolCall, Usage
from dragoman.testing.emulator.checks import check_inputs, check_request
from dragoman.testing.emulator.control import CONTROL, control_reply
from dragoman.testing.emulator.customs import customs_of
from dragoman.testing.emulator.faults import HEADER, NO_FAULT, Fault, parse_fault
from dragoman.testing.emulator.http import HttpCall, Reply, json_object, json_reply
from dragoman.testing.emulator.keys import check_key
from dragoman.testing.emulator.memory import Memory
from dragoman.testing.emulator.moderating import DEFAULT_MODEL, moderated
from dragoman.testing.emulator.refusals import Refused, knows, refusals_of
from dragoman.testing.emulator.replies import OF_MODELS, Exchange, Replies
from dragoman.testing.emulator.routes import (
    codec_for,
    dialect_of_caller,
    find_routes,
    is_elsewhere,
    is_not_here,
    paths_of_providers,
    routes_for,
)
from dragoman.testing.emulator.settings import Settings
from dragoman.testing.emulator.streaming import CONTENT_TYPES, frames_of
from dragoman.testing.emulator.tape_proxy import TapeProxy
from dragoman.testing.rules import count_inputs, count_request, dice, vectors_of

MODELS: Final = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "claude-haiku-4-5", "emulator-1")
"""What is listed unless the emulator is told which models there are; any other name is answered too."""
_BIRTHDAY: Final = 1_735_689_600
"""2025-01-01, as good a day as any for a model to have been made."""
_NOBODY: Final = "dragoman"

_logger: Final = logging.getLogger("dragoman.testing")
_COMMONEST: Final = frozenset({"openai_chat", "openai_embeddings"})


class Service:
    """Answers calls by script or rules, and remembers what it was asked and what it answered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.memory = Memory(settings)
        self._replies = Replies(settings, self.memory)
        self.dialects = tuple(map(get_dialect, sorted(dialect_names(), key=_is_not_the_commonest)))
        codecs = map(get_embedding_codec, sorted(embedding_codec_names(), key=_is_not_the_commonest))
        self._routes = routes_for(self.dialects, codecs, {**paths_of_providers(), **settings.paths})
        self._tape_proxy = None if settings.tape is None else TapeProxy(settings.tape)
        self._actions: Mapping[str, Callable[[Exchange], Awaitable[Reply]]] = {
            "generate": self._generate,
            "embed": self._embed,
            "count_tokens": self._count_tokens,
            "moderate": self._moderate,
            "models": self._models,
            "model": self._one_model,
            "home": self._home,
        }

    # ------------------------------------------------------------------ every call

    async def handle(self, call: HttpCall) -> Reply:
        """Answer a call. What goes wrong here is kept in `memory.mistakes` and answered with status 500."""
        if call.path.startswith(CONTROL):
            return control_reply(self.memory, call)
        exchange = self._exchange(call)
        try:
            return await self._answer(exchange)
        except Refused as refused:
            reply = json_reply(refused.refusal.status, refused.refusal.body)
            return self._replies.refused(exchange, self._replies.with_id(exchange, reply))
        except Error as error:
            return self._replies.error(exchange, error)
        except Exception as error:  # noqa: BLE001  # `Emulator` raises it in the thread that can do something about it
            self.memory.mistakes.append(error)
            described = f"the emulator, or a function in its script, failed: {type(error).__name__}: {error}"
            return self._replies.error(exchange, ProviderError(described, http_status=500))

    def close(self) -> None:
        """Give back what is held open."""
        if self._tape_proxy is not None:
            self._tape_proxy.close()

    def _exchange(self, call: HttpCall) -> Exchange:
        routes = find_routes(self._routes, call.path, call.headers)
        route = next((route for route in routes if call.method in route.methods), None)
        dialect = next((route.dialect for route in routes if route.dialect), None)
        seen = self.memory.note(call)
        seen.dialect = None if dialect is None else dialect.name
        return Exchange(
            call=call,
            seen=seen,
            allowed=tuple(method for route in routes for method in route.methods),
            route=route,
            dialect=dialect or dialect_of_caller(self.dialects, call),
            request_id=self.memory.model.ids.make("req_"),
        )

    async def _answer(self, exchange: Exchange) -> Reply:
        call, route = exchange.call, exchange.route
        if self._tape_proxy is not None:
            return await self._tape_proxy.answer(call)
        if route is None:
            raise _no_route(call, exchange.allowed, exchange.dialect)
        if route.action != "home":
            check_key(call, self.settings.keys, self.settings.aws_keys)
        if call.too_large:
            raise Rejected("Request exceeds the maximum size", http_status=413)
        if route.action not in OF_MODELS:
            exchange.fault = self.memory.faults.next(None, call.path, only_by_path=True)
            if exchange.fault.replaces_answer:
                return self._replies.faulty(exchange, exchange.fault)
        kept = self.memory.kept.reply_to(call)
        if kept is not None:
            return kept
        reply = await self._actions[route.action](exchange)
        if not exchange.fault.replaces_answer:
            self.memory.kept.keep(call, reply)
        return reply

    # ------------------------------------------------------------------ answers of a model

    async def _generate(self, exchange: Exchange) -> Reply:
        call, dialect = exchange.call, exchange.dialect
        request = self._decode(exchange, json_object(call))
        exchange.fault = self._fault(call, request.model)
        own = None if exchange.fault.replaces_answer else customs_of(dialect.name).own_answer(request)
        if own is not None:
            return self._answer_reply(exchange, request, self._completed(own, request, dialect))
        step = None if exchange.fault.replaces_answer else self.memory.script.next(request.model, call.path)
        if isinstance(step, Fault):
            exchange.fault, step = exchange.fault.joined(step), None
        if exchange.fault.replaces_answer:
            return self._replies.faulty(exchange, exchange.fault)
        check_request(request, dialect)
        self._take_notes(exchange, request)
        if callable(step):
            step = await asyncio.to_thread(step, request)
        answer = self._completed(step, request, dialect)
        if exchange.fault.repeat_ids:
            answer = _with_one_id(answer, dialect)
        return self._answer_reply(exchange, request, answer)

    def _decode(self, exchange: Exchange, wire: dict[str, Any]) -> Request:
        exchange.seen.wire = wire
        request = exchange.dialect.decode_request(wire, exchange.call.target)
        exchange.seen.request = request
        exchange.model = request.model
        if not self._has(exchange, request.model):
            raise Refused(refusals_of(exchange.dialect.name).unknown_model(request.model))
        return request

    def _has(self, exchange: Exchange, model: str) -> bool:
        """Whether there is such a model: one of those set; else any, or, when strict, one that the catalog knows."""
        models, strict = self.settings.models, self.settings.strict
        if models is not None or not strict:
            return models is None or model in models
        if model in MODELS or is_elsewhere(exchange.call.path):
            return model in MODELS or bool(providers_of(model))
        return knows(exchange.dialect.name, model, self.settings.today)

    def _take_notes(self, exchange: Exchange, request: Request) -> None:
        """Note what the dialect's home would refuse. Raises `Refused` when strict."""
        if is_elsewhere(exchange.call.path):
            return
        refusals = list(refusals_of(exchange.dialect.name).find(exchange.seen.wire, request))
        exchange.seen.notes = tuple(refusal.message for refusal in refusals)
        if refusals and self.settings.strict:
            raise Refused(refusals[0])
        if refusals:
            said = "; ".join(exchange.seen.notes)
            _logger.warning("answered what the provider would refuse, %s: %s", exchange.call.path, said)

    def _fault(self, call: HttpCall, model: str) -> Fault:
        """The fault for a call: what its header asks for, else what waits for one. The pace is part of both."""
        asked = call.headers.get(HEADER)
        fault = self.memory.faults.next(model, call.path) if asked is None else parse_fault(asked)
        return self.settings.pace.joined(fault) if self.settings.pace is not NO_FAULT else fault

    def _completed(self, step: str | LLMResponse | None, request: Request, dialect: Dialect) -> LLMResponse:
        """An answer by the rules when there is no step; a step with what it leaves open."""
        if step is None:
            answer = self.memory.model.answer(
                request, sign=customs_of(dialect.name).sign, call_prefix=dialect.call_id_prefix
            )
        else:
            answer = LLMResponse(step) if isinstance(step, str) else step
        if answer.usage == Usage():
            answer = replace(answer, usage=self.memory.model.usage(request, answer))
        return replace(
            answer,
            id=answer.id or self.memory.model.ids.make(dialect.id_prefix),
            model=answer.model or request.model,
            created_at=answer.created_at or int(self.settings.clock()),
        )

    def _answer_reply(self, exchange: Exchange, request: Request, answer: LLMResponse) -> Reply:
        dialect, fault = exchange.dialect, exchange.fault
        if request.stream:
            chance = dice(self.settings.seed, "pieces", answer.content)
            frames = frames_of(answer, request, dialect, fault, piece=self.settings.piece, chance=chance)
            reply = Reply(
                status=200,
                headers=(("content-type", CONTENT_TYPES[dialect.framing]), ("cache-control", "no-cache")),
                pieces=frames.encoded,
                hold_after=frames.hold_after,
                released=self.memory.gate.wait,
                streamed=True,
                outcome="failed" if fault.error_after is not None else "ok",
            )
        else:
            reply = json_reply(200, dialect.encode_response(answer, request).wire)
        tier = answer.service_tier or request.service_tier
        return self._replies.billed(exchange, self._replies.with_id(exchange, reply), answer, tier)

    # ------------------------------------------------------------------ vectors

    async def _embed(self, exchange: Exchange) -> Reply:
        assert exchange.route is not None  # it led here
        wire = exchange.seen.wire = json_object(exchange.call)
        codec = codec_for(exchange.route.codecs, wire)
        request = codec.decode_request(wire, exchange.call.target)
        exchange.model = request.model
        if not self._has(exchange, request.model):
            raise _no_model(request.model)
        exchange.fault = self._fault(exchange.call, request.model)
        if exchange.fault.replaces_answer:
            return self._replies.faulty(exchange, exchange.fault)
        check_inputs(request, codec)
        tokens = count_inputs(request)
        answer = EmbeddingResponse(
            vectors=vectors_of(request),
            dtype=request.dtype or "float",
            model=request.model,
            usage=Usage(input_tokens=tokens, total_tokens=tokens),
            id=self.memory.model.ids.make("embd-"),
        )
        reply = self._replies.plain(exchange, codec.encode_response(answer, request).wire)
        return self._replies.billed(exchange, reply, answer)

    # ------------------------------------------------------------------ other answers

    async def _count_tokens(self, exchange: Exchange) -> Reply:
        counting = serving_of(exchange.dialect.name).counting
        assert counting is not None  # its path led here
        tokens = count_request(self._decode(exchange, counting.request(json_object(exchange.call))))
        return self._replies.plain(exchange, counting.reply(tokens))

    async def _moderate(self, exchange: Exchange) -> Reply:
        """Judge texts. It costs nothing and uses no tokens, so it is not on the bill."""
        wire = exchange.seen.wire = json_object(exchange.call)
        model = exchange.model = str(wire.get("model") or "")
        if model and not self._has(exchange, model):
            raise _no_model(model)
        return self._replies.plain(
            exchange, moderated(wire, model or DEFAULT_MODEL, self.memory.model.ids.make("modr-"))
        )

    async def _models(self, exchange: Exchange) -> Reply:
        return self._replies.plain(
            exchange, serving_of(exchange.dialect.name).listing.models([_listed(name) for name in self._names()])
        )

    async def _one_model(self, exchange: Exchange) -> Reply:
        assert exchange.route is not None  # it led here
        found = exchange.route.pattern.search(exchange.call.path)
        name = found["model"] if found else ""
        if name not in self._names():
            raise _no_model(name)
        return self._replies.plain(exchange, serving_of(exchange.dialect.name).listing.model(_listed(name)))

    async def _home(self, exchange: Exchange) -> Reply:
        about = {"service": "dragoman emulator", "dialects": [dialect.name for dialect in self.dialects]}
        return self._replies.plain(exchange, {**about, "control": f"{CONTROL}state"})

    def _names(self) -> tuple[str, ...]:
        return tuple(MODELS if self.settings.models is None else self.settings.models)


def _with_one_id(answer: LLMResponse, dialect: Dialect) -> LLMResponse:
    """The same answer, with ids that tell nothing apart."""
    parts = tuple(
        replace(part, id=f"{dialect.call_id_prefix}repeated") if isinstance(part, ToolCall) else part
        for part in answer.parts
    )
    return replace(answer, id=f"{dialect.id_prefix}repeated", parts=parts)


def _is_not_the_commonest(name: str) -> bool:
    """The dialect that most clients speak comes first: a caller who gives no sign is taken to speak it."""
    return name not in _COMMONEST


def _listed(name: str) -> ModelInfo:
    return ModelInfo(id=name, created_at=_BIRTHDAY, owner=next(iter(providers_of(name)), _NOBODY))


def _no_model(name: str) -> UnknownModel:
    return UnknownModel(f"The model `{name}` does not exist", http_status=404, code="model_not_found")


def _no_route(call: HttpCall, allowed: tuple[str, ...], dialect: Dialect) -> ProviderError:
    if allowed:
        return Rejected(f"Method {call.method} is not allowed here: use {' or '.join(allowed)}", http_status=405)
    if is_not_here(dialect, call.path):
        return UnknownModel(f"the emulator has no `{call.path}`, only what answers, embeds and lists", http_status=404)
    return UnknownModel(f"Invalid URL ({call.method} {call.path})", http_status=404)  # every 404 is of this class
