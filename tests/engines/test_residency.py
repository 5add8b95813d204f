"""Which models are in memory: each once, within a limit, the least recently used the first to go."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from threading import Event
from typing import Any

import pytest

from dragoman.engines.memory import written_size
from dragoman.engines.residency import Residency
from dragoman.errors import ConnectionLost, NotEnoughMemory

from .scripted import ScriptedEngine, ScriptedModel


class User:
    """A client."""


def use(
    home: Residency,
    engine: ScriptedEngine,
    name: str,
    user: object,
    job: Callable[[Any], Any] = id,
    wanted: Callable[[], bool] = lambda: True,
) -> Future[Any]:
    """Run `job` with the model; the future has what it gave, or what went wrong."""
    result: Future[Any] = Future()

    def run(model: Any, load_seconds: float) -> None:
        result.set_result((job(model), load_seconds))

    home.run(engine, engine.find(name), user, run, failed=result.set_exception, wanted=wanted)
    return result


def names(home: Residency) -> list[str]:
    return [model.files.name for model in home.models()]


def test_a_model_is_loaded_once_for_all_its_users() -> None:
    home, engine, users = Residency(10_000), ScriptedEngine(), [User(), User()]
    first, second = (use(home, engine, "a", user).result(10) for user in users)
    assert first[0] == second[0]
    assert len(engine.loaded) == 1
    assert (first[1] > 0, second[1]) == (True, 0.0)
    home.leave(users[0])
    assert not engine.loaded[0].closed
    home.leave(users[1])
    assert engine.loaded[0].closed
    assert home.models() == []


def test_the_least_recently_used_goes_first() -> None:
    home, engine, user = Residency(3000), ScriptedEngine(), User()
    for name in ("a", "b", "a", "c"):
        use(home, engine, name, user).result(10)
    assert names(home) == ["a", "c"]
    assert [model.closed for model in engine.loaded] == [False, True, False]
    use(home, engine, "b", user).result(10)
    assert names(home) == ["c", "b"]


def test_what_works_does_not_go() -> None:
    home, engine, user = Residency(1500), ScriptedEngine(), User()
    going, may_go = Event(), Event()

    def long(_: ScriptedModel) -> None:
        going.set()
        assert may_go.wait(10)

    busy = use(home, engine, "a", user, long)
    assert going.wait(10)
    with pytest.raises(NotEnoughMemory, match="`b` needs about"):
        use(home, engine, "b", user)
    assert names(home) == ["a"]
    may_go.set()
    busy.result(10)


def test_what_can_never_fit_puts_nobody_out() -> None:
    home, engine, user = Residency(3000), ScriptedEngine(), User()
    use(home, engine, "a", user).result(10)
    with pytest.raises(NotEnoughMemory):
        use(home, ScriptedEngine(size_bytes=4000), "large", user)
    assert names(home) == ["a"]


def test_a_model_that_cannot_be_loaded_may_be_tried_again() -> None:
    home, engine, user = Residency(3000), ScriptedEngine(a=RuntimeError("broken")), User()
    with pytest.raises(RuntimeError, match="broken"):
        use(home, engine, "a", user).result(10)
    engine.made.clear()
    assert use(home, engine, "a", user).result(10)


def test_nothing_is_loaded_for_what_nobody_waits_for() -> None:
    home, engine, user = Residency(3000), ScriptedEngine(), User()
    with pytest.raises(ConnectionLost):
        use(home, engine, "a", user, wanted=lambda: False).result(10)
    assert engine.loaded == []
    assert use(home, engine, "a", user).result(10)


def test_a_client_that_nobody_holds_leaves_nothing_behind() -> None:
    home, engine, user = Residency(3000), ScriptedEngine(), User()
    use(home, engine, "a", user).result(10)
    del user
    gc.collect()
    home.sweep()
    assert home.models() == []


def test_all_that_is_done_with_a_model_is_done_in_one_thread() -> None:
    home, engine = Residency(3000), ScriptedEngine()
    import threading

    places = {use(home, engine, "a", User(), lambda _: threading.current_thread().name).result(10)[0] for _ in range(5)}
    assert len(places) == 1
    assert "dragoman-scripted" in places.pop()


def test_leaving_waits_for_what_is_in_progress() -> None:
    home, engine, user = Residency(3000), ScriptedEngine(), User()
    answers = [use(home, engine, "a", user) for _ in range(20)]
    home.leave(user)
    assert engine.loaded[0].closed
    assert all(answer.done() for answer in answers)
    assert use(home, engine, "a", user).result(10)
    assert len(engine.loaded) == 2


def test_a_model_that_does_not_close_well_keeps_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(ScriptedModel):
        def close(self) -> None:
            raise OSError("device lost")

    home, engine, user = Residency(1500), ScriptedEngine(a=lambda: Stuck("x")), User()
    use(home, engine, "a", user).result(10)
    assert use(home, engine, "b", user).result(10)
    assert names(home) == ["b"]
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["`a` did not close well, and may have kept memory: OSError('device lost')"]


def test_idle_models_go_where_the_machine_has_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the limit would allow for both."""
    home, engine, user = Residency(100_000), ScriptedEngine(), User()
    use(home, engine, "a", user).result(10)
    monkeypatch.setattr(import_module("dragoman.engines.residency"), "available_bytes", lambda: 500)
    assert use(home, engine, "b", user).result(10)
    assert names(home) == ["b"]


def test_what_is_leaving_still_takes_its_room() -> None:
    """The next model is loaded when it is gone, where there is no room for both."""
    home, user, may_go, going = Residency(1500), User(), Event(), Event()
    closed_at_load: list[bool] = []

    def next_model() -> ScriptedModel:
        closed_at_load.append(engine.loaded[0].closed)
        return ScriptedModel("x")

    def long(_: ScriptedModel) -> None:
        going.set()
        assert may_go.wait(10)

    engine = ScriptedEngine(b=next_model)
    use(home, engine, "a", user, long)
    assert going.wait(10)
    home.leave(user, wait=False)
    second = use(home, engine, "b", user)
    with pytest.raises(TimeoutError):
        second.result(0.1)
    may_go.set()
    assert second.result(10)
    assert closed_at_load == [True]


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "0.0 MiB"), (400_000, "0.4 MiB"), (350 * 2**20, "350 MiB"), (2**30, "1.0 GiB"), (15 * 2**29, "7.5 GiB")],
)
def test_sizes_are_written_for_people(count: int, written: str) -> None:
    assert written_size(count) == written


def test_what_is_small_is_not_shown_as_nothing() -> None:
    home, engine, user = Residency(30 * 2**20), ScriptedEngine(size_bytes=20 * 2**20), User()
    use(home, engine, "a", user).result(10)
    assert "<scripted/a about 24 MiB, " in repr(home.models()[0])
    with pytest.raises(NotEnoughMemory, match=r"`large` needs about 1\.2 GiB of memory, and 30 MiB is left"):
        use(home, ScriptedEngine(size_bytes=2**30), "large", user)


# ---------------------------------------------------------------------- garbage, collected anywhere


@pytest.fixture
def collecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage is collected in the midst of making room, where free memory is asked for."""

    def collect() -> int:
        gc.collect()
        return 10_000

    monkeypatch.setattr(import_module("dragoman.engines.residency"), "available_bytes", collect)


class Forgotten:
    """What only a collection of garbage finds, and what is to be done then."""

    def __init__(self, finalize: Callable[[], object]) -> None:
        self.itself, self.finalize = self, finalize

    def __del__(self) -> None:
        self.finalize()


def test_a_client_is_collected_while_room_is_made(collecting: None) -> None:
    """Its model is among those that are to go: it is closed once, and the new one is loaded."""
    home, engine, user = Residency(2500), ScriptedEngine(), User()
    for name in ("a", "b"):
        use(home, engine, name, Forgotten(home.sweep)).result(10)
    home.limit_bytes = 1500
    assert use(home, engine, "c", user).result(10)
    assert names(home) == ["c"]


def test_what_a_collection_leaves_behind_is_swept_by_who_was_disturbed(collecting: None) -> None:
    home, engine, user = Residency(5000), ScriptedEngine(), User()
    use(home, engine, "a", Forgotten(home.sweep)).result(10)
    assert use(home, engine, "b", user).result(10)
    assert names(home) == ["b"]


def test_a_callers_finalizer_may_unload_anywhere(collecting: None) -> None:
    """It waits for the model to be free, but not where the thread that runs it holds what that takes."""
    home, engine, users = Residency(5000), ScriptedEngine(), [User(), User()]
    use(home, engine, "a", users[0]).result(10)
    Forgotten(lambda: home.leave(users[0]))
    assert use(home, engine, "b", users[1]).result(10)
    assert names(home) == ["b"]
