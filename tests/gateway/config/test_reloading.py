"""A configuration takes another's place: no call is lost, none sees half of one, and what is known stays known."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import ref

import pytest

from dragoman.client.routers.purpose import Purpose
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.errors import ConfigurationError, ConnectFailed, UnknownModel
from dragoman.flow import Handle, async_events, async_run
from dragoman.gateway.config import load_config
from dragoman.gateway.snapshot import Snapshot
from dragoman.gateway.snapshots import Snapshots
from dragoman.messages import Message, Request
from dragoman.routing.features import Features
from dragoman.routing.health import Permit
from dragoman.routing.target import Target
from dragoman.routing.verdict import verdict_of
from dragoman.testing import Emulator

pytestmark = pytest.mark.usefixtures("_keys")


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


def snapshot(document: dict[str, Any], before: Snapshot | None = None) -> Snapshot:
    return Snapshot(load_config(document, {}), before)


def only_target(plan: RoutedPlan) -> Target:
    (target,) = plan.behind.servers
    return target


def put_out(plan: RoutedPlan, target: Target) -> None:
    """As many failures as leave a target alone."""
    condition, routing = plan.behind.routing.board[target], plan.behind.routing
    permits = [condition.begin(Features(), routing.clock()) for _ in range(3)]
    for permit in permits:
        assert isinstance(permit, Permit)
        permit.failed(verdict_of(ConnectFailed("no")), routing.clock())


def is_out(plan: RoutedPlan, target: Target) -> bool:
    routing = plan.behind.routing
    return routing.board[target].refusal(Features(), routing.clock()) is not None


def asked(text: str = "Say exactly: hello", *, stream: bool = False) -> Request:
    return Request(model="", messages=(Message("user", text),), stream=stream)


# ---------------------------------------------------------------------- what models share

TWO = {
    "targets": {"rack 1": "openai/gpt-4o", "rack 2": "openai/gpt-4o-mini"},
    "models": {"a": ["rack 1", "rack 2"], "b": "rack 1", "c": {"policy": "rack 1", "health": {"window_seconds": 5}}},
}


def test_a_target_of_two_models_is_one_with_one_health() -> None:
    found = snapshot(TWO)
    a, b, c = (found.plan_for(name) for name in "abc")
    rack = only_target(b)
    assert rack is only_target(c)
    assert a.behind.servers[rack] is b.behind.servers[rack] is c.behind.servers[rack]
    put_out(a, rack)
    assert is_out(b, rack)
    assert not is_out(c, rack)  # whose health is by rules of its own


def test_each_model_has_a_retry_budget_of_its_own() -> None:
    found = snapshot(TWO)
    assert (
        found.plan_for("a").behind.routing.board.retry_budget
        is not found.plan_for("b").behind.routing.board.retry_budget
    )


def test_options_of_a_provider_are_those_of_all_its_clients(emulator: Emulator) -> None:
    document = {
        "providers": {"openai": {"base_url": emulator.url, "api_key": "of the provider", "headers": {"x-a": "a"}}},
        "models": {"usual": "openai/gpt-4o", "own": {"model": "openai/gpt-4o", "client": {"headers": {"x-b": "b"}}}},
        "allow_any_model": True,
    }
    found = snapshot(document)

    async def main() -> None:
        for name in ("usual", "own", "openai/gpt-4o-mini"):
            await async_run(found.plan_for(name).answer(asked(), {}))

    asyncio.run(main())
    seen = [{name: request.headers.get(name) for name in ("x-a", "x-b")} for request in emulator.requests]
    assert seen == [{"x-a": "a", "x-b": None}, {"x-a": None, "x-b": "b"}, {"x-a": "a", "x-b": None}]
    assert {request.headers["authorization"].reveal() for request in emulator.requests} == {"Bearer of the provider"}


def test_plans_are_told_whom_their_calls_are_for() -> None:
    found = snapshot(
        {"models": {"x": {"table": {"by": "tier", "rows": {"pro": "openai/gpt-4o"}, "default": "openai/gpt-4o-mini"}}}}
    )
    pro, labelled = Purpose(tier="pro"), Purpose(tier="pro", labels={"a": "b"})
    assert found.plan_for("x", pro).purpose == pro
    assert found.plan_for("x", pro) is found.plan_for("x", Purpose(tier="pro"))
    assert found.plan_for("x", labelled) is not found.plan_for("x", pro)
    assert found.plan_for("x", Purpose(session="1", tier="pro")).purpose == Purpose(session="1", tier="pro")
    assert found.plan_for("x", pro).behind is found.plan_for("x").behind


def test_callers_cannot_fill_the_memory() -> None:
    found = snapshot({"models": {"x": "openai/gpt-4o"}, "allow_any_model": True})
    for number in range(3000):
        found.plan_for("x", Purpose(tenant=str(number)))
        found.plan_for("x", Purpose(session=str(number)))
    for number in range(1100):
        found.plan_for(f"openai/m-{number}")
    assert len(found._told) == len(found._others) == 1024
    assert len(found.deployments.all) == 1


# ---------------------------------------------------------------------- from one to the next


def test_an_unchanged_target_stays_itself_with_its_health() -> None:
    before = snapshot(TWO)
    rack = only_target(before.plan_for("b"))
    put_out(before.plan_for("b"), rack)
    after = snapshot({**TWO, "models": {"new": ["rack 2", "rack 1"]}}, before)
    plan = after.plan_for("new")
    assert rack in plan.behind.servers
    assert plan.behind.servers[rack] is before.plan_for("b").behind.servers[rack]
    assert is_out(plan, rack)
    assert (before.generation, after.generation) == (1, 2)


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "openai/gpt-4o", "weight": 2},
        {"model": "openai/gpt-4o", "client": {"api_key": "another"}},
        {"model": "openai/gpt-4o", "client": {"timeout": {"connect": 1}}},
        {"model": "openai/gpt-4o", "limits": {"concurrency": 1}},
        "openai/gpt-4.1",
    ],
)
def test_a_changed_target_is_another(changed: object) -> None:
    document = {"targets": {"t": "openai/gpt-4o"}, "models": {"x": "t"}}
    before = snapshot(document)
    rack = only_target(before.plan_for("x"))
    put_out(before.plan_for("x"), rack)
    after = snapshot({**document, "targets": {"t": changed}}, before)
    other = only_target(after.plan_for("x"))
    assert other is not rack
    assert other.name == "t"
    assert not is_out(after.plan_for("x"), other)
    assert only_target(snapshot({**document, "targets": {"t": changed}}, after).plan_for("x")) is other


def test_other_options_of_its_provider_make_a_target_another() -> None:
    document = {"models": {"x": "openai/gpt-4o"}}
    before = snapshot(document)
    after = snapshot({**document, "providers": {"openai": {"timeout": 5}}}, before)
    assert only_target(after.plan_for("x")) is not only_target(before.plan_for("x"))


def test_a_target_that_cannot_be_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "g.toml"
    path.write_text('[targets]\nx = "openai/gpt-4o"\ny = "opnai/gpt-4o"\n[models]\na = ["x", "y"]\n')
    with pytest.raises(ConfigurationError, match=r"g\.toml:3:1: targets\.y: Unknown provider: opnai\. Did you mean"):
        Snapshots(path)
    for options in ('client = {regoin = "x"}', "options = {regoin = 1}"):
        path.write_text(f'[models]\na = {{model = "openai/gpt-4o", {options}}}\n')
        with pytest.raises(ConfigurationError, match=r"g\.toml:2:1: models\.a: .*`regoin`"):
            Snapshots(path)


# ---------------------------------------------------------------------- clients


def at(emulator: Emulator, **models: Any) -> dict[str, Any]:
    return {"providers": {"openai": {"base_url": emulator.url}}, "models": models}


def test_a_client_is_closed_when_the_last_call_that_has_it_ends(emulator: Emulator) -> None:
    emulator.fault(hold_at_text="one")

    async def main() -> None:
        found = snapshot(at(emulator, x="openai/gpt-4o", y="openai/gpt-4o-mini"))
        clients = {d.target.title: d.llm.plan for d in found.deployments.all.values()}
        events = async_events(found.plan_for("x").answer(asked("Say exactly: one two", stream=True), {}), Handle())
        texts = [await anext(events)]
        found = snapshot(at(emulator, z="openai/gpt-4.1"), found)
        gc.collect()
        assert is_closed(clients) == {"openai/gpt-4o": False, "openai/gpt-4o-mini": True}
        emulator.release()
        texts += [event async for event in events]
        assert "".join(event.content for event in texts) == "one two"
        del events
        gc.collect()
        assert is_closed(clients) == {"openai/gpt-4o": True, "openai/gpt-4o-mini": True}
        assert found.models() == ["z"]

    asyncio.run(main())


def is_closed(clients: dict[str, Any]) -> dict[str, bool]:
    closed: dict[str, bool] = {}
    for name, plan in clients.items():
        try:
            plan.options({})
            closed[name] = False
        except ConfigurationError:
            closed[name] = True
    return closed


def test_a_client_that_two_snapshots_have_stays_open(emulator: Emulator) -> None:
    async def main() -> None:
        found = snapshot(at(emulator, x="openai/gpt-4o"))
        for number in range(5):
            found = snapshot(at(emulator, x="openai/gpt-4o", **{f"m{number}": "openai/gpt-4o-mini"}), found)
            gc.collect()
            assert (await async_run(found.plan_for("x").answer(asked(), {}))).content == "hello"

    asyncio.run(main())


def test_many_reloads_leave_nothing_behind(emulator: Emulator) -> None:
    found = Snapshots(at(emulator, kept="openai/gpt-4o", other="openai/m"))
    kept = only_target(found.current.plan_for("kept"))
    gone: list[ref[Any]] = []
    for number in range(30):
        plans = [found.current.plan_for("other"), found.current.plan_for("kept", Purpose(tier="a"))]
        (server,) = plans[0].behind.servers.values()
        gone += map(ref, (found.current, server, *plans, plans[0].behind.routing.board))
        del plans, server
        found._source = at(emulator, kept="openai/gpt-4o", other=f"openai/m-{number}")
        found.reload()
    gc.collect()
    assert [each() for each in gone if each() is not None] == []
    assert only_target(found.current.plan_for("kept")) is kept
    assert len(found.current.deployments.all) == 2


def test_closing_ends_what_is_under_way(emulator: Emulator) -> None:
    found = Snapshots(at(emulator, x="openai/gpt-4o") | {"allow_any_model": True})
    plans = [found.current.plan_for("x"), found.current.plan_for("openai/gpt-4o-mini")]
    found.close()
    for plan in plans:
        with pytest.raises(ConfigurationError, match="closed"):
            asyncio.run(async_run(plan.answer(asked(), {})))


# ---------------------------------------------------------------------- under load


def test_reloading_under_load_loses_no_call_and_mixes_no_two_configurations(emulator: Emulator) -> None:
    """Each configuration has a model `x` of its own, at a target of its own, with a header that says which."""
    calls, reloads = 200, 20

    def document(number: int) -> dict[str, Any]:
        shared = {"model": "openai/gpt-4o", "client": {"headers": {"x-number": "shared"}}}
        own = {"model": f"openai/gpt-4o-{number}", "client": {"headers": {"x-number": str(number)}}}
        return at(emulator, shared=shared, x=own) | {"tenants": {"acme": str(number)}}

    async def main() -> None:
        found = Snapshots(document(0))
        answered: list[tuple[int, str]] = []

        async def call(number: int) -> None:
            current = found.current
            generation, model = current.generation, "shared" if number % 3 == 0 else "x"
            assert current.config.tenants["acme"].tier == str(generation - 1)
            stream = number % 2 == 0
            flow = current.plan_for(model).answer(asked(stream=stream), {})
            texts = (
                [event.content async for event in async_events(flow, Handle())]
                if stream
                else [(await async_run(flow)).content]
            )
            answered.append((generation, "".join(texts)))

        async def caller(numbers: range) -> None:
            for number in numbers:
                await call(number)

        async def reloading() -> None:
            for number in range(1, reloads + 1):
                found._source = document(number)
                assert found.reload()
                await asyncio.sleep(0)
                await async_run(found.current.plan_for("x").answer(asked(), {}))

        await asyncio.gather(reloading(), *(caller(range(start, calls, 8)) for start in range(8)))
        assert [text for _, text in answered] == ["hello"] * calls
        assert len({generation for generation, _ in answered}) > 1
        assert found.current.generation == reloads + 1

    asyncio.run(main())
    for request in emulator.requests:
        number = request.headers["x-number"]
        assert request.wire["model"] == ("gpt-4o" if number == "shared" else f"gpt-4o-{number}")


# ---------------------------------------------------------------------- files

ONE, OTHER = '[models]\none = "openai/gpt-4o"\n', '[models]\nother = "openai/gpt-4o"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "dragoman.toml"
    path.write_text(ONE)
    return path


def test_a_file_is_read_again_when_it_has_changed_and_been_left_alone(path: Path) -> None:
    found = Snapshots(path)
    assert not found.has_changed()
    path.write_text(OTHER)
    assert [found.has_changed() for _ in range(3)] == [False, True, True]
    assert found.reload()
    assert (found.current.models(), found.has_changed()) == (["other"], False)
    path.write_text(OTHER + "# being written\n")
    assert not found.has_changed()
    path.write_text(OTHER + "# being written, and more\n")
    assert [found.has_changed() for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models", "dragoman.toml:1:8: it cannot be read: "),
        ('[models]\nx = "nobody"', "dragoman.toml:2:1: models.x: `nobody` is neither"),
        ('[models]\nx = "opnai/gpt-4o"', "dragoman.toml:2:1: models.x: Unknown provider: opnai."),
        (None, "cannot be read: "),
    ],
)
def test_what_cannot_be_leaves_all_as_it_was(
    text: str | None, said: str, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = Snapshots(path)
    before, at = found.current, found.loaded_at
    path.unlink() if text is None else path.write_text(text)
    assert not found.reload()
    assert (found.current, found.loaded_at) == (before, at)
    assert said in str(found.error)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert said in caplog.text
    path.write_text(OTHER)
    assert found.reload()
    assert (found.error, found.current.models()) == (None, ["other"])


def test_even_what_nobody_thought_of_leaves_all_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Snapshots(path)
    monkeypatch.setattr("dragoman.gateway.snapshots.load_config", lambda *_: 1 / 0)
    assert not found.reload()
    assert "ZeroDivisionError" in str(found.error)
    assert found.current.models() == ["one"]


def test_what_holds_from_the_next_start_on_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = Snapshots(path)
    path.write_text(ONE + "[keys]\nrequired = true\n[server]\nport = 1\n")
    assert found.reload()
    assert found.current.config.keys.required
    assert "what has changed in server, keys holds when the gateway is started again" in caplog.text
    caplog.clear()
    path.write_text(ONE + "[server.timeouts]\ntotal = 5\n")
    assert found.reload()
    assert caplog.text == ""


def test_who_listens_is_told_of_what_holds(path: Path) -> None:
    found, told = Snapshots(path), list[int]()
    found.on_reload(lambda snapshot: told.append(snapshot.generation))
    found.reload()
    path.write_text("[models")
    found.reload()
    assert told == [2]


@pytest.fixture
def _hangups_end_programs() -> Iterator[None]:
    """Under `nohup` they are ignored from the start, and a program that ignores them is left alone."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_hangups_end_programs")
@pytest.mark.parametrize("how", ["the file changes", "SIGHUP"])
def test_watching(how: str, path: Path) -> None:
    async def main() -> None:
        found, changed = Snapshots(path), asyncio.Event()
        loop = asyncio.get_running_loop()
        found.on_reload(lambda _: loop.call_soon_threadsafe(changed.set))
        async with found.watching(seconds=0.01 if how == "the file changes" else 3600):
            await asyncio.to_thread(path.write_text, OTHER)
            if how == "SIGHUP":
                os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.wait_for(changed.wait(), 10)
        assert found.current.models() == ["other"]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL

    asyncio.run(main())


def test_a_program_that_hears_of_hangups_itself_goes_on_to(path: Path) -> None:
    heard: list[int] = []

    async def main() -> None:
        async with Snapshots(path).watching():
            os.kill(os.getpid(), signal.SIGHUP)

    before = signal.signal(signal.SIGHUP, lambda number, _: heard.append(number))
    try:
        asyncio.run(main())
    finally:
        signal.signal(signal.SIGHUP, before)
    assert heard == [signal.SIGHUP]


def test_what_is_no_file_is_made_anew_by_asking_only() -> None:
    found = Snapshots({"models": {"x": "openai/gpt-4o"}})
    assert (found.path, found.has_changed(), found.has_changed()) == (None, False, False)
    assert found.reload()
    assert found.current.generation == 2
    with pytest.raises(UnknownModel):
        found.current.plan_for("y")
