"""`Service`: what all calls of one gateway share, from its start to its end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, NoReturn

from msgspec.structs import replace

from dragoman.catalog import ModelFacts, find
from dragoman.errors import Unavailable, UnknownModel
from dragoman.gateway.config import GatewayConfig
from dragoman.gateway.keys import Keys, Ledger
from dragoman.gateway.lines import BodyLimits
from dragoman.gateway.operations import Operations, Status
from dragoman.gateway.snapshots import Snapshots
from dragoman.gateway.store import SqliteStore, VirtualKey, usual_place
from dragoman.gateway.streams import Patience
from dragoman.messages import ModelInfo

_SERVED_SINCE: Final = 1_735_689_600
"""2025-01-01: clients want the day on which a model was made, and most providers tell none."""


class Service:
    """The parts of a running gateway.

    Args:
        snapshots: The configuration, as it is now.
        host: The address that the server listens on; `None` where the gateway is part of somebody's application: then
            each connection tells which one it came to.
        store: Where keys and usage are kept, in place of what the configuration says. In somebody's application nothing
            is kept unless one of them names a file, or keys are required.
        metrics: A folder that several processes of one gateway share.
    """

    def __init__(
        self, snapshots: Snapshots, *, host: str | None = None, store: Path | None = None, metrics: Path | None = None
    ) -> None:
        config = snapshots.current.config
        self.snapshots = snapshots
        self.operations = _operations(config, snapshots.current.models(), metrics)
        self.body_limits = BodyLimits(size=config.server.body_bytes, seconds=config.server.body_seconds)
        self.patience = Patience(heartbeat_seconds=config.server.heartbeat_seconds)
        self._host = host
        self.most_open_calls = config.server.open_streams
        self.opened = False
        self.keys: Keys | None = None
        self.ledger: Ledger | None = None
        self.store: SqliteStore | None = None
        self.status = Status(needed=self._needed(), told={"configuration": self._configuration}, facts=self._facts)
        self._file = store or _store_of(config, host)
        self._needed_at: dict[str, bool] = {}
        self.key_needed = host is not None and self.needs_key_at(host)
        self.guards_pages = host is not None  # an application that mounts the gateway has its own say about pages
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    # ------------------------------------------------------------------ its life

    async def open(self) -> None:
        """Begin to work, in the loop that runs this; a second time does nothing."""
        async with self._opening:
            if self.opened:
                return
            if self._file is not None:
                self.store = await asyncio.to_thread(SqliteStore, self._file)
                self.keys, self.ledger = Keys(self.store), Ledger(self.store)
            await self._stack.enter_async_context(self.snapshots.watching())
            self.snapshots.on_reload(lambda snapshot: self.operations.metrics.know(snapshot.models()))
            self.operations.started()
            self.opened = True

    async def close(self) -> None:
        """Let calls end, say what they came to, and give everything back."""
        await self.operations.close()
        await self._stack.aclose()
        if self.ledger is not None:
            await self.ledger.flush()
        if self.store is not None:
            await asyncio.to_thread(self.store.close)
        self.snapshots.close()
        self.opened = False

    # ------------------------------------------------------------------ who may call

    def needs_key_at(self, host: str | None) -> bool:
        """Whether a call that came to this address has to bring a key. The server's own address goes before."""
        host = self._host or host or ""
        needs = self._needed_at.get(host)
        if needs is None:
            needs = self._needed_at[host] = self.snapshots.current.config.keys.needed_on(host)
        return needs

    def find_key(self, token: str | None) -> VirtualKey:
        """Raises `KeyRefused`, and `Unavailable` where there is no store to look in."""
        if self.keys is None:
            raise Unavailable("no store of keys is configured here, and calls need a key")
        return self.keys.find(token)

    def refuse_crowd(self) -> NoReturn:
        """As many calls are open as may be."""
        raise Unavailable(f"{self.most_open_calls} calls are open, and no more may be")

    # ------------------------------------------------------------------ which models there are

    def models(self, key: VirtualKey | None) -> list[ModelInfo]:
        """Those that a caller may ask."""
        names = self.snapshots.current.models()
        return [_listed(name) for name in names if key is None or key.allows(name)]

    def model(self, name: str, key: VirtualKey | None) -> ModelInfo:
        """Raises `UnknownModel`, naming those that there are."""
        if key is None or key.allows(name):
            plan = self.snapshots.current.plan_for(name)
            places = [target.place for target in plan.behind.servers]
            return _as_all(_listed(name), [find(f"{place.provider}/{place.model}") for place in places])
        raise UnknownModel(f"the model `{name}` is not for this key", http_status=404, code="model_not_found")

    # ------------------------------------------------------------------ how it is

    def _needed(self) -> dict[str, Any]:
        return {
            "store": lambda: self.store.trouble if self.store is not None else None,
            "drain": lambda: "about to stop" if self.operations.drain.stopping else None,
        }

    def _configuration(self) -> str | None:
        return None if self.snapshots.error is None else str(self.snapshots.error)

    def _facts(self) -> dict[str, Any]:
        return {"generation": self.snapshots.current.generation, "open_calls": len(self.operations.drain)}


def _operations(config: GatewayConfig, models: list[str], metrics: Path | None) -> Operations:
    return Operations(
        log=config.log.format,
        tracing=config.tracing.enabled,
        models=models,
        metrics_folder=metrics,
        drain_seconds=config.server.drain_seconds,
    )


def _store_of(config: GatewayConfig, host: str | None) -> Path | None:
    if config.keys.file is not None:
        return Path(config.keys.file)
    return usual_place() if host is not None or config.keys.required is True else None


def _as_all(model: ModelInfo, targets: list[ModelFacts | None]) -> ModelInfo:
    """`model`, with what all of its targets are known to be able to."""
    able = [_abilities(facts) for facts in targets]
    windows = [facts.context_tokens for facts in targets if facts is not None and facts.context_tokens is not None]
    return replace(
        model,
        abilities=frozenset[str]().union(*able).intersection(*able),
        context_tokens=min(windows) if len(windows) == len(targets) else model.context_tokens,
    )


def _abilities(facts: ModelFacts | None) -> frozenset[str]:
    if facts is None:
        return frozenset()
    has = {"tools": facts.tools, "vision": "image" in facts.input, "thinking": facts.reasoning is not None}
    return frozenset(name for name, able in has.items() if able)


def _listed(name: str) -> ModelInfo:
    facts = find(name)
    owner = name.partition("/")[0] if "/" in name else facts.provider if facts is not None else None
    return ModelInfo(
        id=name,
        created_at=_SERVED_SINCE,
        owner=owner or "dragoman",
        context_tokens=facts.context_tokens if facts is not None else None,
        max_output_tokens=facts.output_tokens if facts is not None else None,
    )
